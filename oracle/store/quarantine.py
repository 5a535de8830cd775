"""Readings that contradict themselves: each entry is closed by a named person, with the reason kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from oracle.errors import Rejected
from oracle.store.tables import quarantine, readings
from oracle.types import AgreementId


class Resolution(StrEnum):
    RELEASED = "released"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class QuarantineEntry:
    id: int
    reading_id: int
    agreement_id: AgreementId
    sequence: int
    reason: str
    detail: str
    opened_at: float
    resolution: Resolution | None
    resolved_at: float | None
    resolved_by: str | None
    note: str | None


def open_entry(
    connection: Connection, reading_id: int, agreement: AgreementId, reason: str, detail: str, now: float
) -> int:
    values = {
        "reading_id": reading_id,
        "agreement_id": agreement,
        "reason": reason,
        "detail": detail,
        "opened_at": now,
    }
    return int(connection.execute(insert(quarantine).values(values).returning(quarantine.c.id)).scalar_one())


def entries(connection: Connection, open_only: bool = True) -> list[QuarantineEntry]:
    """Oldest first."""
    query = select(quarantine, readings.c.sequence).join(readings, readings.c.id == quarantine.c.reading_id)
    if open_only:
        query = query.where(quarantine.c.resolution.is_(None))
    return [_entry(row) for row in connection.execute(query.order_by(quarantine.c.id))]


def entry(connection: Connection, entry_id: int) -> QuarantineEntry:
    """Raises Rejected `unknown_quarantine_entry`."""
    query = select(quarantine, readings.c.sequence).join(readings, readings.c.id == quarantine.c.reading_id)
    row = connection.execute(query.where(quarantine.c.id == entry_id)).first()
    if row is None:
        raise Rejected("unknown_quarantine_entry", f"quarantine entry {entry_id}", "does not exist")
    return _entry(row)


def first_open(connection: Connection, agreement: AgreementId) -> QuarantineEntry | None:
    """The open entry with the lowest sequence: everything after it waits."""
    query = (
        select(quarantine, readings.c.sequence)
        .join(readings, readings.c.id == quarantine.c.reading_id)
        .where(quarantine.c.agreement_id == agreement, quarantine.c.resolution.is_(None))
        .order_by(readings.c.sequence, quarantine.c.id)
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else _entry(row)


def first_sequences(connection: Connection, agreements: Iterable[AgreementId]) -> dict[AgreementId, int]:
    """The lowest sequence in quarantine, for agreements that have any."""
    wanted = set(agreements)
    return {row.agreement_id: row.sequence for row in connection.execute(_FIRST) if row.agreement_id in wanted}


def open_agreements(connection: Connection) -> set[AgreementId]:
    return {AgreementId(agreement) for (agreement,) in connection.execute(_WITH_OPEN)}


def count_open(connection: Connection) -> int:
    query = select(func.count()).select_from(quarantine).where(quarantine.c.resolution.is_(None))
    return int(connection.execute(query).scalar_one())


def close_entry(
    connection: Connection, entry_id: int, resolution: Resolution, by: str, note: str | None, now: float
) -> None:
    connection.execute(
        update(quarantine)
        .where(quarantine.c.id == entry_id)
        .values(resolution=resolution.value, resolved_at=now, resolved_by=by, note=note)
    )


def _entry(row: Row[Any]) -> QuarantineEntry:
    return QuarantineEntry(
        row.id,
        row.reading_id,
        AgreementId(row.agreement_id),
        row.sequence,
        row.reason,
        row.detail,
        row.opened_at,
        None if row.resolution is None else Resolution(row.resolution),
        row.resolved_at,
        row.resolved_by,
        row.note,
    )


_WITH_OPEN = select(quarantine.c.agreement_id).where(quarantine.c.resolution.is_(None)).distinct()
_FIRST = (
    select(quarantine.c.agreement_id, func.min(readings.c.sequence).label("sequence"))
    .join(readings, readings.c.id == quarantine.c.reading_id)
    .where(quarantine.c.resolution.is_(None))
    .group_by(quarantine.c.agreement_id)
)
