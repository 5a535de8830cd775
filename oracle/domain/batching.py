"""The packed batch of `UsageAgreements.settle(bytes)`, both ways.

batch   version 1 | group × any
group   kind 1 | tariffId 4 | count 2 | record × count
record  agreementId 8 | assetId 8 | sequence 4 | time 5 | register0..3 4×6 | odometer 6 | flags 1 | telemetryRoot 32
        | r 32 | yParityAndS 32                        kind 0: 152 bytes
        | r 32 | s 32 | qx 32 | qy 32                  kind 1: 216 bytes
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from oracle.domain import wire
from oracle.domain.readings import Flag, Reading, SignedReading, name_of
from oracle.domain.signatures import Curve, curve_of_signature, to_compact
from oracle.errors import Malformed
from oracle.types import AgreementId, AssetId, Bytes32, TariffId, UnixTime

VERSION: Final = 1
MAX_RECORDS_PER_GROUP: Final = 0xFFFF
_WIDTHS: Final = (8, 8, 4, 5, 6, 6, 6, 6, 6, 1, 32)
_READING_BYTES: Final = sum(_WIDTHS)
_TAIL_BYTES: Final = {Curve.SECP256K1: 64, Curve.P256: 128}


@dataclass(frozen=True, slots=True)
class Record:
    """A reading with 64 bytes of signature (EIP-2098, or r‖s for P-256) and for P-256 the 64 bytes x‖y of the key."""

    reading: Reading
    signature: bytes
    public_key: bytes = b""


@dataclass(frozen=True, slots=True)
class Group:
    """Records of one tariff and one kind of key."""

    curve: Curve
    tariff_id: TariffId
    records: tuple[Record, ...]


def encode_batch(groups: Iterable[Group]) -> bytes:
    """The bytes for `settle`. Raises Malformed for an empty or overlong group and for tails of the wrong length."""
    return bytes([VERSION]) + b"".join(_encode_group(group) for group in groups)


def decode_batch(data: bytes) -> tuple[Group, ...]:
    """The groups of a batch. Raises Malformed unless the bytes parse to their exact end."""
    if not data or data[0] != VERSION:
        raise Malformed("batch", "must begin with version 1", wire.to_hex(data[:1]))
    groups: list[Group] = []
    at = 1
    while at < len(data):
        head = _take(data, at, 7)
        if head[0] not in _TAIL_BYTES:
            raise Malformed("batch", f"group at byte {at} has an unknown kind", str(head[0]))
        curve = Curve(head[0])
        size = _READING_BYTES + _TAIL_BYTES[curve]
        at += 7
        records = []
        for _ in range(int.from_bytes(head[5:7])):
            records.append(_decode_record(_take(data, at, size)))
            at += size
        groups.append(Group(curve, TariffId(int.from_bytes(head[1:5])), tuple(records)))
    return tuple(groups)


def group_readings(readings: Iterable[tuple[TariffId, SignedReading]]) -> tuple[Group, ...]:
    """Groups by tariff and kind of key: tariffs by rising id, secp256k1 first, readings in the order given.

    Raises BadSignature for a signature of neither plain kind: an ERC-1271 meter's readings go by `settleSigned`.
    """
    gathered: dict[tuple[TariffId, Curve], list[Record]] = {}
    for tariff_id, signed in readings:
        curve = curve_of_signature(signed.signature)
        gathered.setdefault((tariff_id, curve), []).append(_record(curve, signed))
    return tuple(
        Group(curve, tariff_id, tuple(records[start : start + MAX_RECORDS_PER_GROUP]))
        for (tariff_id, curve), records in sorted(gathered.items())
        for start in range(0, len(records), MAX_RECORDS_PER_GROUP)
    )


def _record(curve: Curve, signed: SignedReading) -> Record:
    if curve is Curve.P256:
        return Record(signed.reading, signed.signature[:64], signed.signature[64:])
    return Record(signed.reading, to_compact(signed.signature))


def _encode_group(group: Group) -> bytes:
    count = len(group.records)
    if not 0 < count <= MAX_RECORDS_PER_GROUP:
        raise Malformed("batch", "a group has from 1 to 65535 records", str(count))
    if group.curve not in _TAIL_BYTES:
        raise Malformed("batch", "takes secp256k1 and P-256 only", group.curve.name)
    tariff_id = wire.unsigned(group.tariff_id, 32, "batch", "tariffId")
    head = bytes([group.curve]) + tariff_id.to_bytes(4) + count.to_bytes(2)
    return head + b"".join(_encode_record(group.curve, record) for record in group.records)


def _encode_record(curve: Curve, record: Record) -> bytes:
    tail = record.signature + record.public_key
    if len(record.signature) != 64 or len(tail) != _TAIL_BYTES[curve]:
        raise Malformed(
            name_of(record.reading),
            "signature or key has a wrong length",
            f"{len(record.signature)}, {len(tail)} bytes",
        )
    fields = (
        value if isinstance(value, bytes) else int(value).to_bytes(width)
        for value, width in zip(record.reading.values(), _WIDTHS, strict=True)
    )
    return b"".join(fields) + tail


def _decode_record(data: bytes) -> Record:
    fields: list[bytes] = []
    at = 0
    for width in _WIDTHS:
        fields.append(data[at : at + width])
        at += width
    agreement, asset, sequence, time, r0, r1, r2, r3, odometer, flags = (int.from_bytes(part) for part in fields[:10])
    reading = Reading(
        AgreementId(agreement),
        AssetId(asset),
        sequence,
        UnixTime(time),
        (r0, r1, r2, r3),
        odometer,
        Flag(flags),
        Bytes32(fields[10]),
    )
    return Record(reading, data[at : at + 64], data[at + 64 :])


def _take(data: bytes, at: int, count: int) -> bytes:
    if at + count > len(data):
        raise Malformed("batch", "ends too early", f"needs {at + count} bytes, has {len(data)}")
    return data[at : at + count]
