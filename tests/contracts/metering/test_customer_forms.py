"""SetCap, Suspend and EndAgreement by signature: each does what the transaction does, once, exactly as signed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oracle.domain.customer_forms import EndAgreement, SetCap, Suspend
from tests.fixtures.economy import DAY, EUR, FAR_FUTURE, other_domain
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

NOBODY = "0x" + 40 * "0"
FUNCTIONS = {"cap": "setCapSigned", "suspend": "suspendSigned", "end": "endSigned"}
CHANGES = [
    ("cap", "cap_per_period", 6 * EUR), ("cap", "period", 2 * DAY), ("cap", "nonce", 6), ("cap", "deadline", 1 << 39),
    ("suspend", "on", False), ("suspend", "nonce", 6), ("suspend", "deadline", 1 << 39),
    ("end", "nonce", 6), ("end", "deadline", 1 << 39),
]  # fmt: skip

every_form = pytest.mark.parametrize("kind", list(FUNCTIONS))


def form_of(kind, hire):
    match kind:
        case "cap":
            return SetCap(hire.id, 5 * EUR, DAY, 5, FAR_FUTURE)
        case "suspend":
            return Suspend(hire.id, True, 5, FAR_FUTURE)
        case _:
            return EndAgreement(hire.id, 5, FAR_FUTURE)


def carry(economy, kind, form, signature):
    return getattr(economy.agreements, FUNCTIONS[kind])(economy.values(form), signature, {"from": economy.stranger})


@every_form
def test_anyone_carries_a_signed_form(economy, hire, kind):
    form = form_of(kind, hire)
    clock.next_block_at(hire.opened_at + 500)
    carried = carry(economy, kind, form, economy.signature(form, hire.customer))
    effect = {
        "cap": event("CapSet", agreement=hire.id, capPerPeriod=5 * EUR, period=DAY),
        "suspend": event("SuspensionChanged", agreement=hire.id, on=True),
        "end": event("EndAnnounced", agreement=hire.id, by=hire.customer, endAt=hire.opened_at + 500 + DAY),
    }
    assert_events(carried, event("NonceUsed", signer=hire.customer, nonce=5), effect[kind])


@every_form
def test_a_form_counts_once(economy, hire, kind):
    form = form_of(kind, hire)
    signature = economy.signature(form, hire.customer)
    carry(economy, kind, form, signature)
    with typed_error("Forms_NonceUsed", hire.customer, 5):
        carry(economy, kind, form, signature)


@every_form
def test_a_cancelled_form_counts_for_nothing(economy, hire, kind):
    form = form_of(kind, hire)
    economy.agreements.cancelNonce(5, {"from": hire.customer})
    with typed_error("Forms_NonceUsed", hire.customer, 5):
        carry(economy, kind, form, economy.signature(form, hire.customer))


@every_form
def test_an_expired_form_is_refused(economy, hire, kind):
    now = clock.next_block_in(60)
    form = replace(form_of(kind, hire), deadline=now - 1)
    with typed_error("Forms_Expired", now - 1, now):
        carry(economy, kind, form, economy.signature(form, hire.customer))


@every_form
@pytest.mark.parametrize("signer", ["provider", "stranger"])
def test_only_the_customers_signature_counts(economy, hire, kind, signer):
    form = form_of(kind, hire)
    with typed_error("Forms_SignatureInvalid", hire.customer):
        carry(economy, kind, form, economy.signature(form, getattr(economy, signer)))


@every_form
@pytest.mark.parametrize("where", ["chain", "contract"])
def test_a_form_for_elsewhere_is_refused(economy, hire, kind, where):
    form = form_of(kind, hire)
    domain = (
        other_domain(chain_id=1, contract=economy.agreements.address)
        if where == "chain"
        else other_domain(contract=economy.ledger.address)
    )
    with typed_error("Forms_SignatureInvalid", hire.customer):
        carry(economy, kind, form, economy.signature(form, hire.customer, domain))


@pytest.mark.parametrize(("kind", "field", "value"), CHANGES)
def test_every_field_is_signed(economy, hire, kind, field, value):
    form = form_of(kind, hire)
    signature = economy.signature(form, hire.customer)
    with typed_error("Forms_SignatureInvalid", hire.customer):
        carry(economy, kind, replace(form, **{field: value}), signature)


@every_form
def test_the_agreement_is_signed(economy, hire, kind):
    other = economy.hire(hire.customer)
    form = form_of(kind, hire)
    signature = economy.signature(form, hire.customer)
    with typed_error("Forms_SignatureInvalid", hire.customer):
        carry(economy, kind, replace(form, agreement_id=other.id), signature)


@every_form
def test_an_unknown_agreement_has_nobody_to_sign(economy, hire, kind):
    form = replace(form_of(kind, hire), agreement_id=hire.id + 1)
    with typed_error("Forms_SignatureInvalid", NOBODY):
        carry(economy, kind, form, economy.signature(form, hire.customer))
