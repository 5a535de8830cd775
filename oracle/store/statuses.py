"""Signed statuses of assets."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from oracle.domain.statuses import Status
from oracle.store.tables import statuses
from oracle.types import AssetId, Bytes32, UnixTime


@dataclass(frozen=True, slots=True)
class StoredStatus:
    status: Status
    digest: Bytes32
    signature: bytes
    received_at: float


def add(connection: Connection, new: StoredStatus) -> None:
    status = new.status
    connection.execute(
        insert(statuses).values(
            asset_id=status.asset_id,
            sequence=status.sequence,
            time=status.time,
            state=status.state,
            fault_code=status.fault_code,
            odometer=status.odometer,
            digest=new.digest,
            signature=new.signature,
            received_at=new.received_at,
        )
    )


def latest(connection: Connection, asset: AssetId) -> StoredStatus | None:
    found = of_asset(connection, asset, 1)
    return found[0] if found else None


def exists(connection: Connection, asset: AssetId, sequence: int, digest: Bytes32) -> bool:
    query = select(statuses.c.id).where(
        statuses.c.asset_id == asset, statuses.c.sequence == sequence, statuses.c.digest == digest
    )
    return connection.execute(query).first() is not None


def of_asset(connection: Connection, asset: AssetId, limit: int) -> list[StoredStatus]:
    """Newest first."""
    query = select(statuses).where(statuses.c.asset_id == asset).order_by(statuses.c.sequence.desc()).limit(limit)
    return [
        StoredStatus(
            Status(AssetId(row.asset_id), row.sequence, UnixTime(row.time), row.state, row.fault_code, row.odometer),
            Bytes32(row.digest),
            row.signature,
            row.received_at,
        )
        for row in connection.execute(query)
    ]
