"""The connection under a request: who may open one, and how long headers, bodies and unread answers may take.

uvicorn by itself waits for ever for the end of a header or of a body that nobody reads, and for a peer that does not
read its answer. This protocol gives each of them a deadline, and counts connections by address.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from oracle.ingest.problems import problem
from oracle.ingest.rates import address_key
from oracle.ingest.tally import Tally
from oracle.settings import Settings

_MOST_PIPELINED = 32
_GRACE_SECONDS = 1.0
"""For the application's own answer to a slow body before the connection is closed under it."""


@dataclass(slots=True)
class Doorman:
    """One per server: how many connections there are, and from where."""

    settings: Settings
    tally: Tally = field(default_factory=Tally)
    by_address: Counter[str] = field(default_factory=Counter)

    def refusal(self, address: str) -> tuple[int, str, str] | None:
        """Status, code and sentence for a connection too many."""
        if self.tally.connections >= self.settings.connections:
            return 503, "too_many_connections", "as many connections are open as this door has"
        if self.by_address[address] >= self.settings.connections_per_address:
            return 429, "too_many_connections", "this address has as many connections open as it may"
        return None

    def enter(self, address: str) -> None:
        self.tally.connections += 1
        self.by_address[address] += 1

    def leave(self, address: str) -> None:
        self.tally.connections -= 1
        self.by_address[address] -= 1
        if self.by_address[address] <= 0:
            del self.by_address[address]


class GuardedProtocol(HttpToolsProtocol):
    """HTTP/1.1 with deadlines. `doorman` is set by `guarded`, once per server."""

    doorman: Doorman

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._settings = self.doorman.settings
        self._address: str | None = None
        self._refused = False
        self._header_bytes = 0
        self._header_timer: asyncio.TimerHandle | None = None
        self._body_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        address = address_key(self.client[0]) if self.client else "local"
        refusal = self.doorman.refusal(address)
        if refusal is not None:
            self._refuse(*refusal)
            return
        self.doorman.enter(address)
        self._address = address
        self._header_timer = self._later(self._settings.header_timeout, self._header_too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._address is not None:
            self.doorman.leave(self._address)
        for timer in (self._header_timer, self._body_timer, self._write_timer):
            _cancel(timer)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self._header_timer is None and self._is_idle():
            self._header_bytes = 0
            self._header_timer = self._later(self._settings.header_timeout, self._header_too_slow)
        super().data_received(data)
        if self._header_timer is not None:
            self._header_bytes += len(data)
            if self._header_bytes > self._settings.header_limit:
                self._header_too_large()

    def on_headers_complete(self) -> None:
        _cancel(self._header_timer)
        self._header_timer = None
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self._settings.header_limit:
            self._header_too_large()
        elif len(self.pipeline) >= _MOST_PIPELINED:
            self._refuse(429, "too_many_requests", "too many requests were sent before the first was answered")
        else:
            self._body_timer = self._later(self._settings.body_timeout + _GRACE_SECONDS, self._abort)
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        _cancel(self._body_timer)
        self._body_timer = None
        if not self._refused:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "malformed_request", "this is no HTTP/1.1 request")

    def pause_writing(self) -> None:
        self._write_timer = self._later(self._settings.body_timeout, self._abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        _cancel(self._write_timer)
        self._write_timer = None
        super().resume_writing()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _later(self, seconds: float, action: Callable[[], None]) -> asyncio.TimerHandle:
        return self.loop.call_later(seconds, action)

    def _header_too_slow(self) -> None:
        self._header_timer = None
        seconds = f"{self._settings.header_timeout:g} s"
        self._refuse(408, "header_too_slow", f"the header took longer than {seconds}")

    def _header_too_large(self) -> None:
        self._refuse(431, "header_too_large", f"the header is larger than {self._settings.header_limit} bytes")

    def _refuse(self, status: int, code: str, detail: str) -> None:
        """Answers at once and closes. Where an answer is on its way, only closes."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self.doorman.tally.requests[code] += 1
        self.doorman.tally.answers[status] += 1
        if self._is_idle():
            self.transport.write(_raw(status, code, detail))
        self.transport.close()

    def _abort(self) -> None:
        """The peer neither sends nor reads: what is still buffered for it is dropped too."""
        self.doorman.tally.requests["peer_too_slow"] += 1
        self.transport.abort()


def guarded(doorman: Doorman) -> type[GuardedProtocol]:
    """The protocol of one server: uvicorn makes the instances, and takes only a class."""
    return type("GuardedProtocol", (GuardedProtocol,), {"doorman": doorman})


def _raw(status: int, code: str, detail: str) -> bytes:
    answer = problem(code, status, detail, {"Connection": "close", "Retry-After": "5"})
    head = b"HTTP/1.1 %d %s\r\n" % (status, HTTPStatus(status).phrase.encode())
    lines = b"".join(b"%s: %s\r\n" % header for header in answer.raw_headers)
    return head + lines + b"\r\n" + bytes(answer.body)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
