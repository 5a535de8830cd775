"""Elapsed = max(last, clamp(time − openedAt, 0, chain time − openedAt, end − openedAt)); charges stop at 80 bits."""

import pytest

from tests.fixtures.economy import DAY, EUR, WEALTH
from tests.helpers import clock
from tests.helpers.agreement_events import reading_skipped
from tests.helpers.events import assert_events
from tests.models.agreements import CLOCK_NOT_SYNCHRONISED, MAX_CHARGE, Skip

UNSYNCHRONISED = CLOCK_NOT_SYNCHRONISED


@pytest.mark.parametrize("ahead", [1, 119, 120])
def test_a_time_slightly_ahead_counts_as_now(economy, hire, ahead):
    now = clock.next_block_at(hire.opened_at + 1_000)
    economy.use(hire, 1, time=now + ahead)
    assert economy.state(hire).elapsed == 1_000


def test_a_time_too_far_ahead_is_skipped(economy, hire):
    now = clock.next_block_at(hire.opened_at + 1_000)
    assert_events(economy.use(hire, 1, time=now + 121), reading_skipped(hire.id, 1, Skip.TOO_FAR_AHEAD))


def test_a_reading_skipped_as_ahead_settles_later(economy, hire):
    now = clock.next_block_at(hire.opened_at + 1_000)
    reading = economy.signed(hire, 1, time=now + 121)
    economy.settle(hire, reading)
    clock.next_block_at(now + 1)
    economy.settle(hire, reading)
    assert economy.state(hire).elapsed == 1_001


@pytest.mark.parametrize("time", [0, 1, -1])
def test_a_time_before_the_opening_counts_as_the_opening(economy, hire, time):
    clock.next_block_at(hire.opened_at + 1_000)
    economy.use(hire, 1, 5, time=time if time >= 0 else hire.opened_at - 1)
    assert (economy.state(hire).elapsed, economy.state(hire).settled) == (0, 5)


def test_time_never_falls(economy, hire):
    clock.pass_time(2_000)
    economy.use(hire, 1, time=hire.opened_at + 1_000)
    economy.use(hire, 2, time=hire.opened_at + 500)
    assert economy.state(hire).elapsed == 1_000


def test_without_a_synchronised_clock_the_last_value_counts(economy, hire):
    clock.pass_time(2_000)
    economy.use(hire, 1, time=hire.opened_at + 1_000)
    economy.use(hire, 2, 7, time=hire.opened_at + 1_500, flags=UNSYNCHRONISED)
    assert (economy.state(hire).elapsed, economy.state(hire).settled) == (1_000, 1_007)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=str)
def test_I3_a_time_skipped_for_an_untimed_newer_reading_is_charged_by_the_next_accrual(economy, hire, order):
    """The one case where order shows, and for a while only: the older reading is stale, its standing part is not."""
    clock.pass_time(2_000)
    readings = [
        economy.signed(hire, 1, 5, time=hire.opened_at + 1_000),
        economy.signed(hire, 2, 7, time=0, flags=UNSYNCHRONISED),
    ]
    for i in order:
        economy.settle(hire, readings[i])
    assert economy.state(hire).settled == (1_007 if order == (0, 1) else 7)
    clock.next_block_at(hire.opened_at + 3_000)
    economy.agreements.accrue(hire.id, {"from": economy.stranger})
    assert (economy.state(hire).settled, economy.state(hire).sequence) == (3_007, 2)


def test_an_unsynchronised_clock_may_be_years_ahead(economy, hire):
    economy.use(hire, 1, 7, time=(1 << 40) - 1, flags=UNSYNCHRONISED)
    assert (economy.state(hire).elapsed, economy.state(hire).settled) == (0, 7)


def test_a_time_after_the_end_counts_as_the_end(economy, hire):
    """A reading on the way when the agreement ended still settles, its standing part up to the end."""
    ended = economy.agreements.end(hire.id, {"from": hire.customer})
    end_at = ended.timestamp + DAY
    clock.next_block_at(end_at + 500)
    economy.use(hire, 1, 7, time=end_at + 400)
    assert economy.state(hire).elapsed == end_at - hire.opened_at


def test_a_charge_beyond_80_bits_is_capped_not_truncated(economy):
    """Q-8: the largest products, a hold and a cap of 80 bits; the next reading charges nothing more."""
    most = MAX_CHARGE
    customer = economy.customers[2]
    hire = economy.hire(
        customer, wealth=most, hold=most, cap=most, price_per_million=((1 << 96) - 1,) * 4, standing_per_day=0,
        max_charge_per_hour=most, hold_target=most, burst=most, delivery_time=0,
    )  # fmt: skip
    full = (1 << 48) - 1
    clock.next_block_at(hire.opened_at + 3_600)
    economy.use(hire, 1, full, full, full, full)
    assert (economy.state(hire).settled, economy.state(hire).hold) == (most, 0)
    economy.use(hire, 2, full, full, full, full)
    assert (economy.state(hire).sequence, economy.state(hire).settled) == (2, most)


def test_the_largest_registers_at_a_free_tariff_settle(economy):
    hire = economy.hire(
        economy.customers[2], wealth=400 * EUR, hold=300 * EUR, cap=400 * EUR, burst=300 * EUR,
        price_per_million=(0, 0, 0, 1), standing_per_day=0,
    )  # fmt: skip
    full = (1 << 48) - 1
    economy.use(hire, 1, full, full, full, full, odometer=full)
    assert economy.state(hire).settled == full // 1_000_000


def test_a_stolen_meter_key_takes_at_most_hold_and_cap(economy):
    """Whatever it signs, a period costs the customer no more than its cap; the free balance beyond is safe."""
    cap = 6 * EUR
    hire = economy.hire(economy.customers[3], cap=cap, period=DAY, burst=1_000 * EUR, max_charge_per_hour=36 * EUR)
    for sequence in range(1, 20):
        economy.use(hire, sequence, 50 * EUR)
        economy.use(hire, sequence, 50 * EUR)
    assert economy.state(hire).settled == cap
    assert economy.balance(hire.customer) == WEALTH - cap


def test_a_stolen_meter_key_of_a_suspended_agreement_takes_at_most_the_hold(economy):
    hire = economy.hire(economy.customers[3], burst=1_000 * EUR)
    economy.agreements.suspend(hire.id, True, {"from": hire.customer})
    for sequence in range(1, 5):
        economy.use(hire, sequence, 50 * EUR)
    assert economy.state(hire).settled == hire.hold
    assert economy.balance(hire.customer) == WEALTH - hire.hold
