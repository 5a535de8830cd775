"""What meters send."""

from asyncio import get_running_loop
from concurrent.futures import ThreadPoolExecutor

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from oracle.domain.forms import parse_signed
from oracle.domain.statuses import Status
from oracle.domain.telemetry import parse_telemetry
from oracle.ingest import bodies
from oracle.ingest.readings_door import ReadingsDoor
from oracle.ingest.schemas import Accepted, problems
from oracle.ingest.state import Shared, SharedState
from oracle.ingest.status_door import StatusDoor
from oracle.ingest.telemetry_door import TelemetryDoor
from oracle.points import Point, passed


class _Answered(Response):
    """Bytes of JSON, and a point to pass once the server has them."""

    media_type = bodies.JSON

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, send)
        passed(Point.ACKNOWLEDGED)


def router(readings: ReadingsDoor, telemetry: TelemetryDoor, statuses: StatusDoor) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["meters"])

    # One worker: requests of a process would only wait for each other at the database and at the interpreter's lock.
    worker = ThreadPoolExecutor(1, "readings")

    async def take(request: Request) -> Response:
        shared: Shared = request.app.state.shared
        items = await bodies.items(request, shared.settings.items_limit)
        passed(Point.RECEIVED)
        now = shared.clock()
        answered = await get_running_loop().run_in_executor(worker, readings.take_at_once, items, now)
        if answered is None:
            # Nobody else shall wait for a slow node.
            answered = await run_in_threadpool(readings.take, items, now)
        return _Answered(answered)

    # FastAPI's route is the documented one. Starlette's before it does the same without looking for dependencies.
    routes.routes.append(Route("/v1/readings", take, methods=["POST"], include_in_schema=False))

    @routes.post("/readings", openapi_extra=bodies.OPENAPI_READINGS, responses=problems(400, 408, 413, 415))
    async def post_readings(request: Request) -> Response:
        """One answer for each reading: accepted, duplicate, quarantined or rejected, and the current permit.

        Idempotent. What is answered is on disk.
        """
        return await take(request)

    @routes.post("/telemetry", openapi_extra=bodies.OPENAPI_DOCUMENT, responses=problems(400, 404, 408, 413, 415, 422))
    async def post_telemetry(request: Request, shared: SharedState) -> Accepted:
        """The samples behind one reading; they must hash to its signed root."""
        document = parse_telemetry(await bodies.document(request))
        result, reason = await run_in_threadpool(telemetry.take, document, shared.clock())
        return Accepted(result=result.value, reason=reason)

    @routes.post("/status", openapi_extra=bodies.OPENAPI_DOCUMENT, responses=problems(400, 404, 408, 413, 415, 422))
    async def post_status(request: Request, shared: SharedState) -> Accepted:
        """A status signed by the asset's meter: `{status, signature}`."""
        signed = parse_signed(Status, await bodies.document(request))
        result = await run_in_threadpool(statuses.take, signed, shared.clock())
        return Accepted(result=result.value)

    return routes
