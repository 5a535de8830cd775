"""Rules, slots and deposits; no slot is booked twice."""

from __future__ import annotations

import pytest
from brownie.test import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.contracts.market.booking import (
    BOOKED,
    CANCELLED,
    DEPOSIT,
    HOUR,
    ZERO,
    edge,
    rules,
)
from tests.fixtures.economy import DAY, WEALTH
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event


def text(word):
    return word.encode().ljust(32, b"\0")


# Rules


def test_the_provider_sets_rules(economy, desk):
    done = desk.set_rules(deposit=5)
    number = desk.contract.rulesCount()
    assert_events(
        done,
        event(
            "RulesSet", asset=desk.drill.id, rules=number, provider=economy.provider,
            content=rules(economy, deposit=5), arbiters=[desk.arbiter],
        ),
    )  # fmt: skip
    assert desk.contract.presentRulesOf(desk.drill.id) == number
    with typed_error("Reservations_NotProvider", desk.drill.id, desk.anna, economy.provider):
        desk.set_rules(by=desk.anna)


@pytest.mark.parametrize(
    ("name", "value", "least", "most"),
    [
        ("noShowBps", 10_001, 0, 10_000),
        ("slotLength", 299, 300, 30 * DAY),
        ("mostSlots", 0, 1, 256),
        ("mostSlots", 257, 1, 256),
        ("furthest", HOUR - 1, HOUR, 730 * DAY),
        ("cancelBefore", 90 * DAY + 1, 0, 90 * DAY),
        ("contestTime", HOUR - 1, HOUR, 30 * DAY),
        ("arbitrationTime", DAY - 1, DAY, 90 * DAY),
    ],
)
def test_rules_stay_within_bounds(desk, name, value, least, most):
    with typed_error("Reservations_OutOfRange", text(name), value, least, most):
        desk.set_rules(**{name: value})


def test_arbiters_are_few_and_not_the_provider(economy, desk):
    for wrong in (ZERO, economy.provider):
        with typed_error("Reservations_InvalidArbiter", wrong):
            desk.set_rules([wrong])
    with typed_error("Reservations_OutOfRange", text("arbiters"), 6, 0, 5):
        desk.set_rules([desk.arbiter] * 6)


def test_the_machines_split_lists_the_currency(economy, desk):
    crown = economy.new_currency()
    with typed_error("Reservations_CurrencyNotListed", desk.drill.id, crown):
        desk.set_rules(currency=crown.address)


def test_slots_keep_their_length_while_bookings_lie_ahead(desk):
    start = edge(2)
    desk.book(start, start + HOUR)
    with typed_error("Reservations_SlotsInUse", desk.drill.id, HOUR, start + HOUR):
        desk.set_rules(slotLength=2 * HOUR)
    clock.next_block_at(start + HOUR)
    desk.set_rules(slotLength=2 * HOUR, furthest=30 * DAY)
    start = edge(1, 2 * HOUR)
    desk.book(start, start + 4 * HOUR)


def test_booking_stops_and_what_was_booked_goes_on(economy, desk):
    start = edge(2)
    booking = desk.book(start, start + HOUR)
    desk.contract.stopBooking(desk.drill.id, {"from": economy.provider})
    with typed_error("Reservations_NoRules", desk.drill.id):
        desk.book(start + HOUR, start + 2 * HOUR)
    clock.next_block_at(start)
    desk.contract.checkIn(booking, {"from": desk.anna})


# Slots


def test_a_booking_holds_its_deposit(desk, economy):
    start = edge(3)
    done = desk.contract.book(desk.drill.id, start, start + 2 * HOUR, 0, {"from": desk.anna})
    booking = done.return_value
    assert_events(
        done,
        event(
            "Booked", reservation=booking, asset=desk.drill.id, customer=desk.anna, rules=1, **{"from": start},
            until=start + 2 * HOUR, deposit=DEPOSIT, agreement=0,
        ),
        of=desk.contract,
    )  # fmt: skip
    assert desk.stage(booking) == BOOKED
    assert desk.held() == (DEPOSIT, DEPOSIT)
    assert economy.balance(desk.anna) == WEALTH - DEPOSIT


def test_i17_a_slot_is_booked_once(desk):
    start = edge(3)
    desk.book(start, start + 3 * HOUR)
    for first, last, clash in ((0, 3, 0), (-2, 1, 0), (2, 5, 2), (1, 2, 1), (-1, 4, 0)):
        with typed_error("Reservations_Taken", desk.drill.id, start + clash * HOUR):
            desk.book(start + first * HOUR, start + last * HOUR, desk.bert)
    desk.book(start - HOUR, start, desk.bert)
    desk.book(start + 3 * HOUR, start + 4 * HOUR, desk.bert)


