"""Always an exit (promise 5): a free balance leaves at once, to any wallet its owner names."""

import pytest

from tests.fixtures.ledger import currency_id
from tests.helpers.balances import BalanceChanges
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

ZERO = "0x" + "00" * 20


def test_withdraw_pays_the_named_wallet(ledger, euro, customer, provider, funded, balance):
    with BalanceChanges(euro.balanceOf, ledger, customer, provider) as tokens:
        tx = ledger.withdraw(euro, 40, provider, {"from": customer})
    assert tokens == {ledger: -40, customer: 0, provider: 40}
    assert balance(customer, euro) == funded - 40
    assert_events(
        tx,
        event("Transfer", caller=customer, sender=customer, receiver=ZERO, id=currency_id(euro), amount=40),
        event("Withdrawn", owner=customer, currency=euro, to=provider, amount=40),
        of=ledger,
    )


def test_whole_balance_leaves_to_the_last_unit(ledger, euro, customer, funded, balance):
    ledger.withdraw(euro, funded, customer, {"from": customer})
    assert balance(customer, euro) == 0
    assert ledger.totalSupply(currency_id(euro)) == 0


def test_i2_more_than_the_balance_is_refused(ledger, euro, customer, funded):
    with typed_error("ERC6909InsufficientBalance", customer, funded, funded + 1, currency_id(euro)):
        ledger.withdraw(euro, funded + 1, customer, {"from": customer})


def test_i2_nobody_withdraws_from_anothers_account(ledger, euro, stranger, funded):
    with typed_error("ERC6909InsufficientBalance", stranger, 0, 1, currency_id(euro)):
        ledger.withdraw(euro, 1, stranger, {"from": stranger})


def test_gifts_to_the_ledger_cannot_be_withdrawn(ledger, euro, customer, provider, funded):
    euro.transfer(ledger, 10, {"from": provider})
    with typed_error("ERC6909InsufficientBalance", customer, funded, funded + 10, currency_id(euro)):
        ledger.withdraw(euro, funded + 10, customer, {"from": customer})


def test_zero_amount_is_refused(ledger, euro, customer, funded):
    with typed_error("Accounts_ZeroAmount"):
        ledger.withdraw(euro, 0, customer, {"from": customer})


@pytest.mark.parametrize("receiver", ["zero", "ledger"])
def test_wallet_that_nobody_has_is_refused(ledger, euro, customer, funded, receiver):
    to = ZERO if receiver == "zero" else ledger.address
    with typed_error("Accounts_InvalidReceiver", to):
        ledger.withdraw(euro, 1, to, {"from": customer})


def test_currency_without_balance_is_refused_by_its_balance(ledger, customer, provider):
    with typed_error("ERC6909InsufficientBalance", customer, 0, 1, currency_id(provider)):
        ledger.withdraw(provider, 1, customer, {"from": customer})
