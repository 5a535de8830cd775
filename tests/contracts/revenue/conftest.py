"""Fixtures of the splitter's tests: ledger, splitter and two currencies; see tests/fixtures/ledger.py."""

import brownie
import pytest

from tests.fixtures.ledger import (  # noqa: F401
    admin,
    authority,
    balance,
    crown,
    customer,
    euro,
    guardian,
    ledger,
    lister,
    module,
    new_currency,
    provider,
    splitter,
    stranger,
)


@pytest.fixture(scope="module")
def controller():
    return brownie.accounts[3]


@pytest.fixture(scope="module")
def payees():
    """Shares 5, 3 and 1: no receipt but multiples of nine divides evenly."""
    return [(brownie.accounts[10].address, 5), (brownie.accounts[11].address, 3), (brownie.accounts[12].address, 1)]


@pytest.fixture(scope="module")
def split(splitter, controller, payees, euro, crown):  # noqa: F811
    """Split 1: controlled, two currencies."""
    splitter.create(controller, payees, [euro, crown], {"from": controller})
    return 1


@pytest.fixture(scope="module")
def receive(ledger, splitter, admin):  # noqa: F811
    """`receive(split, currency, amount)`: fees arrive, as settlement would make them."""

    def arrive(split, currency, amount):
        ledger.deposit(currency, splitter.accountOf(split), amount, {"from": admin})

    return arrive
