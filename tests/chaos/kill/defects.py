"""Defects to plant into a victim: each must make the kill test fail, or its checks prove nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, delete

from oracle.domain.answers import ReadingAnswer
from oracle.ingest.readings_door import ReadingsDoor
from oracle.relay import index
from oracle.relay.daemon import Daemon
from oracle.store.tables import batch_readings, batch_transactions, batches


def plant(name: str) -> None:
    DEFECTS[name]()


def _acknowledges_before_the_commit() -> None:
    """The door answers at once and writes a moment later."""
    take = ReadingsDoor.take

    def hasty(door: ReadingsDoor, documents: Sequence[object], now: float) -> list[ReadingAnswer]:
        answers = [_accepted(document) for document in documents]

        def later() -> None:
            time.sleep(0.4)
            take(door, documents, now)

        threading.Thread(target=later, daemon=True).start()
        return answers

    ReadingsDoor.take = hasty  # type: ignore[method-assign]


def _accepted(document: Any) -> ReadingAnswer:
    from oracle.domain.readings import ReadingResult, SignedReading, parse_signed_reading

    signed = document if isinstance(document, SignedReading) else parse_signed_reading(document)
    return ReadingAnswer(signed.reading.agreement_id, signed.reading.sequence, ReadingResult.ACCEPTED)


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


def _moves_the_checkpoint_without_the_facts() -> None:
    """Every second step of the index saves how far it has read, and nothing of what it has read."""
    apply, steps = index.apply, [0]

    def careless(connection: Connection, *facts: Any) -> None:
        steps[0] += 1
        if steps[0] % 2:
            apply(connection, *facts)

    index.apply = careless


DEFECTS: dict[str, Callable[[], None]] = {
    "acknowledges_before_the_commit": _acknowledges_before_the_commit,
    "signs_again_with_a_new_nonce": _signs_again_with_a_new_nonce,
    "moves_the_checkpoint_without_the_facts": _moves_the_checkpoint_without_the_facts,
}
