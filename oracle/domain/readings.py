"""Readings: registers and odometer at one moment, signed by the meter."""

from dataclasses import dataclass
from enum import IntFlag, StrEnum
from typing import ClassVar, Self, cast

from oracle.domain import wire
from oracle.domain.forms import Contract, Domains, Form, Signed, Struct, Value, digest
from oracle.domain.signatures import curve_of_signature, meter_signer
from oracle.domain.stop_reasons import StopReason
from oracle.errors import BadSignature, FieldOutOfBounds
from oracle.types import Address, AgreementId, AssetId, Bytes32, Registers, UnixTime

SEQUENCE_LIMIT = 1 << 31
"""Sequences stay below this: the top bit of the stored field says that an agreement is special."""


class Flag(IntFlag):
    """Facts of a reading; the ones that OCMF carries."""

    FINAL = 1
    CLOCK_NOT_SYNCHRONISED = 2
    METER_ERROR = 4
    POWER_FAILURE = 8
    SESSION_BEGIN = 16
    SESSION_END = 32

    # IntFlag looks every result up among its members; readings ask for their flags by the thousand.
    __and__ = int.__and__  # type: ignore[assignment]


KNOWN_FLAGS = 63
NO_FLAGS = Flag(0)


@dataclass(frozen=True, slots=True)
class Reading(Form):
    """What a meter signs. Any wire value can be held; `require_acceptable` is for the doors."""

    STRUCT: ClassVar[Struct] = Struct(
        "Reading(uint64 agreementId,uint64 assetId,uint32 sequence,uint40 time,uint48 register0,uint48 register1,"
        "uint48 register2,uint48 register3,uint48 odometer,uint8 flags,bytes32 telemetryRoot)"
    )
    VERIFIED_BY: ClassVar[Contract] = Contract.USAGE_AGREEMENTS

    agreement_id: AgreementId
    asset_id: AssetId
    sequence: int
    time: UnixTime
    registers: Registers
    odometer: int
    flags: Flag
    telemetry_root: Bytes32

    def values(self) -> tuple[Value, ...]:
        return (
            self.agreement_id,
            self.asset_id,
            self.sequence,
            self.time,
            *self.registers,
            self.odometer,
            int(self.flags),
            self.telemetry_root,
        )

    @classmethod
    def from_values(cls, values: tuple[Value, ...]) -> Self:
        agreement, asset, sequence, time, *rest, odometer, flags, root = values
        return cls(
            AgreementId(cast(int, agreement)),
            AssetId(cast(int, asset)),
            cast(int, sequence),
            UnixTime(cast(int, time)),
            cast(Registers, tuple(rest)),
            cast(int, odometer),
            Flag(cast(int, flags)),
            Bytes32(cast(bytes, root)),
        )


class ReadingResult(StrEnum):
    """What became of a reading at the door."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class SignedReading:
    """A reading with its signature and, for people, why the machine stopped (not signed, never used for money)."""

    reading: Reading
    signature: bytes
    stop_reason: StopReason | None = None

    def signer(self, domains: Domains) -> Address:
        """The address of the meter key, of either curve. Raises BadSignature."""
        found = digest(domains.of(self.reading), self.reading)
        return meter_signer(curve_of_signature(self.signature), found, self.signature)

    def require_signer(self, domains: Domains, expected: Address) -> None:
        """Raises BadSignature unless the meter key `expected` signed it."""
        if (signer := self.signer(domains)) != expected:
            raise BadSignature(name_of(self.reading), "is signed by another key", f"{signer}, expected {expected}")

    def to_json(self) -> dict[str, object]:
        document = Signed(self.reading, self.signature).to_json()
        return document if self.stop_reason is None else document | {"stopReason": self.stop_reason.value}


def parse_signed_reading(document: object) -> SignedReading:
    """Reads one decoded item of `POST /v1/readings`. Raises Malformed or FieldOutOfBounds; checks no signature."""
    found = wire.members(document, "signed Reading", ("reading", "signature"), ("stopReason",))
    reading = Reading.parse(found["reading"])
    require_acceptable(reading)
    signature = wire.byte_string(found["signature"], "Reading", "signature")
    return SignedReading(reading, signature, StopReason.parse(found.get("stopReason")))


def parse_signed_readings(document: object) -> list[SignedReading]:
    """One item or a list of items."""
    return [parse_signed_reading(item) for item in (document if isinstance(document, list) else [document])]


def require_acceptable(reading: Reading) -> None:
    """The bounds that are narrower than the wire's: a sequence from 1 to 2^31 − 1 and no reserved flag."""
    if not 0 < reading.sequence < SEQUENCE_LIMIT:
        raise FieldOutOfBounds(
            name_of(reading), f"sequence must be from 1 to {SEQUENCE_LIMIT - 1}", str(reading.sequence)
        )
    if reading.flags & ~KNOWN_FLAGS:
        raise FieldOutOfBounds(name_of(reading), "reserved flags must be zero", f"{int(reading.flags):#010b}")


def name_of(reading: Reading) -> str:
    """How messages call a reading."""
    return f"reading {reading.sequence} of agreement {reading.agreement_id} on asset {reading.asset_id}"
