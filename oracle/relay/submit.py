"""Into the outbox, then to the node.

A call is tried without sending it; then batch, nonce and signed bytes are written in one database transaction; only
then is anything sent. A restart sends the identical bytes again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from web3.contract.contract import ContractFunction

from oracle.chain.client import Fees
from oracle.chain.node_errors import CallReverted, NodeNotReachable, NodeRefused
from oracle.chain.transactions import PreparedCall, Sender
from oracle.domain.batching import encode_batch, group_readings
from oracle.domain.signatures import Curve, curve_of_signature
from oracle.errors import BadSignature, Rejected
from oracle.points import Point, passed
from oracle.relay.context import NOTHING, Outcome, RelayContext
from oracle.relay.seal import Due, in_batches
from oracle.relay.signing import require_gas, sign_version
from oracle.relay.turns import left_by_others
from oracle.store import batches, checkpoints, readings
from oracle.store.batches import Batch, BatchKind, NewBatch, SignedBytes, Stage
from oracle.types import BlockNumber

_FIRST_PAUSE = 60.0
_LONGEST_PAUSE = 6 * 3_600.0


def settle_due(context: RelayContext, now: float) -> Outcome:
    """Seals what is due and sends it. Raises Retryable where the node is away: the outbox keeps what was signed."""
    with context.database.reading() as connection:
        checkpoint = checkpoints.load(connection)
        if checkpoint is None:
            return NOTHING
        items = context.sealing.due(connection, context.settings, checkpoint.chain_time(now), now)
    if not items:
        return NOTHING
    if context.sender is None:
        return Outcome("dry", {"readings": len(items), "why": "no relayer key: nothing is sent"})
    if not context.turn.has_come(now):
        return NOTHING
    passed(Point.SEALED)
    if context.settings.relay_window > 0:
        moving = left_by_others(context.client, context.platform, [item.reading for item in items])
        items = [item for item in items if moving[item.agreement.id]]
    packed = [item for item in items if _fits_batch(item)]
    alone = [[item] for item in items if not _fits_batch(item)]
    parts = in_batches(packed, context.settings.batch_size) + alone
    written = sum(_settle(context, context.sender, part, now) for part in parts)
    context.turn.taken(now)
    return Outcome("done", {"readings": len(items), "batches": written}) if items else NOTHING


def queue_call(
    context: RelayContext,
    sender: Sender,
    kind: BatchKind,
    subject: str,
    function: ContractFunction,
    now: float,
    along: Callable[[Connection], None] | None = None,
) -> bool:
    """Writes one call to the outbox and sends it; False where the same subject is on its way already.

    Args:
        along: more to write in the same transaction.

    Raises CallReverted, Rejected (gas or fee above the limit, or the hour's gas spent) or Retryable.
    """
    ready = _prepare(context, sender, function)
    with context.writing() as connection:
        if subject in batches.open_subjects(connection, kind):
            return False
        _write(connection, context, sender, kind, subject, ready, (), now)
        if along is not None:
            along(connection)
    passed(Point.SIGNED)
    send_open(context, sender, now)
    return True


def send_open(context: RelayContext, sender: Sender, now: float) -> int:
    """Hands every signed batch of this sender that is not known to be mined to the node; returns how many."""
    with context.database.reading() as connection:
        waiting = [
            (batch, batches.bytes_of(connection, batch.id)[0])
            for batch in batches.in_stages(connection, [Stage.SIGNED], sender.address)
        ]
    for batch, signed in waiting:
        send(context, batch, signed, now)
    return len(waiting)


def send(context: RelayContext, batch: Batch, signed: SignedBytes, now: float) -> None:
    """Sends the bytes and asks the node whether it has them: its answer to the sending decides nothing."""
    passed(Point.SENDING)
    try:
        context.client.send(signed.raw)
    except (NodeRefused, CallReverted):
        pass
    except NodeNotReachable:
        with context.writing() as connection:
            batches.note_sent(connection, batch.id, now, known=False)
        raise
    passed(Point.HANDED_OVER)
    known = context.client.knows(signed.hash)
    with context.writing() as connection:
        batches.note_sent(connection, batch.id, now, known)
    passed(Point.SENT)


def _settle(context: RelayContext, sender: Sender, items: Sequence[Due], now: float) -> int:
    """Halves a batch that cannot go as a whole, so that one bad reading never stops the others."""
    function = _function(context, items)
    try:
        ready = _prepare(context, sender, function)
    except CallReverted as error:
        if len(items) == 1:
            _pause(context, items[0], error, now)
            return 0
        return _settle_halves(context, sender, items, now)
    except Rejected as error:
        if error.code != "gas_above_limit" or len(items) == 1:
            raise
        return _settle_halves(context, sender, items, now)
    subject = f"{len(items)} readings"
    with context.writing() as connection:
        travelling = readings.on_their_way(connection, [stage.value for stage in batches.OPEN_STAGES])
        if any(item.agreement.id in travelling for item in items):
            return 0
        ids = tuple(item.reading.id for item in items)
        _write(connection, context, sender, BatchKind.SETTLE, subject, ready, ids, now)
    passed(Point.SIGNED)
    send_open(context, sender, now)
    return 1


def _function(context: RelayContext, items: Sequence[Due]) -> ContractFunction:
    if not _fits_batch(items[0]):
        return context.platform.settle_signed(items[0].signed)
    groups = group_readings((item.agreement.tariff_id, item.signed) for item in items)
    return context.platform.settle(encode_batch(groups))


def _fits_batch(item: Due) -> bool:
    """Contracts' signatures go one by one; so does one of another meter than the present, which may have any length."""
    if item.curve == Curve.ERC1271:
        return False
    try:
        return curve_of_signature(item.reading.signed.signature) == item.curve
    except BadSignature:
        return False


def _settle_halves(context: RelayContext, sender: Sender, items: Sequence[Due], now: float) -> int:
    middle = len(items) // 2
    return _settle(context, sender, items[:middle], now) + _settle(context, sender, items[middle:], now)


def _pause(context: RelayContext, item: Due, error: CallReverted, now: float) -> None:
    reading = item.reading
    pause = min(_FIRST_PAUSE * 2**reading.skips, _LONGEST_PAUSE)
    with context.writing() as connection:
        readings.note_skip(connection, item.agreement.id, reading.reading.sequence, error.code, retry_at=now + pause)


@dataclass(frozen=True, slots=True)
class _Ready:
    """All that the chain has to say before a call is signed."""

    call: PreparedCall
    fees: Fees
    chain_nonce: int
    head: BlockNumber


def _prepare(context: RelayContext, sender: Sender, function: ContractFunction) -> _Ready:
    client = context.client
    call = sender.prepare(client, function)
    passed(Point.TRIED)
    return _Ready(call, sender.fees(client), client.nonce(sender.address), client.head())


def _write(
    connection: Connection,
    context: RelayContext,
    sender: Sender,
    kind: BatchKind,
    subject: str,
    ready: _Ready,
    reading_ids: tuple[int, ...],
    now: float,
) -> None:
    chain_id, call = context.platform.chain_id, ready.call
    require_gas(connection, context, sender.address, call.gas, now)
    new = NewBatch(kind, subject, chain_id, sender.address, call.target, call.calldata, call.gas, reading_ids)

    def sign(nonce: int) -> SignedBytes:
        return sign_version(sender, chain_id, call, nonce, ready.fees, ready.head, now)

    batches.create(connection, new, ready.chain_nonce, sign, now)
