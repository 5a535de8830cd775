"""Everything derived from the chain, read again from the first block in one go: to compare with, or to replace by.

The daemon follows the chain step by step and has seen forks, restarts and gaps; this has seen nothing but the chain at
one block. Where the two differ, the database is wrong.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Table, select

from oracle.chain.client import Block
from oracle.chain.events import EventReader
from oracle.errors import Fatal, Retryable
from oracle.relay.apply import apply
from oracle.relay.changes import Changes, note
from oracle.relay.context import RelayContext
from oracle.relay.index import stored_event
from oracle.relay.views import ChainState, Views
from oracle.store import batches, checkpoints, read_model, readings, tables, undo
from oracle.store.checkpoints import Checkpoint
from oracle.store.database import Database
from oracle.store.read_model import ChainEvent
from oracle.store.undo import Step
from oracle.types import BlockNumber

Progress = Callable[[int, int], None]
"""Blocks read, blocks in all."""
MOST_DIFFERENCES = 100
_ORDER: Mapping[Table, tuple[str, ...]] = {
    tables.chain_events: ("block", "log_index"),
    tables.tariffs: ("id",),
    tables.assets: ("id",),
    tables.offers: ("asset_id", "tariff_id", "exclusive"),
    tables.agreements: ("id",),
    tables.splits: ("id",),
    tables.balances: ("account", "currency"),
}
"""Every table that comes from the chain alone, with the columns that name a row there."""
_NUMBERED_HERE = ("id",)
"""Of chain_events: a number that this database gave."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One column of one row; the whole row where one side lacks it."""

    table: str
    row: str
    column: str
    stored: str
    chain: str


@dataclass(frozen=True, slots=True)
class Fresh:
    """What the chain says at one block."""

    at: Block
    events: list[ChainEvent]
    changes: Changes
    views: ChainState


def differences(context: RelayContext, progress: Progress) -> tuple[Checkpoint, list[Difference]]:
    """The database against the chain at the block it has reached; also while an oracle works on it.

    Raises Fatal where nothing was read yet.
    """
    with TemporaryDirectory(prefix="cise-replay-") as folder, context.database.reading() as connection:
        checkpoint = checkpoints.load(connection)
        if checkpoint is None:
            raise Fatal("replay", "this database has not read the chain yet", "Run `cise oracle run` first.")
        found = read(context, checkpoint.number, progress)
        if found.at.hash != checkpoint.hash:
            wrong = Difference("checkpoints", str(checkpoint.number), "hash", checkpoint.hash, found.at.hash)
            return checkpoint, [wrong]
        scratch = Database(f"sqlite:///{Path(folder) / 'fresh.db'}")
        try:
            scratch.migrate()
            with scratch.writing() as fresh:
                apply(fresh, found.events, found.changes, found.views, found.at, checkpoint.observed_at, None)
            with scratch.reading() as fresh:
                return checkpoint, list(_compare(connection, fresh, checkpoint))
        finally:
            scratch.close()


def replace(context: RelayContext, now: float, progress: Progress) -> Checkpoint:
    """Drops what was derived and writes what the chain says, in one transaction. Raises Fatal while an oracle leads."""
    if not context.leadership.lead():
        raise Fatal("replay", "an oracle is working on this database", "Stop it first; --check works while it runs.")
    with context.database.reading() as connection:
        before = checkpoints.load(connection)
    platform, start = context.platform, context.settings.start_block
    if before is not None and (before.chain_id, before.directory) != (platform.chain_id, platform.directory):
        raise Fatal("database", "follows another deployment", "Name its data directory with --data, or its node.")
    head = context.client.block(context.client.head())
    target = BlockNumber(head.number - context.settings.confirmations)
    if target < start:
        raise Retryable("node", f"is at block {head.number}, too early to count", 2)
    found = read(context, target, progress)
    place = (platform.chain_id, platform.directory, platform.addresses)
    after = Checkpoint(*place, target, found.at.hash, found.at.time, head.number, head.time, now)
    with context.writing() as connection:
        read_model.clear(connection)
        undo.forget(connection)
        readings.forget_skips(connection)
        # As after a fork: whatever ended above is looked at again, and found as it is.
        batches.reopen_above(connection, start - 1)
        apply(connection, found.events, found.changes, found.views, found.at, now, None)
        undo.note_step(connection, Step(target, found.at.hash, found.at.time))
        checkpoints.save(connection, after)
    return after


