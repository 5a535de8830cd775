"""Signed readings as they arrived, and where each stands.

accepted ── settled by the relay
quarantined ── released → accepted
           └── rejected by a named person
waiting: behind a quarantined one of the same agreement
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select, tuple_, update

from oracle.domain.readings import Flag, Reading, SignedReading
from oracle.domain.stop_reasons import StopReason
from oracle.store.tables import agreements as settled
from oracle.store.tables import batch_readings, batches, readings
from oracle.types import AgreementId, AssetId, BaseUnits, Bytes32, Registers, Seconds, UnixTime

NEVER = 9e18
"""As `retry_at`: the chain will not take this reading."""


class ReadingState(StrEnum):
    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"
    WAITING = "waiting"
    REJECTED = "rejected"


class TelemetryState(StrEnum):
    NONE = "none"
    AWAITED = "awaited"
    CHECKED = "checked"
    CONTRADICTS = "contradicts"


@dataclass(frozen=True, slots=True)
class NewReading:
    """A verified reading before it has a row. `charge` is cumulative, at `elapsed` seconds since opening."""

    signed: SignedReading
    digest: Bytes32
    elapsed: Seconds
    charge: BaseUnits
    state: ReadingState
    received_at: float

    def row(self) -> dict[str, Any]:
        reading = self.signed.reading
        registers = {f"register{i}": value for i, value in enumerate(reading.registers)}
        stop = self.signed.stop_reason
        return {
            "agreement_id": reading.agreement_id,
            "asset_id": reading.asset_id,
            "sequence": reading.sequence,
            "time": reading.time,
            **registers,
            "odometer": reading.odometer,
            "flags": int(reading.flags),
            "telemetry_root": reading.telemetry_root,
            "digest": self.digest,
            "signature": self.signed.signature,
            "stop_reason": None if stop is None else stop.value,
            "elapsed": self.elapsed,
            "charge": self.charge,
            "state": self.state.value,
            "telemetry": (TelemetryState.AWAITED if any(reading.telemetry_root) else TelemetryState.NONE).value,
            "received_at": self.received_at,
            "skips": 0,
        }


@dataclass(frozen=True, slots=True)
class StoredReading:
    """A reading with its row."""

    id: int
    signed: SignedReading
    digest: Bytes32
    elapsed: Seconds
    charge: BaseUnits
    state: ReadingState
    telemetry: TelemetryState
    received_at: float
    skips: int
    skip_reason: str | None
    retry_at: float | None

    @property
    def reading(self) -> Reading:
        return self.signed.reading

    @property
    def registers(self) -> Registers:
        return self.signed.reading.registers


def from_row(row: Row[Any]) -> StoredReading:
    reading = Reading(
        AgreementId(row.agreement_id),
        AssetId(row.asset_id),
        row.sequence,
        UnixTime(row.time),
        (row.register0, row.register1, row.register2, row.register3),
        row.odometer,
        Flag(row.flags),
        Bytes32(row.telemetry_root),
    )
    return StoredReading(
        row.id,
        SignedReading(reading, row.signature, StopReason.parse(row.stop_reason)),
        Bytes32(row.digest),
        Seconds(row.elapsed),
        BaseUnits(row.charge),
        ReadingState(row.state),
        TelemetryState(row.telemetry),
        row.received_at,
        row.skips,
        row.skip_reason,
        row.retry_at,
    )


def add(connection: Connection, new: Sequence[NewReading]) -> None:
    """Inserts in one statement. The unique key (agreement, sequence, digest) refuses a second copy."""
    if new:
        connection.execute(insert(readings), [reading.row() for reading in new])


def add_one(connection: Connection, new: NewReading) -> int:
    """Inserts one and returns its row's id."""
    return int(connection.execute(insert(readings).returning(readings.c.id), new.row()).scalar_one())


