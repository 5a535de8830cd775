"""The door in a process of its own, so that its processor time is its own: `… scripts.bench.door FOLDER PORT`."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from oracle.chain.node import free_port
from oracle.domain.wire import to_hex
from oracle.ingest.app import create_app
from oracle.ingest.server import configuration
from oracle.relay.permits import PermitDesk
from oracle.settings import Settings
from oracle.store.database import Database
from scripts.bench.read_model import PERMIT_KEY

_START_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Door:
    port: int
    process: subprocess.Popen[bytes]

    def processor_seconds(self) -> float:
        """Of all its threads so far, user and system, in steps of a nanosecond."""
        threads = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


@contextmanager
def running_door(folder: Path) -> Iterator[Door]:
    """A door over the database in the folder, which is migrated and filled."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "scripts.bench.door", str(folder), str(port)])
    try:
        _await(process, port)
        yield Door(port, process)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    import socket

    limit = time.monotonic() + _START_SECONDS
    while time.monotonic() < limit and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the door did not start")


def main(folder: str, port: str) -> None:
    settings = Settings(data_dir=Path(folder), port=int(port), permit_key=to_hex(b"\xa1" * 32))
    database = Database(settings.database)
    app = create_app(settings, database, PermitDesk(database, PERMIT_KEY))
    uvicorn.Server(configuration(app, settings)).run()
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