def read(context: RelayContext, target: BlockNumber, progress: Progress) -> Fresh:
    """All events up to a block, and the contracts' views there. Raises Retryable where the node is away."""
    first = BlockNumber(context.settings.start_block)
    changes, stored, last = Changes(), [], None
    for stretch in EventReader(context.platform).read(context.client, first, target, context.settings.log_chunk):
        times = {header.number: header.time for header in stretch.headers}
        for event in stretch.events:
            note(changes, event, times[event.block])
            stored.append(stored_event(event, times[event.block]))
        last = stretch.headers[-1].hash
        progress(stretch.last - first + 1, target - first + 1)
    views = Views(context, target).read(changes)
    at = context.client.block(target)
    if at.hash != last:
        # Logs and views of two forks must not meet in one read model.
        raise Retryable("node", f"block {target} changed while it was read")
    return Fresh(at, stored, changes, views)


def _compare(stored: Connection, fresh: Connection, checkpoint: Checkpoint) -> Iterator[Difference]:
    left = MOST_DIFFERENCES
    for table, order in _ORDER.items():
        for difference in _rows_that_differ(stored, fresh, table, order, checkpoint):
            yield difference
            left -= 1
            if left == 0:
                return


def _rows_that_differ(
    stored: Connection, fresh: Connection, table: Table, order: tuple[str, ...], checkpoint: Checkpoint
) -> Iterator[Difference]:
    ours, theirs = _rows(stored, table, order, checkpoint), _rows(fresh, table, order, checkpoint)
    for key, mine, other in _side_by_side(ours, theirs):
        name = "/".join(map(str, key))
        if mine is None or other is None:
            yield Difference(table.name, name, "row", *("missing" if row is None else "there" for row in (mine, other)))
            continue
        for column, value in mine.items():
            if value != other[column]:
                yield Difference(table.name, name, column, str(value), str(other[column]))


_Row = tuple[tuple[Any, ...], dict[str, Any]]


def _rows(connection: Connection, table: Table, order: tuple[str, ...], checkpoint: Checkpoint) -> Iterator[_Row]:
    query = select(table).order_by(*(table.c[name] for name in order))
    skipped = _NUMBERED_HERE if table is tables.chain_events else ()
    rows: Iterable[Mapping[str, Any]] = map(dict, connection.execute(query).mappings())
    if table is tables.balances:
        # Databases do not agree on the order of texts.
        rows = sorted(rows, key=lambda row: (row["account"], row["currency"]))
    for found in rows:
        row = {name: value for name, value in found.items() if name not in skipped}
        if table is tables.assets:
            row = _signer_at(row, checkpoint)
        yield tuple(row[name] for name in order), row


def _signer_at(row: dict[str, Any], checkpoint: Checkpoint) -> dict[str, Any]:
    """An announced permit signer whose date has come *is* the signer: both ways of writing it mean the same."""
    if row["next_permit_signer"] is None or row["next_permit_signer_from"] > checkpoint.time:
        return row
    return {
        **row,
        "permit_signer": row["next_permit_signer"],
        "next_permit_signer": None,
        "next_permit_signer_from": 0,
    }


def _side_by_side(
    ours: Iterator[_Row], theirs: Iterator[_Row]
) -> Iterator[tuple[tuple[Any, ...], dict[str, Any] | None, dict[str, Any] | None]]:
    """Both in the order of their keys, pairs where the keys are the same."""
    mine, other = next(ours, None), next(theirs, None)
    while mine is not None or other is not None:
        if other is None or (mine is not None and mine[0] < other[0]):
            assert mine is not None
            yield mine[0], mine[1], None
            mine = next(ours, None)
        elif mine is None or other[0] < mine[0]:
            yield other[0], None, other[1]
            other = next(theirs, None)
        else:
            yield mine[0], mine[1], other[1]
            mine, other = next(ours, None), next(theirs, None)
