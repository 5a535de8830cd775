"""Tokens that do not do what they say: refused, or their oddity stays with their own holders (I-1)."""

import pytest

from tests.fixtures.ledger import MILLION, currency_id
from tests.helpers.balances import BalanceChanges
from tests.helpers.errors import typed_error


def test_i1_token_that_keeps_a_fee_is_refused(ledger, new_currency, customer):
    token = new_currency("FeeOnTransferToken", customer)
    with typed_error("Accounts_DeliveredOther", token, 100, 99):
        ledger.deposit(token, customer, 100, {"from": customer})


def test_i1_token_that_delivers_more_than_announced_is_refused(ledger, new_currency, customer):
    token = new_currency("GenerousToken", customer)
    with typed_error("Accounts_DeliveredOther", token, 100, 101):
        ledger.deposit(token, customer, 100, {"from": customer})


def test_fee_that_the_issuer_takes_from_the_receiver_does_not_close_the_exit(ledger, new_currency, customer):
    token = new_currency("FeeOnTransferToken", customer)
    token.setCharging(False, {"from": customer})
    ledger.deposit(token, customer, 100, {"from": customer})
    token.setCharging(True, {"from": customer})
    with BalanceChanges(token.balanceOf, ledger, customer) as tokens:
        ledger.withdraw(token, 100, customer, {"from": customer})
    assert tokens == {ledger: -100, customer: 99}


def test_i1_fee_on_top_is_not_paid_by_the_other_accounts(ledger, new_currency, customer, provider, balance):
    token = new_currency("FeeOnSenderToken", customer, provider)
    for owner in (customer, provider):
        ledger.deposit(token, owner, 100, {"from": owner})
    token.setCharging(True, {"from": customer})
    with typed_error("Accounts_DeliveredOther", token, 100, 101):
        ledger.withdraw(token, 100, customer, {"from": customer})
    assert balance(customer, token) == 100


def test_token_that_says_false_is_refused_on_the_way_in(ledger, new_currency, customer):
    token = new_currency("FalseReturningToken", customer)
    with typed_error("SafeERC20FailedOperation", token):
        ledger.deposit(token, customer, 100, {"from": customer})


def test_token_that_says_false_costs_its_holder_nothing_on_the_way_out(ledger, new_currency, customer, balance):
    token = new_currency("FalseReturningToken", customer)
    token.setRefusing(False, {"from": customer})
    ledger.deposit(token, customer, 100, {"from": customer})
    token.setRefusing(True, {"from": customer})
    with typed_error("SafeERC20FailedOperation", token):
        ledger.withdraw(token, 100, customer, {"from": customer})
    assert balance(customer, token) == 100


def test_token_that_returns_nothing_works(ledger, new_currency, customer, balance):
    token = new_currency("NoReturnToken", customer)
    ledger.deposit(token, customer, 100, {"from": customer})
    ledger.withdraw(token, 60, customer, {"from": customer})
    assert balance(customer, token) == 40
    assert token.balanceOf(ledger) == 40


@pytest.mark.parametrize("lie", [0, 10**30])
def test_i1_token_that_moves_nothing_gives_no_credit(ledger, new_currency, customer, lie):
    token = new_currency("LyingBalanceToken", customer)
    token.setLie(lie, {"from": customer})
    token.setIdle(True, {"from": customer})
    with typed_error("Accounts_DeliveredOther", token, 100, 0):
        ledger.deposit(token, customer, 100, {"from": customer})


def test_token_that_pays_nothing_out_leaves_the_credit(ledger, new_currency, customer, balance):
    token = new_currency("LyingBalanceToken", customer)
    ledger.deposit(token, customer, 100, {"from": customer})
    token.setIdle(True, {"from": customer})
    with typed_error("Accounts_DeliveredOther", token, 100, 0):
        ledger.withdraw(token, 100, customer, {"from": customer})
    assert balance(customer, token) == 100


def test_i1_lie_about_balances_buys_nothing_in_another_currency(ledger, new_currency, euro, customer, funded):
    token = new_currency("LyingBalanceToken", customer)
    token.setLie(10**30, {"from": customer})
    ledger.deposit(token, customer, MILLION, {"from": customer})
    assert ledger.totalSupply(currency_id(token)) == MILLION
    assert ledger.totalSupply(currency_id(euro)) == funded == euro.balanceOf(ledger)


def test_blacklisted_wallet_can_be_avoided(ledger, new_currency, customer, provider, balance):
    token = new_currency("BlacklistingToken", customer)
    ledger.deposit(token, customer, 100, {"from": customer})
    token.blacklist(customer, True, {"from": provider})
    with typed_error("Blacklisted", customer):
        ledger.withdraw(token, 100, customer, {"from": customer})
    ledger.withdraw(token, 60, provider, {"from": customer})
    ledger.transfer(provider, currency_id(token), 40, {"from": customer})
    assert balance(provider, token) == 40


def test_issuer_that_blocks_the_ledger_leaves_the_books_as_they_are(ledger, new_currency, customer, provider, balance):
    token = new_currency("BlacklistingToken", customer)
    ledger.deposit(token, customer, 100, {"from": customer})
    token.blacklist(ledger, True, {"from": provider})
    with typed_error("Blacklisted", ledger):
        ledger.withdraw(token, 100, customer, {"from": customer})
    ledger.transfer(provider, currency_id(token), 40, {"from": customer})
    assert (balance(customer, token), balance(provider, token)) == (60, 40)
