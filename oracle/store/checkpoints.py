"""How far the read model follows the chain, and what time it is there."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from oracle.store.tables import checkpoints
from oracle.types import Address, BlockNumber, ChainId, UnixTime

_NAME = "chain"
_LOAD = select(checkpoints).where(checkpoints.c.name == _NAME)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything up to block `number` is in the read model. `observed_at`: wall clock when `head` was first seen."""

    chain_id: ChainId
    directory: Address
    contracts: Mapping[str, Address]
    number: BlockNumber
    hash: str
    time: UnixTime
    head: BlockNumber
    head_time: UnixTime
    observed_at: float

    def chain_time(self, now: float) -> UnixTime:
        """The chain's time at a wall clock time: an idle chain makes no blocks, and a local one may be ahead."""
        return UnixTime(int(max(now, self.head_time + max(now - self.observed_at, 0.0))))


def load(connection: Connection) -> Checkpoint | None:
    row = connection.execute(_LOAD).first()
    if row is None:
        return None
    return Checkpoint(
        ChainId(row.chain_id),
        Address(row.directory),
        {name: Address(value) for name, value in row.contracts.items()},
        BlockNumber(row.number),
        row.hash,
        UnixTime(row.time),
        BlockNumber(row.head),
        UnixTime(row.head_time),
        row.observed_at,
    )


def save(connection: Connection, checkpoint: Checkpoint) -> None:
    connection.execute(delete(checkpoints).where(checkpoints.c.name == _NAME))
    connection.execute(
        insert(checkpoints).values(
            name=_NAME,
            chain_id=checkpoint.chain_id,
            directory=checkpoint.directory,
            contracts=dict(checkpoint.contracts),
            number=checkpoint.number,
            hash=checkpoint.hash,
            time=checkpoint.time,
            head=checkpoint.head,
            head_time=checkpoint.head_time,
            observed_at=checkpoint.observed_at,
        )
    )
