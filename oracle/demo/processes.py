"""Child processes: started without the parent's environment, logged to a file, ended softly and in any case."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from os import pathsep
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from oracle.chain.node import end_with_parent
from oracle.errors import Fatal

STOP_SECONDS = 10.0
SHOWN_LINES = 6


@dataclass(slots=True)
class Child:
    """One process of this project. `talks`: its standard input and output are pipes of the parent."""

    name: str
    command: Sequence[str]
    log_file: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    talks: bool = False
    _process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        pipe = subprocess.PIPE if self.talks else subprocess.DEVNULL
        with self.log_file.open("a") as log:
            self._process = subprocess.Popen(
                list(self.command),
                stdin=pipe,
                stdout=subprocess.PIPE if self.talks else log,
                stderr=log,
                text=True,
                bufsize=1,
                # Nothing of the surroundings leaks into the child, and it finds the same packages.
                env={"PYTHONPATH": pathsep.join(filter(None, sys.path)), **self.environment},
                # Ctrl-C reaches the parent only, which then ends its children in order.
                start_new_session=True,
                preexec_fn=end_with_parent if sys.platform == "linux" else None,
            )
        return self

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def input(self) -> IO[str]:
        assert self._process is not None
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def output(self) -> IO[str]:
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout

    def require_running(self) -> None:
        """Raises Fatal with the end of its log where the process has ended."""
        if not self.running:
            code = None if self._process is None else self._process.returncode
            raise Fatal(self.name, f"ended with code {code}: {self.last_words()}", f"Its log is {self.log_file}.")

    def last_words(self) -> str:
        if not self.log_file.is_file():
            return "no log"
        return " / ".join(self.log_file.read_text().strip().splitlines()[-SHOWN_LINES:])

    def wait(self, seconds: float) -> int:
        """The exit code. Raises Fatal where the process does not end in time."""
        assert self._process is not None
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Fatal(self.name, f"did not end in {seconds:.0f} s", f"Its log is {self.log_file}.") from None

    def stop(self) -> None:
        """Safe to repeat."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def wait_until(
    ready: Callable[[], bool], seconds: float, what: str, child: Child | None = None, every: float = 0.05
) -> None:
    """Asks until the answer is yes. Raises Fatal after that time, or at once where the child has ended."""
    limit = time.monotonic() + seconds
    while not ready():
        if child is not None:
            child.require_running()
        if time.monotonic() >= limit:
            raise Fatal("waiting", f"{what} did not happen in {seconds:.0f} s", "Try again on a less busy machine.")
        time.sleep(every)
