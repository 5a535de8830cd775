"""A module's pots: derived addresses out of which only that module moves money (I-2)."""

import pytest

from tests.fixtures.ledger import currency_id
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event
from tests.models.accounts import subaccount

ZERO = "0x" + "00" * 20
KEY = b"holds".ljust(32, b"\0")
OTHER_KEY = b"other".ljust(32, b"\0")


@pytest.fixture(scope="module")
def pot(ledger, euro, module, customer):
    """100 euros under the module's key."""
    account = ledger.subaccount(module, KEY)
    ledger.deposit(euro, account, 100, {"from": customer})
    return account


def test_subaccount_is_the_hash_of_module_and_key(ledger, module):
    assert ledger.subaccount(module, KEY) == subaccount(module.address, KEY)


def test_module_moves_from_its_own_pot(ledger, euro, module, provider, pot, balance):
    tx = ledger.moveFrom(KEY, provider, euro, 30, {"from": module})
    assert (balance(pot, euro), balance(provider, euro)) == (70, 30)
    assert_events(tx, event("Transfer", caller=module, sender=pot, receiver=provider, id=currency_id(euro), amount=30))


def test_i2_the_same_key_of_another_module_is_another_pot(ledger, euro, stranger, pot):
    own = ledger.subaccount(stranger, KEY)
    with typed_error("ERC6909InsufficientBalance", own, 0, 1, currency_id(euro)):
        ledger.moveFrom(KEY, stranger, euro, 1, {"from": stranger})


def test_i2_another_key_of_the_same_module_is_another_pot(ledger, euro, module, pot):
    own = ledger.subaccount(module, OTHER_KEY)
    with typed_error("ERC6909InsufficientBalance", own, 0, 1, currency_id(euro)):
        ledger.moveFrom(OTHER_KEY, module, euro, 1, {"from": module})


def test_i2_module_has_no_power_over_a_customers_account(ledger, euro, module, customer, funded):
    with typed_error("ERC6909InsufficientAllowance", module, 0, 1, currency_id(euro)):
        ledger.transferFrom(customer, module, currency_id(euro), 1, {"from": module})


def test_one_call_pays_many(ledger, euro, module, customer, provider, stranger, pot, balance):
    tx = ledger.moveFromToMany(KEY, euro, [provider, stranger], [30, 70], {"from": module})
    assert [balance(who, euro) for who in (pot, provider, stranger)] == [0, 30, 70]
    id_ = currency_id(euro)
    assert_events(
        tx,
        event("Transfer", caller=module, sender=pot, receiver=provider, id=id_, amount=30),
        event("Transfer", caller=module, sender=pot, receiver=stranger, id=id_, amount=70),
    )


def test_paying_many_more_than_the_pot_holds_moves_nothing(ledger, euro, module, provider, stranger, pot, balance):
    with typed_error("ERC6909InsufficientBalance", pot, 70, 71, currency_id(euro)):
        ledger.moveFromToMany(KEY, euro, [provider, stranger], [30, 71], {"from": module})
    assert balance(pot, euro) == 100


def test_i2_paying_many_needs_the_module_too(ledger, euro, stranger, pot):
    own = ledger.subaccount(stranger, KEY)
    with typed_error("ERC6909InsufficientBalance", own, 0, 1, currency_id(euro)):
        ledger.moveFromToMany(KEY, euro, [stranger], [1], {"from": stranger})


@pytest.mark.parametrize(("receivers", "amounts"), [(1, 2), (2, 1), (0, 1)])
def test_lists_of_different_length_are_refused(ledger, euro, module, provider, pot, receivers, amounts):
    with typed_error("Accounts_LengthsDiffer", receivers, amounts):
        ledger.moveFromToMany(KEY, euro, [provider] * receivers, [1] * amounts, {"from": module})


def test_moving_to_the_ledger_itself_is_refused(ledger, euro, module, pot):
    with typed_error("Accounts_InvalidReceiver", ledger):
        ledger.moveFrom(KEY, ledger, euro, 1, {"from": module})


def test_moving_to_the_zero_account_is_refused(ledger, euro, module, pot):
    with typed_error("ERC6909InvalidReceiver", ZERO):
        ledger.moveFromToMany(KEY, euro, [ZERO], [1], {"from": module})
