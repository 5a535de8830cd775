"""Oracles that die on command: `python -m tests.chaos.kill.victim`, one JSON order a line in, one report a line out.

This process has imported everything and forks a victim per order, so that a thousand restarts do not import a thousand
times. A victim is the composition of `cise oracle run`: door, daemon, one SQLite file. It dies inside `points.passed`.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from oracle import points
from oracle.chain.node import end_with_parent
from oracle.ingest.app import create_app
from oracle.ingest.server import BackgroundServer
from oracle.points import Point
from oracle.relay import confirm
from oracle.relay.daemon import Daemon
from oracle.relay.logs import configure_logging
from oracle.settings import Settings
from oracle.store.database import Database
from tests.chaos.kill import defects

RESEND_SECONDS = 0.3
"""Instead of the relay's 5 s: half of a thousand recoveries wait for it."""


def report(**facts: object) -> None:
    """One write per line, so that lines of several victims never mix."""
    os.write(1, (json.dumps(facts) + "\n").encode())


class Trap:
    """Kills this process at the n-th passing of a point from the moment it is set."""

    def __init__(self, name: int) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._point: Point | None = None
        self._left = 0

    def set(self, point: str, nth: int) -> None:
        with self._lock:
            self._point, self._left = Point(point), nth

    def passed(self, point: Point) -> None:
        with self._lock:
            if point is not self._point:
                return
            self._left -= 1
            if self._left == 0:
                report(id=self._name, event="reached", point=point.value)
                os.kill(os.getpid(), signal.SIGKILL)


def live(order: dict[str, Any], commands: int) -> None:
    """The victim: works until it is killed."""
    end_with_parent()
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    trap = Trap(order["id"])
    if order["arm"] is not None:
        trap.set(*order["arm"])
    points.install(trap.passed)
    threading.Thread(target=_obey, args=(order["id"], trap, commands), daemon=True).start()
    settings = Settings(**order["settings"])
    configure_logging(settings.log_level)
    confirm.RESEND_SECONDS = RESEND_SECONDS
    if order["defect"] is not None:
        defects.plant(order["defect"])
    database = Database(settings.database)
    daemon = Daemon(settings, database)
    with BackgroundServer(create_app(settings, database, daemon.permits), settings):
        report(id=order["id"], event="ready")
        daemon.run()


def _obey(name: int, trap: Trap, commands: int) -> None:
    with os.fdopen(commands) as lines:
        for line in lines:
            trap.set(*json.loads(line))
            report(id=name, event="armed")


@dataclass
class Nursery:
    """Forks victims and says how each ended. Single-threaded, because it forks."""

    _pipes: dict[int, int] = field(default_factory=dict)
    _names: dict[int, int] = field(default_factory=dict)

    def work(self) -> None:
        wake, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _wake)
        buffer = b""
        while True:
            ready, _, _ = select.select([0, wake], [], [])
            if wake in ready:
                os.read(wake, 4_096)
                self._bury()
            if 0 in ready:
                read = os.read(0, 65_536)
                if not read:
                    return
                *lines, buffer = (buffer + read).split(b"\n")
                for line in lines:
                    self._obey(json.loads(line))

    def _obey(self, order: dict[str, Any]) -> None:
        match order["do"]:
            case "start":
                self._start(order)
            case "arm":
                try:
                    os.write(self._pipes[order["id"]], (json.dumps([order["point"], order["nth"]]) + "\n").encode())
                except (KeyError, BrokenPipeError):
                    report(id=order["id"], event="gone")
            case "kill":
                for pid, name in self._names.items():
                    if name == order["id"]:
                        os.kill(pid, signal.SIGKILL)

    def _start(self, order: dict[str, Any]) -> None:
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for pipe in (writer, *self._pipes.values()):
                os.close(pipe)
            try:
                live(order, reader)
            finally:
                # Whatever ended it: the copy of the nursery's own loop must not go on.
                traceback.print_exc()
                sys.stderr.flush()
                os._exit(70)
        os.close(reader)
        self._pipes[order["id"]], self._names[pid] = writer, order["id"]

    def _bury(self) -> None:
        while self._names:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            name = self._names.pop(pid)
            os.close(self._pipes.pop(name))
            report(id=name, event="ended", code=os.waitstatus_to_exitcode(status), at=time.monotonic())


def _wake(number: int, frame: FrameType | None) -> None:
    """Only so that the signal is not ignored: the wake-up pipe does the rest."""


if __name__ == "__main__":
    end_with_parent()
    report(id=0, event="awake")
    Nursery().work()
