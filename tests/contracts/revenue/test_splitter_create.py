"""A split is what it says on the day it is made: payees, shares, currencies and who may change them."""

import pytest

from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event
from tests.models.accounts import subaccount

ZERO = "0x" + "00" * 20


def many(count):
    return [("0x" + (i + 1).to_bytes(20, "big").hex(), 1) for i in range(count)]


def test_create_stores_what_was_given(splitter, controller, payees, split, euro, crown):
    assert splitter.exists(split)
    assert splitter.controllerOf(split) == controller
    assert splitter.versionOf(split) == 1
    assert splitter.payeesOf(split) == payees
    assert splitter.currenciesOf(split) == [euro, crown]
    assert splitter.totalOf(split, euro) == 0


def test_create_reports_everything(splitter, controller, payees, euro, stranger):
    tx = splitter.create(controller, payees, [euro], {"from": stranger})
    assert_events(
        tx,
        event("SplitCreated", split=tx.return_value, controller=controller, payees=payees, currencies=[euro.address]),
    )


def test_splits_count_from_one_and_differ(splitter, controller, payees, euro):
    ids = [splitter.create(controller, payees, [euro], {"from": controller}).return_value for _ in range(2)]
    assert ids[1] == ids[0] + 1 >= 2
    assert splitter.accountOf(ids[0]) != splitter.accountOf(ids[1])


def test_there_is_no_split_zero(splitter):
    assert not splitter.exists(0)


def test_fees_arrive_in_the_splitters_sub_account_under_the_splits_id(splitter, split):
    assert splitter.accountOf(split) == subaccount(splitter.address, split.to_bytes(32, "big"))


def test_most_payees_are_32(splitter, controller, euro):
    splitter.create(controller, many(32), [euro], {"from": controller})
    with typed_error("Splitter_TooManyPayees", 33, 32):
        splitter.create(controller, many(33), [euro], {"from": controller})


def test_split_without_payees_is_refused(splitter, controller, euro):
    with typed_error("Splitter_NoPayees"):
        splitter.create(controller, [], [euro], {"from": controller})


@pytest.mark.parametrize("who", ["zero", "ledger", "splitter", "own account"])
def test_payee_that_could_block_or_swallow_fees_is_refused(splitter, ledger, controller, payees, split, euro, who):
    account = {
        "zero": ZERO,
        "ledger": ledger.address,
        "splitter": splitter.address,
        "own account": subaccount(splitter.address, (split + 1).to_bytes(32, "big")),
    }[who]
    with typed_error("Splitter_InvalidPayee", account):
        splitter.create(controller, [payees[0], (account, 1)], [euro], {"from": controller})


def test_another_splits_account_may_be_a_payee(splitter, controller, split, euro):
    splitter.create(controller, [(splitter.accountOf(split), 1)], [euro], {"from": controller})


def test_payee_without_share_is_refused(splitter, controller, payees, euro):
    with typed_error("Splitter_ZeroShare", payees[1][0]):
        splitter.create(controller, [payees[0], (payees[1][0], 0)], [euro], {"from": controller})


def test_payee_named_twice_is_refused(splitter, controller, payees, euro):
    with typed_error("Splitter_DuplicatePayee", payees[0][0]):
        splitter.create(controller, [*payees, payees[0]], [euro], {"from": controller})


def test_split_without_currency_is_refused(splitter, controller, payees):
    with typed_error("Splitter_NoCurrencies"):
        splitter.create(controller, payees, [], {"from": controller})


def test_most_currencies_are_eight(splitter, controller, payees):
    currencies = [account for account, _ in many(9)]
    splitter.create(controller, payees, currencies[:8], {"from": controller})
    with typed_error("Splitter_TooManyCurrencies", 9, 8):
        splitter.create(controller, payees, currencies, {"from": controller})


def test_currency_named_twice_is_refused(splitter, controller, payees, euro, crown):
    with typed_error("Splitter_DuplicateCurrency", euro):
        splitter.create(controller, payees, [euro, crown, euro], {"from": controller})


def test_largest_shares_are_accepted(splitter, controller, payees, euro):
    largest = [(account, 2**96 - 1) for account, _ in payees]
    tx = splitter.create(controller, largest, [euro], {"from": controller})
    assert splitter.payeesOf(tx.return_value) == largest


@pytest.mark.parametrize("view", ["controllerOf", "versionOf", "payeesOf", "currenciesOf"])
def test_views_of_a_split_that_does_not_exist_are_refused(splitter, view):
    with typed_error("Splitter_UnknownSplit", 99):
        getattr(splitter, view)(99)


def test_split_that_does_not_exist_lists_nothing(splitter, euro):
    assert not splitter.exists(99)
    assert not splitter.lists(99, euro)
