"""How far the read model follows the chain, and what time it is there."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from oracle.store.database import one_row
from oracle.store.tables import checkpoints
from oracle.types import Address, BlockNumber, ChainId, UnixTime

_NAME = "chain"
_LOAD = select(*(column for column in checkpoints.c if column.name != "name")).where(checkpoints.c.name == _NAME)


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
    row = one_row(connection, _LOAD)
    if row is None:
        return None
    values = tuple(row)
    return _known(values) if isinstance(values[2], str) else _checkpoint(*values)


@lru_cache(maxsize=8)
def _known(values: tuple[Any, ...]) -> Checkpoint:
    """Asked with every request, and the same for as long as there is no new block."""
    chain_id, directory, contracts, *rest = values
    return _checkpoint(chain_id, directory, json.loads(contracts), *rest)


def _checkpoint(
    chain_id: int,
    directory: str,
    contracts: Mapping[str, str],
    number: int,
    block_hash: str,
    time: int,
    head: int,
    head_time: int,
    observed_at: float,
) -> Checkpoint:
    return Checkpoint(
        ChainId(chain_id),
        Address(directory),
        {name: Address(value) for name, value in contracts.items()},
        BlockNumber(number),
        block_hash,
        UnixTime(time),
        BlockNumber(head),
        UnixTime(head_time),
        observed_at,
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
