"""The packed batch, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.domain.batching import Group, Record, decode_batch, encode_batch, group_readings
from oracle.domain.p256 import P256Key
from oracle.domain.readings import Reading, SignedReading
from oracle.domain.signatures import Curve, to_compact
from oracle.errors import BadSignature, Malformed
from tests.oracle.domain.support import forms, reading, sign, signed_reading, vectors


def records(curve):
    key = st.just(b"") if curve is Curve.SECP256K1 else st.binary(min_size=64, max_size=64)
    return st.builds(Record, forms(Reading), st.binary(min_size=64, max_size=64), key)


GROUPS = st.sampled_from([Curve.SECP256K1, Curve.P256]).flatmap(
    lambda curve: st.builds(
        Group,
        st.just(curve),
        st.integers(0, 2**32 - 1),
        st.lists(records(curve), min_size=1, max_size=3).map(tuple),
    )
)


@given(groups=st.lists(GROUPS, max_size=3).map(tuple))
def test_decodes_to_what_was_encoded(groups):
    assert decode_batch(encode_batch(groups)) == groups


def from_vector(group):
    return Group(
        Curve(group["kind"]),
        group["tariffId"],
        tuple(
            Record(
                Reading.parse(record["reading"]),
                bytes.fromhex(record["signature"][2:]),
                bytes.fromhex(record.get("publicKey", "0x")[2:]),
            )
            for record in group["records"]
        ),
    )


@pytest.mark.parametrize("case", vectors("batch")["cases"], ids=lambda case: case["name"])
def test_vectors(case):
    groups = tuple(from_vector(group) for group in case["groups"])
    data = bytes.fromhex(case["bytes"][2:])
    assert encode_batch(groups) == data
    assert decode_batch(data) == groups


def test_record_sizes_are_the_published_ones():
    one = Record(reading(), bytes(64))
    assert len(encode_batch([Group(Curve.SECP256K1, 1, (one,))])) == 1 + 7 + 152
    assert len(encode_batch([Group(Curve.P256, 1, (Record(reading(), bytes(64), bytes(64)),))])) == 1 + 7 + 216


def test_bytes_that_end_anywhere_else_are_refused():
    data = bytes.fromhex(vectors("batch")["cases"][3]["bytes"][2:])
    whole_groups = {1 + 7 + 3 * 152, 1 + 7 + 3 * 152 + 7 + 2 * 216, 1, len(data)}
    for end in range(len(data)):
        if end in whole_groups:
            decode_batch(data[:end])
            continue
        with pytest.raises(Malformed):
            decode_batch(data[:end])
    with pytest.raises(Malformed, match="ends too early"):
        decode_batch(data + b"\x00")


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x02", b"\x02" + bytes(7)])
def test_another_version_is_refused(data):
    with pytest.raises(Malformed, match="version 1"):
        decode_batch(data)


@pytest.mark.parametrize("kind", [2, 3, 255])
def test_an_unknown_kind_is_refused(kind):
    with pytest.raises(Malformed, match="unknown kind"):
        decode_batch(b"\x01" + bytes([kind]) + bytes(6))


def test_a_strangers_empty_group_is_read_but_none_is_written():
    empty = Group(Curve.SECP256K1, 9, ())
    assert decode_batch(b"\x01\x00\x00\x00\x00\x09\x00\x00") == (empty,)
    with pytest.raises(Malformed, match="from 1 to 65535"):
        encode_batch([empty])


@pytest.mark.parametrize(
    "group",
    [
        Group(Curve.SECP256K1, 1, (Record(reading(), bytes(65)),)),
        Group(Curve.SECP256K1, 1, (Record(reading(), bytes(64), bytes(64)),)),
        Group(Curve.P256, 1, (Record(reading(), bytes(64)),)),
        Group(Curve.ERC1271, 1, (Record(reading(), bytes(64)),)),
        Group(Curve.SECP256K1, 1, (Record(reading(), bytes(64)),) * 65_536),
    ],
)
def test_what_does_not_fit_the_layout_is_not_written(group):
    with pytest.raises(Malformed):
        encode_batch([group])


def test_readings_are_grouped_by_tariff_in_their_order():
    signed = [signed_reading(sequence=n) for n in (1, 2, 3)]
    groups = group_readings([(9, signed[0]), (4, signed[1]), (9, signed[2])])
    assert [(g.tariff_id, [r.reading.sequence for r in g.records]) for g in groups] == [(4, [2]), (9, [1, 3])]
    assert groups[0].records[0].signature == to_compact(signed[1].signature)
    assert group_readings([]) == ()


def test_readings_are_grouped_by_tariff_and_kind_of_key():
    """secp256k1 first within a tariff; the key stands beside a P-256 signature."""
    element = P256Key(b"\x07" * 32)
    plain = [signed_reading(sequence=n) for n in (1, 2)]
    secure = [SignedReading(reading(sequence=n), sign(reading(sequence=n), element)) for n in (3, 4)]
    groups = group_readings([(9, secure[0]), (9, plain[0]), (2, secure[1]), (9, plain[1])])
    assert [(group.tariff_id, group.curve) for group in groups] == [
        (2, Curve.P256),
        (9, Curve.SECP256K1),
        (9, Curve.P256),
    ]
    assert groups[0].records == (Record(secure[1].reading, secure[1].signature[:64], element.public_key),)
    assert decode_batch(encode_batch(groups)) == groups


def test_a_contracts_signature_goes_into_no_batch():
    with pytest.raises(BadSignature, match="no plain key"):
        group_readings([(1, SignedReading(reading(), bytes(130)))])
