"""Signed readings as programs write them in JSON, read at once; anything unusual is left to the strict reader.

What is taken here the strict reader takes too, and finds the same in it: `read_usual` only saves time. Refusals, with
their reasons, are the strict reader's alone.
"""

from binascii import unhexlify
from typing import Annotated

import msgspec

from oracle.domain.plain_readings import PlainReading
from oracle.domain.readings import KNOWN_FLAGS, SEQUENCE_LIMIT
from oracle.domain.stop_reasons import StopReason

_NAMES_OF_AN_ITEM = 13
_STOP_REASONS = frozenset(reason.value for reason in StopReason)


def _unsigned(bits: int) -> msgspec.Meta:
    return msgspec.Meta(ge=0, le=(1 << bits) - 1)


_Id = Annotated[int, _unsigned(63)]
"""One bit less than the wire has: msgspec compares with signed numbers, and nobody counts agreements so far."""
_Register = Annotated[int, _unsigned(48)]


class _Reading(msgspec.Struct, rename="camel", forbid_unknown_fields=True, gc=False):
    agreement_id: _Id
    asset_id: _Id
    sequence: Annotated[int, msgspec.Meta(ge=1, lt=SEQUENCE_LIMIT)]
    time: Annotated[int, _unsigned(40)]
    register0: _Register
    register1: _Register
    register2: _Register
    register3: _Register
    odometer: _Register
    flags: Annotated[int, msgspec.Meta(ge=0, le=KNOWN_FLAGS)]
    telemetry_root: Annotated[str, msgspec.Meta(min_length=66, max_length=66)]


class _Item(msgspec.Struct, rename="camel", forbid_unknown_fields=True, gc=False):
    reading: _Reading
    signature: str
    stop_reason: str | None = None


_decode = msgspec.json.Decoder(list[_Item]).decode


def read_usual(data: bytes) -> list[PlainReading] | None:
    """The readings of a JSON list; None where it holds anything but well-formed items in the usual form."""
    try:
        items = _decode(data)
        found = [_plain(item, item.reading) for item in items]
    except (msgspec.MsgspecError, ValueError):
        return None
    # A name that occurs twice would be overlooked; no text of these items has a colon.
    names = _NAMES_OF_AN_ITEM * len(items) + sum(1 for item in items if item.stop_reason is not None)
    return found if data.count(b":") == names else None


def _plain(item: _Item, reading: _Reading) -> PlainReading:
    """Raises ValueError for what the strict reader should look at."""
    root, signature, stop = reading.telemetry_root, item.signature, item.stop_reason
    if root[:2] != "0x" or signature[:2] != "0x" or (stop is not None and stop not in _STOP_REASONS):
        raise ValueError(item)
    return (
        reading.agreement_id,
        reading.asset_id,
        reading.sequence,
        reading.time,
        reading.register0,
        reading.register1,
        reading.register2,
        reading.register3,
        reading.odometer,
        reading.flags,
        unhexlify(root[2:]),
        unhexlify(signature[2:]),
        stop,
    )
