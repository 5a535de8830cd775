"""Fixtures of the ledger's tests: see tests/fixtures/ledger.py."""

import pytest

from tests.fixtures.ledger import (  # noqa: F401
    MILLION,
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
    stranger,
)


@pytest.fixture(scope="module")
def funded(ledger, euro, customer):  # noqa: F811
    """The customer has half of its million in the ledger."""
    ledger.deposit(euro, customer, MILLION // 2, {"from": customer})
    return MILLION // 2