def at_sequences(
    connection: Connection, agreement: AgreementId, sequences: Iterable[int]
) -> dict[int, list[StoredReading]]:
    """What is already there under these sequences of one agreement."""
    found = at_places(connection, {(agreement, sequence) for sequence in sequences})
    return {sequence: there for (_, sequence), there in found.items()}


def at_places(
    connection: Connection, places: Iterable[tuple[AgreementId, int]]
) -> dict[tuple[AgreementId, int], list[StoredReading]]:
    """What is already there under these pairs of agreement and sequence."""
    wanted = sorted(places)
    found: dict[tuple[AgreementId, int], list[StoredReading]] = {}
    place = tuple_(readings.c.agreement_id, readings.c.sequence)
    for start in range(0, len(wanted), 500):
        for row in connection.execute(select(readings).where(place.in_(wanted[start : start + 500]))):
            found.setdefault((AgreementId(row.agreement_id), row.sequence), []).append(from_row(row))
    return found


def latest(
    connection: Connection,
    agreement: AgreementId,
    states: Iterable[ReadingState] = (ReadingState.ACCEPTED,),
    below: int | None = None,
) -> StoredReading | None:
    """The one with the highest sequence, optionally below a sequence."""
    query = select(readings).where(
        readings.c.agreement_id == agreement, readings.c.state.in_([state.value for state in states])
    )
    if below is not None:
        query = query.where(readings.c.sequence < below)
    row = connection.execute(query.order_by(readings.c.sequence.desc(), readings.c.id).limit(1)).first()
    return None if row is None else from_row(row)


