"""From a wallet into an account with one signature, which nobody can use to the signer's harm."""

import brownie
import pytest

from tests.fixtures.ledger import MILLION, currency_id, local_account
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event
from tests.helpers.typed_data import sign_permit

ZERO = "0x" + "00" * 20
FAR = 2**40


@pytest.fixture(scope="module")
def saver(euro):
    """Has tokens and has approved nobody."""
    account = local_account("saver")
    euro.mint(account, MILLION, {"from": account})
    return account


def test_owner_deposits_with_its_permit(ledger, euro, saver, balance):
    v, r, s = sign_permit(saver, euro, ledger, 90, FAR)
    tx = ledger.depositWithPermit(euro, saver, 90, FAR, v, r, s, {"from": saver})
    assert_events(
        tx,
        event("Transfer", caller=saver, sender=ZERO, receiver=saver, id=currency_id(euro), amount=90),
        event("Deposited", payer=saver, owner=saver, currency=euro, amount=90),
        of=ledger,
    )
    assert balance(saver, euro) == 90


def test_spender_whose_allowance_covers_it_deposits_for_the_owner(ledger, euro, saver, provider, balance):
    ledger.approve(provider, currency_id(euro), 90, {"from": saver})
    v, r, s = sign_permit(saver, euro, ledger, 90, FAR)
    ledger.depositWithPermit(euro, saver, 90, FAR, v, r, s, {"from": provider})
    assert balance(saver, euro) == 90
    assert ledger.allowance(saver, provider, currency_id(euro)) == 90


@pytest.mark.parametrize("allowed", [0, 89])
def test_caller_without_sufficient_allowance_is_refused(ledger, euro, saver, provider, allowed):
    ledger.approve(provider, currency_id(euro), allowed, {"from": saver})
    v, r, s = sign_permit(saver, euro, ledger, 90, FAR)
    with typed_error("Accounts_NotAllowedToDepositFor", provider, saver, 90):
        ledger.depositWithPermit(euro, saver, 90, FAR, v, r, s, {"from": provider})


def test_standing_token_allowance_cannot_be_used_by_a_stranger(ledger, euro, customer, stranger):
    with typed_error("Accounts_NotAllowedToDepositFor", stranger, customer, 90):
        ledger.depositWithPermit(euro, customer, 90, FAR, 27, b"\1" * 32, b"\1" * 32, {"from": stranger})


def test_permit_spent_by_a_front_runner_does_no_harm(ledger, euro, saver, stranger, balance):
    v, r, s = sign_permit(saver, euro, ledger, 90, FAR)
    euro.permit(saver, ledger, 90, FAR, v, r, s, {"from": stranger})
    ledger.depositWithPermit(euro, saver, 90, FAR, v, r, s, {"from": saver})
    assert balance(saver, euro) == 90


def test_permit_for_less_is_refused_with_what_is_there(ledger, euro, saver):
    v, r, s = sign_permit(saver, euro, ledger, 89, FAR)
    euro.permit(saver, ledger, 89, FAR, v, r, s, {"from": saver})
    with typed_error("Accounts_PermitFailed", saver, euro, 90, 89):
        ledger.depositWithPermit(euro, saver, 90, FAR, v, r, s, {"from": saver})


def test_expired_permit_is_refused(ledger, euro, saver):
    past = brownie.chain.time() - 1000
    v, r, s = sign_permit(saver, euro, ledger, 90, past)
    with typed_error("Accounts_PermitFailed", saver, euro, 90, 0):
        ledger.depositWithPermit(euro, saver, 90, past, v, r, s, {"from": saver})


def test_permit_signed_by_someone_else_is_refused(ledger, euro, saver, provider):
    v, r, s = sign_permit(provider, euro, ledger, 90, FAR)
    with typed_error("Accounts_PermitFailed", saver, euro, 90, 0):
        ledger.depositWithPermit(euro, saver, 90, FAR, v, r, s, {"from": saver})


def test_token_that_answers_calls_it_does_not_know_is_not_believed(ledger, new_currency, saver):
    silent = new_currency("SilentFallbackToken")
    silent.mint(saver, 90, {"from": saver})
    with typed_error("Accounts_PermitFailed", saver, silent, 90, 0):
        ledger.depositWithPermit(silent, saver, 90, FAR, 27, b"\1" * 32, b"\1" * 32, {"from": saver})


def test_currency_that_was_not_admitted_is_refused(ledger, saver, provider):
    with typed_error("Accounts_CurrencyNotAdmitted", provider):
        ledger.depositWithPermit(provider, saver, 90, FAR, 27, b"\1" * 32, b"\1" * 32, {"from": saver})


def test_zero_amount_is_refused(ledger, euro, saver):
    v, r, s = sign_permit(saver, euro, ledger, 0, FAR)
    with typed_error("Accounts_ZeroAmount"):
        ledger.depositWithPermit(euro, saver, 0, FAR, v, r, s, {"from": saver})
