"""Size and time of bodies, checked while they arrive: nothing over the limit is ever held in memory."""

import asyncio
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oracle.errors import Rejected
from oracle.ingest.problems import of_rejection


class BodyLimit:
    """ASGI middleware. Refuses a body by its announced length before reading it, and by its real length on the way."""

    def __init__(self, app: ASGIApp, limit: int, seconds: float) -> None:
        self._app = app
        self._limit = limit
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            self._check_announced(scope)
            await self._app(scope, self._counted(receive), watched_send)
        except _Refused as refused:
            if started:
                raise
            response = of_rejection(refused.reason)
            # What is still on its way would be read as the next request.
            response.headers["Connection"] = "close"
            await response(scope, receive, send)

    def _check_announced(self, scope: Scope) -> None:
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > self._limit:
                raise _Refused(self._too_large(int(value)))

    def _counted(self, receive: Receive) -> Receive:
        taken = 0
        deadline = time.monotonic() + self._seconds
        complete = False

        async def counted() -> Message:
            nonlocal taken, complete
            if complete:
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), max(deadline - time.monotonic(), 0.001))
            except TimeoutError:
                reason = Rejected("body_too_slow", "request", "its body took too long", f"over {self._seconds:g} s")
                raise _Refused(reason) from None
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                complete = not message.get("more_body", False)
                if taken > self._limit:
                    raise _Refused(self._too_large(taken))
            return message

        return counted

    def _too_large(self, size: int) -> Rejected:
        return Rejected("body_too_large", "request", "its body is too large", f"{size} > {self._limit} bytes")


class _Refused(BaseException):
    """Passes through the application, which must not answer in its own way."""

    def __init__(self, reason: Rejected) -> None:
        self.reason = reason
        super().__init__(str(reason))