def next_above(connection: Connection, agreement: AgreementId, sequence: int) -> StoredReading | None:
    """The accepted one that follows a sequence."""
    query = (
        select(readings)
        .where(
            readings.c.agreement_id == agreement,
            readings.c.state == ReadingState.ACCEPTED.value,
            readings.c.sequence > sequence,
        )
        .order_by(readings.c.sequence)
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else from_row(row)


def latest_accepted(connection: Connection, agreements: Iterable[AgreementId]) -> dict[AgreementId, StoredReading]:
    """The newest accepted reading of each agreement: what is *seen*."""
    return _newest(connection, agreements, (readings.c.state == ReadingState.ACCEPTED.value,))


def at_settled_sequence(connection: Connection, agreements: Iterable[AgreementId]) -> dict[AgreementId, StoredReading]:
    """The reading that the chain has settled last, where this oracle has it."""
    found: dict[AgreementId, StoredReading] = {}
    wanted = list(agreements)
    for start in range(0, len(wanted), 500):
        query = (
            select(readings)
            .join(settled, and_(settled.c.id == readings.c.agreement_id, settled.c.sequence == readings.c.sequence))
            .where(
                readings.c.agreement_id.in_(wanted[start : start + 500]),
                readings.c.state == ReadingState.ACCEPTED.value,
            )
        )
        for row in connection.execute(query):
            found[AgreementId(row.agreement_id)] = from_row(row)
    return found


def by_id(connection: Connection, reading_id: int) -> StoredReading:
    return from_row(connection.execute(select(readings).where(readings.c.id == reading_id)).one())


def of_agreement(
    connection: Connection, agreement: AgreementId, state: ReadingState | None = None, limit: int | None = None
) -> list[StoredReading]:
    """By rising sequence; with a limit only the newest ones."""
    query = select(readings).where(readings.c.agreement_id == agreement)
    if state is not None:
        query = query.where(readings.c.state == state.value)
    rows = connection.execute(query.order_by(readings.c.sequence.desc()).limit(limit)).all()
    return [from_row(row) for row in reversed(rows)]


def rejected(connection: Connection, agreements: Iterable[AgreementId]) -> dict[AgreementId, list[int]]:
    """The sequences that a person rejected, rising, for agreements that have any."""
    found: dict[AgreementId, list[int]] = {}
    wanted = list(agreements)
    for start in range(0, len(wanted), 500):
        query = (
            select(readings.c.agreement_id, readings.c.sequence)
            .where(
                readings.c.agreement_id.in_(wanted[start : start + 500]),
                readings.c.state == ReadingState.REJECTED.value,
            )
            .order_by(readings.c.sequence)
        )
        for row in connection.execute(query):
            found.setdefault(AgreementId(row.agreement_id), []).append(row.sequence)
    return found


def sealable(
    connection: Connection, agreements: Iterable[AgreementId], now: float, telemetry_grace: float
) -> dict[AgreementId, StoredReading]:
    """Of each agreement the newest accepted reading that may be settled: its samples checked or no longer waited for,
    and no pause after a skip."""
    ripe = (
        readings.c.state == ReadingState.ACCEPTED.value,
        or_(readings.c.telemetry != TelemetryState.AWAITED.value, readings.c.received_at <= now - telemetry_grace),
        or_(readings.c.retry_at.is_(None), readings.c.retry_at <= now),
    )
    return _newest(connection, agreements, ripe)


def on_their_way(connection: Connection, stages: Iterable[str]) -> set[AgreementId]:
    """Agreements with a reading in a batch of one of these stages."""
    query = (
        select(readings.c.agreement_id)
        .join(batch_readings, batch_readings.c.reading_id == readings.c.id)
        .join(batches, batches.c.id == batch_readings.c.batch_id)
        .where(batches.c.stage.in_(list(stages)), batches.c.kind == "settle")
        .distinct()
    )
    return {AgreementId(row.agreement_id) for row in connection.execute(query)}


def set_state(connection: Connection, reading_id: int, state: ReadingState) -> None:
    connection.execute(update(readings).where(readings.c.id == reading_id).values(state=state.value))


def make_wait(connection: Connection, agreement: AgreementId, above: int) -> None:
    """Accepted readings above a quarantined one are not settled before a person has decided."""
    connection.execute(
        update(readings)
        .where(
            readings.c.agreement_id == agreement,
            readings.c.sequence > above,
            readings.c.state == ReadingState.ACCEPTED.value,
        )
        .values(state=ReadingState.WAITING.value)
    )


def set_charge(connection: Connection, reading_id: int, elapsed: Seconds, charge: BaseUnits) -> None:
    connection.execute(update(readings).where(readings.c.id == reading_id).values(elapsed=elapsed, charge=charge))


def set_telemetry(connection: Connection, reading_id: int, state: TelemetryState) -> None:
    connection.execute(update(readings).where(readings.c.id == reading_id).values(telemetry=state.value))


def note_skip(
    connection: Connection, agreement: AgreementId, sequence: int, reason: str, retry_at: float | None
) -> None:
    """Remembers that the chain passed a reading over, and when it makes sense to try again (None: never)."""
    connection.execute(
        update(readings)
        .where(readings.c.agreement_id == agreement, readings.c.sequence == sequence)
        .values(
            skips=readings.c.skips + 1,
            skip_reason=reason,
            retry_at=NEVER if retry_at is None else retry_at,
        )
    )


def forget_skips(connection: Connection) -> None:
    """After a fork: what the chain passed over there may be taken here."""
    connection.execute(update(readings).where(readings.c.skips > 0).values(skips=0, skip_reason=None, retry_at=None))


def count(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(readings)).scalar_one())


def _newest(
    connection: Connection, agreements: Iterable[AgreementId], conditions: tuple[ColumnElement[bool], ...]
) -> dict[AgreementId, StoredReading]:
    found: dict[AgreementId, StoredReading] = {}
    wanted = list(agreements)
    for start in range(0, len(wanted), 500):
        newest = (
            select(readings.c.agreement_id, func.max(readings.c.sequence).label("sequence"))
            .where(readings.c.agreement_id.in_(wanted[start : start + 500]), *conditions)
            .group_by(readings.c.agreement_id)
            .subquery()
        )
        same = and_(readings.c.agreement_id == newest.c.agreement_id, readings.c.sequence == newest.c.sequence)
        for row in connection.execute(select(readings).join(newest, same).where(*conditions)):
            found[AgreementId(row.agreement_id)] = from_row(row)
    return found
