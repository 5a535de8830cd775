"""Follows the chain up to the confirmed block.

Events say *what* changed; the contracts' views at that block say what it is *now*. So the read model is the state of
one block, whatever was missed or read twice. A block hash that no longer matches drops the model and reads it again.
"""

from dataclasses import replace

from oracle.chain.client import Block
from oracle.chain.contracts import ASSETS
from oracle.chain.events import Event, EventReader
from oracle.chain.node_errors import WrongChain
from oracle.errors import Retryable
from oracle.relay.apply import apply
from oracle.relay.changes import Changes, note
from oracle.relay.context import NOTHING, Outcome, RelayContext
from oracle.relay.views import Views
from oracle.store import batches, checkpoints, read_model, readings
from oracle.store.checkpoints import Checkpoint
from oracle.store.read_model import ChainEvent
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
            return self._reset(checkpoint)
        target = BlockNumber(head.number - settings.confirmations)
        first = BlockNumber(settings.start_block if checkpoint is None else checkpoint.number + 1)
        if target < first:
            return self._note_head(checkpoint, head, now)
        changes, events = self._collect(first, target)
        at = client.block(target)
        views = Views(self._context, target).read(changes)
        same_head = checkpoint is not None and checkpoint.head == head.number
        observed = checkpoint.observed_at if checkpoint is not None and same_head else now
        platform = self._context.platform
        after = Checkpoint(
            platform.chain_id,
            platform.directory,
            platform.addresses,
            target,
            at.hash,
            at.time,
            head.number,
            head.time,
            observed,
        )
        with self._context.database.writing() as connection:
            if checkpoints.load(connection) != checkpoint:
                return Outcome("raced", {"block": target})
            apply(connection, events, changes, views, at, now)
            checkpoints.save(connection, after)
        return Outcome("done", {"block": target, "events": len(events), "agreements": len(views.agreements)})

    def _is_forked(self, checkpoint: Checkpoint, head: Block) -> bool:
        platform = self._context.platform
        if (checkpoint.chain_id, checkpoint.directory) != (platform.chain_id, platform.directory):
            raise WrongChain(
                "database",
                f"follows the Directory {checkpoint.directory} on chain {checkpoint.chain_id}",
                "Use another CISE_DATA_DIR or CISE_DATABASE_URL for another deployment.",
            )
        if head.number < checkpoint.number:
            raise Retryable("node", f"is at block {head.number}, behind {checkpoint.number}", 2)
        return self._context.client.block(checkpoint.number).hash != checkpoint.hash

    def _reset(self, checkpoint: Checkpoint) -> Outcome:
        with self._context.database.writing() as connection:
            read_model.clear(connection)
            # Whatever was mined may be mined elsewhere now, or not at all: every batch is looked at again.
            readings.forget_skips(connection)
            reopened = batches.reopen_above(connection, self._context.settings.start_block - 1)
        return Outcome("forked", {"block": checkpoint.number, "batches": reopened})

    def _note_head(self, checkpoint: Checkpoint | None, head: Block, now: float) -> Outcome:
        if checkpoint is not None and checkpoint.head != head.number:
            moved = replace(checkpoint, head=head.number, head_time=head.time, observed_at=now)
            with self._context.database.writing() as connection:
                checkpoints.save(connection, moved)
        return NOTHING

    def _collect(self, first: BlockNumber, last: BlockNumber) -> tuple[Changes, list[ChainEvent]]:
        client = self._context.client
        found: list[Event] = []
        for _, events in self._reader.read(client, first, last, self._context.settings.log_chunk):
            found += events
        times = client.block_times(sorted({event.block for event in found}))
        changes = Changes()
        for event in found:
            note(changes, event, times[event.block])
        return changes, [stored_event(event, times[event.block]) for event in found]


def stored_event(event: Event, time: UnixTime) -> ChainEvent:
    arguments = event.arguments
    asset = arguments.get("asset")
    if event.contract == ASSETS and event.name == "Transfer":
        asset = arguments["tokenId"]
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
        None,
        arguments,
    )
