"""`Allow` by signature: sets an allowance, is single use, and cannot be turned against its signer by a front-runner."""

import brownie
import pytest

from tests.fixtures.ledger import currency_id, deploy
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event
from tests.helpers.typed_data import sign

ZERO = "0x" + "00" * 20
FAR = 2**40 - 1
NONCE = 5


@pytest.fixture
def form(euro, customer, provider, funded):
    """The provider may spend 100 of the customer's euros."""
    return customer.address, provider.address, euro.address, 100, NONCE, FAR


def test_allow_sets_the_allowance(ledger, euro, customer, provider, stranger, form):
    tx = ledger.allow(form, sign(customer, "Allow", form, ledger), {"from": stranger})
    assert ledger.allowance(customer, provider, currency_id(euro)) == 100
    assert_events(
        tx,
        event("NonceUsed", signer=customer, nonce=NONCE),
        event("Approval", owner=customer, spender=provider, id=currency_id(euro), amount=100),
        of=ledger,
    )


@pytest.mark.parametrize("before", [0, 30, 500])
def test_allow_sets_and_does_not_add(ledger, euro, customer, provider, form, before):
    ledger.approve(provider, currency_id(euro), before, {"from": customer})
    ledger.allow(form, sign(customer, "Allow", form, ledger), {"from": provider})
    assert ledger.allowance(customer, provider, currency_id(euro)) == 100


def test_front_run_allow_is_a_no_op_while_the_allowance_suffices(ledger, euro, customer, provider, stranger, form):
    signature = sign(customer, "Allow", form, ledger)
    ledger.allow(form, signature, {"from": stranger})
    tx = ledger.allow(form, signature, {"from": provider})
    assert_events(tx)
    assert ledger.allowance(customer, provider, currency_id(euro)) == 100


def test_replay_after_spending_does_not_fill_the_allowance_again(ledger, euro, customer, provider, form):
    signature = sign(customer, "Allow", form, ledger)
    ledger.allow(form, signature, {"from": provider})
    ledger.transferFrom(customer, provider, currency_id(euro), 1, {"from": provider})
    with typed_error("Forms_NonceUsed", customer, NONCE):
        ledger.allow(form, signature, {"from": provider})
    assert ledger.allowance(customer, provider, currency_id(euro)) == 99


def test_replay_after_a_larger_approval_does_not_lower_it(ledger, euro, customer, provider, stranger, form):
    signature = sign(customer, "Allow", form, ledger)
    ledger.allow(form, signature, {"from": provider})
    ledger.approve(provider, currency_id(euro), 900, {"from": customer})
    ledger.allow(form, signature, {"from": stranger})
    assert ledger.allowance(customer, provider, currency_id(euro)) == 900


def test_cancelled_allow_is_void(ledger, customer, provider, form):
    ledger.cancelNonce(NONCE, {"from": customer})
    with typed_error("Forms_NonceUsed", customer, NONCE):
        ledger.allow(form, sign(customer, "Allow", form, ledger), {"from": provider})


def test_allow_and_withdraw_share_the_signers_nonces(ledger, euro, customer, provider, form):
    ledger.allow(form, sign(customer, "Allow", form, ledger), {"from": provider})
    withdrawal = (customer.address, euro.address, 1, customer.address, NONCE, FAR)
    with typed_error("Forms_NonceUsed", customer, NONCE):
        ledger.withdrawSigned(withdrawal, sign(customer, "Withdraw", withdrawal, ledger), {"from": customer})


def test_expired_allow_is_refused(ledger, customer, provider, form):
    deadline = brownie.chain.time() + 100
    dated = (*form[:5], deadline)
    signature = sign(customer, "Allow", dated, ledger)
    brownie.chain.mine(timestamp=deadline + 1)
    with typed_error("Forms_Expired", deadline, deadline + 1):
        ledger.allow.call(dated, signature, {"from": provider})


@pytest.mark.parametrize("field", ["spender", "currency", "amount", "nonce", "deadline"])
def test_changed_field_voids_the_signature(ledger, crown, customer, stranger, form, field):
    signature = sign(customer, "Allow", form, ledger)
    changed = list(form)
    position = ["owner", "spender", "currency", "amount", "nonce", "deadline"].index(field)
    changed[position] = {
        "spender": stranger.address, "currency": crown.address, "amount": 101, "nonce": NONCE + 1, "deadline": FAR - 1
    }[field]  # fmt: skip
    with typed_error("Forms_SignatureInvalid", customer):
        ledger.allow(tuple(changed), signature, {"from": stranger})


def test_owner_cannot_be_exchanged(ledger, provider, stranger, form):
    signature = sign(provider, "Allow", form, ledger)
    with typed_error("Forms_SignatureInvalid", form[0]):
        ledger.allow(form, signature, {"from": stranger})


def test_allow_for_another_chain_is_refused(ledger, customer, form):
    with typed_error("Forms_SignatureInvalid", customer):
        ledger.allow(form, sign(customer, "Allow", form, ledger, chain_id=1), {"from": customer})


def test_allow_for_another_ledger_is_refused(ledger, authority, customer, form):
    other = deploy("PrepaidAccounts", authority)
    with typed_error("Forms_SignatureInvalid", customer):
        ledger.allow(form, sign(customer, "Allow", form, other), {"from": customer})


def test_zero_spender_is_refused(ledger, customer, form):
    nobody = (form[0], ZERO, *form[2:])
    with typed_error("ERC6909InvalidSpender", ZERO):
        ledger.allow(nobody, sign(customer, "Allow", nobody, ledger), {"from": customer})
