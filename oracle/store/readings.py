"""Signed readings as they arrived, and where each stands.

accepted ── settled by the relay
quarantined ── released → accepted
           └── rejected by a named person
waiting: behind a quarantined one of the same agreement
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from oracle.domain.plain_readings import PlainReading, plain
from oracle.domain.readings import Flag, Reading, SignedReading
from oracle.domain.stop_reasons import StopReason
from oracle.store import database
from oracle.store.tables import HELD, batch_readings, batches, readings
from oracle.store.tables import agreements as settled
from oracle.types import ZERO_BYTES32, AgreementId, AssetId, BaseUnits, Bytes32, Registers, Seconds, UnixTime

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
        return dict(zip(PLAIN_COLUMNS, self.plain_row(), strict=True))

    def plain_row(self) -> "PlainRow":
        item = plain(self.signed)
        return plain_row(item, self.digest, self.elapsed, self.charge, self.received_at, self.state.value)


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


def from_row(row: Sequence[Any]) -> StoredReading:
    """Of all the table's columns in their order."""
    (
        row_id, agreement, asset, sequence, time, *registers, odometer, flags, root, digest, signature, stop_reason,
        elapsed, charge, state, telemetry, received_at, skips, skip_reason, retry_at,
    ) = row  # fmt: skip
    reading = Reading(
        AgreementId(agreement),
        AssetId(asset),
        sequence,
        UnixTime(time),
        cast(Registers, tuple(registers)),
        odometer,
        Flag(flags),
        Bytes32(root),
    )
    return StoredReading(
        row_id,
        SignedReading(reading, signature, StopReason.parse(stop_reason)),
        Bytes32(digest),
        Seconds(elapsed),
        BaseUnits(int(charge)),
        ReadingState(state),
        TelemetryState(telemetry),
        received_at,
        skips,
        skip_reason,
        retry_at,
    )


PlainRow = tuple[Any, ...]
"""A row to insert: the columns named in `PLAIN_COLUMNS`, as `database.insert_rows` likes them."""
PLAIN_COLUMNS = (
    "agreement_id", "asset_id", "sequence", "time", "register0", "register1", "register2", "register3", "odometer",
    "flags", "telemetry_root", "digest", "signature", "elapsed", "charge", "state", "telemetry", "received_at", "skips",
    "stop_reason",
)  # fmt: skip
_NO_TELEMETRY, _AWAITED = TelemetryState.NONE.value, TelemetryState.AWAITED.value


def add(connection: Connection, new: Sequence[NewReading]) -> None:
    """Inserts in one statement. The unique key (agreement, sequence, digest) refuses a second copy."""
    add_plain(connection, [reading.plain_row() for reading in new])


def add_plain(connection: Connection, new: Sequence[PlainRow]) -> None:
    """As `add`, for rows in the order of `PLAIN_COLUMNS`."""
    going_on = [row[:-1] for row in new if row[-1] is None]
    database.insert_rows(connection, readings, PLAIN_COLUMNS[:-1], going_on)
    if len(going_on) < len(new):
        database.insert_rows(connection, readings, PLAIN_COLUMNS, [row for row in new if row[-1] is not None])


def plain_row(
    item: PlainReading,
    digest: Bytes32,
    elapsed: int,
    charge: int,
    received_at: float,
    state: str = ReadingState.ACCEPTED.value,
) -> PlainRow:
    telemetry = _NO_TELEMETRY if item[10] == ZERO_BYTES32 else _AWAITED
    root, signature, stop = bytearray(item[10]), bytearray(item[11]), item[12]
    return (
        *item[:10], root, bytearray(digest), signature, elapsed, str(charge), state, telemetry, received_at, 0, stop,
    )  # fmt: skip


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


class Head(NamedTuple):
    """The newest reading of an agreement, in any state; all None where there is none.

    `is_held_back`: some reading of the agreement is or was looked at by a person, or waits behind such a one.
    """

    id: int | None
    sequence: int
    time: int
    register0: int
    register1: int
    register2: int
    register3: int
    odometer: int
    flags: int
    elapsed: int
    is_held_back: bool


def heads(connection: Connection, agreements: Iterable[AgreementId]) -> dict[AgreementId, Head]:
    """For each of these agreements that the read model has."""
    return {AgreementId(key): Head(*row) for key, *row in database.rows(connection, _HEADS, agreements)}


@dataclass(frozen=True, slots=True)
class Seen:
    """How far an agreement's readings go: the newest accepted one, and the highest sequence in any state."""

    last: StoredReading | None
    highest: int


def seen(connection: Connection, agreements: Iterable[AgreementId]) -> dict[AgreementId, Seen]:
    """For each of these agreements that the read model has."""
    found: dict[AgreementId, Seen] = {}
    for agreement, highest, *row in database.rows(connection, _SEEN, agreements):
        found[AgreementId(agreement)] = Seen(None if row[0] is None else from_row(row), highest or 0)
    return found


