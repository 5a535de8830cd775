"""Limits that are checked before a route runs: how many requests at once and by whom, room on the disk, and size and
time of bodies while they arrive. Nothing over a limit is ever held in memory."""

import asyncio
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oracle.errors import Rejected, Retryable
from oracle.ingest.disk import DiskGuard
from oracle.ingest.problems import TALLY, of_rejection, of_retryable
from oracle.ingest.rates import Rates, TooMany, address_key
from oracle.ingest.tally import Tally
from oracle.settings import Settings

_OPERATORS = ("/healthz", "/readyz", "/metrics")
"""Answered also when the queue is full: this is how an operator sees that it is."""
_WRITES = ("POST", "PUT", "PATCH", "DELETE")
_WRITING_READ = "/v1/sign-in/nonce"
_LIVE = "/v1/live"


class Gate:
    """ASGI middleware, outermost: counts, and turns away whom there is no room for."""

    def __init__(self, app: ASGIApp, settings: Settings, tally: Tally, rates: Rates, disk: DiskGuard) -> None:
        self._app = app
        self._most = settings.requests_limit
        self._tally = tally
        self._rates = rates
        self._disk = disk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope[TALLY] = self._tally
        try:
            self._admit(scope)
        except Retryable as refused:
            response = of_retryable(refused)
            # The body has not been read, and what is still on its way would be read as the next request.
            response.headers["Connection"] = "close"
            await response(scope, receive, self._counted(send))
            return
        # A live stream stays for hours; its own limit holds it.
        counts = 0 if scope["path"] == _LIVE else 1
        self._tally.in_flight += counts
        try:
            await self._app(scope, receive, self._counted(send))
        finally:
            self._tally.in_flight -= counts

    def _admit(self, scope: Scope) -> None:
        path = scope["path"]
        self._rates.addresses.take(address_key((scope.get("client") or ("local", 0))[0]))
        if path not in _OPERATORS and self._tally.in_flight >= self._most:
            raise TooMany("this oracle", "works on as many requests as it can", 1)
        if scope["method"] in _WRITES or path == _WRITING_READ:
            self._disk.require()

    def _counted(self, send: Send) -> Send:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._tally.answers[message["status"]] += 1
            await send(message)

        return counted


class BodyLimit:
    """ASGI middleware. Refuses a body by its announced length before reading it, and by its real length on the way."""

    def __init__(
        self,
        app: ASGIApp,
        limit: int,
        seconds: float,
        total: int,
        tally: Tally,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._limit = limit
        self._seconds = seconds
        self._total = total
        self._tally = tally
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False
        counter = _Counter(self, receive)

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            self._check_announced(scope)
            await self._app(scope, counter.receive, watched_send)
        except _Refused as refused:
            if started:
                raise
            reason = refused.reason
            response = of_rejection(reason) if isinstance(reason, Rejected) else of_retryable(reason)
            # What is still on its way would be read as the next request.
            response.headers["Connection"] = "close"
            await response(scope, receive, send)
        finally:
            self._tally.body_bytes -= counter.taken

    def _check_announced(self, scope: Scope) -> None:
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > self._limit:
                raise _Refused(self._too_large(int(value)))

    def check(self, taken: int) -> None:
        """Raises _Refused where this body or all of them together are too large."""
        if taken > self._limit:
            raise _Refused(self._too_large(taken))
        if self._tally.body_bytes > self._total:
            raise _Refused(TooMany("this oracle", "holds as many bytes of bodies as it may", 1))

    def _too_large(self, size: int) -> Rejected:
        return Rejected("body_too_large", "request", "its body is too large", f"{size} > {self._limit} bytes")


class _Counter:
    """One body on its way in."""

    def __init__(self, limits: BodyLimit, receive: Receive) -> None:
        self._limits = limits
        self._receive = receive
        self._deadline = limits._clock() + limits._seconds
        self._complete = False
        self.taken = 0

    async def receive(self) -> Message:
        limits = self._limits
        if self._complete:
            return await self._receive()
        try:
            async with asyncio.timeout(max(self._deadline - limits._clock(), 0.001)):
                message = await self._receive()
        except TimeoutError:
            reason = Rejected("body_too_slow", "request", "its body took too long", f"over {limits._seconds:g} s")
            raise _Refused(reason) from None
        if message["type"] == "http.request":
            size = len(message.get("body", b""))
            self.taken += size
            limits._tally.body_bytes += size
            self._complete = not message.get("more_body", False)
            limits.check(self.taken)
        return message


class _Refused(BaseException):
    """Passes through the application, which must not answer in its own way."""

    def __init__(self, reason: Rejected | Retryable) -> None:
        self.reason = reason
        super().__init__(str(reason))
