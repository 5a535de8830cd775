"""OfferBook: what may be opened, by whom, until when."""

import pytest

from tests.fixtures.economy import DAY, FAR_FUTURE
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event


@pytest.fixture(scope="module")
def priced(economy):
    return economy.publish()


@pytest.fixture(scope="module")
def drill(economy):
    return economy.drill()


def ineligible(text):
    return text.ljust(32, b"\0")


def test_a_provider_lists_an_asset(economy, drill, priced):
    until = clock.now() + DAY
    listed = economy.offer(drill, priced, until=until)
    assert_events(
        listed,
        event("Offered", asset=drill.id, tariff=priced.id, exclusive=True, provider=economy.provider, until=until),
    )
    assert economy.offers.offerOf(drill.id, priced.id, True) == (economy.provider, until, 0)
    assert economy.offers.offerOf(drill.id, priced.id, False)[1] == 0


def test_only_the_provider_lists(economy, drill, priced):
    with typed_error("Offers_NotProvider", drill.id, economy.maker, economy.provider):
        economy.offers.offer(drill.id, priced.id, True, FAR_FUTURE, {"from": economy.maker})


def test_an_unknown_asset_is_not_listed(economy, priced):
    with typed_error("Assets_Unknown", 999):
        economy.offers.offer(999, priced.id, True, FAR_FUTURE, {"from": economy.provider})


def test_an_unknown_tariff_is_not_listed(economy, drill):
    with typed_error("Tariffs_Unknown", 999):
        economy.offers.offer(drill.id, 999, True, FAR_FUTURE, {"from": economy.provider})


def test_an_offer_ends_in_the_future(economy, drill, priced):
    now = clock.next_block_in(10)
    with typed_error("Offers_InPast", now, now):
        economy.offer(drill, priced, until=now)


def test_an_asset_without_a_meter_is_not_listed(economy, priced):
    registered = economy.assets.register(
        b"drill".ljust(32), b"bare".ljust(32), economy.provider, {"from": economy.maker}
    )
    asset = registered.events["AssetRegistered"]["asset"]
    economy.assets.repoint(asset, economy.split(), {"from": economy.provider})
    with typed_error("Offers_NoMeter", asset):
        economy.offers.offer(asset, priced.id, True, FAR_FUTURE, {"from": economy.provider})


def test_an_asset_without_a_split_is_not_listed(economy, priced):
    drill = economy.drill(split=0)
    with typed_error("Offers_CurrencyNotListed", drill.id, economy.euro):
        economy.offer(drill, priced)


def test_the_split_must_list_the_tariffs_currency(economy, drill):
    other = economy.new_currency()
    with typed_error("Offers_CurrencyNotListed", drill.id, other):
        economy.offer(drill, economy.publish(other))


def test_a_provider_who_is_not_admitted_cannot_list(economy, priced):
    drill = economy.drill(owner=economy.repairer)
    with typed_error("Offers_Refused", drill.id, economy_reason(economy, drill)):
        economy.offer(drill, priced)


def economy_reason(economy, drill):
    reason = bytes(economy.assets.offerRefusal(drill.id))
    assert reason != bytes(32)
    return reason


def test_a_retired_asset_is_not_listed(economy, priced):
    drill = economy.drill()
    economy.assets.setLifecycle(drill.id, 4, bytes(32), {"from": economy.provider})
    with typed_error("Offers_Refused", drill.id, ineligible(b"retired")):
        economy.offer(drill, priced)


def test_a_provider_withdraws_an_offer(economy, drill, priced):
    economy.offer(drill, priced)
    withdrawn = economy.offers.withdrawOffer(drill.id, priced.id, True, {"from": economy.provider})
    assert_events(withdrawn, event("OfferWithdrawn", asset=drill.id, tariff=priced.id, exclusive=True))
    with typed_error("Offers_NotOffered", drill.id, priced.id, True):
        economy.open(economy.customers[0], drill, priced)


def test_only_the_provider_withdraws_an_offer(economy, drill, priced):
    economy.offer(drill, priced)
    with typed_error("Offers_NotProvider", drill.id, economy.stranger, economy.provider):
        economy.offers.withdrawOffer(drill.id, priced.id, True, {"from": economy.stranger})


def test_what_is_not_offered_is_not_withdrawn(economy, drill, priced):
    with typed_error("Offers_NotOffered", drill.id, priced.id, False):
        economy.offers.withdrawOffer(drill.id, priced.id, False, {"from": economy.provider})
