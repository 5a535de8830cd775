"""Offers: what a provider lists, until when, and why it lapses."""

from __future__ import annotations

import pytest

from tests.fixtures.economy import FAR_FUTURE
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

NOTHING = "0x" + 64 * "0"
NOBODY = "0x" + 40 * "0"


@pytest.fixture(scope="module")
def drill(economy):
    """On no offer yet."""
    return economy.drill()


def reason(text: str) -> bytes:
    return text.encode().ljust(32, b"\0")


def test_an_offer_is_public(economy, drill, priced):
    offered = economy.offer(drill, priced, until=FAR_FUTURE)
    assert_events(
        offered,
        event("Offered", asset=drill.id, tariff=priced.id, exclusive=True, provider=economy.provider, until=FAR_FUTURE),
    )
    assert economy.offers.offerOf(drill.id, priced.id, True) == (economy.provider, FAR_FUTURE, 0)
    assert economy.offers.offerOf(drill.id, priced.id, False) == (NOBODY, 0, 0)


@pytest.mark.parametrize("function", ["offer", "withdrawOffer"])
def test_only_the_provider_lists(economy, drill, priced, function):
    more = [FAR_FUTURE] if function == "offer" else []
    with typed_error("Offers_NotProvider", drill.id, economy.stranger, economy.provider):
        getattr(economy.offers, function)(drill.id, priced.id, True, *more, {"from": economy.stranger})


def test_an_unknown_asset_is_not_offered(economy, drill, priced):
    unknown = drill.id + 1
    with typed_error("Assets_Unknown", unknown):
        economy.offers.offer(unknown, priced.id, True, FAR_FUTURE, {"from": economy.provider})


def test_an_unknown_tariff_is_not_offered(economy, drill, priced):
    with typed_error("Tariffs_Unknown", priced.id + 1):
        economy.offers.offer(drill.id, priced.id + 1, True, FAR_FUTURE, {"from": economy.provider})


def test_an_offer_lies_ahead(economy, drill, priced):
    now = clock.next_block_in(60)
    with typed_error("Offers_InPast", now, now):
        economy.offer(drill, priced, until=now)


def test_an_asset_without_meter_is_not_offered(economy, priced):
    registered = economy.assets.register(NOTHING, reason("another"), economy.provider, {"from": economy.maker})
    asset = registered.events["AssetRegistered"]["asset"]
    economy.make_offerable(asset)
    with typed_error("Offers_NoMeter", asset):
        economy.offers.offer(asset, priced.id, True, FAR_FUTURE, {"from": economy.provider})


def test_an_asset_without_split_is_not_offered(economy, priced):
    drill = economy.drill(split=0)
    with typed_error("Offers_CurrencyNotListed", drill.id, economy.euro):
        economy.offer(drill, priced)


def test_the_split_lists_the_offers_currency(economy, drill):
    crown = economy.new_currency()
    with typed_error("Offers_CurrencyNotListed", drill.id, crown):
        economy.offer(drill, economy.publish(crown))


def test_a_retired_asset_is_not_offered(economy, drill, priced):
    owner, repurpose = economy.provider, 5
    economy.end_of_life.decide(drill.id, repurpose, owner, reason("worn out"), "", {"from": owner})
    economy.assets.setLifecycle(drill.id, 4, NOTHING, {"from": economy.provider})
    with typed_error("Offers_Refused", drill.id, reason("retired")):
        economy.offer(drill, priced)


def test_an_asset_without_take_back_is_not_offered(economy, drill, priced):
    economy.end_of_life.waiveTakeBack(drill.id, {"from": economy.provider})
    with typed_error("Offers_Refused", drill.id, reason("no take-back promised")):
        economy.offer(drill, priced)


def test_a_provider_that_is_not_admitted_offers_nothing(economy, deployment, drill, priced):
    deployment.EligibilityList.dismiss(economy.provider, {"from": economy.listing})
    with typed_error("Offers_Refused", drill.id, reason("provider not admitted")):
        economy.offer(drill, priced)


def test_a_provider_dismissed_since_opens_nothing(economy, deployment, drill, priced, customer):
    economy.offer(drill, priced)
    deployment.EligibilityList.dismiss(economy.provider, {"from": economy.listing})
    with typed_error("Offers_Refused", drill.id, reason("provider not admitted")):
        economy.open(customer, drill, priced)


def test_an_offer_stands_until_its_last_second(economy, drill, priced, customer):
    until = clock.now() + 100
    economy.offer(drill, priced, until=until)
    clock.next_block_at(until)
    assert economy.open(customer, drill, priced).opened_at == until


def test_an_offer_lapses_behind_its_last_second(economy, drill, priced, customer):
    until = clock.now() + 100
    economy.offer(drill, priced, until=until)
    clock.next_block_at(until + 1)
    with typed_error("Offers_NotOffered", drill.id, priced.id, True):
        economy.open(customer, drill, priced)


def test_a_later_offer_replaces_the_former(economy, drill, priced):
    economy.offer(drill, priced, until=clock.now() + 100)
    economy.offer(drill, priced, until=FAR_FUTURE)
    assert economy.offers.offerOf(drill.id, priced.id, True)[1] == FAR_FUTURE


@pytest.mark.parametrize("exclusive", [True, False])
def test_exclusive_and_shared_are_two_offers(economy, drill, priced, customer, exclusive):
    economy.offer(drill, priced, exclusive=exclusive)
    with typed_error("Offers_NotOffered", drill.id, priced.id, not exclusive):
        economy.open(customer, drill, priced, exclusive=not exclusive)
    economy.open(customer, drill, priced, exclusive=exclusive)


def test_a_withdrawn_offer_opens_nothing(economy, drill, priced, customer):
    economy.offer(drill, priced)
    withdrawn = economy.offers.withdrawOffer(drill.id, priced.id, True, {"from": economy.provider})
    assert_events(withdrawn, event("OfferWithdrawn", asset=drill.id, tariff=priced.id, exclusive=True))
    with typed_error("Offers_NotOffered", drill.id, priced.id, True):
        economy.open(customer, drill, priced)


def test_what_was_never_offered_is_not_withdrawn(economy, drill, priced):
    with typed_error("Offers_NotOffered", drill.id, priced.id, True):
        economy.offers.withdrawOffer(drill.id, priced.id, True, {"from": economy.provider})


def test_an_offer_lapses_with_the_title_and_stays_lapsed(economy, drill, priced, customer):
    economy.offer(drill, priced)
    economy.assets.transferFrom(economy.provider, economy.buyer, drill.id, {"from": economy.provider})
    economy.assets.transferFrom(economy.buyer, economy.provider, drill.id, {"from": economy.buyer})
    with typed_error("Offers_NotOffered", drill.id, priced.id, True):
        economy.open(customer, drill, priced)
