"""Slots of shared machines, as of the checkpoint's block: while one lasts the machine is its customer's alone."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from oracle.store.database import rows
from oracle.store.tables import bookings
from oracle.types import Address, AssetId, ReservationId, UnixTime


@dataclass(frozen=True, slots=True)
class Booking:
    """`begins` to `ends` in chain time, the end excluded. `stands`: not cancelled, forfeited or otherwise over."""

    id: ReservationId
    asset_id: AssetId
    customer: Address
    begins: UnixTime
    ends: UnixTime
    stands: bool


def add(connection: Connection, new: Iterable[Booking]) -> None:
    values = [asdict(booking) for booking in new]
    if values:
        connection.execute(delete(bookings).where(bookings.c.id.in_([each["id"] for each in values])))
        connection.execute(insert(bookings), values)


def close(connection: Connection, ended: Iterable[ReservationId]) -> None:
    connection.execute(update(bookings).where(bookings.c.id.in_(list(ended))).values(stands=False))


def assets_of(connection: Connection, wanted: Iterable[ReservationId]) -> set[AssetId]:
    query = select(bookings.c.asset_id).where(bookings.c.id.in_(list(wanted)))
    return {AssetId(key) for (key,) in connection.execute(query)}


def ahead(connection: Connection, assets: Iterable[AssetId], time: UnixTime) -> dict[AssetId, list[Booking]]:
    """Those of each asset that stand and have not ended by this time, by their beginning."""
    found: dict[AssetId, list[Booking]] = {}
    for key, asset, customer, begins, ends, stands in rows(connection, _AHEAD, sorted(set(assets)), time=time):
        booking = Booking(key, asset, Address(customer), UnixTime(begins), UnixTime(ends), bool(stands))
        found.setdefault(AssetId(asset), []).append(booking)
    return found


_AHEAD = (
    select(bookings)
    .where(
        bookings.c.asset_id.in_(bindparam("wanted", expanding=True)),
        bookings.c.ends > bindparam("time"),
        bookings.c.stands.is_(True),
    )
    .order_by(bookings.c.begins)
)
