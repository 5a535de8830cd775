"""Signed readings as programs write them in JSON, read at once; anything unusual is left to the strict reader.

What is taken here the strict reader takes too, and finds the same in it: `read_usual` only saves time. Refusals, with
their reasons, are the strict reader's alone.
"""

import msgspec

from oracle.domain.readings import Flag, Reading, SignedReading, require_acceptable
from oracle.domain.stop_reasons import StopReason
from oracle.errors import Rejected
from oracle.types import AgreementId, AssetId, Bytes32, UnixTime

_NAMES_OF_AN_ITEM = 13


class _Reading(msgspec.Struct, rename="camel", forbid_unknown_fields=True, gc=False):
    agreement_id: int
    asset_id: int
    sequence: int
    time: int
    register0: int
    register1: int
    register2: int
    register3: int
    odometer: int
    flags: int
    telemetry_root: str


class _Item(msgspec.Struct, rename="camel", forbid_unknown_fields=True, gc=False):
    reading: _Reading
    signature: str
    stop_reason: str | None = None


_decode = msgspec.json.Decoder(list[_Item]).decode


def read_usual(data: bytes) -> list[SignedReading] | None:
    """The readings of a JSON list; None where it holds anything but well-formed items in the usual form."""
    try:
        items = _decode(data)
        found = [_signed(item) for item in items]
    except (msgspec.MsgspecError, ValueError, Rejected):
        return None
    # A name that occurs twice would be overlooked; no text of these items has a colon.
    names = _NAMES_OF_AN_ITEM * len(items) + sum(item.stop_reason is not None for item in items)
    return found if data.count(b":") == names else None


def _signed(item: _Item) -> SignedReading:
    """Raises ValueError or Rejected for what the strict reader should look at."""
    plain = item.reading
    reading = Reading(
        AgreementId(plain.agreement_id),
        AssetId(plain.asset_id),
        plain.sequence,
        UnixTime(plain.time),
        (plain.register0, plain.register1, plain.register2, plain.register3),
        plain.odometer,
        Flag(plain.flags),
        Bytes32(_bytes(plain.telemetry_root)),
    )
    require_acceptable(reading)
    return SignedReading(reading, _bytes(item.signature), StopReason.parse(item.stop_reason))


def _bytes(text: str) -> bytes:
    """Raises ValueError. `fromhex` passes over blanks, therefore the length is compared."""
    found = bytes.fromhex(text[2:])
    if text[:2] != "0x" or 2 * len(found) + 2 != len(text):
        raise ValueError(text)
    return found
