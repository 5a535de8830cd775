"""How the read model goes back: before a row changes, the one it replaces is kept until no fork can reach it.

Every step of the index is one checkpoint. `remember` keeps what the step is about to replace; `back_to` puts it back,
newest first, so that the tables are again what they were at an earlier checkpoint, exactly.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, insert, select, tuple_

from oracle.store import tables
from oracle.store.tables import chain_events, recent_blocks, undo_rows
from oracle.types import BlockNumber, UnixTime

DEEPEST = 96
"""Blocks below the checkpoint to which a fork is undone step by step; a deeper one reads the chain again."""

_TABLES = {
    table.name: table
    for table in (
        tables.agreements,
        tables.assets,
        tables.bookings,
        tables.offers,
        tables.tariffs,
        tables.splits,
        tables.balances,
    )
}


@dataclass(frozen=True, slots=True)
class Step:
    """A block that was the checkpoint once."""

    number: BlockNumber
    hash: str
    time: UnixTime


def steps(connection: Connection) -> list[Step]:
    """Newest first."""
    query = select(recent_blocks).order_by(recent_blocks.c.number.desc())
    return [Step(BlockNumber(row.number), row.hash, UnixTime(row.time)) for row in connection.execute(query)]


def note_step(connection: Connection, step: Step) -> None:
    """Keeps a new checkpoint's block, and forgets what lies deeper than the newest step under the limit."""
    connection.execute(insert(recent_blocks).values(number=step.number, hash=step.hash, time=step.time))
    kept = steps(connection)
    floor = next((old.number for old in kept if old.number <= step.number - DEEPEST), None)
    if floor is not None:
        connection.execute(delete(recent_blocks).where(recent_blocks.c.number < floor))
        connection.execute(delete(undo_rows).where(undo_rows.c.above < floor))


def remember(connection: Connection, above: BlockNumber, table: Table, keys: Iterable[Sequence[Any]]) -> None:
    """Keeps the rows with these primary keys as they are at the checkpoint `above`; None for those not there yet."""
    columns = list(table.primary_key.columns)
    wanted = [tuple(key) for key in keys]
    there: dict[tuple[Any, ...], dict[str, Any]] = {}
    for start in range(0, len(wanted), 300):
        part = tuple_(*columns).in_(wanted[start : start + 300])
        for row in connection.execute(select(table).where(part)).mappings():
            there[tuple(row[column.name] for column in columns)] = dict(row)
    if wanted:
        step = {"above": above, "table": table.name}
        connection.execute(insert(undo_rows), [{**step, "key": list(key), "row": there.get(key)} for key in wanted])


def back_to(connection: Connection, number: BlockNumber) -> None:
    """The read model as it was when `number` was the checkpoint; the checkpoint itself is the caller's."""
    newest_first = select(undo_rows).where(undo_rows.c.above >= number).order_by(undo_rows.c.id.desc())
    for image in connection.execute(newest_first).all():
        table = _TABLES[image.table]
        connection.execute(delete(table).where(_is(table, image.key)))
        if image.row is not None:
            connection.execute(insert(table).values(**image.row))
    connection.execute(delete(undo_rows).where(undo_rows.c.above >= number))
    connection.execute(delete(recent_blocks).where(recent_blocks.c.number > number))
    connection.execute(delete(chain_events).where(chain_events.c.block > number))


def forget(connection: Connection) -> None:
    """For a read model that begins again from nothing."""
    connection.execute(delete(undo_rows))
    connection.execute(delete(recent_blocks))


def _is(table: Table, key: Sequence[Any]) -> ColumnElement[bool]:
    return and_(*(column == value for column, value in zip(table.primary_key.columns, key, strict=True)))