def latest_accepted(connection: Connection, agreements: Iterable[AgreementId]) -> dict[AgreementId, StoredReading]:
    """The newest accepted reading of each agreement: what is *seen*."""
    return {key: found.last for key, found in seen(connection, agreements).items() if found.last is not None}


def at_settled_sequence(connection: Connection, agreements: Iterable[AgreementId]) -> dict[AgreementId, StoredReading]:
    """The reading that the chain has settled last, where this oracle has it."""
    rows = database.rows(connection, _AT_SETTLED, agreements)
    return {reading.reading.agreement_id: reading for reading in map(from_row, rows)}


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
    for agreement, sequence in database.rows(connection, _REJECTED, agreements):
        found.setdefault(AgreementId(agreement), []).append(sequence)
    return found


def sealable(
    connection: Connection, agreements: Iterable[AgreementId], now: float, telemetry_grace: float
) -> dict[AgreementId, StoredReading]:
    """Of each agreement the newest accepted reading that may be settled: its samples checked or no longer waited for,
    and no pause after a skip. None below what is settled."""
    rows = database.rows(connection, _SEALABLE, agreements, now=now, patience_from=now - telemetry_grace)
    return {reading.reading.agreement_id: reading for reading in map(from_row, rows)}


def ripening(
    connection: Connection, agreements: Iterable[AgreementId], now: float, telemetry_grace: float
) -> dict[AgreementId, float]:
    """When the next accepted reading that is not settled yet becomes `sealable`, for agreements that have such."""
    found: dict[AgreementId, float] = {}
    patience = {"now": now, "patience_from": now - telemetry_grace}
    for key, received_at, retry_at in database.rows(connection, _RIPENING, agreements, **patience):
        at = received_at + telemetry_grace if retry_at is None or retry_at <= now else retry_at
        found[AgreementId(key)] = min(at, found.get(AgreementId(key), at))
    return found


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


def _of_agreement(column: ColumnElement[Any], *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    """One column of the row with the highest sequence: found at the end of an index, however long the history is."""
    query = select(column).where(_each.c.agreement_id == settled.c.id, *conditions)
    return query.order_by(_each.c.sequence.desc()).limit(1).correlate(settled).scalar_subquery()


# Written once, because putting a query together takes longer than running it.
_each = readings.alias("each")
_SEEN = (
    select(settled.c.id, _of_agreement(_each.c.sequence), readings)
    .outerjoin_from(
        settled, readings, readings.c.id == _of_agreement(_each.c.id, _each.c.state == ReadingState.ACCEPTED.value)
    )
    .where(settled.c.id.in_(bindparam("wanted", expanding=True)))
)
_HEADS = (
    select(
        settled.c.id,
        *(readings.c[name] for name in Head._fields[:-1]),
        exists().where(_each.c.agreement_id == settled.c.id, _each.c.state != HELD.right).correlate(settled),
    )
    .outerjoin_from(settled, readings, readings.c.id == _of_agreement(_each.c.id))
    .where(settled.c.id.in_(bindparam("wanted", expanding=True)))
)
_SEALABLE = (
    select(readings)
    .join_from(
        settled,
        readings,
        readings.c.id
        == _of_agreement(
            _each.c.id,
            _each.c.sequence >= settled.c.sequence,
            _each.c.state == ReadingState.ACCEPTED.value,
            or_(_each.c.telemetry != TelemetryState.AWAITED.value, _each.c.received_at <= bindparam("patience_from")),
            or_(_each.c.retry_at.is_(None), _each.c.retry_at <= bindparam("now")),
        ),
    )
    .where(settled.c.id.in_(bindparam("wanted", expanding=True)))
)
_RIPENING = (
    select(readings.c.agreement_id, readings.c.received_at, readings.c.retry_at)
    .join_from(
        settled,
        readings,
        and_(readings.c.agreement_id == settled.c.id, readings.c.sequence >= settled.c.sequence),
    )
    .where(
        settled.c.id.in_(bindparam("wanted", expanding=True)),
        readings.c.state == ReadingState.ACCEPTED.value,
        or_(
            and_(
                readings.c.telemetry == TelemetryState.AWAITED.value,
                readings.c.received_at > bindparam("patience_from"),
            ),
            readings.c.retry_at > bindparam("now"),
        ),
    )
)
_AT_SETTLED = (
    select(readings)
    .join(settled, and_(settled.c.id == readings.c.agreement_id, settled.c.sequence == readings.c.sequence))
    .where(
        readings.c.agreement_id.in_(bindparam("wanted", expanding=True)),
        readings.c.state == ReadingState.ACCEPTED.value,
    )
)
_REJECTED = (
    select(readings.c.agreement_id, readings.c.sequence)
    .where(
        readings.c.agreement_id.in_(bindparam("wanted", expanding=True)),
        readings.c.state == ReadingState.REJECTED.value,
        HELD,
    )
    .order_by(readings.c.sequence)
)
