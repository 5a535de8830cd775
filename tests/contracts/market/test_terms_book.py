"""Terms of service: published once for all, chosen by a provider, gone with its title."""

from __future__ import annotations

import pytest

from tests.fixtures.bazaar import CORE_PRICES, HOUR, NOBODY, Terms
from tests.fixtures.economy import DAY
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

LONGEST = 30 * DAY


def word(text: str) -> bytes:
    return text.encode().ljust(32, b"\0")


def test_published_terms_are_public_and_stay(bazaar):
    terms = bazaar.terms(own_bids=True)
    published = bazaar.book.publish(terms, CORE_PRICES, bazaar.arbiters, {"from": bazaar.stranger})
    number = bazaar.book.termsCount()
    assert_events(
        published,
        event("ServiceTermsPublished", terms=number, publisher=bazaar.stranger, content=terms,
              corePrices=CORE_PRICES, arbiters=[one.address for one in bazaar.arbiters]),
    )  # fmt: skip
    assert Terms(*bazaar.book.termsOf(number))[1:14] == terms[1:14]
    assert bazaar.book.arbitersOf(number) == bazaar.arbiters
    assert [bazaar.book.corePriceOf(number, grade) for grade in range(5)] == [0, *CORE_PRICES]
    assert bazaar.book.isArbiter(number, bazaar.arbiters[0]) is True
    assert bazaar.book.isArbiter(number, bazaar.stranger) is False


@pytest.mark.parametrize("view", ["termsOf", "corePriceOf"])
@pytest.mark.parametrize("ahead", [None, 1])
def test_unknown_terms_are_not_shown(bazaar, view, ahead):
    number = 0 if ahead is None else bazaar.book.termsCount() + ahead
    with typed_error("Terms_Unknown", number):
        getattr(bazaar.book, view)(number, *([1] if view == "corePriceOf" else []))


def test_terms_use_an_admitted_currency(bazaar):
    with typed_error("Terms_CurrencyNotAdmitted", NOBODY):
        bazaar.publish(bazaar.terms(currency=NOBODY))


def test_terms_have_a_text(bazaar):
    with typed_error("Terms_ZeroTermsHash"):
        bazaar.publish(bazaar.terms(terms_hash=bytes(32)))


def test_silence_gives_no_more_than_all(bazaar):
    bazaar.publish(bazaar.terms(silent_share_bps=10_000))
    with typed_error("Terms_ShareTooHigh", 10_001):
        bazaar.publish(bazaar.terms(silent_share_bps=10_001))


@pytest.mark.parametrize(
    ("field", "named", "least"),
    [
        ("shortest_bidding", "shortest bidding", 1),
        ("acceptance_time", "acceptance", HOUR),
        ("grace_time", "grace", 1),
        ("inspection_time", "inspection", HOUR),
        ("arbitration_time", "arbitration", HOUR),
    ],
)
def test_no_time_is_too_short_to_act_or_long_enough_to_block(bazaar, field, named, least):
    for good in (least, LONGEST):
        bazaar.publish(bazaar.terms(**{field: good}))
    for bad in (least - 1, LONGEST + 1):
        with typed_error("Terms_TimeOutOfRange", word(named), bad, least, LONGEST):
            bazaar.publish(bazaar.terms(**{field: bad}))


@pytest.mark.parametrize("count", [0, 8])
def test_one_to_seven_arbiters(bazaar, economy, count):
    with typed_error("Terms_ArbitersOutOfRange", count, 1, 7):
        bazaar.publish(bazaar.terms(quorum=5), economy.customers[:count])


def test_seven_arbiters(bazaar, economy):
    bazaar.publish(bazaar.terms(quorum=4), economy.customers[:7])


@pytest.mark.parametrize(("quorum", "arbiters"), [(0, 1), (1, 2), (2, 1), (1, 3), (2, 4), (5, 4), (3, 7), (8, 7)])
def test_a_quorum_is_more_than_half_and_no_more_than_all(bazaar, economy, quorum, arbiters):
    with typed_error("Terms_QuorumOutOfRange", quorum, arbiters):
        bazaar.publish(bazaar.terms(quorum=quorum), economy.customers[:arbiters])


def test_an_arbiter_stands_once_and_is_somebody(bazaar):
    first = bazaar.arbiters[0]
    with typed_error("Terms_DuplicateArbiter", first):
        bazaar.publish(bazaar.terms(), [first, first])
    with typed_error("Terms_InvalidArbiter", NOBODY):
        bazaar.publish(bazaar.terms(), [first, NOBODY])


# Choosing


def test_the_provider_chooses(bazaar, machine):
    chosen = bazaar.book.choose(machine.id, machine.terms_id, {"from": bazaar.provider})
    assert_events(
        chosen, event("ServiceTermsChosen", asset=machine.id, terms=machine.terms_id, provider=bazaar.provider)
    )
    assert bazaar.book.chosenBy(machine.id) == machine.terms_id


@pytest.mark.parametrize("function", ["choose", "appointWatcher"])
def test_nobody_else_does(bazaar, machine, function):
    arguments = [machine.terms_id] if function == "choose" else [bazaar.stranger, True]
    with typed_error("Terms_NotProvider", machine.id, bazaar.stranger, bazaar.provider):
        getattr(bazaar.book, function)(machine.id, *arguments, {"from": bazaar.stranger})


def test_unknown_terms_are_not_chosen(bazaar, machine):
    unknown = bazaar.book.termsCount() + 1
    with typed_error("Terms_Unknown", unknown):
        bazaar.book.choose(machine.id, unknown, {"from": bazaar.provider})


def test_an_arbiter_of_the_terms_does_not_choose_them(bazaar, economy, machine):
    number = bazaar.publish(bazaar.terms(quorum=1), [bazaar.provider])
    with typed_error("Terms_ArbiterIsProvider", machine.id, bazaar.provider):
        bazaar.book.choose(machine.id, number, {"from": bazaar.provider})


def test_a_watcher_is_appointed_and_dismissed(bazaar, machine):
    for on in (False, True):
        appointed = bazaar.book.appointWatcher(machine.id, bazaar.watcher, on, {"from": bazaar.provider})
        assert_events(
            appointed,
            event("WatcherAppointed", asset=machine.id, watcher=bazaar.watcher, provider=bazaar.provider, on=on),
        )
        assert bazaar.book.isWatcher(machine.id, bazaar.watcher) is on


def test_an_unknown_asset_has_no_terms(bazaar, machine):
    unknown = machine.id + 1_000
    with typed_error("Assets_Unknown", unknown):
        bazaar.book.choose(unknown, machine.terms_id, {"from": bazaar.provider})
    with typed_error("Terms_NotChosen", unknown):
        bazaar.book.chosenBy(unknown)
