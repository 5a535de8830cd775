"""Other bytes for a nonce that the chain does not take: at least an eighth more of both fees, within the limits.

Only the transaction that the chain waits for is bumped; those behind it are not late, they stand in line. Where its
call would revert by now, or others have settled its readings, the new version does nothing: that costs less.
"""

from enum import Enum, auto
from typing import cast

from web3.types import TxParams

from oracle.chain.client import Fees
from oracle.chain.node_errors import CallReverted
from oracle.chain.transactions import PreparedCall, Sender
from oracle.errors import Rejected
from oracle.points import Point, passed
from oracle.relay.context import RelayContext
from oracle.relay.signing import sign_version
from oracle.relay.turns import unsettled
from oracle.store import batches, readings
from oracle.store.batches import Batch, BatchKind, SignedBytes
from oracle.types import BlockNumber


class Bump(Enum):
    """Why there are no new bytes."""

    WAIT = auto()
    """It is not late, or not ours to sign."""
    FREE = auto()
    """Gas costs nothing here."""
    LIMIT = auto()
    """No higher fee, or no more versions, are allowed: a person has to look."""


def bump(
    context: RelayContext, batch: Batch, versions: list[SignedBytes], head: BlockNumber, now: float
) -> SignedBytes | Bump:
    """New bytes that are in the outbox already, or why there are none. `versions`: newest first."""
    sender, newest, settings = context.sender, versions[0], context.settings
    if sender is None or sender.address != batch.sender or batch.sent_at is None:
        return Bump.WAIT
    # A clock that was set back must not make it wait for the time to come round again.
    waited_long = not 0 <= now - newest.created_at < settings.bump_after
    late = waited_long and head - newest.head >= settings.bump_after_blocks
    if not late or context.client.nonce(sender.address) != batch.nonce:
        return Bump.WAIT
    if len(versions) >= settings.fee_versions:
        return Bump.LIMIT
    try:
        fees = sender.bumped(context.client, Fees(newest.max_fee, newest.tip))
    except Rejected:
        return Bump.LIMIT
    if fees is None:
        return Bump.FREE
    call = PreparedCall(batch.target, batch.calldata, batch.gas)
    if newest.noop or not _is_wanted(context, sender, batch):
        call = sender.noop()
    signed = sign_version(sender, batch.chain_id, call, batch.nonce, fees, head, now)
    with context.writing() as connection:
        batches.add_version(connection, batch.id, signed)
        passed(Point.BUMP_NOT_COMMITTED)
    passed(Point.BUMPED)
    return signed


def _is_wanted(context: RelayContext, sender: Sender, batch: Batch) -> bool:
    """Whether the call would still do something at the newest block."""
    if batch.kind is BatchKind.NOOP:
        return True
    try:
        context.client.try_call(cast(TxParams, {"from": sender.address, "to": batch.target, "data": batch.calldata}))
    except CallReverted:
        return False
    if batch.kind is not BatchKind.SETTLE:
        return True
    with context.database.reading() as connection:
        sealed = [readings.by_id(connection, number) for number in batches.readings_of(connection, batch.id)]
    return not sealed or any(unsettled(context.client, context.platform, sealed, context.client.head()).values())