def test_what_is_cancelled_is_free_again(desk, economy):
    start = edge(30)
    booking = desk.book(start, start + 24 * HOUR)
    assert desk.contract.isFree(desk.drill.id, start - HOUR, start) is True
    assert desk.contract.isFree(desk.drill.id, start + 23 * HOUR, start + 24 * HOUR) is False
    desk.contract.cancel(booking, {"from": desk.anna})
    assert desk.stage(booking) == CANCELLED
    assert economy.balance(desk.anna) == WEALTH
    assert desk.held() == (0, 0)
    desk.book(start, start + 24 * HOUR, desk.bert)


@pytest.mark.parametrize(("first", "last", "wrong"), [(1, HOUR, 1), (0, HOUR + 1, HOUR + 1), (0, 0, 0), (HOUR, 0, 0)])
def test_bookings_lie_on_edges(desk, first, last, wrong):
    start = edge(5)
    with typed_error("Reservations_OffSlot", start + wrong, HOUR):
        desk.book(start + first, start + last)


def test_a_booking_is_not_too_long_not_past_and_not_too_far(desk):
    start = edge(5)
    with typed_error("Reservations_TooLong", 25, 24):
        desk.book(start, start + 25 * HOUR)
    past = edge(-2)
    now = clock.next_block_at(edge(0))
    with typed_error("Reservations_Past", past, now):
        desk.book(past, past + 3 * HOUR)
    far = edge(30 * 24 + 2)
    now = clock.next_block_in(10)
    with typed_error("Reservations_TooFarAhead", far, now + 30 * DAY):
        desk.book(far, far + HOUR)


def test_the_slot_that_runs_can_be_booked(desk):
    start = edge(0)
    clock.next_block_at(start + HOUR - 1)
    booking = desk.book(start, start + HOUR)
    assert desk.stage(booking) == BOOKED


def test_a_booking_may_cross_words_of_the_bitmap(desk):
    word = 256 * HOUR
    border = (clock.now() // word + 1) * word
    desk.set_rules(furthest=700 * DAY)
    desk.book(border - 10 * HOUR, border + 10 * HOUR)
    for taken in (border - 10 * HOUR, border - HOUR, border, border + 9 * HOUR):
        with typed_error("Reservations_Taken", desk.drill.id, taken):
            desk.book(taken, taken + HOUR, desk.bert)
    desk.book(border + 10 * HOUR, border + 11 * HOUR, desk.bert)
    desk.book(border - 11 * HOUR, border - 10 * HOUR, desk.bert)


@given(wishes=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12), st.booleans()), min_size=3, max_size=12))
@settings(max_examples=10)
def test_i17_slots_and_deposits_follow_a_plain_list(desk, wishes):
    base = edge(10)
    taken, live = set(), []
    for first, length, gives_up in wishes:
        wanted = set(range(first, first + length))
        start, end = base + first * HOUR, base + (first + length) * HOUR
        if wanted & taken:
            with typed_error("Reservations_Taken", desk.drill.id, base + min(wanted & taken) * HOUR):
                desk.book(start, end)
            continue
        booking = desk.book(start, end)
        if gives_up:
            desk.contract.cancel(booking, {"from": desk.anna})
        else:
            taken |= wanted
            live.append(booking)
    assert desk.held() == (len(live) * DEPOSIT,) * 2
    for slot in range(53):
        start = base + slot * HOUR
        assert desk.contract.isFree(desk.drill.id, start, start + HOUR) == (slot not in taken)


# Who and what


def test_without_money_or_allowance_nothing_is_booked(desk, economy):
    start = edge(5)
    economy.allow(desk.anna, DEPOSIT - 1, spender=desk.contract)
    with typed_error("ERC6909InsufficientAllowance", desk.contract, DEPOSIT - 1, DEPOSIT, economy.id_of()):
        desk.book(start, start + HOUR)
    assert desk.contract.isFree(desk.drill.id, start, start + HOUR) is True


def test_without_deposit_nothing_moves(desk, economy):
    desk.set_rules(deposit=0)
    start = edge(40)
    booking = desk.book(start, start + HOUR, economy.stranger)
    desk.contract.cancel(booking, {"from": economy.stranger})
    assert desk.held() == (0, 0)


def test_while_offers_are_paused_nothing_is_booked_and_everything_ends(desk, economy, deployment):
    start = edge(30)
    booking = desk.book(start, start + HOUR)
    deployment.OfferBook.pause({"from": economy.guardian})
    with typed_error("Reservations_Paused"):
        desk.book(start + HOUR, start + 2 * HOUR)
    desk.contract.cancel(booking, {"from": desk.anna})


def test_what_may_not_be_offered_may_not_be_booked(desk, economy):
    economy.end_of_life.waiveTakeBack(desk.drill.id, {"from": economy.provider})
    start = edge(3)
    with typed_error("Reservations_Refused", desk.drill.id, text("no take-back promised")):
        desk.book(start, start + HOUR)


def test_an_agreement_is_the_customers_own_and_on_this_machine(desk, economy):
    hire = economy.hire(desk.bert)
    start = edge(3)
    with typed_error("Reservations_AgreementMismatch", hire.id, desk.drill.id, desk.bert):
        desk.book(start, start + HOUR, desk.bert, hire.id)
