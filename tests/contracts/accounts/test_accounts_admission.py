"""Which currencies there are is decided by governance, once each; nothing else about them is."""

import pytest

from tests.fixtures.ledger import deploy
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event


@pytest.fixture(scope="module")
def token():
    return deploy("MicroEuro")


def test_listing_role_admits_a_currency(ledger, lister, token):
    assert not ledger.isAdmitted(token)
    tx = ledger.admitCurrency(token, {"from": lister})
    assert ledger.isAdmitted(token)
    assert_events(tx, event("CurrencyAdmitted", currency=token))


def test_currency_is_admitted_once(ledger, lister, token):
    ledger.admitCurrency(token, {"from": lister})
    with typed_error("Accounts_CurrencyAlreadyAdmitted", token):
        ledger.admitCurrency(token, {"from": lister})


@pytest.mark.parametrize("who", ["guardian", "stranger", "admin"])
def test_nobody_else_admits_a_currency(ledger, token, who, request):
    caller = request.getfixturevalue(who)
    with typed_error("AccessManagedUnauthorized", caller):
        ledger.admitCurrency(token, {"from": caller})


@pytest.mark.parametrize("what", ["wallet", "contract without decimals", "the ledger"])
def test_what_is_no_token_is_refused(ledger, authority, lister, stranger, what):
    address = {"wallet": stranger, "contract without decimals": authority, "the ledger": ledger}[what]
    with typed_error("Accounts_NotAToken", address):
        ledger.admitCurrency(address, {"from": lister})
