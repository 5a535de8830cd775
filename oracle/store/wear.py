"""What readings say about a machine's use."""

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from oracle.domain.readings import Flag
from oracle.domain.telemetry import SampledReading
from oracle.store import telemetry as samples
from oracle.store.readings import ReadingState, TelemetryState
from oracle.store.tables import readings, telemetry
from oracle.types import AgreementId, AssetId, Bytes32, UnixTime

PAGE = 50


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


def seen_since(connection: Connection, asset: AssetId, time: UnixTime) -> Iterator[SampledReading]:
    """What samples taken after that moment show, newest first: of accepted readings whose samples hash to the signed
    root and do not contradict it."""
    below: int | None = None
    while page := _with_samples(connection, asset, below):
        for row in connection.execute(select(readings).where(readings.c.id.in_(page)).order_by(readings.c.id.desc())):
            if row.time <= time:
                return
            if (row.state, row.telemetry) == (ReadingState.ACCEPTED.value, TelemetryState.CHECKED.value):
                found = (salted.sample for salted in samples.of_reading(connection, row.id))
                later = tuple(sample for sample in found if sample.began_at_ms >= time * 1_000)
                yield SampledReading(AgreementId(row.agreement_id), row.sequence, Bytes32(row.telemetry_root), later)
        below = page[-1]


def _with_samples(connection: Connection, asset: AssetId, below: int | None) -> list[int]:
    """Numbers of the newest readings with samples, as they arrived."""
    query = select(telemetry.c.reading_id).where(telemetry.c.asset_id == asset).distinct()
    if below is not None:
        query = query.where(telemetry.c.reading_id < below)
    return list(connection.execute(query.order_by(telemetry.c.reading_id.desc()).limit(PAGE)).scalars())
