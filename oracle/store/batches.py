"""The outbox: batch, nonce and raw signed bytes are written in one transaction before anything is sent.

A batch has one nonce for ever; `batch_transactions` holds every version of its bytes: the first, those with higher
fees, and those that do nothing in its place. Whichever version the chain takes decides how the batch ends.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, assert_never

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from oracle.errors import Retryable
from oracle.points import Point, passed
from oracle.store.tables import batch_readings, batch_transactions, batches
from oracle.types import Address, BlockNumber, ChainId, TransactionHash


class Stage(StrEnum):
    """What comes before needs no row: a call that was tried (`PreparedCall`) has promised nothing to anybody."""

    SIGNED = "signed"
    """On disk with its nonce; whether a node has it is not known."""
    SENT = "sent"
    """A node has it."""
    MINED = "mined"
    """In a block that is not deep enough yet."""
    FINAL = "final"
    """Deep enough, and it did what it should."""
    FAILED = "failed"
    """Deep enough, but reverted."""
    REPLACED = "replaced"
    """Deep enough, by the version that does nothing: the call was no longer wanted."""
    DROPPED = "dropped"
    """Somebody else's transaction used the nonce, deep enough."""

    @property
    def is_open(self) -> bool:
        """Whether the chain still has to decide."""
        match self:
            case Stage.SIGNED | Stage.SENT | Stage.MINED:
                return True
            case Stage.FINAL | Stage.FAILED | Stage.REPLACED | Stage.DROPPED:
                return False
            case _:
                assert_never(self)


OPEN_STAGES = tuple(stage for stage in Stage if stage.is_open)


class BatchKind(StrEnum):
    SETTLE = "settle"
    REFILL = "refill"
    ACCRUE = "accrue"
    DISTRIBUTE = "distribute"
    UPTIME = "uptime"
    ROUND = "round"
    FORM = "form"
    NOOP = "noop"
    """Nothing to ourselves, so that a nonce which no row carries does not hold up those behind it."""


@dataclass(frozen=True, slots=True)
class SignedBytes:
    """A signed transaction for one nonce.

    Args:
        max_fee, tip: wei per gas.
        created_at, head: when it was signed, by our clock and by the chain's newest block.
        noop: it does nothing in the batch's place.
    """

    raw: bytes
    hash: TransactionHash
    max_fee: int
    tip: int
    created_at: float = 0.0
    head: int = 0
    noop: bool = False


@dataclass(frozen=True, slots=True)
class NewBatch:
    """`subject`: what it is about, so that the same thing is not sent twice at once."""

    kind: BatchKind
    subject: str
    chain_id: ChainId
    sender: Address
    target: Address
    calldata: bytes
    gas: int
    reading_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    id: int
    kind: BatchKind
    subject: str
    stage: Stage
    chain_id: ChainId
    sender: Address
    nonce: int
    target: Address
    calldata: bytes
    gas: int
    created_at: float
    sent_at: float | None
    sends: int
    block: BlockNumber | None
    block_hash: str | None
    gas_used: int | None
    ended_at: float | None
    detail: str | None
    mined_hash: TransactionHash | None


class NonceTaken(Retryable):
    """Another process of the same sender wrote this nonce first."""


def create(
    connection: Connection,
    new: NewBatch,
    chain_nonce: int,
    sign: Callable[[int], SignedBytes],
    now: float,
    nonce: int | None = None,
) -> int:
    """Takes a nonce, signs, and writes all of it; returns the batch's id.

    Args:
        chain_nonce: how many transactions of the sender are mined; the rows decide where they are ahead.
        sign: the bytes for a nonce.
        nonce: this one and not the next, to fill a gap.
    """
    if nonce is None:
        highest = highest_nonce(connection, new.chain_id, new.sender)
        nonce = chain_nonce if highest is None else max(chain_nonce, highest + 1)
    signed = sign(nonce)
    values = {
        "kind": new.kind.value,
        "subject": new.subject,
        "stage": Stage.SIGNED.value,
        "chain_id": new.chain_id,
        "sender": new.sender,
        "nonce": nonce,
        "target": new.target,
        "calldata": new.calldata,
        "gas": new.gas,
        "created_at": now,
        "sends": 0,
    }
    try:
        batch_id = int(connection.execute(insert(batches).values(values).returning(batches.c.id)).scalar_one())
    except IntegrityError as error:
        raise NonceTaken("outbox", f"nonce {nonce} of {new.sender} is taken") from error
    _add_bytes(connection, batch_id, signed)
    if new.reading_ids:
        rows = [{"batch_id": batch_id, "reading_id": reading_id} for reading_id in new.reading_ids]
        connection.execute(insert(batch_readings), rows)
    passed(Point.SIGNED_NOT_COMMITTED)
    return batch_id


def add_version(connection: Connection, batch_id: int, signed: SignedBytes) -> None:
    """Other bytes for the same nonce; the older ones stay, because a node may still take them."""
    _add_bytes(connection, batch_id, signed)


def highest_nonce(connection: Connection, chain_id: ChainId, sender: Address) -> int | None:
    query = select(func.max(batches.c.nonce)).where(batches.c.chain_id == chain_id, batches.c.sender == sender)
    highest: int | None = connection.execute(query).scalar()
    return highest


def from_nonce(connection: Connection, chain_id: ChainId, sender: Address, nonce: int) -> dict[int, Batch]:
    """Every batch of a sender from a nonce on, by nonce."""
    query = select(batches).where(batches.c.chain_id == chain_id, batches.c.sender == sender, batches.c.nonce >= nonce)
    return {row.nonce: _batch(row) for row in connection.execute(query)}


