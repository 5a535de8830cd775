"""Readings as JSON, NDJSON and CBOR: strict on the way in."""

import contextlib
import json

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.domain.readings import Flag, Reading, SignedReading, parse_signed_reading, parse_signed_readings
from oracle.domain.stop_reasons import StopReason
from oracle.domain.wire import decode_cbor, decode_json, decode_ndjson
from oracle.errors import FieldOutOfBounds, Malformed
from tests.oracle.domain.support import forms, signed_reading


def acceptable(made: Reading) -> Reading:
    values = list(made.values())
    values[2] = values[2] % (2**31 - 1) + 1
    values[9] &= 63
    return Reading.from_values(tuple(values))


SIGNED = st.builds(
    SignedReading, forms(Reading).map(acceptable), st.binary(max_size=80), st.sampled_from([None, *StopReason])
)


@given(signed=SIGNED)
def test_json_and_cbor_give_the_same_reading_back(signed):
    document = signed.to_json()
    assert parse_signed_reading(decode_json(json.dumps(document).encode())) == signed
    assert parse_signed_reading(decode_cbor(cbor2.dumps(document))) == signed


def test_cbor_may_carry_plain_bytes():
    signed = signed_reading()
    document = signed.to_json()
    document["signature"] = signed.signature
    document["reading"]["telemetryRoot"] = signed.reading.telemetry_root
    assert parse_signed_reading(decode_cbor(cbor2.dumps(document))) == signed


def test_integers_may_be_decimal_text():
    signed = signed_reading(flags=Flag.FINAL)
    document = signed.to_json()
    document["reading"] |= {"agreementId": "7", "register0": "10000", "flags": "1"}
    assert parse_signed_reading(document) == signed


def test_one_a_list_or_lines():
    signed = signed_reading()
    document = signed.to_json()
    line = json.dumps(document).encode()
    assert parse_signed_readings(document) == [signed]
    assert parse_signed_readings([document, document]) == [signed, signed]
    assert [parse_signed_reading(item) for item in decode_ndjson(line + b"\n\r\n" + line + b"\n")] == [signed, signed]


@pytest.mark.parametrize("member", [*signed_reading().to_json()["reading"]])
def test_a_missing_member_is_named(member):
    document = signed_reading().to_json()
    del document["reading"][member]
    with pytest.raises(Malformed, match=rf"lacks members \({member}\)"):
        parse_signed_reading(document)


def test_an_unknown_member_is_named():
    document = signed_reading().to_json()
    document["reading"]["surprise"] = 1
    with pytest.raises(Malformed, match=r"unknown members \(surprise\)"):
        parse_signed_reading(document)


@pytest.mark.parametrize("value", [True, None, 1.5, [], {}, "1.0", "-1", "0x1", " 1", "1" * 79, "01", ""])
def test_a_register_that_is_no_integer_is_refused(value):
    document = signed_reading().to_json()
    document["reading"]["register0"] = value
    with pytest.raises(Malformed, match="register0 must be an integer"):
        parse_signed_reading(document)


@pytest.mark.parametrize("value", [-1, 2**48, "281474976710656"])
def test_a_register_out_of_bounds_is_refused(value):
    document = signed_reading().to_json()
    document["reading"]["register0"] = value
    with pytest.raises(FieldOutOfBounds, match="register0 does not fit"):
        parse_signed_reading(document)


@pytest.mark.parametrize("value", [None, 5, "", "00", "0x0", "0xzz", [], "0x00 "])
def test_a_signature_that_is_no_bytes_is_refused(value):
    with pytest.raises(Malformed, match="signature must be bytes"):
        parse_signed_reading(signed_reading().to_json() | {"signature": value})


@pytest.mark.parametrize("value", ["tired", 5, [], {}])
def test_an_unknown_stop_reason_is_refused(value):
    with pytest.raises(Malformed, match="stop reason"):
        parse_signed_reading(signed_reading().to_json() | {"stopReason": value})


@pytest.mark.parametrize("document", [None, 5, "text", [], [[]], {"reading": {}}, {"reading": [], "signature": "0x"}])
def test_something_else_than_a_signed_reading_is_refused(document):
    with pytest.raises(Malformed):
        parse_signed_reading(document)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_a_document_or_malformed(data):
    for decode in (decode_json, decode_cbor):
        with contextlib.suppress(Malformed, FieldOutOfBounds):
            assert parse_signed_readings(decode(data)) == []
