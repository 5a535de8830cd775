"""One printed line per step with its seconds, and stamps that let a step be left out when its inputs are unchanged."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from scripts.setup.errors import StepFailed

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".setup"
BIN = ROOT / ".venv" / "bin"
HEARTBEAT_SECONDS = 10
TAIL_LINES = 40


def say(text: str, end: str = "\n") -> None:
    print(text, end=end, flush=True)


def digest(paths: Iterable[Path], *extra: str) -> str:
    """Hash of names and contents, so that a renamed or removed file counts as a change."""
    hasher = hashlib.sha256()
    for text in (str(ROOT), *extra):
        hasher.update(text.encode() + b"\0")
    for path in sorted(paths):
        hasher.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        hasher.update(hashlib.sha256(path.read_bytes()).digest())
    return hasher.hexdigest()


def step(name: str, title: str, fingerprint: str, work: Callable[[], None], present: Callable[[], bool]) -> bool:
    """Runs `work` unless it ran with this fingerprint before and its result is still `present`. True if it ran."""
    stamp = STATE / f"{name}.stamp"
    if stamp.is_file() and stamp.read_text() == fingerprint and present():
        return False
    stamp.unlink(missing_ok=True)
    say(f"set-up: {title} …")
    started = time.monotonic()
    work()
    stamp.write_text(fingerprint)
    say(f"set-up: {title}: done in {time.monotonic() - started:.1f} s")
    return True


def environment() -> dict[str, str]:
    """The caller's environment with the project's own tools first."""
    env = dict(os.environ)
    env["PATH"] = f"{BIN}{os.pathsep}{env.get('PATH', '')}"
    env["SOLCX_BINARY_PATH"] = str(ROOT / ".solcx")
    env["PYTHONUNBUFFERED"] = "1"
    return env


class Command:
    """A started command with its output in a log; `wait` beats time meanwhile and shows the log's end on failure."""

    def __init__(self, log_name: str, *argv: str | Path) -> None:
        self.argv = [str(part) for part in argv]
        self.log = STATE / f"{log_name}.log"
        self._started = time.monotonic()
        with self.log.open("wb") as sink:
            self._process = subprocess.Popen(
                self.argv, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT
            )

    def wait(self, remedy: str) -> None:
        while True:
            try:
                code = self._process.wait(timeout=HEARTBEAT_SECONDS)
                break
            except subprocess.TimeoutExpired:
                say(f"set-up:   … {self.log.stem} still running, {time.monotonic() - self._started:.0f} s")
            except BaseException:
                self.stop()
                raise
        if code != 0:
            tail = self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
            sys.stderr.write("\n".join(tail) + "\n")
            shown = " ".join(Path(part).name if part.startswith("/") else part for part in self.argv)
            raise StepFailed(f"`{shown}` ended with code {code} (whole log: .setup/{self.log.name})", remedy)

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()


def command(log_name: str, *argv: str | Path, remedy: str) -> None:
    Command(log_name, *argv).wait(remedy)
