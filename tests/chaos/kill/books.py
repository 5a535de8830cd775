"""The victim's database in plain SQL: the file as the kill left it, and the outbox of one that lives."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.kill.chain import Sent

DERIVED = ("chain_events", "tariffs", "assets", "offers", "agreements", "splits", "balances", "bookings")
OPEN = ("signed", "sent", "mined")


@dataclass(frozen=True)
class Row:
    """A batch and every version of its bytes, oldest first."""

    number: int
    kind: str
    stage: str
    nonce: int
    block: int | None
    readings: int
    versions: tuple[Sent, ...]
    raws: tuple[bytes, ...]

    @property
    def is_open(self) -> bool:
        return self.stage in OPEN


class Books:
    def __init__(self, file: Path) -> None:
        self._file = file

    @contextmanager
    def as_it_lies(self) -> Iterator[sqlite3.Connection]:
        """A copy with its log: the first to open the original after a kill must be the oracle."""
        copy = self._file.with_name("copy.db")
        for end in ("", "-wal"):
            if Path(f"{self._file}{end}").exists():
                shutil.copyfile(f"{self._file}{end}", f"{copy}{end}")
            else:
                Path(f"{copy}{end}").unlink(missing_ok=True)
        Path(f"{copy}-shm").unlink(missing_ok=True)
        with closing(sqlite3.connect(copy)) as connection:
            yield connection

    @contextmanager
    def live(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True, timeout=10)) as connection:
            yield connection

    def bytes_on_disk(self) -> bytes:
        return b"".join(
            Path(f"{self._file}{end}").read_bytes() for end in ("", "-wal") if Path(f"{self._file}{end}").exists()
        )


def integrity(connection: sqlite3.Connection) -> str:
    found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    found += [f"foreign key: {row}" for row in connection.execute("PRAGMA foreign_key_check")]
    return "; ".join(map(str, found))


def readings(connection: sqlite3.Connection) -> dict[tuple[int, int, bytes], str]:
    """(agreement, sequence, digest) → state."""
    rows = connection.execute("SELECT agreement_id, sequence, digest, state FROM readings")
    return {(agreement, sequence, digest): state for agreement, sequence, digest, state in rows}


def derived(connection: sqlite3.Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Every table that comes from the chain, in an order of its own."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for table in DERIVED:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        if table == "chain_events":
            columns.remove("id")
        wanted = ", ".join(f'"{column}"' for column in columns)
        found[table] = sorted(connection.execute(f"SELECT {wanted} FROM {table}"), key=repr)
    return found


def checkpoint(connection: sqlite3.Connection) -> int:
    """The block up to which the chain has been read."""
    return int(connection.execute("SELECT number FROM checkpoints").fetchone()[0])


def open_count(connection: sqlite3.Connection) -> int:
    query = "SELECT count(*) FROM batches WHERE stage IN (?, ?, ?)"
    return int(connection.execute(query, OPEN).fetchone()[0])


def outbox(connection: sqlite3.Connection, above: int = -1) -> list[Row]:
    """Batches with an id above, by nonce."""
    raws: dict[int, list[bytes]] = {}
    query = "SELECT batch_id, raw FROM batch_transactions WHERE batch_id > ? ORDER BY id"
    for batch, raw in connection.execute(query, (above,)):
        raws.setdefault(batch, []).append(raw)
    query = (
        "SELECT id, kind, stage, nonce, block, (SELECT count(*) FROM batch_readings WHERE batch_id = batches.id) "
        "FROM batches WHERE id > ? ORDER BY nonce"
    )
    return [
        Row(*row, tuple(Sent.decode(raw) for raw in raws.get(row[0], ())), tuple(raws.get(row[0], ())))
        for row in connection.execute(query, (above,))
    ]
