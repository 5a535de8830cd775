"""What meters send."""

from asyncio import get_running_loop
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from oracle.domain.forms import parse_signed
from oracle.domain.statuses import Status
from oracle.domain.telemetry import parse_telemetry
from oracle.errors import CiseError
from oracle.ingest import bodies
from oracle.ingest.problems import of_error
from oracle.ingest.readings_door import ReadingsDoor
from oracle.ingest.schemas import Accepted, problems
from oracle.ingest.state import Shared, SharedState
from oracle.ingest.status_door import StatusDoor
from oracle.ingest.telemetry_door import TelemetryDoor
from oracle.points import Point, passed

PATH = "/v1/readings"


class Taking:
    """What happens to a request with readings: taken by the door, on a thread of its own."""

    def __init__(self, door: ReadingsDoor, shared: Shared) -> None:
        self._door = door
        self._shared = shared
        # One: requests of a process would only wait for each other at the database and at the interpreter's lock.
        self._worker = ThreadPoolExecutor(1, "readings")

    async def answer(self, request: Request) -> Response:
        kind, data, now = bodies.media_type(request), await request.body(), self._shared.clock()
        answered = await get_running_loop().run_in_executor(self._worker, self._take_at_once, kind, data, now)
        if answered is None:
            # Nobody else shall wait for a slow node.
            answered = await run_in_threadpool(self._door.take, self._items(kind, data), now)
        return _Answered(answered, media_type=bodies.JSON)

    def _take_at_once(self, kind: str, data: bytes, now: float) -> bytes | None:
        # Read where it is used: what one thread makes and another drops costs more than both together.
        items = self._items(kind, data)
        passed(Point.RECEIVED)
        return self._door.take_at_once(items, now)

    def _items(self, kind: str, data: bytes) -> Sequence[object]:
        return bodies.items(kind, data, self._shared.settings.items_limit)


class _Answered(Response):
    """Bytes of JSON, and a point to pass once the server has them."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, send)
        passed(Point.ACKNOWLEDGED)


class ShortWay:
    """ASGI middleware: readings are taken before FastAPI looks for their route and for what that depends on, which is
    as much work as all that their door asks of its database."""

    def __init__(self, app: ASGIApp, taking: Taking) -> None:
        self._app = app
        self._taking = taking

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        response: Response
        try:
            response = await self._taking.answer(Request(scope, receive))
        except CiseError as error:
            response = of_error(error)
        await response(scope, receive, send)


def router(taking: Taking, telemetry: TelemetryDoor, statuses: StatusDoor) -> APIRouter:
    routes = APIRouter(tags=["meters"])

    @routes.post(PATH, openapi_extra=bodies.OPENAPI_READINGS, responses=problems(400, 408, 413, 415))
    async def post_readings(request: Request) -> Response:
        """One answer for each reading: accepted, duplicate, quarantined or rejected, and the current permit.

        Idempotent. What is answered is on disk.
        """
        return await taking.answer(request)

    @routes.post(
        "/v1/telemetry", openapi_extra=bodies.OPENAPI_DOCUMENT, responses=problems(400, 404, 408, 413, 415, 422)
    )
    async def post_telemetry(request: Request, shared: SharedState) -> Accepted:
        """The samples behind one reading; they must hash to its signed root."""
        document = parse_telemetry(await bodies.document(request))
        result, reason = await run_in_threadpool(telemetry.take, document, shared.clock())
        return Accepted(result=result.value, reason=reason)

    @routes.post("/v1/status", openapi_extra=bodies.OPENAPI_DOCUMENT, responses=problems(400, 404, 408, 413, 415, 422))
    async def post_status(request: Request, shared: SharedState) -> Accepted:
        """A status signed by the asset's meter: `{status, signature}`."""
        signed = parse_signed(Status, await bodies.document(request))
        result = await run_in_threadpool(statuses.take, signed, shared.clock())
        return Accepted(result=result.value)

    return routes
