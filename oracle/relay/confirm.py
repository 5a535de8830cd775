"""What became of what was sent, judged by the chain alone.

receipt, deep enough    final, or failed where it reverted
receipt, not yet deep   mined
no receipt              sent again, the same bytes; dropped once another transaction has used the nonce for good
"""

from typing import assert_never

from oracle.chain.client import Receipt
from oracle.relay.context import NOTHING, Outcome, RelayContext
from oracle.relay.submit import send
from oracle.store import batches, readings
from oracle.store.batches import OPEN_STAGES, Batch, BatchKind, SignedBytes, Stage
from oracle.types import Address, BlockNumber

RESEND_SECONDS = 5.0
_FAILED_PAUSE = 60.0


def confirm(context: RelayContext, now: float) -> Outcome:
    """Looks at every open batch once. Raises Retryable where the node is away."""
    with context.database.reading() as connection:
        waiting = [
            (batch, batches.bytes_of(connection, batch.id)) for batch in batches.in_stages(connection, OPEN_STAGES)
        ]
    if not waiting:
        return NOTHING
    head = context.client.head()
    confirmed = BlockNumber(max(head - context.settings.confirmations, 0))
    # A node may count a nonce before it shows the receipt: of the newest block nothing is concluded from an absence.
    complete = BlockNumber(max(min(confirmed, head - 1), 0))
    counted: dict[str, int] = {}
    for batch, versions in waiting:
        stage = _advance(context, batch, versions, confirmed, complete, now)
        counted[stage.value] = counted.get(stage.value, 0) + 1
    return Outcome("done", {"batches": counted})


def _advance(
    context: RelayContext,
    batch: Batch,
    versions: list[SignedBytes],
    confirmed: BlockNumber,
    complete: BlockNumber,
    now: float,
) -> Stage:
    receipt = _receipt(context, versions)
    stage = _stage(context, batch, receipt, confirmed, complete)
    match stage:
        case Stage.SIGNED | Stage.SENT:
            if batch.sent_at is None or now - batch.sent_at >= RESEND_SECONDS:
                send(context, batch, versions[0], now)
        case Stage.MINED | Stage.FINAL | Stage.FAILED | Stage.DROPPED:
            _record(context, batch, receipt, stage, now)
        case _:
            assert_never(stage)
    return stage


def _receipt(context: RelayContext, versions: list[SignedBytes]) -> Receipt | None:
    return next((found for version in versions if (found := context.client.receipt(version.hash))), None)


def _stage(
    context: RelayContext, batch: Batch, receipt: Receipt | None, confirmed: BlockNumber, complete: BlockNumber
) -> Stage:
    if receipt is None:
        used = context.client.nonce(Address(batch.sender), complete) > batch.nonce
        if used:
            return Stage.DROPPED
        return Stage.SENT if batch.stage is Stage.MINED else batch.stage
    if receipt.block > confirmed:
        return Stage.MINED
    return Stage.FINAL if receipt.succeeded else Stage.FAILED


def _record(context: RelayContext, batch: Batch, receipt: Receipt | None, stage: Stage, now: float) -> None:
    with context.database.writing() as connection:
        if receipt is not None:
            batches.note_mined(connection, batch.id, receipt.block, receipt.block_hash, receipt.gas_used)
        if stage is Stage.MINED:
            return
        batches.note_ended(connection, batch.id, stage, now, None if stage is Stage.FINAL else stage.value)
        if stage is Stage.FAILED and batch.kind is BatchKind.SETTLE:
            for reading_id in batches.readings_of(connection, batch.id):
                reading = readings.by_id(connection, reading_id)
                pause = _FAILED_PAUSE * 2 ** min(reading.skips, 8)
                readings.note_skip(
                    connection,
                    reading.reading.agreement_id,
                    reading.reading.sequence,
                    "transaction_failed",
                    now + pause,
                )
