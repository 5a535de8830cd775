"""`Withdraw` by signature: good for exactly what was signed, where it was signed for, once."""

import brownie
import pytest

from tests.fixtures.ledger import currency_id, deploy
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event
from tests.helpers.typed_data import sign

ZERO = "0x" + "00" * 20
FAR = 2**40 - 1
NONCE = 77


@pytest.fixture
def form(euro, customer, provider, funded):
    """40 to the provider's wallet."""
    return customer.address, euro.address, 40, provider.address, NONCE, FAR


def test_anyone_may_carry_a_withdrawal(ledger, euro, customer, provider, stranger, form, balance, funded):
    before = euro.balanceOf(provider)
    tx = ledger.withdrawSigned(form, sign(customer, "Withdraw", form, ledger), {"from": stranger})
    assert euro.balanceOf(provider) == before + 40
    assert balance(customer, euro) == funded - 40
    assert_events(
        tx,
        event("NonceUsed", signer=customer, nonce=NONCE),
        event("Transfer", caller=stranger, sender=customer, receiver=ZERO, id=currency_id(euro), amount=40),
        event("Withdrawn", owner=customer, currency=euro, to=provider, amount=40),
        of=ledger,
    )


def test_form_is_good_once(ledger, customer, stranger, form):
    signature = sign(customer, "Withdraw", form, ledger)
    ledger.withdrawSigned(form, signature, {"from": stranger})
    with typed_error("Forms_NonceUsed", customer, NONCE):
        ledger.withdrawSigned(form, signature, {"from": stranger})


def test_two_forms_with_the_same_nonce_exclude_each_other(ledger, customer, form):
    ledger.withdrawSigned(form, sign(customer, "Withdraw", form, ledger), {"from": customer})
    other = (*form[:2], 41, *form[3:])
    with typed_error("Forms_NonceUsed", customer, NONCE):
        ledger.withdrawSigned(other, sign(customer, "Withdraw", other, ledger), {"from": customer})


def test_nonces_need_no_order(ledger, euro, customer, form, balance, funded):
    for nonce in (2**256 - 1, 0, 300, 299):
        one = (*form[:4], nonce, FAR)
        ledger.withdrawSigned(one, sign(customer, "Withdraw", one, ledger), {"from": customer})
    assert balance(customer, euro) == funded - 160


def test_cancelled_form_is_void(ledger, customer, stranger, form):
    signature = sign(customer, "Withdraw", form, ledger)
    tx = ledger.cancelNonce(NONCE, {"from": customer})
    assert_events(tx, event("NonceCancelled", signer=customer, nonce=NONCE))
    with typed_error("Forms_NonceUsed", customer, NONCE):
        ledger.withdrawSigned(form, signature, {"from": stranger})


def test_nonce_is_cancelled_once(ledger, customer):
    ledger.cancelNonce(NONCE, {"from": customer})
    with typed_error("Forms_NonceUsed", customer, NONCE):
        ledger.cancelNonce(NONCE, {"from": customer})


def test_cancelling_a_nonce_touches_no_other_signer(ledger, customer, stranger, form):
    ledger.cancelNonce(NONCE, {"from": stranger})
    assert not ledger.isNonceUsed(customer, NONCE)
    ledger.withdrawSigned(form, sign(customer, "Withdraw", form, ledger), {"from": stranger})


def test_form_is_good_until_its_deadline_and_no_longer(ledger, customer, form):
    deadline = brownie.chain.time() + 1000
    dated = (*form[:5], deadline)
    signature = sign(customer, "Withdraw", dated, ledger)
    brownie.chain.mine(timestamp=deadline)
    ledger.withdrawSigned.call(dated, signature, {"from": customer})
    brownie.chain.mine(timestamp=deadline + 10)
    with typed_error("Forms_Expired", deadline, deadline + 10):
        ledger.withdrawSigned.call(dated, signature, {"from": customer})


@pytest.mark.parametrize("field", ["currency", "amount", "to", "nonce", "deadline"])
def test_changed_field_voids_the_signature(ledger, crown, customer, stranger, form, field):
    signature = sign(customer, "Withdraw", form, ledger)
    changed = list(form)
    position = ["owner", "currency", "amount", "to", "nonce", "deadline"].index(field)
    changed[position] = {
        "currency": crown.address, "amount": 41, "to": stranger.address, "nonce": NONCE + 1, "deadline": FAR - 1
    }[field]  # fmt: skip
    with typed_error("Forms_SignatureInvalid", customer):
        ledger.withdrawSigned(tuple(changed), signature, {"from": stranger})


def test_form_signed_by_someone_else_is_refused(ledger, customer, provider, form):
    with typed_error("Forms_SignatureInvalid", customer):
        ledger.withdrawSigned(form, sign(provider, "Withdraw", form, ledger), {"from": provider})


def test_form_of_the_zero_account_is_refused(ledger, euro, provider, form):
    nobody = (ZERO, *form[1:])
    with typed_error("Forms_SignatureInvalid", ZERO):
        ledger.withdrawSigned(nobody, b"\0" * 65, {"from": provider})


def test_form_for_another_chain_is_refused(ledger, customer, form):
    signature = sign(customer, "Withdraw", form, ledger, chain_id=1)
    with typed_error("Forms_SignatureInvalid", customer):
        ledger.withdrawSigned(form, signature, {"from": customer})


def test_form_for_another_ledger_is_refused(ledger, authority, customer, form):
    other = deploy("PrepaidAccounts", authority)
    with typed_error("Forms_SignatureInvalid", customer):
        ledger.withdrawSigned(form, sign(customer, "Withdraw", form, other), {"from": customer})


def test_malleated_signature_is_refused(ledger, customer, form):
    signature = sign(customer, "Withdraw", form, ledger)
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    high_s = (order - int.from_bytes(signature[32:64], "big")).to_bytes(32, "big")
    malleated = signature[:32] + high_s + bytes([55 - signature[64]])
    with typed_error("Forms_SignatureInvalid", customer):
        ledger.withdrawSigned(form, malleated, {"from": customer})


def test_failed_form_leaves_its_nonce_unused(ledger, customer, form, funded):
    greedy = (*form[:2], funded + 1, *form[3:])
    with typed_error("ERC6909InsufficientBalance", customer, funded, funded + 1, currency_id(form[1])):
        ledger.withdrawSigned(greedy, sign(customer, "Withdraw", greedy, ledger), {"from": customer})
    assert not ledger.isNonceUsed(customer, NONCE)
