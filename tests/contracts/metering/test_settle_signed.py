"""One reading by `settleSigned`: both forms of a signature, the effect of a batch of one, its reasons as errors."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oracle.domain.signatures import to_compact, to_full
from tests.contracts.metering.expected import fees, moved, reading_settled, refilled, word
from tests.fixtures.economy import EUR, HOLD_TARGET
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events
from tests.models.agreements import Skip


def settle_signed(economy, signed, signature=None):
    signature = signed.signature if signature is None else signature
    return economy.agreements.settleSigned(economy.values(signed.reading), signature, {"from": economy.stranger})


@pytest.mark.parametrize("form", [to_full, to_compact])
def test_both_forms_of_a_signature(economy, hire, form):
    signed = economy.signed(hire, 1, 100)
    settled = settle_signed(economy, signed, form(signed.signature))
    assert_events(settled, reading_settled(hire, 1, 100), of=economy.agreements)
    assert fees(economy, hire) == 100


def test_the_same_as_a_batch_of_one(economy, hire):
    settled = settle_signed(economy, economy.signed(hire, 1, 15 * EUR // 10))
    split = int(economy.assets.route(hire.drill.id)) >> 32 & 0xFFFFFFFFFFFFFFFF
    assert_events(
        settled,
        reading_settled(hire, 1, 1_500_000),
        refilled(hire, 1_500_000, sequence=1, settled=1_500_000, hold=HOLD_TARGET),
        moved(economy, hire.customer, economy.holds_account(), 1_500_000),
        moved(economy, economy.holds_account(), economy.splitter.accountOf(split), 1_500_000),
    )


def test_what_is_settled_either_way_is_not_settled_again(economy, hire):
    signed = economy.signed(hire, 1, 100)
    economy.settle(hire, signed)
    with typed_error("Agreements_ReadingRefused", hire.id, 1, int(Skip.STALE)):
        settle_signed(economy, signed)


@pytest.mark.parametrize("length", [0, 1, 63, 66, 130])
def test_a_signature_of_another_length_is_refused(economy, hire, length):
    signed = economy.signed(hire, 1, 100)
    with typed_error("Agreements_ReadingRefused", hire.id, 1, int(Skip.INVALID_SIGNATURE)):
        settle_signed(economy, signed, (signed.signature * 2)[:length])


@pytest.mark.parametrize("v", [0, 1, 26, 29])
def test_v_is_27_or_28(economy, hire, v):
    signed = economy.signed(hire, 1, 100)
    with typed_error("Agreements_ReadingRefused", hire.id, 1, int(Skip.INVALID_SIGNATURE)):
        settle_signed(economy, signed, signed.signature[:64] + bytes([v]))


def test_an_unknown_agreement_is_refused_by_name(economy, hire):
    signed = economy.sign(replace(economy.reading(hire, 1, 100), agreement_id=99), hire.drill.meter)
    with typed_error("Agreements_ReadingRefused", 99, 1, int(Skip.UNKNOWN_AGREEMENT)):
        settle_signed(economy, signed)


def test_a_refused_reading_changes_nothing(economy, hire):
    economy.use(hire, 2, 500)
    before = word(economy, hire)
    with typed_error("Agreements_ReadingRefused", hire.id, 3, int(Skip.CHARGE_FELL)):
        settle_signed(economy, economy.signed(hire, 3, 499))
    assert word(economy, hire) == before
