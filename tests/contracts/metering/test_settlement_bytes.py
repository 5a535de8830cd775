"""What is not a batch to its exact end is refused whole; what is one but carries altered bytes settles nothing."""

import pytest

from oracle.domain.batching import Group, Record, decode_batch, encode_batch
from oracle.domain.signatures import HALF_ORDER, SECP256K1_ORDER, Curve, to_compact
from oracle.errors import Malformed
from tests.helpers.agreement_events import reading_skipped
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events
from tests.models.agreements import Skip

HEADER = 8
"""Version and one group's header."""
RECORD = 152
P256_RECORD = 216


@pytest.fixture(scope="module")
def batch(economy, hire):
    """Three groups: one record, two records, one P-256 record."""
    one, two, three = (economy.signed(hire, i, 100 * i) for i in (1, 2, 3))
    records = [Record(signed.reading, to_compact(signed.signature)) for signed in (one, two, three)]
    other = Record(one.reading, bytes(64), bytes(64))
    tariff = hire.priced.id
    return encode_batch(
        [
            Group(Curve.SECP256K1, tariff, (records[0],)),
            Group(Curve.SECP256K1, tariff, tuple(records[1:])),
            Group(Curve.P256, tariff, (other,)),
        ]
    )


ENDS_OF_GROUPS = (1, HEADER + RECORD, HEADER + RECORD + 7 + 2 * RECORD)


def refusal(data):
    """Where the bytes stop making sense: at a header that is cut off, or at the first record of a group that is."""
    at = 1
    while at < len(data):
        if len(data) < at + 7:
            return at
        size = P256_RECORD if data[at] else RECORD
        end = at + 7 + size * int.from_bytes(data[at + 5 : at + 7])
        if len(data) < end:
            return at + 7
        at = end
    return None


def test_every_truncation_is_refused_whole(economy, batch):
    """At every length but the ends of groups, where the rest is a complete batch; the device's parser agrees."""
    settle = economy.agreements.settle
    for length in range(1, len(batch)):
        data = batch[:length]
        if length in ENDS_OF_GROUPS:
            decode_batch(data)
            settle.call(data, {"from": economy.relayer})
            continue
        with pytest.raises(Malformed):
            decode_batch(data)
        with typed_error("Agreements_MalformedBatch", refusal(data), length):
            settle.call(data, {"from": economy.relayer})


def test_a_truncated_batch_settles_not_even_its_whole_records(economy, hire, batch):
    before = economy.agreements.stateOf(hire.id)
    with typed_error("Agreements_MalformedBatch", HEADER + RECORD + 7, len(batch) - P256_RECORD - 8):
        economy.settle_bytes(batch[: -P256_RECORD - 8])
    assert economy.agreements.stateOf(hire.id) == before


def test_no_bytes_at_all_are_refused(economy):
    with typed_error("Agreements_MalformedBatch", 0, 0):
        economy.settle_bytes(b"")


def test_trailing_bytes_are_refused(economy, batch):
    with typed_error("Agreements_MalformedBatch", len(batch), len(batch) + 1):
        economy.settle_bytes(batch + b"\0")


@pytest.mark.parametrize("version", [0, 2, 255])
def test_another_version_is_refused(economy, batch, version):
    with typed_error("Agreements_UnknownVersion", version):
        economy.settle_bytes(bytes([version]) + batch[1:])


@pytest.mark.parametrize("kind", [2, 3, 255])
def test_an_unknown_kind_of_group_is_refused(economy, batch, kind):
    with typed_error("Agreements_MalformedBatch", 1, len(batch)):
        economy.settle_bytes(batch[:1] + bytes([kind]) + batch[2:])


@pytest.mark.parametrize("count", [3, 0xFFFF])
def test_a_count_beyond_the_bytes_is_refused(economy, batch, count):
    group = batch[: HEADER + RECORD]
    with typed_error("Agreements_MalformedBatch", HEADER, len(group)):
        economy.settle_bytes(group[:6] + count.to_bytes(2) + group[8:])


def test_a_group_without_records_is_passed_over(economy, hire, batch):
    empty = bytes([0]) + hire.priced.id.to_bytes(4) + bytes(2)
    economy.settle_bytes(batch[:1] + empty + batch[1 : HEADER + RECORD])
    assert economy.state(hire).settled == 100


def test_every_byte_of_a_record_flipped_once_settles_nothing(economy, hire):
    """M1, M2: one batch of 152 altered copies; each is skipped, none does anything else."""
    record = economy.batch((hire, economy.signed(hire, 1, 100, 7, odometer=9, root=b"\x05" * 32)))[HEADER:]
    copies = [record[:i] + bytes([record[i] ^ 0xFF]) + record[i + 1 :] for i in range(RECORD)]
    check_all_skipped(economy, hire, copies)


def test_every_bit_of_a_signature_flipped_once_settles_nothing(economy, hire):
    """M8: yParity and the high bit of s among them."""
    record = economy.batch((hire, economy.signed(hire, 1, 100)))[HEADER:]
    at = RECORD - 64
    copies = [
        record[: at + i // 8] + bytes([record[at + i // 8] ^ 1 << i % 8]) + record[at + i // 8 + 1 :]
        for i in range(512)
    ]
    check_all_skipped(economy, hire, copies, {Skip.INVALID_SIGNATURE})


def check_all_skipped(economy, hire, copies, reasons=None):
    before = economy.agreements.stateOf(hire.id)
    header = bytes([1, 0]) + hire.priced.id.to_bytes(4) + len(copies).to_bytes(2)
    settled = economy.settle_bytes(header + b"".join(copies))
    found = settled.events["ReadingSkipped"]
    assert len(found) == len(copies)
    assert set(settled.events.keys()) == {"ReadingSkipped"}
    expected = reasons or {Skip.UNKNOWN_AGREEMENT, Skip.MALFORMED_SEQUENCE, Skip.INVALID_SIGNATURE}
    assert {Skip(item["reason"]) for item in found} == expected
    assert economy.agreements.stateOf(hire.id) == before


def high_s(signature):
    r, s, v = signature[:32], int.from_bytes(signature[32:64]), signature[64]
    return r + (SECP256K1_ORDER - s).to_bytes(32) + bytes([55 - v])


def test_a_high_s_signature_cannot_even_be_packed(economy, hire):
    """M8: n − s has its top bit set, or, where it has not, it is above half the order."""
    signature = high_s(economy.signed(hire, 1, 100).signature)
    assert int.from_bytes(signature[32:64]) > HALF_ORDER
    packed = signature[:32] + (int.from_bytes(signature[32:64]) | (signature[64] - 27) << 255).to_bytes(32)
    batch = encode_batch([Group(Curve.SECP256K1, hire.priced.id, (Record(economy.reading(hire, 1, 100), packed),))])
    assert_events(economy.settle_bytes(batch), reading_skipped(hire.id, 1, Skip.INVALID_SIGNATURE))


@pytest.mark.parametrize("signature", [bytes(64), b"\xff" * 64, bytes(32) + b"\1" * 32, b"\1" * 32 + bytes(32)])
def test_signatures_that_are_none_settle_nothing(economy, hire, signature):
    """ecrecover answers zero for them, which is nobody's meter."""
    record = Record(economy.reading(hire, 1, 100), signature)
    batch = encode_batch([Group(Curve.SECP256K1, hire.priced.id, (record,))])
    assert_events(economy.settle_bytes(batch), reading_skipped(hire.id, 1, Skip.INVALID_SIGNATURE))
