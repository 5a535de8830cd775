"""What the live stream tells: small facts in the order they were written, in the same transaction as their cause."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, delete, func, select

from oracle.store.database import insert_rows
from oracle.store.tables import live_events
from oracle.types import AgreementId, AssetId

KEPT_SECONDS = 3_600.0


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """`public`: settled figures and facts of an asset that everybody may see."""

    id: int
    at: float
    kind: str
    asset_id: AssetId | None
    agreement_id: AgreementId | None
    public: bool
    payload: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event before it has a number."""

    kind: str
    payload: Mapping[str, object]
    asset: AssetId | None = None
    agreement: AgreementId | None = None
    public: bool = False


def add(
    connection: Connection,
    now: float,
    kind: str,
    payload: Mapping[str, object],
    asset: AssetId | None = None,
    agreement: AgreementId | None = None,
    public: bool = False,
) -> None:
    add_all(connection, now, [NewEvent(kind, payload, asset, agreement, public)])


def add_all(connection: Connection, now: float, new: Sequence[NewEvent]) -> None:
    as_text = connection.dialect.name == "sqlite"
    rows = [
        (
            now,
            each.kind,
            each.asset,
            each.agreement,
            each.public,
            msgspec.json.encode(each.payload).decode() if as_text else dict(each.payload),
        )
        for each in new
    ]
    insert_rows(connection, live_events, _COLUMNS, rows)


_COLUMNS = ("at", "kind", "asset_id", "agreement_id", "public", "payload")


def after(connection: Connection, last_id: int, limit: int = 1_000) -> list[LiveEvent]:
    """Events with a higher id, oldest first."""
    query = select(live_events).where(live_events.c.id > last_id).order_by(live_events.c.id).limit(limit)
    return [
        LiveEvent(
            row.id,
            row.at,
            row.kind,
            None if row.asset_id is None else AssetId(row.asset_id),
            None if row.agreement_id is None else AgreementId(row.agreement_id),
            row.public,
            row.payload,
        )
        for row in connection.execute(query)
    ]


def told_since(connection: Connection, last: int, ignored: Iterable[str] = ()) -> set[AgreementId] | None:
    """The agreements of all events with a higher id; None where some of those may have been cleaned away already."""
    oldest = connection.execute(select(func.min(live_events.c.id))).scalar()
    if oldest is not None and oldest > last + 1:
        return None
    query = select(live_events.c.agreement_id).distinct()
    query = query.where(live_events.c.id > last, live_events.c.agreement_id.is_not(None))
    if kinds := list(ignored):
        query = query.where(live_events.c.kind.not_in(kinds))
    return {AgreementId(agreement) for (agreement,) in connection.execute(query)}


def last_id(connection: Connection) -> int:
    return int(connection.execute(select(func.max(live_events.c.id))).scalar() or 0)


def purge(connection: Connection, now: float) -> None:
    """The newest stays: after an empty table SQLite would number from 1 again, below what readers have seen."""
    newest = select(func.max(live_events.c.id)).scalar_subquery()
    connection.execute(delete(live_events).where(live_events.c.at < now - KEPT_SECONDS, live_events.c.id < newest))
