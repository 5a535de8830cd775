"""Who may change a split, and what it lists."""

import pytest

from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

ZERO = "0x" + "00" * 20


@pytest.fixture
def fixed(splitter, controller, payees, euro):
    return splitter.create(ZERO, payees, [euro], {"from": controller}).return_value


def test_control_is_handed_over(splitter, split, controller, stranger):
    tx = splitter.transferControl(split, stranger, {"from": controller})
    assert splitter.controllerOf(split) == stranger
    assert_events(tx, ("ControlTransferred", {"split": split, "from": controller.address, "to": stranger.address}))


def test_former_controller_has_no_power_left(splitter, split, controller, payees, stranger):
    splitter.transferControl(split, stranger, {"from": controller})
    with typed_error("Splitter_NotController", split, controller, stranger):
        splitter.changeShares(split, payees, {"from": controller})


def test_control_is_not_handed_to_nobody(splitter, split, controller):
    with typed_error("Splitter_ZeroController"):
        splitter.transferControl(split, ZERO, {"from": controller})


def test_only_the_controller_hands_over(splitter, split, controller, stranger):
    with typed_error("Splitter_NotController", split, stranger, controller):
        splitter.transferControl(split, stranger, {"from": stranger})


def test_fixed_split_gets_no_controller(splitter, fixed, controller):
    with typed_error("Splitter_NotController", fixed, controller, ZERO):
        splitter.transferControl(fixed, controller, {"from": controller})


def test_controller_lists_a_currency(splitter, split, controller, stranger):
    assert not splitter.lists(split, stranger)
    tx = splitter.listCurrency(split, stranger, {"from": controller})
    assert splitter.lists(split, stranger)
    assert_events(tx, event("CurrencyListed", split=split, currency=stranger))


def test_currency_is_listed_once(splitter, split, controller, euro):
    with typed_error("Splitter_DuplicateCurrency", euro):
        splitter.listCurrency(split, euro, {"from": controller})


def test_ninth_currency_is_refused(splitter, split, controller):
    for number in range(6):
        splitter.listCurrency(split, "0x" + bytes([number + 1] * 20).hex(), {"from": controller})
    with typed_error("Splitter_TooManyCurrencies", 9, 8):
        splitter.listCurrency(split, "0x" + "77" * 20, {"from": controller})


def test_only_the_controller_lists(splitter, split, controller, stranger):
    with typed_error("Splitter_NotController", split, stranger, controller):
        splitter.listCurrency(split, stranger, {"from": stranger})


def test_fixed_split_lists_nothing_new(splitter, fixed, controller, crown):
    with typed_error("Splitter_NotController", fixed, controller, ZERO):
        splitter.listCurrency(fixed, crown, {"from": controller})


def test_currency_listed_later_is_paid_out_before_a_change(
    splitter, split, controller, payees, ledger, new_currency, customer, balance, stranger
):
    token = new_currency("MicroEuro", customer)
    splitter.listCurrency(split, token, {"from": controller})
    ledger.deposit(token, splitter.accountOf(split), 9, {"from": customer})
    splitter.changeShares(split, [(stranger, 1)], {"from": controller})
    assert [balance(account, token) for account, _ in payees] == [5, 3, 1]
