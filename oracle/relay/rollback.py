"""The chain has changed its mind: every table that comes from it goes back, in one transaction.

The newest earlier checkpoint that is still on the chain is where both agree. What the steps since have replaced comes
back from `undo_rows`; what was mined above is open again; what the chain passed over above may be taken now. Below all
remembered checkpoints nothing can be taken back: then the read model is dropped and read again from the beginning.
"""

from dataclasses import replace

from sqlalchemy import Connection

from oracle.chain.client import Block
from oracle.points import Point, passed
from oracle.relay.apply import note_skip
from oracle.relay.changes import skip_of
from oracle.relay.context import Outcome, RelayContext
from oracle.store import batches, checkpoints, read_model, readings, undo
from oracle.store.checkpoints import Checkpoint
from oracle.store.undo import Step

_PAGE = 1_000


def roll_back(context: RelayContext, checkpoint: Checkpoint, head: Block, now: float) -> Outcome:
    """Back to where both chains agree. Raises Retryable where the node is away."""
    with context.database.reading() as connection:
        known = undo.steps(connection)
    common = next((step for step in known if _is_on_chain(context, step, head)), None)
    with context.writing() as connection:
        if checkpoints.load(connection) != checkpoint:
            return Outcome("raced", {"block": checkpoint.number})
        readings.forget_skips(connection)
        if common is None:
            reopened = _drop(connection, context.settings.start_block)
        else:
            reopened = _step_back(connection, checkpoint, common, now)
        passed(Point.ROLLED_BACK_NOT_COMMITTED)
    passed(Point.ROLLED_BACK)
    kept = None if common is None else common.number
    return Outcome("forked", {"block": checkpoint.number, "kept": kept, "batches": reopened})


def _is_on_chain(context: RelayContext, step: Step, head: Block) -> bool:
    return step.number <= head.number and context.client.block(step.number).hash == step.hash


def _step_back(connection: Connection, checkpoint: Checkpoint, common: Step, now: float) -> int:
    undo.back_to(connection, common.number)
    checkpoints.save(connection, replace(checkpoint, number=common.number, hash=common.hash, time=common.time))
    _remember_skips(connection, now)
    return batches.reopen_above(connection, common.number)


def _drop(connection: Connection, start_block: int) -> int:
    read_model.clear(connection)
    undo.forget(connection)
    return batches.reopen_above(connection, start_block - 1)


def _remember_skips(connection: Connection, now: float) -> None:
    """What was passed over below stays passed over."""
    after = (-1, -1)
    while page := read_model.events(connection, ["ReadingSkipped"], after=after, limit=_PAGE):
        for event in page:
            note_skip(connection, *skip_of(event.arguments), now)
        after = (page[-1].block, page[-1].log_index)
