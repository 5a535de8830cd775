"""From tokens in a wallet to a running agreement: two signatures, one transaction, and nobody can spoil it."""

from __future__ import annotations

import pytest

from tests.fixtures.economy import HOLD_TARGET, MONTH, USUAL_CAP, WEALTH
from tests.helpers.errors import typed_error


@pytest.fixture
def newcomer(economy):
    """Tokens in its wallet and nothing in the ledger."""
    newcomer = economy.customers[2]
    economy.euro.mint(newcomer, WEALTH, {"from": newcomer})
    return newcomer


def first_steps(economy, newcomer, drill, priced):
    """The signed Allow, the permit's parts, and the calls of the one transaction."""
    allow = economy.allow_form(newcomer, WEALTH)
    signature, permit = economy.signature(allow, newcomer), economy.permit(newcomer, WEALTH)
    calls = [
        economy.agreements.allow.encode_input(economy.values(allow), signature),
        economy.agreements.fund.encode_input(economy.euro, WEALTH, *permit),
        economy.agreements.open.encode_input(drill.id, priced.id, True, HOLD_TARGET, USUAL_CAP, MONTH),
    ]
    return allow, signature, permit, calls


def test_allow_fund_and_open_in_one_transaction(economy, newcomer, drill, priced):
    *_, calls = first_steps(economy, newcomer, drill, priced)
    opened = economy.agreements.multicall(calls, {"from": newcomer})
    hire = economy.opened(opened, newcomer, drill, priced)
    assert economy.agreements.agreementOf(hire.id)[0] == newcomer
    assert economy.balance(newcomer) == economy.allowance(newcomer) == WEALTH - HOLD_TARGET


def test_a_front_run_permit_does_no_harm(economy, newcomer, drill, priced):
    _, _, permit, calls = first_steps(economy, newcomer, drill, priced)
    economy.euro.permit(newcomer, economy.ledger, WEALTH, *permit, {"from": economy.stranger})
    economy.agreements.multicall(calls, {"from": newcomer})
    assert economy.balance(newcomer) == WEALTH - HOLD_TARGET


def test_a_front_run_allow_does_no_harm(economy, newcomer, drill, priced):
    allow, signature, _, calls = first_steps(economy, newcomer, drill, priced)
    economy.ledger.allow(economy.values(allow), signature, {"from": economy.stranger})
    economy.agreements.multicall(calls, {"from": newcomer})
    assert economy.allowance(newcomer) == WEALTH - HOLD_TARGET


def test_funding_takes_the_callers_tokens_only(economy, newcomer):
    other = economy.customers[3]
    economy.allow(other, WEALTH)
    permit = economy.permit(newcomer, WEALTH)
    with typed_error("Accounts_PermitFailed", other, economy.euro, WEALTH, 0):
        economy.agreements.fund(economy.euro, WEALTH, *permit, {"from": other})


def test_a_failing_step_undoes_all(economy, newcomer, drill, priced):
    *_, calls = first_steps(economy, newcomer, drill, priced)
    economy.offers.withdrawOffer(drill.id, priced.id, True, {"from": economy.provider})
    with typed_error("Offers_NotOffered", drill.id, priced.id, True):
        economy.agreements.multicall(calls, {"from": newcomer})
    assert economy.euro.balanceOf(newcomer) == WEALTH
