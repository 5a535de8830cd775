"""Arrears: charge beyond the hold. The stored reading completes them after a refill; they die at the close (I-4)."""

from __future__ import annotations

import pytest

from tests.contracts.metering.expected import fees, reading_settled, refill_short, skipped
from tests.fixtures.economy import DAY, EUR, HOLD_TARGET
from tests.helpers import clock
from tests.helpers.balances import BalanceChanges
from tests.helpers.events import assert_events
from tests.models.agreements import Short, Skip, State


@pytest.fixture
def signed(economy, hire):
    """Three EUR of use against a hold of two, and a customer who allows no more."""
    economy.allow(hire.customer, 0)
    return economy.signed(hire, 7, 3 * EUR)


@pytest.fixture
def owing(economy, hire, signed):
    economy.settle(hire, signed)
    return hire


def test_settlement_takes_the_hold_and_no_more(economy, hire, signed):
    settled = economy.settle(hire, signed)
    assert_events(
        settled,
        reading_settled(hire, 7, HOLD_TARGET, hold=0),
        refill_short(hire, HOLD_TARGET, 0, Short.NO_ALLOWANCE),
        of=economy.agreements,
    )
    assert fees(economy, hire) == HOLD_TARGET


def test_the_same_reading_again_takes_nothing_from_an_empty_hold(economy, owing, signed):
    before = economy.state(owing)
    economy.settle(owing, signed, signed)
    assert economy.state(owing) == before
    assert fees(economy, owing) == HOLD_TARGET


def test_after_a_refill_anyone_completes_the_same_reading(economy, owing, signed):
    economy.allow(owing.customer, HOLD_TARGET)
    economy.agreements.refill(owing.id, {"from": economy.stranger})
    economy.agreements.settleSigned(economy.values(signed.reading), signed.signature, {"from": economy.stranger})
    assert economy.state(owing) == State(False, 7, owing.opened_at, 0, 3 * EUR, HOLD_TARGET - EUR)
    assert fees(economy, owing) == 3 * EUR


def test_a_completed_reading_is_stale(economy, owing, signed):
    economy.allow(owing.customer, HOLD_TARGET)
    economy.agreements.refill(owing.id, {"from": economy.stranger})
    economy.settle(owing, signed)
    assert_events(economy.settle(owing, signed), skipped(owing, 7, Skip.STALE))


def test_an_older_reading_does_not_complete_arrears(economy, owing):
    economy.allow(owing.customer, HOLD_TARGET)
    economy.agreements.refill(owing.id, {"from": economy.stranger})
    assert_events(economy.use(owing, 6, 3 * EUR), skipped(owing, 6, Skip.STALE))


def test_the_next_reading_takes_arrears_and_its_own(economy, owing):
    economy.allow(owing.customer, HOLD_TARGET)
    economy.agreements.refill(owing.id, {"from": economy.stranger})
    economy.use(owing, 8, 3 * EUR + 100)
    assert economy.state(owing).settled == 3 * EUR + 100


def test_large_arrears_are_taken_hold_by_hold(economy, hire):
    """Each settlement refills, so the fourth delivery of one reading brings it to its end."""
    signed = economy.signed(hire, 1, 7 * EUR)
    for settled in (2 * EUR, 4 * EUR, 6 * EUR, 7 * EUR):
        economy.settle(hire, signed)
        assert economy.state(hire).settled == settled
    assert economy.state(hire).hold == EUR


def test_standing_charges_fall_into_arrears_too(economy, owing, signed):
    clock.next_block_at(owing.opened_at + 500)
    economy.agreements.accrue(owing.id, {"from": economy.stranger})
    assert economy.state(owing) == State(False, 7, owing.opened_at, 500, HOLD_TARGET, 0)
    economy.allow(owing.customer, HOLD_TARGET)
    economy.agreements.refill(owing.id, {"from": economy.stranger})
    economy.settle(owing, signed)
    assert economy.state(owing).settled == 3 * EUR + 500


def test_a_later_accrual_does_not_hide_arrears(economy, owing, signed):
    """It raises what is settled by the new seconds only; the reading still finds the rest."""
    economy.allow(owing.customer, HOLD_TARGET)
    economy.agreements.refill(owing.id, {"from": economy.stranger})
    clock.next_block_at(owing.opened_at + 500)
    economy.agreements.accrue(owing.id, {"from": economy.stranger})
    assert economy.state(owing).settled == HOLD_TARGET + 500
    economy.settle(owing, signed)
    assert economy.state(owing).settled == 3 * EUR + 500


def test_arrears_die_when_the_agreement_closes(economy, owing, signed):
    economy.agreements.end(owing.id, {"from": owing.customer})
    clock.next_block_in(DAY)
    with BalanceChanges(economy.balance, owing.customer, economy.holds_account()) as changes:
        economy.agreements.close(owing.id, {"from": economy.stranger})
        economy.allow(owing.customer, HOLD_TARGET)
        assert_events(economy.settle(owing, signed), skipped(owing, 7, Skip.CLOSED))
    assert changes == {owing.customer: 0, economy.holds_account(): 0}


def test_arrears_of_one_agreement_touch_no_other(economy, owing, signed):
    other = economy.hire(owing.customer)
    economy.settle(owing, signed)
    assert economy.state(other).hold == HOLD_TARGET
    assert economy.state(owing).settled == HOLD_TARGET
