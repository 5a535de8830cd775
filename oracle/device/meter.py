"""The meter: registers, odometer, sequences and the key; whatever it signs is in its journal before anybody sees it.

A sequence is never signed twice with different contents: a signature is released only when its record is on disk, and
the next one starts from what is on disk.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, cast

from oracle.device.journal import Journal, Record
from oracle.domain.bindings import OpenRegisters
from oracle.domain.forms import Domains, Signed, digest, parse_signed
from oracle.domain.readings import NO_FLAGS, SEQUENCE_LIMIT, Flag, Reading, SignedReading, parse_signed_reading
from oracle.domain.signatures import MeterKey
from oracle.domain.statuses import Status, StatusState
from oracle.domain.stop_reasons import StopReason
from oracle.domain.telemetry import SALT_BYTES, SaltedSample, Sample, Telemetry, parse_salted_sample, telemetry_root
from oracle.domain.wire import unsigned
from oracle.errors import Fatal, Rejected
from oracle.types import ZERO_REGISTERS, AgreementId, AssetId, Registers, UnixTime

COMPACT_AT_BYTES: Final = 4 << 20


@dataclass(slots=True)
class Counters:
    """Where one agreement stands."""

    sequence: int = 0
    registers: Registers = ZERO_REGISTERS
    latest: SignedReading | None = None
    samples: list[SaltedSample] = field(default_factory=list)
    unsaid: Flag = NO_FLAGS
    """Facts that the next reading still has to tell."""


@dataclass(slots=True)
class _State:
    """What the journal's records add up to; changed by `apply` alone."""

    odometer: int = 0
    status_sequence: int = 0
    powered: bool = False
    agreements: dict[AgreementId, Counters] = field(default_factory=dict)
    readings: dict[tuple[AgreementId, int], SignedReading] = field(default_factory=dict)
    telemetry: dict[tuple[AgreementId, int], Telemetry] = field(default_factory=dict)
    statuses: dict[int, Signed[Status]] = field(default_factory=dict)

    def of(self, agreement_id: AgreementId) -> Counters:
        return self.agreements.setdefault(agreement_id, Counters())

    def apply(self, record: Record) -> None:
        agreement_id = AgreementId(cast(int, record.get("agreementId", 0)))
        match record["kind"]:
            case "begin":
                self.odometer = cast(int, record["odometer"])
            case "on":
                self.powered = True
                for counters in self.agreements.values():
                    counters.unsaid |= Flag.POWER_FAILURE if record["powerFailure"] else NO_FLAGS
            case "off":
                self.powered = False
            case "error":
                for counters in self.agreements.values():
                    counters.unsaid |= Flag.METER_ERROR
            case "load":
                counters = Counters(cast(int, record["sequence"]), _registers(record["registers"]))
                counters.unsaid = Flag(cast(int, record.get("unsaid", 0)))
                latest = record.get("latest")
                counters.latest = None if latest is None else parse_signed_reading(latest)
                counters.samples = [parse_salted_sample(s) for s in cast(list[object], record.get("samples", []))]
                self.agreements[agreement_id] = counters
            case "step":
                counters = self.of(agreement_id)
                growth = _registers(record["growth"])
                counters.registers = _sum(counters.registers, growth)
                self.odometer += cast(int, record.get("odometer", sum(growth)))
                if record["sample"] is not None:
                    counters.samples.append(parse_salted_sample(record["sample"]))
            case "reading":
                self._signed(parse_signed_reading(record["reading"]))
            case "status":
                status = parse_signed(Status, record["status"])
                # A compacted journal lists what is pending, which may be older than the last one signed.
                self.status_sequence = max(self.status_sequence, status.form.sequence)
                self.statuses[status.form.sequence] = status
            case "readingDelivered":
                self.readings.pop((agreement_id, cast(int, record["sequence"])), None)
            case "telemetryDelivered":
                self.telemetry.pop((agreement_id, cast(int, record["sequence"])), None)
            case "statusDelivered":
                self.statuses.pop(cast(int, record["sequence"]), None)
            case "snapshot":
                self.odometer = cast(int, record["odometer"])
                self.status_sequence = cast(int, record["statusSequence"])
                self.powered = cast(bool, record["powered"])
            case "pendingReading":
                signed = parse_signed_reading(record["reading"])
                self.readings[signed.reading.agreement_id, signed.reading.sequence] = signed
            case "pendingTelemetry":
                telemetry = _telemetry(agreement_id, record)
                self.telemetry[agreement_id, telemetry.sequence] = telemetry
            case kind:
                raise Fatal("meter", f"its journal holds a record of unknown kind {kind!r}", "Use a newer program.")

    def _signed(self, signed: SignedReading) -> None:
        reading = signed.reading
        counters = self.of(reading.agreement_id)
        key = (reading.agreement_id, reading.sequence)
        counters.sequence, counters.latest, counters.unsaid = reading.sequence, signed, NO_FLAGS
        self.readings[key] = signed
        if counters.samples:
            self.telemetry[key] = Telemetry(
                reading.agreement_id, reading.asset_id, reading.sequence, tuple(counters.samples)
            )
            counters.samples = []


