"""Opening by signature: one form, once, exactly as signed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contracts.metering.expected import moved
from tests.contracts.metering.opening import carry, form_of
from tests.fixtures.economy import DAY, EUR, FAR_FUTURE, HOLD_TARGET, MONTH, USUAL_CAP, other_domain
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event
from tests.models.agreements import State


@pytest.fixture
def form(drill, priced, customer):
    return form_of(customer, drill, priced)


def test_anyone_carries_a_signed_opening(economy, form, drill, priced, customer):
    opened = carry(economy, form, economy.signature(form, customer))
    state = State(False, 0, clock.now(), 0, 0, HOLD_TARGET)
    assert_events(
        opened,
        event("NonceUsed", signer=customer, nonce=1),
        event(
            "AgreementOpened", agreement=1, asset=drill.id, customer=customer, tariff=priced.id, exclusive=True,
            capPerPeriod=USUAL_CAP, period=MONTH, state=state.pack(),
        ),
        moved(economy, customer, economy.holds_account(), HOLD_TARGET),
    )  # fmt: skip


def test_the_last_second_of_a_form(economy, form, customer):
    form = replace(form, deadline=clock.next_block_in(60))
    carry(economy, form, economy.signature(form, customer))


def test_an_expired_form_is_refused(economy, form, customer):
    now = clock.next_block_in(60)
    form = replace(form, deadline=now - 1)
    with typed_error("Forms_Expired", now - 1, now):
        carry(economy, form, economy.signature(form, customer))


def test_a_form_opens_once(economy, form, customer):
    signature = economy.signature(form, customer)
    carry(economy, form, signature)
    with typed_error("Forms_NonceUsed", customer, 1):
        carry(economy, form, signature)


def test_a_cancelled_form_opens_nothing(economy, form, customer):
    economy.agreements.cancelNonce(form.nonce, {"from": customer})
    with typed_error("Forms_NonceUsed", customer, 1):
        carry(economy, form, economy.signature(form, customer))


def test_a_refused_form_stays_good(economy, form, priced, customer):
    signature = economy.signature(form, customer)
    economy.allow(customer, 0)
    with typed_error("ERC6909InsufficientAllowance", economy.agreements, 0, HOLD_TARGET, economy.id_of()):
        carry(economy, form, signature)
    economy.allow(customer, HOLD_TARGET)
    carry(economy, form, signature)


def test_another_chains_signature_is_nothing_here(economy, form, customer):
    domain = other_domain(chain_id=1, contract=economy.agreements.address)
    with typed_error("Forms_SignatureInvalid", customer):
        carry(economy, form, economy.signature(form, customer, domain))


def test_another_contracts_signature_is_nothing_here(economy, form, customer):
    domain = other_domain(contract=economy.ledger.address)
    with typed_error("Forms_SignatureInvalid", customer):
        carry(economy, form, economy.signature(form, customer, domain))


def test_another_accounts_signature_is_nothing_here(economy, form, customer):
    with typed_error("Forms_SignatureInvalid", customer):
        carry(economy, form, economy.signature(form, economy.stranger))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("asset_id", 9), ("tariff_id", 9), ("exclusive", False), ("hold", 3 * EUR), ("cap_per_period", 60 * EUR),
        ("period", DAY), ("nonce", 2), ("deadline", FAR_FUTURE - 1),
    ],
)  # fmt: skip
def test_every_field_is_signed(economy, form, customer, field, value):
    signature = economy.signature(form, customer)
    with typed_error("Forms_SignatureInvalid", customer):
        carry(economy, replace(form, **{field: value}), signature)


def test_the_customer_is_signed(economy, form, customer):
    other = economy.endow(economy.customers[1])
    with typed_error("Forms_SignatureInvalid", other):
        carry(economy, replace(form, customer=other.address), economy.signature(form, customer))
