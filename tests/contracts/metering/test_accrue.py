"""Standing charges up to now or the end, by anyone, between readings and beside them (I-3, I-4)."""

import pytest

from tests.fixtures.economy import DAY, HOLD_TARGET
from tests.helpers import clock
from tests.helpers.agreement_events import reading_skipped, refill_short, standing_accrued
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event
from tests.models.agreements import Short, Skip, State


def accrue(economy, hire):
    return economy.agreements.accrue(hire.id, {"from": economy.stranger})


def test_standing_is_taken_up_to_now(economy, hire):
    clock.next_block_at(hire.opened_at + 700)
    state = State(False, 0, hire.opened_at, 700, 700, HOLD_TARGET - 700)
    accrued = accrue(economy, hire)
    assert_events(
        accrued,
        standing_accrued(hire.id, state),
        event(
            "Transfer", caller=economy.agreements, sender=economy.holds_account(),
            receiver=economy.splitter.accountOf(1), id=economy.id_of(), amount=700,
        ),
    )  # fmt: skip
    assert economy.state(hire) == state


def test_twice_in_a_second_takes_it_once(economy, hire):
    clock.next_block_at(hire.opened_at + 700)
    agreements = economy.agreements
    twice = agreements.multicall([agreements.accrue.encode_input(hire.id)] * 2, {"from": economy.stranger})
    assert_events(
        twice,
        standing_accrued(hire.id, State(False, 0, hire.opened_at, 700, 700, HOLD_TARGET - 700)),
        of=agreements,
    )


@pytest.mark.parametrize("between", [True, False])
def test_accruing_between_two_readings_changes_nothing_in_the_end(economy, hire, between):
    """Q-7: the same final state with and without."""
    clock.next_block_at(hire.opened_at + 1_000)
    economy.use(hire, 1, 50, time=hire.opened_at + 900)
    if between:
        clock.next_block_at(hire.opened_at + 1_500)
        accrue(economy, hire)
    clock.next_block_at(hire.opened_at + 2_000)
    economy.use(hire, 2, 80, time=hire.opened_at + 1_990)
    assert economy.state(hire) == State(False, 2, hire.opened_at, 1_990, 2_070, HOLD_TARGET - 2_070)


def test_a_reading_taken_before_the_accrual_takes_only_its_usage(economy, hire):
    clock.next_block_at(hire.opened_at + 1_000)
    accrue(economy, hire)
    economy.use(hire, 1, 50, time=hire.opened_at + 900)
    assert economy.state(hire) == State(False, 1, hire.opened_at, 1_000, 1_050, HOLD_TARGET - 1_050)


def test_the_last_reading_again_after_an_accrual_is_stale(economy, hire):
    reading = economy.signed(hire, 1, 50)
    economy.settle(hire, reading)
    clock.next_block_at(hire.opened_at + 1_000)
    accrue(economy, hire)
    assert_events(economy.settle(hire, reading), reading_skipped(hire.id, 1, Skip.STALE))


def test_fractions_of_a_unit_are_not_lost_between_accruals(economy):
    """One unit a day, accrued every eight hours: the third takes it."""
    hire = economy.hire(economy.customers[1], standing_per_day=1)
    taken = []
    for i in (1, 2, 3):
        clock.next_block_at(hire.opened_at + i * DAY // 3)
        accrue(economy, hire)
        taken.append(economy.state(hire).settled)
    assert taken == [0, 0, 1]


def test_it_takes_at_most_the_hold(economy):
    hire = economy.hire(economy.customers[1], cap=HOLD_TARGET, period=0)
    clock.next_block_at(hire.opened_at + HOLD_TARGET + 500)
    state = State(False, 0, hire.opened_at, HOLD_TARGET + 500, HOLD_TARGET, 0)
    assert_events(
        accrue(economy, hire),
        standing_accrued(hire.id, state),
        refill_short(hire.id, HOLD_TARGET, 0, Short.CAP_REACHED),
        of=economy.agreements,
    )


def test_I4_standing_beyond_the_hold_is_arrears_that_the_next_reading_takes(economy):
    hire = economy.hire(economy.customers[1], cap=HOLD_TARGET, period=0)
    clock.next_block_at(hire.opened_at + HOLD_TARGET + 500)
    accrue(economy, hire)
    economy.agreements.setCap(hire.id, 10 * HOLD_TARGET, DAY, {"from": hire.customer})
    economy.agreements.refill(hire.id, {"from": economy.stranger})
    economy.use(hire, 1, 40)
    assert economy.state(hire).settled == HOLD_TARGET + 500 + 40


def test_accruing_with_arrears_of_usage_keeps_both(economy):
    """I-4: settled + arrears = usage(last registers) + standing(elapsed), in whatever order they were taken."""
    hire = economy.hire(economy.customers[1], cap=HOLD_TARGET, period=0)
    reading = economy.signed(hire, 1, HOLD_TARGET + 300)
    economy.settle(hire, reading)
    economy.agreements.setCap(hire.id, 10 * HOLD_TARGET, 100 * DAY, {"from": hire.customer})
    economy.agreements.refill(hire.id, {"from": economy.stranger})
    clock.next_block_at(hire.opened_at + 1_000)
    accrue(economy, hire)
    assert economy.state(hire).settled == HOLD_TARGET + 1_000
    economy.settle(hire, reading)
    assert economy.state(hire).settled == HOLD_TARGET + 1_000 + 300


def test_it_refills_a_hold_that_fell_below_half(economy, hire):
    clock.next_block_at(hire.opened_at + HOLD_TARGET // 2 + 1)
    accrue(economy, hire)
    assert economy.state(hire).hold == HOLD_TARGET


def test_it_does_not_refill_while_suspended(economy, hire):
    economy.agreements.suspend(hire.id, True, {"from": hire.customer})
    clock.next_block_at(hire.opened_at + HOLD_TARGET // 2 + 1)
    accrue(economy, hire)
    assert economy.state(hire).hold == HOLD_TARGET // 2 - 1


def test_never_past_the_end(economy, hire):
    ended = economy.agreements.end(hire.id, {"from": hire.customer})
    end_at = ended.timestamp + DAY
    clock.next_block_at(end_at + 5_000)
    accrue(economy, hire)
    assert economy.state(hire).elapsed == end_at - hire.opened_at
    assert_events(accrue(economy, hire))


def test_not_after_closing(economy, hire):
    economy.agreements.end(hire.id, {"from": hire.customer})
    clock.pass_time(DAY)
    economy.agreements.close(hire.id, {"from": economy.stranger})
    with typed_error("Agreements_AlreadyClosed", hire.id):
        accrue(economy, hire)


def test_not_for_an_unknown_agreement(economy):
    with typed_error("Agreements_Unknown", 99):
        economy.agreements.accrue(99, {"from": economy.stranger})
