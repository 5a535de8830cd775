"""Money comes in: exactly what was announced, in an admitted currency, to an account that can use it (I-1)."""

import pytest

from tests.fixtures.ledger import MILLION, currency_id
from tests.helpers.balances import BalanceChanges
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

ZERO = "0x" + "00" * 20
MOST_CREDIT = 2**128 - 1


def test_deposit_moves_tokens_and_credits_the_owner(ledger, euro, customer, balance):
    with BalanceChanges(euro.balanceOf, customer, ledger) as tokens:
        ledger.deposit(euro, customer, 70, {"from": customer})
    assert tokens == {customer: -70, ledger: 70}
    assert balance(customer, euro) == 70


def test_deposit_reports_payer_owner_currency_and_amount(ledger, euro, customer, provider):
    tx = ledger.deposit(euro, provider, 70, {"from": customer})
    assert_events(
        tx,
        event("Transfer", caller=customer, sender=ZERO, receiver=provider, id=currency_id(euro), amount=70),
        event("Deposited", payer=customer, owner=provider, currency=euro, amount=70),
        of=ledger,
    )


def test_deposit_for_another_account_is_paid_by_the_caller(ledger, euro, customer, provider, balance):
    with BalanceChanges(euro.balanceOf, customer, provider) as tokens:
        ledger.deposit(euro, provider, 70, {"from": customer})
    assert tokens == {customer: -70, provider: 0}
    assert (balance(customer, euro), balance(provider, euro)) == (0, 70)


def test_i1_total_supply_is_credited_minus_withdrawn_and_gifts_are_not_counted(ledger, euro, customer, provider):
    ledger.deposit(euro, customer, 100, {"from": customer})
    ledger.deposit(euro, provider, 50, {"from": provider})
    ledger.withdraw(euro, 30, customer, {"from": customer})
    euro.transfer(ledger, 7, {"from": provider})
    assert ledger.totalSupply(currency_id(euro)) == 120
    assert euro.balanceOf(ledger) == 127


def test_i1_currencies_do_not_mix(ledger, euro, crown, customer, balance):
    ledger.deposit(euro, customer, 100, {"from": customer})
    ledger.deposit(crown, customer, 3, {"from": customer})
    assert (balance(customer, euro), balance(customer, crown)) == (100, 3)


def test_zero_amount_is_refused(ledger, euro, customer):
    with typed_error("Accounts_ZeroAmount"):
        ledger.deposit(euro, customer, 0, {"from": customer})


def test_currency_that_was_not_admitted_is_refused(ledger, customer, provider):
    with typed_error("Accounts_CurrencyNotAdmitted", provider):
        ledger.deposit(provider, customer, 1, {"from": customer})


@pytest.mark.parametrize("receiver", ["zero", "ledger"])
def test_account_that_nobody_can_use_is_refused(ledger, euro, customer, receiver):
    to = ZERO if receiver == "zero" else ledger.address
    with typed_error("Accounts_InvalidReceiver", to):
        ledger.deposit(euro, to, 1, {"from": customer})


def test_wallet_that_gave_no_token_allowance_cannot_deposit(ledger, euro, stranger):
    with typed_error("ERC20InsufficientAllowance", ledger, 0, 1):
        ledger.deposit(euro, stranger, 1, {"from": stranger})


def test_credit_of_a_currency_stays_below_two_to_the_128(ledger, euro, customer, provider):
    euro.mint(provider, MOST_CREDIT, {"from": provider})
    euro.approve(ledger, 2**256 - 1, {"from": provider})
    ledger.deposit(euro, customer, MILLION, {"from": customer})
    with typed_error("Accounts_CreditTooLarge", euro, MILLION, MOST_CREDIT - MILLION + 1, MOST_CREDIT):
        ledger.deposit(euro, provider, MOST_CREDIT - MILLION + 1, {"from": provider})
    ledger.deposit(euro, provider, MOST_CREDIT - MILLION, {"from": provider})
    assert ledger.totalSupply(currency_id(euro)) == MOST_CREDIT
