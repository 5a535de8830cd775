"""What became of what was sent, judged by the chain alone.

receipt, deep enough    final, failed where it reverted, replaced where the version that does nothing was taken
receipt, not yet deep   mined
no receipt              sent again, the same bytes; with higher fees after a while (`bump`)
                        dropped once another transaction has used the nonce for good
"""

from dataclasses import dataclass, field
from typing import assert_never

from sqlalchemy import Connection

from oracle.chain.client import Receipt
from oracle.chain.node_errors import NodeNotReachable
from oracle.points import Point, passed
from oracle.relay.bump import Bump, bump
from oracle.relay.context import NOTHING, Outcome, RelayContext
from oracle.relay.gaps import heal_gaps
from oracle.relay.submit import send
from oracle.store import batches, checkpoints, form_requests, readings
from oracle.store.batches import OPEN_STAGES, Batch, BatchKind, SignedBytes, Stage
from oracle.types import Address, BlockNumber

RESEND_SECONDS = 5.0
_FAILED_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class _Sight:
    """How far the chain can be judged: up to `confirmed` for what is there, up to `complete` for what is not."""

    head: BlockNumber
    confirmed: BlockNumber
    complete: BlockNumber


@dataclass(slots=True)
class _Trouble:
    """What went wrong in one cycle. `stuck`: nonces at the highest fee that is allowed."""

    stuck: list[int] = field(default_factory=list)
    unheard: NodeNotReachable | None = None
    """A sending without an answer ends all sending for this cycle, but not the looking: a gap may be the reason."""


def confirm(context: RelayContext, now: float) -> Outcome:
    """Looks at every open batch once, then for gaps. Raises Retryable where the node is away."""
    with context.database.reading() as connection:
        waiting = [
            (batch, batches.bytes_of(connection, batch.id)) for batch in batches.in_stages(connection, OPEN_STAGES)
        ]
    counted: dict[str, int] = {}
    trouble = _Trouble()
    if waiting:
        sight = _look(context)
        for batch, versions in waiting:
            stage = _advance(context, batch, versions, sight, now, trouble)
            counted[stage.value] = counted.get(stage.value, 0) + 1
    healed = heal_gaps(context, now)
    if trouble.unheard is not None:
        raise trouble.unheard
    if not waiting and not healed:
        return NOTHING
    detail: dict[str, object] = {"batches": counted, **healed}
    return Outcome("stuck", {**detail, "nonces": trouble.stuck}) if trouble.stuck else Outcome("done", detail)


def _look(context: RelayContext) -> _Sight:
    head = context.client.head()
    deep = max(head - context.settings.confirmations, 0)
    with context.database.reading() as connection:
        checkpoint = checkpoints.load(connection)
    # Before the read model has its block a batch is not over: what it settled would be taken for due once more.
    confirmed = deep if checkpoint is None else min(deep, checkpoint.number)
    # A node may count a nonce before it shows the receipt: of the newest block nothing is concluded from an absence.
    return _Sight(head, BlockNumber(confirmed), BlockNumber(max(min(deep, head - 1), 0)))


def _advance(
    context: RelayContext, batch: Batch, versions: list[SignedBytes], sight: _Sight, now: float, trouble: _Trouble
) -> Stage:
    receipt = _receipt(context, versions)
    stage = _stage(context, batch, versions, receipt, sight)
    match stage:
        case Stage.SIGNED | Stage.SENT:
            _push(context, batch, versions, sight, now, trouble)
        case Stage.MINED | Stage.FINAL | Stage.FAILED | Stage.REPLACED | Stage.DROPPED:
            passed(Point.RECEIPT_SEEN)
            _record(context, batch, receipt, stage, now)
            passed(Point.MINED if stage is Stage.MINED else Point.FINAL)
        case _:
            assert_never(stage)
    return stage


def _push(
    context: RelayContext, batch: Batch, versions: list[SignedBytes], sight: _Sight, now: float, trouble: _Trouble
) -> None:
    """Makes the chain take notice: higher fees where it is time, else the newest bytes again."""
    if batch.stage is Stage.MINED:
        # The block it was in is no longer there.
        with context.writing() as connection:
            batches.reopen(connection, batch.id)
    newest = versions[0]
    match bump(context, batch, versions, sight.head, now):
        case Bump.LIMIT:
            trouble.stuck.append(batch.nonce)
        case Bump.WAIT | Bump.FREE:
            pass
        case SignedBytes() as newest:
            _send(context, batch, newest, now, trouble)
            return
    # A sending that lies ahead of now was noted before the clock was set back.
    if batch.sent_at is None or not 0 <= now - batch.sent_at < RESEND_SECONDS:
        _send(context, batch, newest, now, trouble)


def _send(context: RelayContext, batch: Batch, signed: SignedBytes, now: float, trouble: _Trouble) -> None:
    if trouble.unheard is not None:
        return
    try:
        send(context, batch, signed, now)
    except NodeNotReachable as error:
        trouble.unheard = error


def _receipt(context: RelayContext, versions: list[SignedBytes]) -> Receipt | None:
    return next((found for version in versions if (found := context.client.receipt(version.hash))), None)


def _stage(
    context: RelayContext, batch: Batch, versions: list[SignedBytes], receipt: Receipt | None, sight: _Sight
) -> Stage:
    if receipt is None:
        used = context.client.nonce(Address(batch.sender), sight.complete) > batch.nonce
        if used and not _anywhere(context, versions):
            return Stage.DROPPED
        return Stage.SENT if batch.stage is Stage.MINED else batch.stage
    if receipt.block > sight.confirmed:
        return Stage.MINED
    if not receipt.succeeded:
        return Stage.FAILED
    taken = next(version for version in versions if version.hash == receipt.transaction)
    return Stage.REPLACED if taken.noop and batch.kind is not BatchKind.NOOP else Stage.FINAL


def _anywhere(context: RelayContext, versions: list[SignedBytes]) -> bool:
    """Whether any node has the receipt that one of them lacks."""
    with context.client.each_node() as nodes:
        return any(_receipt(context, versions) is not None for _ in nodes)


def _record(context: RelayContext, batch: Batch, receipt: Receipt | None, stage: Stage, now: float) -> None:
    with context.writing() as connection:
        if receipt is not None:
            block = (receipt.block, receipt.block_hash, receipt.gas_used)
            batches.note_mined(connection, batch.id, *block, receipt.transaction)
        if stage is Stage.MINED:
            return
        batches.note_ended(connection, batch.id, stage, now, None if stage is Stage.FINAL else stage.value)
        if stage is Stage.FAILED and batch.kind is BatchKind.SETTLE:
            _let_wait(connection, batch, now)
        if stage is Stage.DROPPED and batch.kind is BatchKind.FORM:
            form_requests.reopen(connection, int(batch.subject.removeprefix("form ")))
        passed(Point.FINAL_NOT_COMMITTED)


def _let_wait(connection: Connection, batch: Batch, now: float) -> None:
    """A batch that reverts must not be made again at once."""
    for reading_id in batches.readings_of(connection, batch.id):
        reading = readings.by_id(connection, reading_id)
        pause = _FAILED_PAUSE * 2 ** min(reading.skips, 8)
        place = (reading.reading.agreement_id, reading.reading.sequence)
        readings.note_skip(connection, *place, "transaction_failed", now + pause)
