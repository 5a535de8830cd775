"""The outbox: batch, nonce and raw signed bytes are written in one transaction before anything is sent.

    signed ──▶ sent ──▶ mined ──▶ final
                 │         └────▶ failed     mined, but reverted
                 └──────────────▶ dropped    its nonce was used by another transaction

A batch has one nonce for ever; `batch_transactions` holds every version of its bytes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from oracle.errors import Retryable
from oracle.store.tables import batch_readings, batch_transactions, batches
from oracle.types import Address, BlockNumber, ChainId, TransactionHash


class Stage(StrEnum):
    SIGNED = "signed"
    SENT = "sent"
    MINED = "mined"
    FINAL = "final"
    FAILED = "failed"
    DROPPED = "dropped"


OPEN_STAGES = (Stage.SIGNED, Stage.SENT, Stage.MINED)


class BatchKind(StrEnum):
    SETTLE = "settle"
    REFILL = "refill"
    ACCRUE = "accrue"
    DISTRIBUTE = "distribute"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class SignedBytes:
    """A signed transaction for one nonce. `max_fee` and `tip` in wei per gas."""

    raw: bytes
    hash: TransactionHash
    max_fee: int
    tip: int


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


class NonceTaken(Retryable):
    """Another process of the same sender wrote this nonce first."""


def create(
    connection: Connection, new: NewBatch, chain_nonce: int, sign: Callable[[int], SignedBytes], now: float
) -> int:
    """Takes the next nonce, signs, and writes all of it; returns the batch's id.

    Args:
        chain_nonce: how many transactions of the sender are mined; the rows decide where they are ahead.
        sign: the bytes for a nonce.
    """
    highest = connection.execute(
        select(func.max(batches.c.nonce)).where(batches.c.chain_id == new.chain_id, batches.c.sender == new.sender)
    ).scalar()
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
    connection.execute(
        insert(batch_transactions).values(
            batch_id=batch_id, hash=signed.hash, raw=signed.raw, max_fee=signed.max_fee, tip=signed.tip, created_at=now
        )
    )
    if new.reading_ids:
        rows = [{"batch_id": batch_id, "reading_id": reading_id} for reading_id in new.reading_ids]
        connection.execute(insert(batch_readings), rows)
    return batch_id


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
    return [SignedBytes(row.raw, TransactionHash(row.hash), row.max_fee, row.tip) for row in connection.execute(query)]


def readings_of(connection: Connection, batch_id: int) -> list[int]:
    query = select(batch_readings.c.reading_id).where(batch_readings.c.batch_id == batch_id)
    return [row.reading_id for row in connection.execute(query)]


def note_sent(connection: Connection, batch_id: int, now: float, known: bool) -> None:
    """One more attempt; `known`: the node has it."""
    values: dict[str, Any] = {"sends": batches.c.sends + 1, "sent_at": now}
    if known:
        values["stage"] = Stage.SENT.value
    _update(connection, batch_id, values)


def note_mined(connection: Connection, batch_id: int, block: BlockNumber, block_hash: str, gas_used: int) -> None:
    values = {"stage": Stage.MINED.value, "block": block, "block_hash": block_hash, "gas_used": gas_used}
    _update(connection, batch_id, values)


def note_ended(connection: Connection, batch_id: int, stage: Stage, now: float, detail: str | None = None) -> None:
    _update(connection, batch_id, {"stage": stage.value, "ended_at": now, "detail": detail})


def reopen_above(connection: Connection, block: int) -> int:
    """After a fork: everything that ended in a block above is looked at again. Returns how many."""
    changed = connection.execute(
        update(batches)
        .where(batches.c.block > block)
        .values(stage=Stage.SENT.value, sent_at=None, block=None, block_hash=None, gas_used=None, ended_at=None)
    )
    return int(changed.rowcount)


def _update(connection: Connection, batch_id: int, values: dict[str, Any]) -> None:
    connection.execute(update(batches).where(batches.c.id == batch_id).values(**values))


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
    )
