"""Defects to plant into a victim: each must make the kill test fail, or its checks prove nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from sqlalchemy import Connection, delete

from oracle.ingest import server
from oracle.relay.daemon import Daemon
from oracle.store import read_model
from oracle.store.tables import batch_readings, batch_transactions, batches


def plant(name: str) -> None:
    DEFECTS[name]()


def _acknowledges_before_the_commit() -> None:
    """The door answers at once and writes a moment later."""
    build = server.configuration

    def hasty(app: Any, settings: Any) -> Any:
        return build(Hasty(app), settings)

    server.configuration = hasty


class Hasty:
    """Answers readings with "accepted", then lets the application have them."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._tasks: set[asyncio.Task[None]] = set()
        self.state = app.state

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope.get("path") != "/v1/readings":
            await self._app(scope, receive, send)
            return
        body, more = b"", True
        while more:
            part = await receive()
            body, more = body + part.get("body", b""), part.get("more_body", False)
        answers = [
            {
                "agreementId": each["reading"]["agreementId"],
                "sequence": each["reading"]["sequence"],
                "result": "accepted",
            }
            for each in json.loads(body)
        ]
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": json.dumps({"answers": answers}).encode()})
        task = asyncio.get_running_loop().create_task(self._later(scope, body))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _later(self, scope: Any, body: bytes) -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(_: Any) -> None:
            return

        await asyncio.sleep(0.4)
        await self._app(scope, receive, send)


def _signs_again_with_a_new_nonce() -> None:
    """A restart forgets what was signed but not confirmed, and makes a new transaction of it."""
    start = Daemon.start

    def forgetful(daemon: Daemon) -> None:
        with daemon.database.writing() as connection:
            open_ones = batches.c.stage.in_(("signed", "sent", "mined"))
            ids = [row.id for row in connection.execute(batches.select().where(open_ones))]
            for table in (batch_readings, batch_transactions):
                connection.execute(delete(table).where(table.c.batch_id.in_(ids)))
            connection.execute(delete(batches).where(batches.c.id.in_(ids)))
        start(daemon)

    Daemon.start = forgetful  # type: ignore[method-assign]


def _moves_the_checkpoint_without_the_events() -> None:
    """Every third step of the index saves how far it has read, but not the events it has read."""
    add, steps = read_model.add_events, count()

    def careless(connection: Connection, events: Sequence[Any]) -> None:
        if next(steps) % 3 != 2:
            add(connection, events)

    read_model.add_events = careless


DEFECTS: dict[str, Callable[[], None]] = {
    "acknowledges_before_the_commit": _acknowledges_before_the_commit,
    "signs_again_with_a_new_nonce": _signs_again_with_a_new_nonce,
    "moves_the_checkpoint_without_the_events": _moves_the_checkpoint_without_the_events,
}
