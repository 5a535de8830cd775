"""The HTTP application: composition of doors and routes."""

import gc
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI

from oracle.domain.forms import Signed
from oracle.domain.permits import Permit
from oracle.domain.stop_reasons import StopReason
from oracle.ingest import problems
from oracle.ingest.limits import BodyLimit, Gate
from oracle.ingest.live import Broadcaster
from oracle.ingest.live_seats import Seats
from oracle.ingest.meters import MeterCheck
from oracle.ingest.rated_door import RatedReadingsDoor
from oracle.ingest.routes import agreements, assets, health, live, readings, rounds, sign_in
from oracle.ingest.state import Permits, Shared
from oracle.ingest.status_door import StatusDoor
from oracle.ingest.telemetry_door import TelemetryDoor
from oracle.ingest.terms import PublishedTerms
from oracle.settings import Settings
from oracle.store import permits as stored
from oracle.store.database import Database
from oracle.types import ZERO_BYTES32, AgreementId, Bytes32


def create_app(
    settings: Settings,
    database: Database | None = None,
    permits: Permits | None = None,
    clock: Callable[[], float] = time.time,
) -> FastAPI:
    """The door. Raises Fatal where the database cannot be used.

    Args:
        permits: the relay's desk when it works in the same process; otherwise the permits it has stored are given out.
        clock: wall clock in unix seconds.
    """
    own = database or Database(settings.database)
    own.migrate()
    shared = Shared(settings, own, permits or StoredPermits(own), PublishedTerms(settings.terms_dir), clock)
    broadcaster = Broadcaster(own, settings.live_interval)
    seats = Seats(settings.live_streams, settings.live_streams_per_visitor, shared.tally)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await broadcaster.close()
        if database is None:
            own.close()

    app = FastAPI(title="CISE oracle", version="1", lifespan=lifespan, redoc_url=None)
    app.state.shared = shared
    meters = MeterCheck(settings)
    door = RatedReadingsDoor(own, shared.permits, meters, shared.terms, shared.rates.agreements, shared.tally)
    taking = readings.Taking(door, shared)
    # The one added last is the first that a request meets.
    app.add_middleware(readings.ShortWay, taking=taking)
    app.add_middleware(
        BodyLimit,
        limit=settings.body_limit,
        seconds=settings.body_timeout,
        total=settings.bodies_limit,
        tally=shared.tally,
    )
    app.add_middleware(Gate, settings=settings, tally=shared.tally, rates=shared.rates, disk=shared.disk)
    problems.install(app)
    app.include_router(readings.router(taking, TelemetryDoor(own, shared.terms), StatusDoor(own, meters)))
    public = (assets.routes, rounds.routes, health.routes)
    for routes in (agreements.routes, sign_in.routes, live.router(broadcaster, seats), *public):
        app.include_router(routes)
    # Modules and routes live as long as the process: no request need wait while they are looked through for rubbish.
    gc.collect()
    gc.freeze()
    return app


@dataclass(frozen=True, slots=True)
class StoredPermit:
    permit: Signed[Permit] | None
    stop_reason: StopReason | None


class StoredPermits:
    """Gives out what a relay in another process has issued, while it is valid."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def answers(
        self, agreements: Iterable[AgreementId], now: float, challenge: Bytes32 = ZERO_BYTES32
    ) -> dict[AgreementId, StoredPermit]:
        with self._database.reading() as connection:
            wanted = set(agreements)
            found = stored.latest(connection, wanted, challenge)
        return {
            key: StoredPermit(found[key].signed, None)
            if key in found and found[key].permit.valid_until >= now
            else StoredPermit(None, StopReason.NO_PERMIT)
            for key in wanted
        }
