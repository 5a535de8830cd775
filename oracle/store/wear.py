"""What readings say about a machine's use."""

from sqlalchemy import Connection, func, select

from oracle.domain.readings import Flag
from oracle.store.readings import ReadingState
from oracle.store.tables import readings
from oracle.types import AssetId, UnixTime


def odometer_at(connection: Connection, asset: AssetId, time: UnixTime) -> int:
    """The highest that an accepted reading taken by then shows; 0 without one."""
    query = select(func.max(readings.c.odometer)).where(
        readings.c.asset_id == asset, readings.c.time <= time, readings.c.state == ReadingState.ACCEPTED.value
    )
    return int(connection.execute(query).scalar() or 0)


def has_meter_error_since(connection: Connection, asset: AssetId, time: UnixTime) -> bool:
    """Whether a reading taken after that moment says that the meter had an error."""
    query = select(readings.c.flags).where(
        readings.c.asset_id == asset, readings.c.time > time, readings.c.state == ReadingState.ACCEPTED.value
    )
    return any(flags & Flag.METER_ERROR for (flags,) in connection.execute(query))
