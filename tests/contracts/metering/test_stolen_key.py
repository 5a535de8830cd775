"""What a thief of a meter key can take: never more than hold and cap, and no more than plausible use in that time."""

from __future__ import annotations

import pytest

from tests.contracts.metering.expected import fees
from tests.fixtures.economy import EUR, HOLD_TARGET, MONTH, WEALTH
from tests.helpers import clock

HOUR = 3_600


def rob(economy, hire, first, last):
    """Sends ever larger readings until nothing more is taken, each of them just plausible."""
    for sequence in range(first, last):
        most = 10 * EUR + 10_000 * (clock.now() - hire.opened_at)
        economy.use(hire, sequence, most)


@pytest.fixture
def robbed(economy):
    """A hold of 2 and a cap of 5 EUR per month, in which the hold counts."""
    return economy.hire(cap=5 * EUR)


def test_within_a_period_the_loss_is_the_cap(economy, robbed):
    clock.pass_time(HOUR)
    rob(economy, robbed, 1, 8)
    assert fees(economy, robbed) == 5 * EUR
    assert economy.balance(robbed.customer) == WEALTH - 5 * EUR


def test_around_the_edge_of_a_period_the_loss_is_hold_and_cap(economy, robbed):
    clock.next_block_at(robbed.opened_at + MONTH)
    rob(economy, robbed, 1, 10)
    assert fees(economy, robbed) == HOLD_TARGET + 5 * EUR
    assert economy.balance(robbed.customer) == WEALTH - HOLD_TARGET - 5 * EUR


def test_the_loss_is_no_more_than_plausible_use(economy):
    hire = economy.hire(cap=WEALTH)
    rob(economy, hire, 1, 12)
    elapsed = clock.now() - hire.opened_at
    assert HOLD_TARGET < fees(economy, hire) <= 10 * EUR + 10_000 * elapsed


def test_a_customer_who_suspends_loses_the_hold_at_most(economy, robbed):
    economy.agreements.suspend(robbed.id, True, {"from": robbed.customer})
    clock.pass_time(HOUR)
    rob(economy, robbed, 1, 5)
    assert fees(economy, robbed) == HOLD_TARGET


def test_the_other_agreements_of_a_customer_are_out_of_reach(economy, robbed):
    other = economy.hire(robbed.customer)
    clock.pass_time(HOUR)
    rob(economy, robbed, 1, 8)
    assert economy.state(other).hold == HOLD_TARGET
    assert fees(economy, other) == 0
