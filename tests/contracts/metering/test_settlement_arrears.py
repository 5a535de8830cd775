"""Arrears: charge beyond the hold. First taken from later holds of the agreement, dead at its close (I-4)."""

import pytest

from tests.fixtures.economy import DAY, EUR, HOLD_TARGET
from tests.helpers import clock
from tests.helpers.agreement_events import reading_settled, reading_skipped, refill_short
from tests.helpers.events import assert_events
from tests.models.agreements import Short, Skip, State


@pytest.fixture(scope="module")
def hire(economy):
    """No refills by themselves: the cap's period is zero."""
    return economy.hire(cap=HOLD_TARGET, period=0)


@pytest.fixture
def owing(economy, hire):
    """Half a euro more than the hold."""
    economy.use(hire, 4, HOLD_TARGET + EUR // 2)
    return economy.signed(hire, 4, HOLD_TARGET + EUR // 2)


def allow_refills(economy, hire):
    economy.agreements.setCap(hire.id, 50 * EUR, DAY, {"from": hire.customer})
    economy.agreements.refill(hire.id, {"from": economy.stranger})


def test_settlement_never_takes_more_than_the_hold(economy, hire):
    """Promise 1."""
    settled = economy.use(hire, 4, HOLD_TARGET + EUR // 2)
    state = State(False, 4, hire.opened_at, 0, HOLD_TARGET, 0)
    assert_events(
        settled,
        reading_settled(hire.id, state),
        refill_short(hire.id, HOLD_TARGET, 0, Short.CAP_REACHED),
        of=economy.agreements,
    )


def test_with_an_empty_hold_readings_still_count(economy, hire, owing):
    economy.use(hire, 5, HOLD_TARGET + EUR)
    assert economy.state(hire) == State(False, 5, hire.opened_at, 0, HOLD_TARGET, 0)


def test_the_stored_sequence_completes_after_a_refill(economy, hire, owing):
    """By anyone with the same reading; each unit of charge is taken once (I-3)."""
    allow_refills(economy, hire)
    economy.settle(hire, owing)
    assert economy.state(hire) == State(False, 4, hire.opened_at, 0, HOLD_TARGET + EUR // 2, HOLD_TARGET - EUR // 2)


def test_a_completed_reading_is_stale(economy, hire, owing):
    allow_refills(economy, hire)
    economy.settle(hire, owing)
    assert_events(economy.settle(hire, owing), reading_skipped(hire.id, 4, Skip.STALE))


def test_without_a_refill_the_stored_sequence_changes_nothing(economy, hire, owing):
    before = economy.state(hire)
    economy.settle(hire, owing)
    assert economy.state(hire) == before


def test_the_next_reading_takes_the_arrears_with_it(economy, hire, owing):
    allow_refills(economy, hire)
    economy.use(hire, 5, HOLD_TARGET + EUR)
    assert economy.state(hire).settled == HOLD_TARGET + EUR


def test_an_older_reading_completes_nothing(economy, hire, owing):
    allow_refills(economy, hire)
    assert_events(economy.use(hire, 3, HOLD_TARGET + EUR // 4), reading_skipped(hire.id, 3, Skip.STALE))


def test_large_arrears_are_taken_hold_by_hold(economy, hire):
    """Promise 1: what permits allowed is paid in the end, however often the hold must be filled for it."""
    economy.agreements.setCap(hire.id, 50 * EUR, DAY, {"from": hire.customer})
    reading = economy.signed(hire, 1, 7 * EUR)
    for _ in range(4):
        economy.settle(hire, reading)
    assert economy.state(hire).settled == 7 * EUR


def test_arrears_die_when_the_agreement_closes(economy, hire, owing):
    economy.agreements.end(hire.id, {"from": hire.customer})
    clock.pass_time(DAY)
    balance = economy.balance(hire.customer)
    economy.agreements.close(hire.id, {"from": economy.stranger})
    assert_events(economy.settle(hire, owing), reading_skipped(hire.id, 4, Skip.CLOSED))
    assert economy.balance(hire.customer) == balance
    assert economy.state(hire).settled == HOLD_TARGET


def test_arrears_of_one_agreement_touch_no_other_of_the_same_customer(economy, hire, owing):
    other = economy.hire(hire.customer)
    economy.settle(hire, owing)
    assert economy.state(other).hold == HOLD_TARGET
    assert economy.state(hire).settled == HOLD_TARGET
