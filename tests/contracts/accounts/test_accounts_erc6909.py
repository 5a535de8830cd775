"""The ledger as a plain ERC-6909: what wallets and other contracts expect of balances, allowances and operators."""

import pytest

from tests.fixtures.ledger import currency_id
from tests.helpers.balances import BalanceChanges
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

ZERO = "0x" + "00" * 20
UNLIMITED = 2**256 - 1


@pytest.fixture(scope="module")
def id_(euro):
    return currency_id(euro)


def test_transfer_moves_credit_and_no_tokens(ledger, euro, id_, customer, provider, funded, balance):
    with BalanceChanges(lambda who: balance(who, euro), customer, provider) as credit:
        tx = ledger.transfer(provider, id_, 60, {"from": customer})
    assert credit == {customer: -60, provider: 60}
    assert tx.return_value is True
    assert_events(tx, event("Transfer", caller=customer, sender=customer, receiver=provider, id=id_, amount=60))


def test_fees_earned_are_at_once_a_prepaid_balance(ledger, id_, customer, provider, stranger, funded, euro):
    ledger.transfer(provider, id_, 60, {"from": customer})
    ledger.withdraw(euro, 60, stranger, {"from": provider})
    assert euro.balanceOf(stranger) == 60


@pytest.mark.parametrize("amount", [0, 1])
def test_transfer_to_oneself_changes_nothing(ledger, euro, id_, customer, funded, balance, amount):
    ledger.transfer(customer, id_, amount, {"from": customer})
    assert balance(customer, euro) == funded


def test_i2_transfer_beyond_the_balance_is_refused(ledger, id_, customer, provider, funded):
    with typed_error("ERC6909InsufficientBalance", customer, funded, funded + 1, id_):
        ledger.transfer(provider, id_, funded + 1, {"from": customer})


def test_transfer_to_the_zero_account_is_refused(ledger, id_, customer, funded):
    with typed_error("ERC6909InvalidReceiver", ZERO):
        ledger.transfer(ZERO, id_, 1, {"from": customer})


def test_transfer_to_the_ledger_itself_is_refused(ledger, id_, customer, funded):
    with typed_error("Accounts_InvalidReceiver", ledger):
        ledger.transfer(ledger, id_, 1, {"from": customer})


def test_spender_moves_up_to_its_allowance_and_uses_it_up(ledger, euro, id_, customer, provider, funded, balance):
    ledger.approve(provider, id_, 100, {"from": customer})
    ledger.transferFrom(customer, provider, id_, 60, {"from": provider})
    assert ledger.allowance(customer, provider, id_) == 40
    assert balance(provider, euro) == 60


def test_i2_spender_without_allowance_is_refused(ledger, id_, customer, stranger, funded):
    with typed_error("ERC6909InsufficientAllowance", stranger, 0, 1, id_):
        ledger.transferFrom(customer, stranger, id_, 1, {"from": stranger})


def test_i2_spender_beyond_its_allowance_is_refused(ledger, id_, customer, provider, funded):
    ledger.approve(provider, id_, 100, {"from": customer})
    with typed_error("ERC6909InsufficientAllowance", provider, 100, 101, id_):
        ledger.transferFrom(customer, provider, id_, 101, {"from": provider})


def test_allowance_counts_for_one_currency_only(ledger, crown, id_, customer, provider, funded):
    ledger.approve(provider, id_, 100, {"from": customer})
    with typed_error("ERC6909InsufficientAllowance", provider, 0, 1, currency_id(crown)):
        ledger.transferFrom(customer, provider, currency_id(crown), 1, {"from": provider})


def test_allowance_is_no_money(ledger, id_, customer, provider, funded):
    ledger.approve(provider, id_, funded + 5, {"from": customer})
    with typed_error("ERC6909InsufficientBalance", customer, funded, funded + 1, id_):
        ledger.transferFrom(customer, provider, id_, funded + 1, {"from": provider})


def test_unlimited_allowance_is_not_used_up(ledger, id_, customer, provider, funded):
    ledger.approve(provider, id_, UNLIMITED, {"from": customer})
    ledger.transferFrom(customer, provider, id_, 60, {"from": provider})
    assert ledger.allowance(customer, provider, id_) == UNLIMITED


def test_approve_sets_and_does_not_add(ledger, id_, customer, provider):
    ledger.approve(provider, id_, 100, {"from": customer})
    tx = ledger.approve(provider, id_, 30, {"from": customer})
    assert ledger.allowance(customer, provider, id_) == 30
    assert_events(tx, event("Approval", owner=customer, spender=provider, id=id_, amount=30))


def test_owner_moves_its_own_money_without_allowance(ledger, euro, id_, customer, provider, funded, balance):
    ledger.transferFrom(customer, provider, id_, 60, {"from": customer})
    assert balance(provider, euro) == 60


def test_operator_moves_every_currency_until_it_is_revoked(ledger, euro, id_, customer, provider, funded, balance):
    tx = ledger.setOperator(provider, True, {"from": customer})
    assert_events(tx, event("OperatorSet", owner=customer, spender=provider, approved=True))
    ledger.transferFrom(customer, provider, id_, 60, {"from": provider})
    assert balance(provider, euro) == 60
    ledger.setOperator(provider, False, {"from": customer})
    with typed_error("ERC6909InsufficientAllowance", provider, 0, 1, id_):
        ledger.transferFrom(customer, provider, id_, 1, {"from": provider})


@pytest.mark.parametrize(
    ("interface", "expected"),
    [
        ("0x01ffc9a7", True),  # ERC-165
        ("0x0f632fb3", True),  # ERC-6909
        ("0xbd85b039", True),  # its token supply: totalSupply(uint256) alone
        ("0x00ad800c", False),  # name(uint256) alone is no interface
        ("0xffffffff", False),
    ],
)
def test_interfaces_are_declared(ledger, interface, expected):
    assert ledger.supportsInterface(interface) is expected


def test_metadata_is_the_tokens_own(ledger, euro, id_):
    assert (ledger.name(id_), ledger.symbol(id_), ledger.decimals(id_)) == (euro.name(), euro.symbol(), 6)


@pytest.mark.parametrize("view", ["name", "symbol", "decimals"])
@pytest.mark.parametrize("beyond", [0, 1 << 160])
def test_metadata_of_an_id_that_is_no_currency_is_refused(ledger, euro, provider, view, beyond):
    unknown = beyond + currency_id(euro if beyond else provider)
    with typed_error("Accounts_UnknownId", unknown):
        getattr(ledger, view)(unknown)
