"""From tokens in a wallet to a machine that may start: two signatures, one transaction, whoever runs ahead of it."""

import pytest

from tests.fixtures.economy import EUR, HOLD_TARGET, MONTH, USUAL_CAP
from tests.helpers.errors import typed_error

AMOUNT = 20 * EUR


@pytest.fixture(scope="module")
def priced(economy):
    return economy.publish()


@pytest.fixture(scope="module")
def drill(economy, priced):
    drill = economy.drill()
    economy.offer(drill, priced)
    return drill


@pytest.fixture(scope="module")
def newcomer(economy):
    """Tokens in a wallet, nothing else: no allowance of the token, no account."""
    newcomer = economy.customers[5]
    economy.euro.mint(newcomer, AMOUNT, {"from": newcomer})
    return newcomer


@pytest.fixture
def signatures(economy, newcomer):
    allow = economy.allow_form(newcomer, AMOUNT)
    return (economy.values(allow), economy.signature(allow, newcomer)), economy.permit(newcomer, AMOUNT)


def go(economy, newcomer, drill, priced, signatures):
    agreements = economy.agreements
    allow, permit = signatures
    calls = [
        agreements.allow.encode_input(*allow),
        agreements.fund.encode_input(economy.euro, AMOUNT, *permit),
        agreements.open.encode_input(drill.id, priced.id, True, HOLD_TARGET, USUAL_CAP, MONTH),
    ]
    return agreements.multicall(calls, {"from": newcomer})


def assert_open(economy, newcomer, drill, priced, transaction):
    hire = economy.opened(transaction, newcomer, drill, priced)
    assert economy.agreements.agreementOf(hire.id)[0] == newcomer
    assert economy.balance(newcomer) == AMOUNT - HOLD_TARGET
    assert economy.euro.balanceOf(newcomer) == 0


def test_two_signatures_and_one_transaction(economy, newcomer, drill, priced, signatures):
    opened = go(economy, newcomer, drill, priced, signatures)
    assert_open(economy, newcomer, drill, priced, opened)


def test_a_permit_used_by_a_front_runner_does_no_harm(economy, newcomer, drill, priced, signatures):
    economy.euro.permit(newcomer, economy.ledger, AMOUNT, *signatures[1], {"from": economy.stranger})
    assert_open(economy, newcomer, drill, priced, go(economy, newcomer, drill, priced, signatures))


def test_an_allow_used_by_a_front_runner_does_no_harm(economy, newcomer, drill, priced, signatures):
    economy.ledger.allow(*signatures[0], {"from": economy.stranger})
    assert_open(economy, newcomer, drill, priced, go(economy, newcomer, drill, priced, signatures))


def test_both_used_by_a_front_runner_do_no_harm(economy, newcomer, drill, priced, signatures):
    economy.ledger.allow(*signatures[0], {"from": economy.stranger})
    economy.euro.permit(newcomer, economy.ledger, AMOUNT, *signatures[1], {"from": economy.stranger})
    assert_open(economy, newcomer, drill, priced, go(economy, newcomer, drill, priced, signatures))


def test_a_stranger_cannot_fund_from_another_wallet(economy, newcomer, signatures):
    """I-2: `fund` takes the caller's own tokens, whoever's permit it carries."""
    economy.allow(economy.stranger, AMOUNT)
    with typed_error("Accounts_PermitFailed", economy.stranger, economy.euro, AMOUNT, 0):
        economy.agreements.fund(economy.euro, AMOUNT, *signatures[1], {"from": economy.stranger})


def test_funding_without_an_allowance_is_refused(economy, newcomer, signatures):
    with typed_error("Accounts_NotAllowedToDepositFor", economy.agreements, newcomer, AMOUNT):
        economy.agreements.fund(economy.euro, AMOUNT, *signatures[1], {"from": newcomer})


def test_if_one_call_fails_all_are_undone(economy, newcomer, drill, priced, signatures):
    agreements = economy.agreements
    calls = [
        agreements.allow.encode_input(*signatures[0]),
        agreements.fund.encode_input(economy.euro, AMOUNT, *signatures[1]),
        agreements.open.encode_input(drill.id, priced.id, True, 1, USUAL_CAP, MONTH),
    ]
    with typed_error("Agreements_HoldBelowTarget", 1, HOLD_TARGET):
        agreements.multicall(calls, {"from": newcomer})
    assert economy.balance(newcomer) == 0
    assert economy.allowance(newcomer) == 0
    assert economy.euro.balanceOf(newcomer) == AMOUNT
