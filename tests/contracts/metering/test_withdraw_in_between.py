"""A free balance leaves at once, and what a permit allowed is paid all the same (promises 1 and 5)."""

from __future__ import annotations

import itertools

import pytest

from tests.contracts.metering.expected import fees, reading_settled, refill_short, refilled
from tests.fixtures.economy import DAY, EUR, HOLD_TARGET, WEALTH
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events
from tests.models.agreements import Short


def withdraw(economy, hire, amount=None):
    amount = economy.balance(hire.customer) if amount is None else amount
    economy.ledger.withdraw(economy.euro, amount, hire.customer, {"from": hire.customer})


def test_all_but_the_hold_leaves_between_reading_and_settlement(economy, hire):
    signed = economy.signed(hire, 1, HOLD_TARGET)
    withdraw(economy, hire)
    settled = economy.settle(hire, signed)
    assert economy.euro.balanceOf(hire.customer) == WEALTH - HOLD_TARGET
    assert_events(
        settled,
        reading_settled(hire, 1, HOLD_TARGET),
        refill_short(hire, HOLD_TARGET, 0, Short.NO_BALANCE),
        of=economy.agreements,
    )
    assert fees(economy, hire) == HOLD_TARGET


def test_the_hold_itself_does_not_leave(economy, hire):
    withdraw(economy, hire)
    with typed_error("ERC6909InsufficientBalance", hire.customer, 0, 1, economy.id_of()):
        withdraw(economy, hire, 1)
    holds = economy.holds_account()
    with typed_error("ERC6909InsufficientAllowance", hire.customer, 0, HOLD_TARGET, economy.id_of()):
        economy.ledger.transferFrom(holds, hire.customer, economy.id_of(), HOLD_TARGET, {"from": hire.customer})


def test_a_refill_takes_what_a_withdrawal_left(economy, hire):
    withdraw(economy, hire, WEALTH - HOLD_TARGET - 5)
    settled = economy.use(hire, 1, HOLD_TARGET)
    assert_events(
        settled,
        reading_settled(hire, 1, HOLD_TARGET),
        refilled(hire, 5, sequence=1, settled=HOLD_TARGET, hold=5),
        refill_short(hire, HOLD_TARGET, 5, Short.NO_BALANCE),
        of=economy.agreements,
    )


@pytest.mark.parametrize("order", list(itertools.permutations(["withdraw", "revoke", "settle"])))
def test_whatever_the_order_the_provider_has_what_the_hold_covers(economy, hire, order):
    signed = economy.signed(hire, 1, HOLD_TARGET - 3)
    for step in order:
        if step == "withdraw":
            withdraw(economy, hire)
        elif step == "revoke":
            economy.allow(hire.customer, 0)
        else:
            economy.settle(hire, signed)
    assert fees(economy, hire) == HOLD_TARGET - 3


def test_one_agreements_use_cannot_empty_anothers_hold(economy, hire):
    other = economy.hire(hire.customer)
    withdraw(economy, hire)
    economy.use(hire, 1, 5 * EUR)
    economy.use(other, 1, HOLD_TARGET)
    assert (fees(economy, hire), fees(economy, other)) == (HOLD_TARGET, HOLD_TARGET)


def test_with_everything_withdrawn_the_agreement_still_ends_and_closes(economy, hire):
    withdraw(economy, hire)
    economy.agreements.end(hire.id, {"from": hire.customer})
    clock.next_block_in(DAY)
    economy.agreements.close(hire.id, {"from": economy.stranger})
    assert economy.balance(hire.customer) == HOLD_TARGET - economy.state(hire).settled


def test_a_paused_ledger_holds_no_exit_up(economy, hire):
    economy.ledger.pause({"from": economy.guardian})
    economy.use(hire, 1, HOLD_TARGET - 3)
    withdraw(economy, hire)
    economy.agreements.end(hire.id, {"from": hire.customer})
    clock.next_block_in(DAY)
    economy.agreements.close(hire.id, {"from": economy.stranger})
    withdraw(economy, hire)
    assert economy.euro.balanceOf(hire.customer) == WEALTH - economy.state(hire).settled
