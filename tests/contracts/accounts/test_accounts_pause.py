"""Promise 5: a pause stops new money from coming in, and nothing else."""

import pytest

from tests.fixtures.ledger import currency_id
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event
from tests.helpers.typed_data import sign, sign_permit

FAR = 2**40 - 1
KEY = b"pot".ljust(32, b"\0")


@pytest.fixture
def paused(ledger, euro, module, customer, guardian, funded):
    """Paused, with 50 in a module's pot."""
    ledger.transfer(ledger.subaccount(module, KEY), currency_id(euro), 50, {"from": customer})
    ledger.pause({"from": guardian})
    return funded - 50


def test_pause_stops_deposits(ledger, euro, customer, paused):
    with typed_error("EnforcedPause"):
        ledger.deposit(euro, customer, 1, {"from": customer})


def test_pause_stops_deposits_with_permit(ledger, euro, customer, paused):
    v, r, s = sign_permit(customer, euro, ledger, 1, FAR)
    with typed_error("EnforcedPause"):
        ledger.depositWithPermit(euro, customer, 1, FAR, v, r, s, {"from": customer})


def test_promise_5_pause_does_not_stop_withdrawals(ledger, euro, customer, paused, balance):
    ledger.withdraw(euro, paused, customer, {"from": customer})
    assert balance(customer, euro) == 0


def test_promise_5_pause_does_not_stop_signed_withdrawals(ledger, euro, customer, stranger, paused, balance):
    form = (customer.address, euro.address, paused, customer.address, 1, FAR)
    ledger.withdrawSigned(form, sign(customer, "Withdraw", form, ledger), {"from": stranger})
    assert balance(customer, euro) == 0


def test_promise_5_pause_does_not_stop_transfers(ledger, euro, customer, provider, paused, balance):
    ledger.transfer(provider, currency_id(euro), paused, {"from": customer})
    assert balance(provider, euro) == paused


def test_promise_5_pause_does_not_stop_spenders(ledger, euro, customer, provider, paused, balance):
    ledger.approve(provider, currency_id(euro), paused, {"from": customer})
    ledger.transferFrom(customer, provider, currency_id(euro), paused, {"from": provider})
    assert balance(provider, euro) == paused


def test_promise_5_pause_does_not_stop_signed_allowances(ledger, euro, customer, provider, paused):
    form = (customer.address, provider.address, euro.address, 9, 1, FAR)
    ledger.allow(form, sign(customer, "Allow", form, ledger), {"from": provider})
    assert ledger.allowance(customer, provider, currency_id(euro)) == 9


def test_promise_5_pause_does_not_stop_payments_of_modules(ledger, euro, module, provider, paused, balance):
    ledger.moveFrom(KEY, provider, euro, 20, {"from": module})
    ledger.moveFromToMany(KEY, euro, [provider, module], [20, 10], {"from": module})
    assert balance(provider, euro) == 40


def test_promise_5_pause_does_not_stop_cancelling(ledger, customer, paused):
    ledger.cancelNonce(3, {"from": customer})
    assert ledger.isNonceUsed(customer, 3)


def test_guardian_pauses_and_unpauses(ledger, euro, customer, guardian, funded, balance):
    assert_events(ledger.pause({"from": guardian}), event("Paused", account=guardian))
    assert_events(ledger.unpause({"from": guardian}), event("Unpaused", account=guardian))
    ledger.deposit(euro, customer, 1, {"from": customer})
    assert balance(customer, euro) == funded + 1


@pytest.mark.parametrize("who", ["lister", "stranger", "admin"])
@pytest.mark.parametrize("switch", ["pause", "unpause"])
def test_nobody_else_pauses(ledger, who, switch, request):
    caller = request.getfixturevalue(who)
    with typed_error("AccessManagedUnauthorized", caller):
        getattr(ledger, switch)({"from": caller})


def test_paused_ledger_cannot_be_paused_again(ledger, guardian, paused):
    with typed_error("EnforcedPause"):
        ledger.pause({"from": guardian})


def test_running_ledger_cannot_be_unpaused(ledger, guardian):
    with typed_error("ExpectedPause"):
        ledger.unpause({"from": guardian})
