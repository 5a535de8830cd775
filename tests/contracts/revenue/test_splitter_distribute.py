"""Distribution: anyone may call, everyone gets its part, what floors leave is the next receipt (I-7)."""

import pytest

from tests.fixtures.ledger import currency_id
from tests.helpers.balances import BalanceChanges
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event


@pytest.fixture
def who(payees):
    return [account for account, _ in payees]


def test_fees_are_shared_by_the_shares(splitter, split, euro, who, receive, balance, stranger):
    receive(split, euro, 900)
    splitter.distribute(split, euro, {"from": stranger})
    assert [balance(payee, euro) for payee in who] == [500, 300, 100]
    assert splitter.undistributed(split, euro) == 0


def test_distribution_reports_total_and_paid(splitter, ledger, split, euro, who, receive, stranger):
    receive(split, euro, 903)
    tx = splitter.distribute(split, euro, {"from": stranger})
    assert tx.return_value == 902
    pot, id_ = splitter.accountOf(split), currency_id(euro)
    assert_events(
        tx,
        event("Distributed", split=split, version=1, currency=euro, total=903, paid=902),
        event("Transfer", caller=splitter, sender=pot, receiver=who[0], id=id_, amount=501),
        event("Transfer", caller=splitter, sender=pot, receiver=who[1], id=id_, amount=301),
        event("Transfer", caller=splitter, sender=pot, receiver=who[2], id=id_, amount=100),
    )


def test_i7_remainder_is_the_next_distributions_first_receipt(splitter, split, euro, who, receive, balance, stranger):
    for amount in (903, 5, 1):
        receive(split, euro, amount)
        splitter.distribute(split, euro, {"from": stranger})
    # 909 in one shot: 505, 303 and 101 without remainder.
    assert [balance(payee, euro) for payee in who] == [505, 303, 101]
    assert splitter.totalOf(split, euro) == 909


def test_i7_slices_never_pay_more_than_one_shot(splitter, split, euro, crown, who, receive, balance, stranger):
    for _ in range(20):
        receive(split, euro, 7)
        splitter.distribute(split, euro, {"from": stranger})
    receive(split, crown, 140)
    splitter.distribute(split, crown, {"from": stranger})
    assert [balance(payee, euro) for payee in who] == [balance(payee, crown) for payee in who] == [77, 46, 15]


def test_unit_that_nobody_gains_from_waits(splitter, split, euro, receive, stranger):
    receive(split, euro, 1)
    tx = splitter.distribute(split, euro, {"from": stranger})
    assert_events(tx)
    assert tx.return_value == 0
    assert (splitter.totalOf(split, euro), splitter.undistributed(split, euro)) == (0, 1)


def test_distribution_of_nothing_is_a_no_op(splitter, split, euro, stranger):
    tx = splitter.distribute(split, euro, {"from": stranger})
    assert_events(tx)


def test_second_call_in_a_row_pays_nothing(splitter, split, euro, who, receive, balance, stranger):
    receive(split, euro, 903)
    splitter.distribute(split, euro, {"from": stranger})
    with BalanceChanges(lambda payee: balance(payee, euro), *who) as changes:
        splitter.distribute(split, euro, {"from": stranger})
    assert changes == dict.fromkeys(who, 0)


def test_currencies_are_shared_apart(splitter, split, euro, crown, who, receive, balance, stranger):
    receive(split, euro, 9)
    receive(split, crown, 900)
    splitter.distribute(split, euro, {"from": stranger})
    assert [balance(payee, crown) for payee in who] == [0, 0, 0]
    assert splitter.undistributed(split, crown) == 900


def test_one_call_distributes_every_listed_currency(splitter, split, euro, crown, who, receive, balance, stranger):
    receive(split, euro, 9)
    receive(split, crown, 900)
    splitter.distributeAll(split, {"from": stranger})
    assert [balance(payee, euro) for payee in who] == [5, 3, 1]
    assert [balance(payee, crown) for payee in who] == [500, 300, 100]


def test_gift_in_a_currency_that_is_not_listed_is_shared_too(
    splitter, ledger, new_currency, split, who, customer, balance, stranger
):
    token = new_currency("MicroEuro", customer)
    ledger.deposit(token, splitter.accountOf(split), 9, {"from": customer})
    splitter.distribute(split, token, {"from": stranger})
    assert [balance(payee, token) for payee in who] == [5, 3, 1]


def test_splits_do_not_pay_for_each_other(splitter, controller, split, euro, crown, who, receive, balance, stranger):
    other = splitter.create(controller, [(stranger, 1)], [euro], {"from": controller}).return_value
    receive(split, euro, 900)
    receive(other, euro, 10)
    splitter.distribute(other, euro, {"from": stranger})
    assert balance(stranger, euro) == 10
    assert splitter.undistributed(split, euro) == 900


def test_promise_5_pause_does_not_stop_distribution(
    splitter, ledger, split, euro, who, receive, balance, guardian, stranger
):
    receive(split, euro, 900)
    ledger.pause({"from": guardian})
    splitter.distribute(split, euro, {"from": stranger})
    assert [balance(payee, euro) for payee in who] == [500, 300, 100]


def test_largest_credit_and_largest_shares_do_not_overflow(
    splitter, ledger, controller, payees, euro, admin, balance, stranger
):
    largest = [(account, 2**96 - 1) for account, _ in payees]
    split = splitter.create(controller, largest, [euro], {"from": controller}).return_value
    euro.mint(admin, 2**128, {"from": admin})
    euro.approve(ledger, 2**256 - 1, {"from": admin})
    rest = 2**128 - 1 - ledger.totalSupply(currency_id(euro))
    ledger.deposit(euro, splitter.accountOf(split), rest, {"from": admin})
    splitter.distribute(split, euro, {"from": stranger})
    assert [balance(account, euro) for account, _ in payees] == [rest // 3] * 3


@pytest.mark.parametrize("call", ["distribute", "distributeAll"])
def test_split_that_does_not_exist_is_refused(splitter, euro, stranger, call):
    arguments = (99, euro) if call == "distribute" else (99,)
    with typed_error("Splitter_UnknownSplit", 99):
        getattr(splitter, call)(*arguments, {"from": stranger})


def test_q23_distribution_is_closed_while_a_token_is_being_called(
    splitter, new_currency, controller, payees, customer, ledger, balance
):
    token = new_currency("ReenteringToken", customer)
    split = splitter.create(controller, payees, [token], {"from": controller}).return_value
    ledger.deposit(token, splitter.accountOf(split), 9, {"from": customer})
    token.plan(splitter, splitter.distribute.encode_input(split, token), {"from": customer})
    ledger.deposit(token, customer, 1, {"from": customer})
    assert not token.succeeded()
    assert splitter.undistributed(split, token) == 9