class Meter:
    """One per asset. Not safe for several threads at once.

    Raises Fatal when the journal belongs to another asset or key, Retryable when the disk refuses a record.
    """

    def __init__(
        self,
        journal: Journal,
        key: MeterKey,
        asset_id: AssetId,
        domains: Domains,
        odometer: int = 0,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """`odometer` is where a new meter begins (a replaced one's last); an existing journal knows better."""
        self.asset_id = asset_id
        self.address = key.address
        self._journal, self._key, self._domains, self._random = journal, key, domains, random_bytes
        self._state = _State()
        identity = {"assetId": asset_id, "meter": key.address}
        if not journal.records:
            journal.append({"kind": "begin", **identity, "odometer": unsigned(odometer, 48, "meter", "odometer")})
        found = {name: journal.records[0].get(name) for name in identity}
        if found != identity:
            raise Fatal("meter", f"its journal belongs to {found}, not {identity}", "Use this meter's own journal.")
        for record in journal.records:
            self._state.apply(record)
        self._record({"kind": "on", "powerFailure": self._state.powered})

    @property
    def odometer(self) -> int:
        return self._state.odometer

    def registers(self, agreement_id: AgreementId) -> Registers:
        """Where the registers of an agreement stand; zeros for one never metered."""
        return self._counters(agreement_id).registers

    def latest(self, agreement_id: AgreementId) -> SignedReading | None:
        """The last reading signed for an agreement."""
        return self._counters(agreement_id).latest

    def load_settled(self, settled: Iterable[OpenRegisters]) -> None:
        """Takes over from a replaced meter: each open agreement goes on from its last settled reading.

        Raises Rejected `already_metered` for an agreement that this meter has counted for.
        """
        for start in settled:
            if start.agreement_id in self._state.agreements:
                raise Rejected("already_metered", f"agreement {start.agreement_id}", "this meter already counts for it")
            self._record(
                {
                    "kind": "load",
                    "agreementId": start.agreement_id,
                    "sequence": unsigned(start.sequence, 31, "meter", "sequence"),
                    "registers": [unsigned(r, 48, "meter", "register") for r in start.registers],
                }
            )

    def count(
        self,
        agreement_id: AgreementId,
        growth: Registers,
        sample: Sample | None = None,
        odometer: int | None = None,
    ) -> None:
        """Adds one step of use, with the sample that explains it. The odometer grows with every register unless told
        by how much. Raises FieldOutOfBounds when a counter is full.
        """
        further = sum(growth) if odometer is None else unsigned(odometer, 48, "meter", "growth of the odometer")
        grown = _sum(self.registers(agreement_id), growth)
        for index, (value, more) in enumerate(zip(grown, growth, strict=True)):
            unsigned(more, 48, "meter", f"growth of register{index}")
            unsigned(value, 48, "meter", f"register{index}")
        unsigned(self.odometer + further, 48, "meter", "odometer")
        salted = None if sample is None else SaltedSample(self._random(SALT_BYTES), sample).to_json()
        grew: Record = {} if further == sum(growth) else {"odometer": further}
        self._record({"kind": "step", "agreementId": agreement_id, "growth": list(growth), "sample": salted, **grew})

    def report_error(self) -> None:
        """The next reading of each agreement says that the meter had an error."""
        self._record({"kind": "error"})

    def sign_reading(
        self,
        agreement_id: AgreementId,
        now: UnixTime,
        flags: Flag = NO_FLAGS,
        stop_reason: StopReason | None = None,
    ) -> SignedReading:
        """Signs where the agreement stands. The time never falls, even when the clock does.

        Raises Rejected `sequence_exhausted` after 2^31 − 1 readings.
        """
        counters = self._counters(agreement_id)
        sequence = counters.sequence + 1
        if sequence >= SEQUENCE_LIMIT:
            raise Rejected("sequence_exhausted", f"agreement {agreement_id}", "needs a successor", str(sequence))
        reading = Reading(
            agreement_id,
            self.asset_id,
            sequence,
            now if counters.latest is None else UnixTime(max(now, counters.latest.reading.time)),
            counters.registers,
            self.odometer,
            flags | counters.unsaid,
            telemetry_root(counters.samples),
        )
        signature = self._key.sign(digest(self._domains.of(reading), reading))
        signed = SignedReading(reading, signature, stop_reason)
        self._record({"kind": "reading", "reading": signed.to_json()})
        self._compact_when_large()
        return signed

    def sign_status(self, now: UnixTime, state: StatusState, fault_code: int = 0) -> Signed[Status]:
        """Signs the state of the machine, with or without an agreement."""
        form = Status(self.asset_id, self._state.status_sequence + 1, now, int(state), fault_code, self.odometer)
        signed = Signed(form, self._key.sign(digest(self._domains.of(form), form)))
        self._record({"kind": "status", "status": signed.to_json()})
        return signed

    def pending_readings(self) -> list[SignedReading]:
        """Signed and not yet delivered, oldest first."""
        return list(self._state.readings.values())

    def pending_telemetry(self) -> list[Telemetry]:
        """The samples of signed readings that are not yet delivered, oldest first."""
        return list(self._state.telemetry.values())

    def pending_statuses(self) -> list[Signed[Status]]:
        return list(self._state.statuses.values())

    def reading_delivered(self, agreement_id: AgreementId, sequence: int) -> None:
        """The door has this reading on its disk (or will never want it)."""
        if (agreement_id, sequence) in self._state.readings:
            self._record({"kind": "readingDelivered", "agreementId": agreement_id, "sequence": sequence})

    def telemetry_delivered(self, agreement_id: AgreementId, sequence: int) -> None:
        if (agreement_id, sequence) in self._state.telemetry:
            self._record({"kind": "telemetryDelivered", "agreementId": agreement_id, "sequence": sequence})

    def status_delivered(self, sequence: int) -> None:
        if sequence in self._state.statuses:
            self._record({"kind": "statusDelivered", "sequence": sequence})

    def exportable_readings(self) -> list[SignedReading]:
        """What a customer can relay: all that is not delivered, and the latest of every agreement in any case."""
        latest = {
            (signed.reading.agreement_id, signed.reading.sequence): signed
            for counters in self._state.agreements.values()
            if (signed := counters.latest) is not None
        }
        return [signed for _, signed in sorted((latest | self._state.readings).items())]

    def switch_off(self) -> None:
        """An orderly end, so that the next start is no power failure."""
        self._record({"kind": "off"})

    def _counters(self, agreement_id: AgreementId) -> Counters:
        return self._state.agreements.get(agreement_id, Counters())

    def _record(self, record: Record) -> None:
        self._journal.append(record)
        self._state.apply(record)

    def _compact_when_large(self) -> None:
        if self._journal.size > COMPACT_AT_BYTES:
            self.compact()

    def compact(self) -> None:
        """Replaces the journal by what it adds up to."""
        state = self._state
        records: list[Record] = [{**self._journal.records[0]}]
        records.append(
            {
                "kind": "snapshot",
                "odometer": state.odometer,
                "statusSequence": state.status_sequence,
                "powered": state.powered,
            }
        )
        for agreement_id, counters in state.agreements.items():
            records.append(
                {
                    "kind": "load",
                    "agreementId": agreement_id,
                    "sequence": counters.sequence,
                    "registers": list(counters.registers),
                    "unsaid": int(counters.unsaid),
                    "latest": counters.latest and counters.latest.to_json(),
                    "samples": [sample.to_json() for sample in counters.samples],
                }
            )
        records += [{"kind": "pendingReading", "reading": signed.to_json()} for signed in state.readings.values()]
        records += [{"kind": "pendingTelemetry", **telemetry.to_json()} for telemetry in state.telemetry.values()]
        records += [{"kind": "status", "status": status.to_json()} for status in state.statuses.values()]
        self._journal.compact(records)


def _registers(value: object) -> Registers:
    r0, r1, r2, r3 = cast(list[int], value)
    return (r0, r1, r2, r3)


def _sum(a: Registers, b: Registers) -> Registers:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3])


def _telemetry(agreement_id: AgreementId, record: Record) -> Telemetry:
    samples = cast(list[object], record["samples"])
    asset_id, sequence = AssetId(cast(int, record["assetId"])), cast(int, record["sequence"])
    return Telemetry(agreement_id, asset_id, sequence, tuple(parse_salted_sample(sample) for sample in samples))
