"""New shares touch nothing that came in before: every listed currency is paid out first, the rest is carried over."""

import brownie
import pytest

from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

ZERO = "0x" + "00" * 20


@pytest.fixture(scope="module")
def later():
    """Shares 1 and 1."""
    return [(brownie.accounts[12].address, 1), (brownie.accounts[13].address, 1)]


@pytest.fixture
def held(balance):
    return lambda payees, currency: [balance(account, currency) for account, _ in payees]


def test_change_pays_every_listed_currency_by_the_old_shares(
    splitter, split, controller, payees, later, euro, crown, receive, held
):
    receive(split, euro, 900)
    receive(split, crown, 90)
    splitter.changeShares(split, later, {"from": controller})
    assert held(payees, euro) == [500, 300, 100]
    assert held(payees, crown) == [50, 30, 10]


def test_change_starts_a_version_at_zero(splitter, split, controller, later, euro, crown, receive):
    receive(split, euro, 900)
    splitter.changeShares(split, later, {"from": controller})
    assert splitter.versionOf(split) == 2
    assert splitter.payeesOf(split) == later
    assert (splitter.totalOf(split, euro), splitter.totalOf(split, crown)) == (0, 0)


def test_change_reports_payments_and_new_shares(splitter, split, controller, later, euro, crown, receive):
    receive(split, euro, 903)
    receive(split, crown, 90)
    tx = splitter.changeShares(split, later, {"from": controller})
    assert_events(
        tx,
        event("Distributed", split=split, version=1, currency=euro, total=903, paid=902),
        event("Distributed", split=split, version=1, currency=crown, total=90, paid=90),
        event("SharesChanged", split=split, version=2, payees=later),
        of=splitter,
    )


def test_what_comes_in_later_goes_by_the_new_shares(
    splitter, split, controller, payees, later, euro, receive, held, stranger
):
    receive(split, euro, 900)
    splitter.changeShares(split, later, {"from": controller})
    receive(split, euro, 50)
    splitter.distribute(split, euro, {"from": stranger})
    assert held(payees, euro) == [500, 300, 125]
    assert held(later, euro) == [125, 25]


def test_i7_remainder_is_the_new_versions_first_receipt(
    splitter, split, controller, later, euro, receive, held, stranger
):
    receive(split, euro, 7)  # pays 3 + 2 + 0
    splitter.changeShares(split, later, {"from": controller})
    assert splitter.undistributed(split, euro) == 2
    splitter.distribute(split, euro, {"from": stranger})
    assert held(later, euro) == [1, 1]
    assert (splitter.totalOf(split, euro), splitter.undistributed(split, euro)) == (2, 0)


def test_i7_many_changes_lose_nothing(splitter, split, controller, payees, later, euro, crown, receive, balance):
    everyone = {account for account, _ in payees + later}
    for version, shares in enumerate([later, payees, later, payees], start=2):
        for currency in (euro, crown):
            receive(split, currency, 13)
        splitter.changeShares(split, shares, {"from": controller})
        assert splitter.versionOf(split) == version
        for currency in (euro, crown):
            paid = sum(balance(account, currency) for account in everyone)
            assert paid + splitter.undistributed(split, currency) == 13 * (version - 1)


def test_pending_fees_of_a_version_are_not_shared_by_the_next(
    splitter, split, controller, payees, later, euro, receive, held, stranger
):
    receive(split, euro, 900)
    splitter.distribute(split, euro, {"from": stranger})
    splitter.changeShares(split, later, {"from": controller})
    splitter.changeShares(split, payees, {"from": controller})
    splitter.distribute(split, euro, {"from": stranger})
    assert held(payees, euro) == [500, 300, 100]


def test_only_the_controller_changes_shares(splitter, split, controller, later, stranger):
    with typed_error("Splitter_NotController", split, stranger, controller):
        splitter.changeShares(split, later, {"from": stranger})


def test_payee_has_no_power_over_the_shares(splitter, split, controller, payees, later):
    with typed_error("Splitter_NotController", split, payees[0][0], controller):
        splitter.changeShares(split, later, {"from": payees[0][0]})


def test_split_without_controller_is_fixed_for_ever(splitter, controller, payees, later, euro):
    fixed = splitter.create(ZERO, payees, [euro], {"from": controller}).return_value
    with typed_error("Splitter_NotController", fixed, controller, ZERO):
        splitter.changeShares(fixed, later, {"from": controller})


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda payees, own: [], ("Splitter_NoPayees",)),
        (lambda payees, own: [*payees, payees[0]], ("Splitter_DuplicatePayee", 0)),
        (lambda payees, own: [(payees[0][0], 0)], ("Splitter_ZeroShare", 0)),
        (lambda payees, own: [(own, 1)], ("Splitter_InvalidPayee", "own")),
        (lambda payees, own: [(ZERO, 1)], ("Splitter_InvalidPayee", ZERO)),
    ],
)
def test_new_shares_keep_the_rules_of_old_ones(splitter, split, controller, payees, change, error):
    own = splitter.accountOf(split)
    name, *who = error
    arguments = [{0: payees[0][0], "own": own}.get(argument, argument) for argument in who]
    with typed_error(name, *arguments):
        splitter.changeShares(split, change(payees, own), {"from": controller})


def test_change_of_a_split_that_does_not_exist_is_refused(splitter, controller, payees):
    with typed_error("Splitter_UnknownSplit", 99):
        splitter.changeShares(99, payees, {"from": controller})
