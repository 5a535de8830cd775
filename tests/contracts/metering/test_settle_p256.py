"""Readings of P-256 meters in batches and by themselves; without the precompile, as on chains that lack it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oracle.domain.p256 import P256_ORDER
from oracle.domain.readings import SignedReading
from oracle.domain.signatures import Curve
from tests.fixtures.economy import DAY, Economy, Hire
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event
from tests.models.agreements import Skip

WORD = 32


@pytest.fixture(scope="module")
def hire(economy: Economy) -> Hire:
    return economy.hire(curve=Curve.P256)


def changed(signed: SignedReading, part: int, value: bytes) -> SignedReading:
    """`part`: 0 r, 1 s, 2 x, 3 y."""
    raw = signed.signature
    return replace(signed, signature=raw[: part * WORD] + value + raw[(part + 1) * WORD :])


def high_s(signed: SignedReading) -> SignedReading:
    s = int.from_bytes(signed.signature[WORD : 2 * WORD])
    return changed(signed, 1, (P256_ORDER - s).to_bytes(WORD))


def bad_ones(economy: Economy, hire: Hire) -> list[SignedReading]:
    good = economy.signed(hire, 1, 500)
    stranger = economy.meter_key(hire.drill.id, epoch=9, curve=Curve.P256)
    other = economy.signed(hire, 1, 501)
    zero, full = bytes(WORD), b"\xff" * WORD
    return [
        economy.sign(good.reading, stranger),
        replace(good, signature=other.signature),
        high_s(good),
        *(changed(good, part, word) for part in range(4) for word in (zero, full)),
        changed(good, 1, P256_ORDER.to_bytes(WORD)),
        replace(good, signature=bytes(4 * WORD)),
        replace(good, signature=economy.sign(good.reading, stranger).signature[:64] + good.signature[64:]),
    ]


def test_a_reading_of_a_p256_meter_settles_in_a_batch(economy, hire):
    transaction = economy.use(hire, 1, 500)
    assert "ReadingSkipped" not in transaction.events
    assert economy.state(hire).settled == 500


def test_a_reading_of_a_p256_meter_settles_by_itself(economy, hire):
    economy.settle_signed(economy.signed(hire, 1, 500))
    assert economy.state(hire).settled == 500


def test_bad_p256_records_are_skipped_and_never_revert_the_batch(economy, hire):
    bad = bad_ones(economy, hire)
    transaction = economy.settle(hire, *bad)
    skipped = event("ReadingSkipped", agreement=hire.id, sequence=1, reason=int(Skip.INVALID_SIGNATURE))
    assert_events(transaction, *[skipped] * len(bad), of=economy.agreements)
    assert economy.state(hire).sequence == 0


def test_a_good_record_between_bad_ones_settles(economy, hire):
    bad = bad_ones(economy, hire)
    economy.settle(hire, *bad[:4], economy.signed(hire, 1, 500), *bad[4:])
    assert economy.state(hire).settled == 500


def test_a_bad_p256_signature_alone_is_refused(economy, hire):
    refused = (hire.id, 1, int(Skip.INVALID_SIGNATURE))
    good = economy.signed(hire, 1, 500)
    wrong_lengths = [replace(good, signature=good.signature[:length]) for length in (0, 64, 65, 96, 127)]
    for signed in (high_s(good), *wrong_lengths, replace(good, signature=good.signature + b"\0")):
        with typed_error("Agreements_ReadingRefused", *refused):
            economy.settle_signed(signed)


def test_both_kinds_of_meters_share_a_batch(economy, hire):
    other = economy.hire(economy.customers[1])
    batch = economy.batch(
        (hire, economy.signed(hire, 1, 500)),
        (other, economy.signed(other, 1, 70)),
        (hire, economy.signed(hire, 2, 800)),
    )
    economy.settle_bytes(batch)
    assert (economy.state(hire).settled, economy.state(other).settled) == (800, 70)


def test_a_secp256k1_signature_does_nothing_for_a_p256_meter(economy, hire):
    reading = economy.reading(hire, 1, 500)
    stranger = economy.meter_key(hire.drill.id, epoch=9)
    transaction = economy.settle(hire, economy.sign(reading, stranger))
    assert transaction.events["ReadingSkipped"]["reason"] == Skip.INVALID_SIGNATURE


def test_the_order_of_reasons_is_that_of_the_other_curve(economy, hire):
    economy.use(hire, 2, 500)
    for signed, reason in (
        (economy.signed(hire, 1, 400), Skip.STALE),
        (economy.signed(hire, 3, 400), Skip.CHARGE_FELL),
        (economy.signed(hire, 3, 600, time=hire.opened_at + 30 * DAY), Skip.TOO_FAR_AHEAD),
        (economy.signed(hire, 1 << 31, 600), Skip.MALFORMED_SEQUENCE),
    ):
        transaction = economy.settle(hire, signed)
        assert transaction.events["ReadingSkipped"]["reason"] == reason


def test_a_group_of_contracts_signatures_does_not_parse(economy, hire):
    batch = economy.batch((hire, economy.signed(hire, 1, 500)))
    with typed_error("Agreements_MalformedBatch", 1, len(batch)):
        economy.settle_bytes(batch[:1] + b"\2" + batch[2:])


def test_a_p256_group_that_ends_early_does_not_parse(economy, hire):
    batch = economy.batch((hire, economy.signed(hire, 1, 500)))
    with typed_error("Agreements_MalformedBatch", 8, len(batch) - 1):
        economy.settle_bytes(batch[:-1])
