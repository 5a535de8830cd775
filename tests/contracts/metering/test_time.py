"""Time in what is charged: never ahead of the chain, never past the end, never back. Standing is one unit a second."""

from __future__ import annotations

import pytest

from oracle.domain.readings import Flag
from tests.contracts.metering.expected import reading_settled, skipped, slot
from tests.fixtures.economy import DAY, EUR, HOLD_TARGET
from tests.helpers import clock
from tests.helpers.events import assert_events, event
from tests.models.agreements import Skip, State

MOST = (1 << 80) - 1


def at(hire, elapsed):
    """The next block is mined `elapsed` seconds after the opening."""
    return clock.next_block_at(hire.opened_at + elapsed)


def test_the_readings_own_time_counts(economy, hire):
    at(hire, 1_000)
    settled = economy.use(hire, 1, 50, time=hire.opened_at + 600)
    assert_events(settled, reading_settled(hire, 1, 650, elapsed=600), of=economy.agreements)


@pytest.mark.parametrize("ahead", [1, 120])
def test_a_time_a_little_ahead_counts_as_now(economy, hire, ahead):
    now = at(hire, 1_000)
    settled = economy.use(hire, 1, 50, time=now + ahead)
    assert_events(settled, reading_settled(hire, 1, 1_050, elapsed=1_000), of=economy.agreements)


def test_a_time_further_ahead_is_refused_and_good_later(economy, hire):
    now = at(hire, 1_000)
    signed = economy.signed(hire, 1, 50, time=now + 121)
    assert_events(economy.settle(hire, signed), skipped(hire, 1, Skip.TOO_FAR_AHEAD))
    at(hire, 1_001)
    economy.settle(hire, signed)
    assert economy.state(hire).elapsed == 1_001


def test_a_time_before_the_opening_counts_as_the_opening(economy, hire):
    at(hire, 1_000)
    economy.use(hire, 1, 50, time=0)
    assert economy.state(hire) == State(False, 1, hire.opened_at, 0, 50, HOLD_TARGET - 50)


def test_elapsed_never_falls(economy, hire):
    at(hire, 1_000)
    economy.use(hire, 1, 50, time=hire.opened_at + 900)
    economy.use(hire, 2, 60, time=hire.opened_at + 100)
    assert (economy.state(hire).elapsed, economy.state(hire).settled) == (900, 960)


@pytest.mark.parametrize("time", [0, (1 << 40) - 1])
def test_without_a_synchronised_clock_the_last_elapsed_counts(economy, hire, time):
    at(hire, 1_000)
    economy.use(hire, 1, 50, time=hire.opened_at + 900)
    economy.use(hire, 2, 60, time=time, flags=Flag.CLOCK_NOT_SYNCHRONISED)
    assert economy.state(hire) == State(False, 2, hire.opened_at, 900, 960, HOLD_TARGET - 960)


def test_accrue_takes_the_standing_part_up_to_now(economy, hire):
    at(hire, 1_000)
    accrued = economy.agreements.accrue(hire.id, {"from": economy.stranger})
    assert_events(
        accrued,
        event("StandingAccrued", agreement=hire.id, state=slot(hire, elapsed=1_000, settled=1_000)),
        of=economy.agreements,
    )


def test_accrue_twice_in_a_second_takes_once(economy, hire):
    at(hire, 1_000)
    call = economy.agreements.accrue.encode_input(hire.id)
    economy.agreements.multicall([call, call], {"from": economy.stranger})
    assert economy.state(hire).settled == 1_000


def test_accrue_between_two_readings_charges_no_second_twice(economy, hire):
    at(hire, 1_000)
    economy.use(hire, 1, 50, time=hire.opened_at + 900)
    at(hire, 2_000)
    economy.agreements.accrue(hire.id, {"from": economy.stranger})
    assert economy.state(hire).settled == 2_050
    economy.use(hire, 2, 70, time=hire.opened_at + 1_500)
    assert (economy.state(hire).elapsed, economy.state(hire).settled) == (2_000, 2_070)


def test_accrue_leaves_the_sequence_free_for_the_stored_reading(economy, hire):
    """The reading before the accrual was taken in full, so its replay still takes nothing."""
    signed = economy.signed(hire, 1, 50)
    economy.settle(hire, signed)
    at(hire, 1_000)
    economy.agreements.accrue(hire.id, {"from": economy.stranger})
    assert_events(economy.settle(hire, signed), skipped(hire, 1, Skip.STALE))


@pytest.mark.parametrize("way", ["reading", "accrue"])
def test_nothing_is_charged_past_the_end(economy, hire, way):
    at(hire, 1_000)
    economy.agreements.end(hire.id, {"from": hire.customer})
    late = at(hire, 1_000 + 3 * DAY)
    if way == "reading":
        economy.use(hire, 1, 50, time=late)
    else:
        economy.agreements.accrue(hire.id, {"from": economy.stranger})
    assert economy.state(hire).elapsed == 1_000 + DAY
    assert economy.state(hire).settled == 1_000 + DAY + (50 if way == "reading" else 0)


def test_falling_registers_are_refused_where_the_charge_falls(economy, hire):
    economy.use(hire, 1, 500)
    assert_events(economy.use(hire, 2, 499), skipped(hire, 2, Skip.CHARGE_FELL))
    assert_events(economy.use(hire, 3, 500), reading_settled(hire, 3, 500), of=economy.agreements)


def test_the_chain_looks_at_the_charge_and_not_at_each_register(economy, hire):
    """Oracle and auditor compare the registers; here 100 less of one and 50 more of another cost the same."""
    economy.use(hire, 1, 500, 0)
    assert_events(economy.use(hire, 2, 400, 50), reading_settled(hire, 2, 500), of=economy.agreements)


def test_an_implausible_reading_is_good_when_time_has_passed(economy, hire):
    signed = economy.signed(hire, 1, 12 * EUR)
    at(hire, 199)
    assert_events(economy.settle(hire, signed), skipped(hire, 1, Skip.IMPLAUSIBLE))
    at(hire, 200)
    economy.settle(hire, signed)
    assert economy.state(hire).sequence == 1


def test_a_charge_beyond_80_bits_is_capped_and_never_truncated(economy):
    hire = economy.hire(
        hold=MOST, cap=MOST, period=0, wealth=MOST, price_per_million=((1 << 96) - 1, 0, 0, 0), burst=MOST
    )
    economy.use(hire, 1, (1 << 48) - 1)
    assert economy.state(hire) == State(False, 1, hire.opened_at, 0, MOST, 0)
