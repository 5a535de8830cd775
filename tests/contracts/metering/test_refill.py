"""Refills: a hold under half its target is filled to the target, as far as cap, balance and allowance reach."""

from __future__ import annotations

import pytest

from tests.contracts.metering.expected import HALF, moved, reading_settled, refill_short, refilled
from tests.fixtures.economy import DAY, EUR, HOLD_TARGET, WEALTH
from tests.helpers import clock
from tests.helpers.events import assert_events
from tests.models.agreements import Short


def refill(economy, hire):
    return economy.agreements.refill(hire.id, {"from": economy.stranger})


def test_a_hold_of_exactly_half_is_left(economy, hire):
    settled = economy.use(hire, 1, HALF)
    assert_events(settled, reading_settled(hire, 1, HALF), of=economy.agreements)


def test_a_hold_under_half_is_filled_to_the_target(economy, hire):
    settled = economy.use(hire, 1, HALF + 1)
    assert_events(
        settled,
        reading_settled(hire, 1, HALF + 1),
        refilled(hire, HALF + 1, sequence=1, settled=HALF + 1, hold=HOLD_TARGET),
        of=economy.agreements,
    )
    assert economy.balance(hire.customer) == WEALTH - HOLD_TARGET - HALF - 1


def test_half_is_of_the_target_and_not_of_the_opening_hold(economy):
    hire = economy.hire(hold=10 * EUR)
    economy.use(hire, 1, 9 * EUR)
    assert economy.state(hire).hold == EUR
    economy.use(hire, 2, 9 * EUR + 1)
    assert economy.state(hire).hold == HOLD_TARGET


def test_accrual_refills_like_a_reading(economy, hire):
    economy.use(hire, 1, HALF)
    clock.next_block_at(hire.opened_at + 1_000)
    economy.agreements.accrue(hire.id, {"from": economy.stranger})
    assert (economy.state(hire).settled, economy.state(hire).hold) == (HALF + 1_000, HOLD_TARGET)


def test_anyone_refills_a_hold_below_its_target(economy, hire):
    economy.use(hire, 1, 5)
    assert_events(
        refill(economy, hire),
        refilled(hire, 5, sequence=1, settled=5, hold=HOLD_TARGET),
        moved(economy, hire.customer, economy.holds_account(), 5),
    )


@pytest.mark.parametrize("hold", [HOLD_TARGET, HOLD_TARGET + 1])
def test_a_full_hold_is_left(economy, hold):
    assert_events(refill(economy, economy.hire(hold=hold)))


@pytest.mark.parametrize("got", [0, 1, HALF])
@pytest.mark.parametrize("reason", [Short.NO_BALANCE, Short.NO_ALLOWANCE, Short.CAP_REACHED])
def test_the_tightest_limit_is_the_reason(economy, hire, reason, got):
    """A whole hold is wanted, one of the three gives `got` and the other two a unit more."""
    limits = {short: got + (short is not reason) for short in (Short.NO_BALANCE, Short.NO_ALLOWANCE, Short.CAP_REACHED)}
    spare = economy.balance(hire.customer) - limits[Short.NO_BALANCE]
    economy.ledger.withdraw(economy.euro, spare, hire.customer, {"from": hire.customer})
    economy.allow(hire.customer, limits[Short.NO_ALLOWANCE])
    economy.agreements.setCap(hire.id, HOLD_TARGET + limits[Short.CAP_REACHED], DAY, {"from": hire.customer})

    settled = economy.use(hire, 1, HOLD_TARGET)

    filled = [refilled(hire, got, sequence=1, settled=HOLD_TARGET, hold=got)] if got else []
    assert_events(
        settled,
        reading_settled(hire, 1, HOLD_TARGET),
        *filled,
        refill_short(hire, HOLD_TARGET, got, reason),
        of=economy.agreements,
    )


def test_a_refill_takes_from_the_allowance(economy, hire):
    economy.use(hire, 1, HALF + 1)
    assert economy.allowance(hire.customer) == WEALTH - HOLD_TARGET - HALF - 1


def test_opening_hold_and_refills_count_against_the_cap(economy):
    hire = economy.hire(cap=5 * EUR, period=DAY)
    economy.use(hire, 1, 2 * EUR)
    economy.use(hire, 2, 4 * EUR)
    assert economy.agreements.capOf(hire.id) == (5 * EUR, DAY, 5 * EUR, 0)
    assert (economy.state(hire).settled, economy.state(hire).hold) == (4 * EUR, EUR)


@pytest.mark.parametrize("second", [DAY - 1, DAY])
def test_the_cap_starts_anew_at_fixed_edges_from_the_opening(economy, second):
    hire = economy.hire(cap=HOLD_TARGET, period=DAY)
    economy.use(hire, 1, HOLD_TARGET)
    clock.next_block_at(hire.opened_at + second)
    refill(economy, hire)
    turned = second == DAY
    assert economy.state(hire).hold == (HOLD_TARGET if turned else 0)
    assert economy.agreements.capOf(hire.id) == (HOLD_TARGET, DAY, HOLD_TARGET, int(turned))


def test_a_period_passed_over_leaves_nothing_to_the_next(economy):
    """What was not spent in a period is not added to a later one."""
    hire = economy.hire(cap=3 * EUR, period=DAY)
    clock.next_block_at(hire.opened_at + 5 * DAY)
    for sequence in (1, 2, 3):
        economy.use(hire, sequence, 2 * EUR * sequence)
    assert economy.agreements.capOf(hire.id) == (3 * EUR, DAY, 3 * EUR, 5)
    assert economy.state(hire).settled == 5 * EUR


def test_period_0_means_no_refills(economy):
    hire = economy.hire(period=0)
    clock.pass_time(DAY)
    settled = economy.use(hire, 1, HOLD_TARGET)
    assert_events(
        settled,
        reading_settled(hire, 1, HOLD_TARGET),
        refill_short(hire, HOLD_TARGET, 0, Short.CAP_REACHED),
        of=economy.agreements,
    )
