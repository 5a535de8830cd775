"""The parent's side of `victim.py`: start, arm, kill, and what was reported."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from oracle.chain.node import end_with_parent
from oracle.points import Point
from tests.environment import ROOT

START_SECONDS = 60.0


@dataclass
class Victim:
    """One process: what it has reported so far."""

    number: int
    log: Path
    ready: bool = False
    armed: bool = False
    reached: str | None = None
    code: int | None = None
    ended_at: float | None = None

    @property
    def alive(self) -> bool:
        return self.code is None


class Nursery:
    """Starts victims from one warm process. `imports`: the seconds that a cold start would take longer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._victims: dict[int, Victim] = {}
        self._changed = threading.Condition()
        began = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.kill.victim"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=end_with_parent,
        )
        assert self._process.stdout is not None
        assert json.loads(self._process.stdout.readline()) == {"id": 0, "event": "awake"}
        self.imports = time.monotonic() - began
        threading.Thread(target=self._listen, daemon=True).start()

    def start(
        self, settings: dict[str, Any], arm: tuple[Point, int] | None = None, defect: str | None = None
    ) -> Victim:
        number = len(self._victims) + 1
        victim = self._victims[number] = Victim(number, self._folder / "victims.log")
        order = {"do": "start", "id": number, "settings": settings, "log": str(victim.log), "defect": defect}
        self._order(order | {"arm": None if arm is None else [arm[0].value, arm[1]]})
        return victim

    def arm(self, victim: Victim, point: Point, nth: int) -> None:
        """Returns when the trap is set, or the victim has ended."""
        victim.armed = False
        self._order({"do": "arm", "id": victim.number, "point": point.value, "nth": nth})
        self.wait(lambda: victim.armed or not victim.alive, START_SECONDS)

    def kill(self, victim: Victim) -> None:
        """From outside, wherever it is."""
        self._order({"do": "kill", "id": victim.number})
        self.wait(lambda: not victim.alive, START_SECONDS)

    def wait(self, is_so: Any, seconds: float) -> bool:
        """Until it is so or the time is over; whether it is so."""
        with self._changed:
            return bool(self._changed.wait_for(is_so, seconds))

    def close(self) -> None:
        """Victims end with the process that forked them."""
        for victim in self._victims.values():
            if victim.alive:
                self.kill(victim)
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=20)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _order(self, order: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            with self._changed:
                victim = self._victims[said["id"]]
                match said["event"]:
                    case "ready":
                        victim.ready = True
                    case "armed":
                        victim.armed = True
                    case "reached":
                        victim.reached = said["point"]
                    case "ended":
                        victim.code, victim.ended_at = said["code"], said["at"]
                self._changed.notify_all()
