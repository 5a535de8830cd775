"""The quick reader of JSON takes nothing that the strict one refuses, and finds the same."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.domain import usual_json
from oracle.domain.plain_readings import signed
from oracle.domain.readings import Flag, SignedReading, parse_signed_readings
from oracle.domain.stop_reasons import StopReason
from oracle.domain.wire import decode_json
from oracle.errors import Rejected
from tests.oracle.domain.support import signed_reading
from tests.oracle.domain.test_reading_documents import SIGNED

USUAL = json.dumps([signed_reading(flags=Flag.FINAL).to_json()], separators=(",", ":")).encode()


def read_usual(data: bytes) -> list[SignedReading] | None:
    found = usual_json.read_usual(data)
    return None if found is None else [signed(item) for item in found]


def strictly(data: bytes) -> list[SignedReading] | None:
    try:
        return parse_signed_readings(decode_json(data))
    except Rejected:
        return None


@given(written=st.lists(SIGNED, max_size=4), indent=st.sampled_from([None, 1]))
def test_what_programs_write_is_read_as_the_strict_reader_reads_it(written, indent):
    data = json.dumps([one.to_json() for one in written], indent=indent).encode()
    assert strictly(data) == written
    far = any(max(one.reading.agreement_id, one.reading.asset_id) >> 63 for one in written)
    assert read_usual(data) == (None if far else written)


@given(at=st.integers(0, len(USUAL) - 1), byte=st.integers(0, 255))
def test_a_changed_byte_is_never_read_otherwise_than_strictly(at, byte):
    changed = USUAL[:at] + bytes([byte]) + USUAL[at + 1 :]
    assert read_usual(changed) in (None, strictly(changed))


@given(
    at=st.integers(0, len(USUAL)), inserted=st.sampled_from([b" ", b'"', b":", b",", b"0", b"-", b".0", b"e1", b"\\"])
)
def test_something_inserted_is_never_read_otherwise_than_strictly(at, inserted):
    changed = USUAL[:at] + inserted + USUAL[at:]
    assert read_usual(changed) in (None, strictly(changed))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"sequence":', b'"sequence":1,"sequence":'),
        (b'"signature":', b'"signature":"0x00","signature":'),
        (b'"stopReason":', b'"stopReason":"idle","stopReason":'),
        (b'"register0":', b'"register9":0,"register0":'),
        (b'"telemetryRoot":"0x', b'"telemetryRoot":"0x '),
        (b'"flags":', b'"flags":64,"x":'),
        (b'"odometer":', b'"odometer":true,"y":'),
    ],
)
def test_what_the_strict_reader_refuses_is_left_to_it(old, new):
    stopped = signed_reading(flags=Flag.FINAL)
    document = SignedReading(stopped.reading, stopped.signature, StopReason.IDLE).to_json()
    data = json.dumps([document], separators=(",", ":")).encode()
    assert read_usual(data) == strictly(data) is not None
    changed = data.replace(old, new, 1)
    assert changed != data
    assert strictly(changed) is None
    assert read_usual(changed) is None


def test_one_reading_that_is_no_list_is_left_to_the_strict_reader():
    assert read_usual(USUAL[1:-1]) is None
