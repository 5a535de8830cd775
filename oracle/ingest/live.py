"""Server-sent events: one reader of the database per process, fanned out to every listener.

Per subject (an asset or agreement, and a kind) at most one event an interval: the newest. `Last-Event-ID` goes on where
the stream broke off, as long as the events are kept.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool

from oracle.errors import Rejected, Retryable
from oracle.store import live
from oracle.store.database import Database
from oracle.store.live import LiveEvent
from oracle.types import AgreementId, AssetId

HEARTBEAT_SECONDS = 15.0
LOOK_SECONDS = 5.0
QUEUE = 256
_LOOK_BACK = 200
"""Rows whose transaction committed after a later number was read are found by looking back a little."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a listener may and wants to see. `agreements`: those of which it is a party; `own_assets`: theirs."""

    assets: frozenset[AssetId] = frozenset()
    agreements: frozenset[AgreementId] = frozenset()
    own_assets: frozenset[AssetId] = frozenset()

    def lets(self, event: LiveEvent) -> bool:
        if event.agreement_id is not None:
            return event.agreement_id in self.agreements
        return event.asset_id in self.own_assets or (event.public and event.asset_id in self.assets)


@dataclass(slots=True, eq=False)
class _Listener:
    filter: Filter
    queue: asyncio.Queue[LiveEvent] = field(default_factory=lambda: asyncio.Queue(QUEUE))


class Broadcaster:
    """Reads new events while anybody listens."""

    def __init__(self, database: Database, interval: float) -> None:
        self._database = database
        self._interval = interval
        self._listeners: set[_Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._last = 0
        self._told: set[int] = set()

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    async def stream(self, look: Callable[[], Filter], last_event_id: int | None) -> AsyncIterator[bytes]:
        """Lines of the stream. `look` is asked again every few seconds: agreements come, sessions end. It raises
        Rejected once the listener may hear nothing more, which ends the stream."""
        listener = _Listener(await run_in_threadpool(look))
        await self._start()
        self._listeners.add(listener)
        looked = heard = time.monotonic()
        sent = 0
        try:
            yield b"retry: 1000\n\n"
            if last_event_id is not None:
                missed = await run_in_threadpool(self._after, last_event_id)
                for event in newest_per_subject(event for event in missed if listener.filter.lets(event)):
                    sent = max(sent, event.id)
                    yield _frame(event)
            while True:
                # A little more than what is left, so that a timer that fires early does not wait a second round.
                left = max(looked + LOOK_SECONDS - time.monotonic(), 0) + 0.01
                with suppress(TimeoutError):
                    event = await asyncio.wait_for(listener.queue.get(), left)
                    if event.id > sent:
                        heard = time.monotonic()
                        yield _frame(event)
                if time.monotonic() - looked >= LOOK_SECONDS:
                    listener.filter = await run_in_threadpool(look)
                    looked = time.monotonic()
                if time.monotonic() - heard >= HEARTBEAT_SECONDS:
                    heard = time.monotonic()
                    yield b": still here\n\n"
        except Rejected:
            yield b"event: end\ndata: {}\n\n"
        finally:
            self._listeners.discard(listener)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _start(self) -> None:
        if self._task is None or self._task.done():
            self._last = await run_in_threadpool(self._newest)
            self._told = {event.id for event in await run_in_threadpool(self._after, self._last - _LOOK_BACK)}
            self._task = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            try:
                found = await run_in_threadpool(self._after, self._last - _LOOK_BACK)
            except Retryable:
                continue
            fresh = [event for event in found if event.id not in self._told]
            if fresh:
                self._told = {event.id for event in found}
                self._last = max(self._last, found[-1].id)
                self._fan_out(newest_per_subject(fresh))

    def _fan_out(self, events: Iterable[LiveEvent]) -> None:
        for event in events:
            for listener in self._listeners:
                if listener.filter.lets(event):
                    if listener.queue.full():
                        # A slow reader loses the oldest; figures are absolute, so the newest tells all.
                        listener.queue.get_nowait()
                    listener.queue.put_nowait(event)

    def _after(self, last_id: int) -> list[LiveEvent]:
        with self._database.reading() as connection:
            return live.after(connection, last_id)

    def _newest(self) -> int:
        with self._database.reading() as connection:
            return live.last_id(connection)


def newest_per_subject(events: Iterable[LiveEvent]) -> list[LiveEvent]:
    """The last event of each subject and kind, in their order."""
    newest: dict[tuple[str, int | None, int | None], LiveEvent] = {}
    for event in events:
        newest[event.kind, event.asset_id, event.agreement_id] = event
    return sorted(newest.values(), key=lambda event: event.id)


def _frame(event: LiveEvent) -> bytes:
    facts = {"at": event.at, "assetId": event.asset_id, "agreementId": event.agreement_id, **event.payload}
    return f"id: {event.id}\nevent: {event.kind}\ndata: {json.dumps(facts, separators=(',', ':'))}\n\n".encode()
