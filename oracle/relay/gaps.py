"""The nonces of a sender are gapless: what the chain waits for and no row carries is filled with nothing.

Rows are lost with a backup that is brought back, nonces come free again when the chain drops a block: then everything
behind such a nonce would wait for ever. Whether it was found by a gap or by a row that had ended already, the chain's
own count of the account decides, never a counter of ours.
"""

from oracle.chain.transactions import Sender
from oracle.errors import Retryable
from oracle.points import Point, passed
from oracle.relay.context import RelayContext
from oracle.relay.signing import sign_version
from oracle.relay.submit import send_open
from oracle.store import batches
from oracle.store.batches import Batch, BatchKind, NewBatch, SignedBytes
from oracle.types import ChainId

MOST_AT_ONCE = 16


def heal_gaps(context: RelayContext, now: float) -> dict[str, object]:
    """Fills gaps and reopens what had ended on a nonce that is free again; figures of both where there were any."""
    sender, chain_id = context.sender, context.platform.chain_id
    if sender is None:
        return {}
    with context.database.reading() as connection:
        highest = batches.highest_nonce(connection, chain_id, sender.address)
    if highest is None:
        return {}
    next_nonce = context.client.nonce(sender.address)
    if next_nonce > highest:
        return {}
    with context.database.reading() as connection:
        rows = batches.from_nonce(connection, chain_id, sender.address, next_nonce)
    missing = [nonce for nonce in range(next_nonce, highest) if nonce not in rows][:MOST_AT_ONCE]
    freed = [batch for batch in rows.values() if not batch.stage.is_open and _is_unmined(context, batch)]
    if missing:
        _fill(context, sender, chain_id, missing, now)
    for batch in freed:
        with context.writing() as connection:
            batches.reopen(connection, batch.id)
    found = {"filled": len(missing), "reopened": len(freed)}
    return {name: count for name, count in found.items() if count}


def _fill(context: RelayContext, sender: Sender, chain_id: ChainId, missing: list[int], now: float) -> None:
    passed(Point.GAP_FOUND)
    call, fees, head = sender.noop(), sender.fees(context.client), context.client.head()
    new = NewBatch(BatchKind.NOOP, "gap", chain_id, sender.address, call.target, call.calldata, call.gas)

    def sign(nonce: int) -> SignedBytes:
        return sign_version(sender, chain_id, call, nonce, fees, head, now)

    with context.writing() as connection:
        for nonce in missing:
            batches.create(connection, new, nonce, sign, now, nonce=nonce)
    passed(Point.GAP_FILLED)
    send_open(context, sender, now)


def _is_unmined(context: RelayContext, batch: Batch) -> bool:
    """One node may count less than another: what has a receipt has not come free."""
    with context.database.reading() as connection:
        versions = batches.bytes_of(connection, batch.id)
    if not versions:
        raise Retryable("outbox", f"batch {batch.id} has no bytes")
    return all(context.client.receipt(version.hash) is None for version in versions)
