"""One reading by itself, with either length of signature; what a batch would skip reverts with its reason."""

from dataclasses import replace

import pytest

from oracle.domain.hashing import keccak
from oracle.domain.signatures import SECP256K1_ORDER, SigningKey, to_compact
from tests.fixtures.economy import DAY, EUR, HOLD_TARGET
from tests.helpers import clock
from tests.helpers.agreement_events import reading_settled
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event
from tests.models.agreements import SEQUENCE_LIMIT, Skip, State

OTHER_KEY = SigningKey(keccak(b"nobody's meter"))


def settle_signed(economy, signed, signature=None):
    return economy.agreements.settleSigned(
        economy.values(signed.reading), signature or signed.signature, {"from": economy.stranger}
    )


def refused(signed, reason):
    return typed_error("Agreements_ReadingRefused", signed.reading.agreement_id, signed.reading.sequence, int(reason))


@pytest.mark.parametrize("length", [64, 65])
def test_either_length_of_signature_settles(economy, hire, length):
    signed = economy.signed(hire, 1, 100)
    signature = signed.signature if length == 65 else to_compact(signed.signature)
    assert len(signature) == length
    settled = settle_signed(economy, signed, signature)
    state = State(False, 1, hire.opened_at, 0, 100, HOLD_TARGET - 100)
    assert_events(settled, reading_settled(hire.id, state), of=economy.agreements)
    assert_events(
        settled,
        event(
            "Transfer", caller=economy.agreements, sender=economy.holds_account(),
            receiver=economy.splitter.accountOf(1), id=economy.id_of(), amount=100,
        ),
        of=economy.ledger,
    )  # fmt: skip


def test_it_refills_like_a_batch(economy, hire):
    settle_signed(economy, economy.signed(hire, 1, HOLD_TARGET))
    assert economy.state(hire).hold == HOLD_TARGET


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(66), bytes(64), bytes(65), b"\xff" * 65])
def test_bytes_that_are_no_signature(economy, hire, signature):
    signed = economy.signed(hire, 1, 100)
    with refused(signed, Skip.INVALID_SIGNATURE):
        economy.agreements.settleSigned(economy.values(signed.reading), signature, {"from": economy.stranger})


def test_a_high_s_signature(economy, hire):
    """M8: the mirror image of a good signature is refused, so there is only one."""
    signed = economy.signed(hire, 1, 100)
    r, s, v = signed.signature[:32], int.from_bytes(signed.signature[32:64]), signed.signature[64]
    with refused(signed, Skip.INVALID_SIGNATURE):
        settle_signed(economy, signed, r + (SECP256K1_ORDER - s).to_bytes(32) + bytes([55 - v]))


@pytest.mark.parametrize("v", [0, 1, 26, 29])
def test_another_v(economy, hire, v):
    signed = economy.signed(hire, 1, 100)
    with refused(signed, Skip.INVALID_SIGNATURE):
        settle_signed(economy, signed, signed.signature[:64] + bytes([v]))


def test_an_unknown_agreement(economy, hire):
    signed = economy.sign(replace(economy.reading(hire, 1, 100), agreement_id=999), hire.drill.meter)
    with refused(signed, Skip.UNKNOWN_AGREEMENT):
        settle_signed(economy, signed)


def test_an_agreement_of_another_asset(economy, hire):
    signed = economy.sign(replace(economy.reading(hire, 1, 100), asset_id=99), hire.drill.meter)
    with refused(signed, Skip.UNKNOWN_AGREEMENT):
        settle_signed(economy, signed)


def test_a_malformed_sequence(economy, hire):
    signed = economy.signed(hire, SEQUENCE_LIMIT, 100)
    with refused(signed, Skip.MALFORMED_SEQUENCE):
        settle_signed(economy, signed)


def test_a_stale_reading(economy, hire):
    signed = economy.signed(hire, 1, 100)
    settle_signed(economy, signed)
    with refused(signed, Skip.STALE):
        settle_signed(economy, signed)


def test_a_closed_agreement(economy, hire):
    economy.agreements.end(hire.id, {"from": hire.customer})
    clock.pass_time(DAY)
    economy.agreements.close(hire.id, {"from": economy.stranger})
    signed = economy.signed(hire, 1, 100)
    with refused(signed, Skip.CLOSED):
        settle_signed(economy, signed)


def test_a_reading_after_the_final_one(economy, hire):
    economy.agreements.end(hire.id, {"from": hire.customer})
    settle_signed(economy, economy.signed(hire, 1, 100, flags=1))
    signed = economy.signed(hire, 2, 200)
    with refused(signed, Skip.AFTER_FINAL):
        settle_signed(economy, signed)


def test_another_key(economy, hire):
    signed = economy.sign(economy.reading(hire, 1, 100), OTHER_KEY)
    with refused(signed, Skip.INVALID_SIGNATURE):
        settle_signed(economy, signed)


def test_a_time_too_far_ahead(economy, hire):
    now = clock.next_block_in(10)
    signed = economy.signed(hire, 1, 100, time=now + 121)
    with refused(signed, Skip.TOO_FAR_AHEAD):
        settle_signed(economy, signed)


def test_a_charge_that_fell(economy, hire):
    settle_signed(economy, economy.signed(hire, 1, 100))
    signed = economy.signed(hire, 2, 99)
    with refused(signed, Skip.CHARGE_FELL):
        settle_signed(economy, signed)


def test_an_implausible_charge(economy, hire):
    signed = economy.signed(hire, 1, 1_000 * EUR)
    with refused(signed, Skip.IMPLAUSIBLE):
        settle_signed(economy, signed)
