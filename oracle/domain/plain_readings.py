"""Signed readings as plain tuples: the form in which a door handles them by the thousand.

A frozen dataclass checks and names every field, which costs more than all the door has to do with a usual reading. The
first eleven entries are `Reading.values()` in wire order, so that they can be packed and hashed at once.
"""

import struct
from collections.abc import Iterable

import sha3

from oracle.domain.forms import Domains
from oracle.domain.readings import Reading, SignedReading
from oracle.domain.stop_reasons import StopReason
from oracle.types import Bytes32

PlainReading = tuple[int, int, int, int, int, int, int, int, int, int, bytes, bytes, str | None]
"""Agreement, asset, sequence, time, four registers, odometer, flags, telemetry root; signature, stop reason."""

_TYPE_HASH = Reading.STRUCT.type_hash
_pack_words = struct.Struct(">32s" + 10 * "24xQ" + "32s").pack


def plain(signed: SignedReading) -> PlainReading:
    stop = signed.stop_reason
    values = signed.reading.values()
    return (*values, signed.signature, None if stop is None else stop.value)  # type: ignore[return-value]


def signed(item: PlainReading) -> SignedReading:
    return SignedReading(Reading.from_values(item[:11]), item[11], StopReason.parse(item[12]))


def name_of(item: PlainReading) -> str:
    """How messages call a reading."""
    return f"reading {item[2]} of agreement {item[0]} on asset {item[1]}"


def opening(domains: Domains) -> bytes:
    """What every digest of a reading begins with."""
    return b"\x19\x01" + domains.of(Reading).separator


def digests(begin: bytes, items: Iterable[PlainReading]) -> list[Bytes32]:
    """The 32 bytes that the meter signed, of each; `begin` is the deployment's `opening`."""
    pack, keccak, kind = _pack_words, sha3.keccak_256, _TYPE_HASH
    return [keccak(begin + keccak(pack(kind, *item[:11])).digest()).digest() for item in items]