def gas_since(connection: Connection, chain_id: ChainId, sender: Address, since: float) -> int:
    """Gas of all batches made since then: what they used, and what was given to those that are not mined."""
    query = select(func.sum(func.coalesce(batches.c.gas_used, batches.c.gas))).where(
        batches.c.chain_id == chain_id,
        batches.c.sender == sender,
        batches.c.created_at > since,
        batches.c.stage != Stage.DROPPED.value,
    )
    return int(connection.execute(query).scalar() or 0)


def in_stages(connection: Connection, stages: Iterable[Stage], sender: Address | None = None) -> list[Batch]:
    """By rising nonce."""
    query = select(batches).where(batches.c.stage.in_([stage.value for stage in stages]))
    if sender is not None:
        query = query.where(batches.c.sender == sender)
    return [_batch(row) for row in connection.execute(query.order_by(batches.c.nonce))]


def newest(connection: Connection, limit: int = 50) -> list[Batch]:
    return [_batch(row) for row in connection.execute(select(batches).order_by(batches.c.id.desc()).limit(limit))]


def open_subjects(connection: Connection, kind: BatchKind) -> set[str]:
    """What is on its way of this kind."""
    query = select(batches.c.subject).where(
        batches.c.kind == kind.value, batches.c.stage.in_([stage.value for stage in OPEN_STAGES])
    )
    return {row.subject for row in connection.execute(query)}


def failures(connection: Connection, kind: BatchKind, subject: str, since: float) -> int:
    """How often this failed lately."""
    query = select(func.count()).where(
        batches.c.kind == kind.value,
        batches.c.subject == subject,
        batches.c.stage == Stage.FAILED.value,
        batches.c.created_at >= since,
    )
    return int(connection.execute(query).scalar_one())


def bytes_of(connection: Connection, batch_id: int) -> list[SignedBytes]:
    """Every version of the batch's bytes, newest first."""
    query = (
        select(batch_transactions)
        .where(batch_transactions.c.batch_id == batch_id)
        .order_by(batch_transactions.c.id.desc())
    )
    return [_signed(row) for row in connection.execute(query)]


def readings_of(connection: Connection, batch_id: int) -> list[int]:
    query = select(batch_readings.c.reading_id).where(batch_readings.c.batch_id == batch_id)
    return [row.reading_id for row in connection.execute(query)]


def note_sent(connection: Connection, batch_id: int, now: float, known: bool) -> None:
    """One more attempt; `known`: the node has it."""
    values: dict[str, Any] = {"sends": batches.c.sends + 1, "sent_at": now}
    if known:
        values["stage"] = Stage.SENT.value
    _update(connection, batch_id, values)


def note_mined(
    connection: Connection, batch_id: int, block: BlockNumber, block_hash: str, gas_used: int, hash: TransactionHash
) -> None:
    """`hash`: of the version that the chain took."""
    values = {"stage": Stage.MINED.value, "block": block, "block_hash": block_hash, "gas_used": gas_used}
    _update(connection, batch_id, {**values, "mined_hash": hash})


def note_ended(connection: Connection, batch_id: int, stage: Stage, now: float, detail: str | None = None) -> None:
    _update(connection, batch_id, {"stage": stage.value, "ended_at": now, "detail": detail})


def reopen(connection: Connection, batch_id: int) -> None:
    """What the chain had decided, it has to decide again."""
    _update(connection, batch_id, _OPEN_AGAIN)


def reopen_above(connection: Connection, block: int) -> int:
    """After a fork: everything that was mined in a block above is looked at again. Returns how many.

    What is on its way is sent again at once: nodes may have forgotten it together with the blocks.
    """
    changed = connection.execute(update(batches).where(batches.c.block > block).values(**_OPEN_AGAIN))
    still_open = batches.c.stage.in_([stage.value for stage in OPEN_STAGES])
    connection.execute(update(batches).where(still_open).values(sent_at=None))
    return int(changed.rowcount)


_OPEN_AGAIN: dict[str, Any] = {
    "stage": Stage.SENT.value,
    **dict.fromkeys(("sent_at", "block", "block_hash", "gas_used", "ended_at", "detail", "mined_hash")),
}


def _add_bytes(connection: Connection, batch_id: int, signed: SignedBytes) -> None:
    connection.execute(
        insert(batch_transactions).values(
            batch_id=batch_id,
            hash=signed.hash,
            raw=signed.raw,
            max_fee=signed.max_fee,
            tip=signed.tip,
            created_at=signed.created_at,
            head=signed.head,
            noop=signed.noop,
        )
    )


def _update(connection: Connection, batch_id: int, values: dict[str, Any]) -> None:
    connection.execute(update(batches).where(batches.c.id == batch_id).values(**values))


def _signed(row: Row[Any]) -> SignedBytes:
    return SignedBytes(
        row.raw,
        TransactionHash(row.hash),
        row.max_fee,
        row.tip,
        row.created_at,
        row.head,
        row.noop,
    )


def _batch(row: Row[Any]) -> Batch:
    return Batch(
        row.id,
        BatchKind(row.kind),
        row.subject,
        Stage(row.stage),
        ChainId(row.chain_id),
        Address(row.sender),
        row.nonce,
        Address(row.target),
        row.calldata,
        row.gas,
        row.created_at,
        row.sent_at,
        row.sends,
        None if row.block is None else BlockNumber(row.block),
        row.block_hash,
        row.gas_used,
        row.ended_at,
        row.detail,
        None if row.mined_hash is None else TransactionHash(row.mined_hash),
    )
