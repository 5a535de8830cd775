"""What was asked of the platform: packed batches, multicalls, and calls that came through another contract.

Offsets count bytes of the transaction's calldata, so that a finding names the very byte.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from struct import Struct
from typing import Any, Final

from oracle.audit.abi import unhex
from oracle.audit.keccak import keccak
from oracle.audit.rpc import Node, NodeError
from oracle.audit.signatures import READING_TYPEHASH

VERSION: Final = 1
HEADER_BYTES: Final = 7
RECORD_BYTES: Final = (152, 216)
FIELDS_BYTES: Final = 88

_FIELDS: Final = Struct(">QQI5s6s6s6s6s6sB32s")
_PAD_8, _PAD_5, _PAD_6, _PAD_4, _PAD_1 = bytes(24), bytes(27), bytes(26), bytes(28), bytes(31)


class MalformedBatch(ValueError):
    """Bytes that are no batch; `offset` counts from the start of the batch."""

    def __init__(self, offset: int, reason: str) -> None:
        self.offset = offset
        super().__init__(f"{reason} at byte {offset} of the batch")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a meter signed."""

    agreement: int
    asset: int
    sequence: int
    time: int
    registers: tuple[int, int, int, int]
    odometer: int
    flags: int
    telemetry_root: bytes
    struct_hash: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a batch. `number` counts from 0 over all groups, `offset` from the start of the batch."""

    number: int
    offset: int
    kind: int
    tariff: int
    reading: Reading
    signature: bytes
    """EIP-2098, or r ‖ s ‖ x ‖ y of a P-256 key."""


def parse_batch(batch: bytes) -> list[Record]:
    """Every record, in order.

    Raises:
        MalformedBatch: wrong version, unknown kind, or bytes that do not end where the last group does.
    """
    if not batch:
        raise MalformedBatch(0, "nothing")
    if batch[0] != VERSION:
        raise MalformedBatch(0, f"version {batch[0]}")
    records: list[Record] = []
    at = 1
    while at < len(batch):
        if len(batch) < at + HEADER_BYTES:
            raise MalformedBatch(at, "a group header is cut short")
        kind = batch[at]
        if kind > 1:
            raise MalformedBatch(at, f"kind {kind}")
        tariff = int.from_bytes(batch[at + 1 : at + 5], "big")
        count = int.from_bytes(batch[at + 5 : at + 7], "big")
        at += HEADER_BYTES
        size = RECORD_BYTES[kind]
        if at + count * size > len(batch):
            raise MalformedBatch(at, f"{count} records do not fit")
        for _ in range(count):
            reading = parse_reading(batch[at : at + FIELDS_BYTES])
            signature = batch[at + FIELDS_BYTES : at + size]
            records.append(Record(len(records), at, kind, tariff, reading, signature))
            at += size
    return records


def parse_reading(fields: bytes) -> Reading:
    """The 88 bytes of a record before its signature."""
    agreement, asset, sequence, time, r0, r1, r2, r3, odometer, flags, root = _FIELDS.unpack(fields)
    hashed = keccak(
        b"".join(
            (
                READING_TYPEHASH, _PAD_8, fields[:8], _PAD_8, fields[8:16], _PAD_4, fields[16:20], _PAD_5, time,
                _PAD_6, r0, _PAD_6, r1, _PAD_6, r2, _PAD_6, r3, _PAD_6, odometer, _PAD_1, fields[55:56], root,
            )
        )
    )  # fmt: skip
    number = int.from_bytes
    registers = (number(r0, "big"), number(r1, "big"), number(r2, "big"), number(r3, "big"))
    return Reading(
        agreement, asset, sequence, number(time, "big"), registers, number(odometer, "big"), flags, root, hashed
    )


def pack_reading(values: tuple[Any, ...]) -> bytes:
    """The 88 bytes from the eleven fields of the ABI struct."""
    agreement, asset, sequence, time, r0, r1, r2, r3, odometer, flags, root = values
    wide = [each.to_bytes(6, "big") for each in (r0, r1, r2, r3, odometer)]
    return _FIELDS.pack(agreement, asset, sequence, time.to_bytes(5, "big"), *wide, flags, root)


@dataclass(frozen=True, slots=True)
class Entry:
    """One call into the platform from outside it."""

    sender: bytes
    target: bytes
    data: bytes


class NoTrace(Exception):
    """The node does not trace, so calls through other contracts stay unseen."""


def traced_entries(node: Node, transaction: str, known: Collection[bytes]) -> list[Entry]:
    """Successful calls from outside into contracts of the platform, in order of execution; one out of a receiver's hook
    follows the call that it came in, for hooks are the last that a contract here calls.

    Raises:
        NoTrace: the node refuses `debug_traceTransaction` with the call tracer.
    """
    try:
        frame = node.call("debug_traceTransaction", transaction, {"tracer": "callTracer"})
    except NodeError as error:
        raise NoTrace(str(error)) from error
    if not isinstance(frame, dict) or "to" not in frame:
        raise NoTrace("the trace has no calls in it")
    return list(_entries(frame, known))


def _entries(frame: Mapping[str, Any], known: Collection[bytes]) -> Iterator[Entry]:
    if frame.get("error"):
        return
    target, sender = unhex(frame.get("to") or ""), unhex(frame["from"])
    if frame.get("type") == "CALL" and target in known and sender not in known:
        yield Entry(sender, target, unhex(frame["input"]))
    for inner in frame.get("calls", ()):
        yield from _entries(inner, known)
