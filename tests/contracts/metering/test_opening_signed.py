"""Opening by the customer's signature, carried by anyone."""

from dataclasses import replace

import pytest
from brownie import FlippingWallet

from oracle.domain.customer_forms import OpenAgreement
from tests.fixtures.economy import EUR, FAR_FUTURE, HOLD_TARGET, MONTH, USUAL_CAP, other_domain
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

ZERO = "0x" + "00" * 20


@pytest.fixture(scope="module")
def priced(economy):
    return economy.publish()


@pytest.fixture(scope="module")
def drill(economy, priced):
    drill = economy.drill()
    economy.offer(drill, priced)
    return drill


@pytest.fixture(scope="module")
def customer(economy):
    return economy.endow(economy.customers[0])


@pytest.fixture
def form(economy, drill, priced, customer):
    return OpenAgreement(customer.address, drill.id, priced.id, True, HOLD_TARGET, USUAL_CAP, MONTH, 5, FAR_FUTURE)


@pytest.fixture
def send(economy, customer):
    """Opens with a form; signed by the customer over the form itself unless told otherwise."""

    def opened(form, signer=None, signed=None, domain=None):
        signature = economy.signature(signed or form, signer or customer, domain)
        return economy.agreements.openSigned(economy.values(form), signature, {"from": economy.relayer})

    return opened


def test_anyone_carries_a_signed_opening(economy, form, send, customer, drill, priced):
    opened = send(form)
    assert_events(
        opened,
        event("NonceUsed", signer=customer, nonce=5),
        event(
            "AgreementOpened", agreement=1, asset=drill.id, customer=customer, tariff=priced.id, exclusive=True,
            capPerPeriod=USUAL_CAP, period=MONTH, state=economy.agreements.stateOf(1),
        ),
        of=economy.agreements,
    )  # fmt: skip
    assert economy.agreements.isNonceUsed(customer, 5)
    assert economy.opened(opened, customer, drill, priced).hold == HOLD_TARGET


CHANGES = {
    "customer": ZERO,
    "asset_id": 2,
    "tariff_id": 2,
    "exclusive": False,
    "hold": HOLD_TARGET + 1,
    "cap_per_period": USUAL_CAP + 1,
    "period": MONTH + 1,
    "nonce": 6,
    "deadline": FAR_FUTURE - 1,
}


def test_the_list_of_changes_is_complete(form):
    assert set(CHANGES) == set(form.STRUCT.attributes)


@pytest.mark.parametrize("field", CHANGES)
def test_every_field_is_signed(form, send, field):
    changed = replace(form, **{field: CHANGES[field]})
    with typed_error("Forms_SignatureInvalid", changed.customer):
        send(changed, signed=form)


def test_another_signer_does_not_open(economy, form, send, customer):
    with typed_error("Forms_SignatureInvalid", customer):
        send(form, signer=economy.customers[1])


@pytest.mark.parametrize("what", ["chain", "contract"])
def test_a_signature_for_elsewhere_does_not_open(economy, form, send, customer, what):
    agreements = economy.agreements.address
    domain = other_domain(chain_id=1, contract=agreements) if what == "chain" else other_domain(contract=ZERO)
    with typed_error("Forms_SignatureInvalid", customer):
        send(form, domain=domain)


def test_a_form_opens_in_its_last_second(form, send):
    deadline = clock.now() + 100
    clock.next_block_at(deadline)
    assert send(replace(form, deadline=deadline)).status == 1


def test_an_expired_form_does_not_open(form, send):
    deadline = clock.now() + 100
    now = clock.next_block_at(deadline + 1)
    with typed_error("Forms_Expired", deadline, now):
        send(replace(form, deadline=deadline))


def test_a_form_opens_once(economy, form, send, customer):
    send(form)
    with typed_error("Forms_NonceUsed", customer, 5):
        send(form)


def test_a_used_nonce_serves_no_other_form(form, send, customer):
    send(form)
    with typed_error("Forms_NonceUsed", customer, 5):
        send(replace(form, hold=HOLD_TARGET + EUR))


def test_a_cancelled_nonce_opens_nothing(economy, form, send, customer):
    cancelled = economy.agreements.cancelNonce(5, {"from": customer})
    assert_events(cancelled, event("NonceCancelled", signer=customer, nonce=5))
    with typed_error("Forms_NonceUsed", customer, 5):
        send(form)


def test_a_nonce_is_cancelled_for_its_owner_only(economy, form, send):
    economy.agreements.cancelNonce(5, {"from": economy.stranger})
    assert send(form).status == 1


def test_a_refused_opening_leaves_the_nonce(economy, form, send, customer):
    low = replace(form, hold=HOLD_TARGET - 1)
    with typed_error("Agreements_HoldBelowTarget", HOLD_TARGET - 1, HOLD_TARGET):
        send(low)
    assert not economy.agreements.isNonceUsed(customer, 5)


@pytest.fixture
def wallet(economy):
    """A contract that accepts signatures as its owner last said, with money in its account."""
    wallet = FlippingWallet.deploy({"from": economy.stranger})
    economy.euro.mint(economy.relayer, 10 * EUR, {"from": economy.relayer})
    economy.euro.approve(economy.ledger, 10 * EUR, {"from": economy.relayer})
    economy.ledger.deposit(economy.euro, wallet, 10 * EUR, {"from": economy.relayer})
    allow = replace(economy.allow_form(economy.relayer, 10 * EUR), owner=wallet.address)
    economy.ledger.allow(economy.values(allow), b"", {"from": economy.relayer})
    return wallet


def test_a_contract_wallet_is_a_customer_like_any_other(economy, form, wallet):
    by_wallet = replace(form, customer=wallet.address)
    economy.agreements.openSigned(economy.values(by_wallet), b"", {"from": economy.relayer})
    assert economy.agreements.agreementOf(1)[0] == wallet


def test_a_contract_wallet_that_says_no_does_not_open(economy, form, wallet):
    wallet.setAccepting(False, {"from": economy.stranger})
    by_wallet = replace(form, customer=wallet.address)
    with typed_error("Forms_SignatureInvalid", wallet):
        economy.agreements.openSigned(economy.values(by_wallet), b"", {"from": economy.relayer})
