"""Follows the chain up to the confirmed block.

Events say *what* changed; the contracts' views at that block say what it is *now*. So the read model is the state of
one block, whatever was missed or read twice. A block hash that no longer matches takes the model back to the newest
earlier checkpoint that is still on the chain, in one transaction; from there it is read again.
"""

from collections.abc import Sequence
from dataclasses import replace

from oracle.chain.client import Block, Header
from oracle.chain.contracts import ASSETS, COMPONENTS
from oracle.chain.events import Event, EventReader
from oracle.chain.node_errors import WrongChain
from oracle.errors import Retryable
from oracle.points import Point, passed
from oracle.relay.apply import apply
from oracle.relay.changes import Changes, note
from oracle.relay.context import NOTHING, Outcome, RelayContext
from oracle.relay.rollback import roll_back
from oracle.relay.views import Views
from oracle.store import checkpoints, undo
from oracle.store.checkpoints import Checkpoint
from oracle.store.read_model import ChainEvent
from oracle.store.undo import Step
from oracle.types import BlockNumber, UnixTime


class Indexer:
    def __init__(self, context: RelayContext) -> None:
        self._context = context
        self._reader = EventReader(context.platform)

    def run(self, now: float) -> Outcome:
        """One step to the confirmed block. Raises Retryable where the node is away or behind."""
        client, settings = self._context.client, self._context.settings
        client.check_chain()
        head = client.block(client.head())
        with self._context.database.reading() as connection:
            checkpoint = checkpoints.load(connection)
        if checkpoint is not None and self._is_forked(checkpoint, head):
            return roll_back(self._context, checkpoint, head, now)
        target = BlockNumber(head.number - settings.confirmations)
        first = BlockNumber(settings.start_block if checkpoint is None else checkpoint.number + 1)
        if target < first:
            return self._note_head(checkpoint, head, now)
        changes, events, headers = self._collect(first, target)
        if checkpoint is not None and headers[0].parent != checkpoint.hash:
            raise Retryable("node", f"block {first} does not follow the one read last")
        views = Views(self._context, target).read(changes)
        at = client.block(target)
        if at.hash != headers[-1].hash:
            # Logs and views of two forks must not meet in one read model.
            raise Retryable("node", f"block {target} changed while it was read")
        passed(Point.LOGS_READ)
        after = self._after(checkpoint, at, head, now)
        with self._context.writing() as connection:
            if checkpoints.load(connection) != checkpoint:
                return Outcome("raced", {"block": target})
            apply(connection, events, changes, views, at, now, None if checkpoint is None else checkpoint.number)
            undo.note_step(connection, Step(at.number, at.hash, at.time))
            checkpoints.save(connection, after)
            passed(Point.INDEXED_NOT_COMMITTED)
        passed(Point.INDEXED)
        return Outcome("done", {"block": target, "events": len(events), "agreements": len(views.agreements)})

    def _after(self, checkpoint: Checkpoint | None, at: Block, head: Block, now: float) -> Checkpoint:
        same_head = checkpoint is not None and checkpoint.head == head.number
        observed = checkpoint.observed_at if checkpoint is not None and same_head else now
        platform = self._context.platform
        place = (platform.chain_id, platform.directory, platform.addresses)
        return Checkpoint(*place, at.number, at.hash, at.time, head.number, head.time, observed)

    def _is_forked(self, checkpoint: Checkpoint, head: Block) -> bool:
        platform = self._context.platform
        if (checkpoint.chain_id, checkpoint.directory) != (platform.chain_id, platform.directory):
            raise WrongChain(
                "database",
                f"follows the Directory {checkpoint.directory} on chain {checkpoint.chain_id}",
                "Use another CISE_DATA_DIR or CISE_DATABASE_URL for another deployment.",
            )
        if head.number < checkpoint.number:
            if self._is_another_chain_below(head):
                return True
            raise Retryable("node", f"is at block {head.number}, behind {checkpoint.number}", 2)
        return self._context.client.block(checkpoint.number).hash != checkpoint.hash

    def _is_another_chain_below(self, head: Block) -> bool:
        """A shorter chain is a node that lags, unless it disagrees about a block that was read."""
        with self._context.database.reading() as connection:
            below = next((step for step in undo.steps(connection) if step.number <= head.number), None)
        return below is not None and self._context.client.block(below.number).hash != below.hash

    def _note_head(self, checkpoint: Checkpoint | None, head: Block, now: float) -> Outcome:
        if checkpoint is not None and checkpoint.head != head.number:
            moved = replace(checkpoint, head=head.number, head_time=head.time, observed_at=now)
            with self._context.writing() as connection:
                if checkpoints.load(connection) == checkpoint:
                    checkpoints.save(connection, moved)
        return NOTHING

    def _collect(self, first: BlockNumber, last: BlockNumber) -> tuple[Changes, list[ChainEvent], Sequence[Header]]:
        found: list[Event] = []
        headers: list[Header] = []
        for stretch in self._reader.read(self._context.client, first, last, self._context.settings.log_chunk):
            if headers and stretch.headers[0].parent != headers[-1].hash:
                raise Retryable("node", f"block {stretch.headers[0].number} changed while it was read")
            found += stretch.events
            headers += stretch.headers
        times = {header.number: header.time for header in headers}
        changes = Changes()
        for event in found:
            note(changes, event, times[event.block])
        return changes, [stored_event(event, times[event.block]) for event in found], headers


def stored_event(event: Event, time: UnixTime) -> ChainEvent:
    arguments = event.arguments
    asset, parent = arguments.get("asset"), None
    if event.contract == ASSETS and event.name == "Transfer":
        asset = arguments["tokenId"]
    if event.contract == COMPONENTS:
        asset, parent = arguments["part"], arguments.get("parent")
    return ChainEvent(
        event.block,
        event.log_index,
        time,
        event.transaction,
        event.contract,
        event.name,
        asset,
        arguments.get("agreement"),
        arguments.get("split"),
        arguments.get("order"),
        parent,
        None,
        arguments,
    )
