"""An anvil of the test's own, on a port that it chooses itself."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import IO, Self

from tests.environment import BIN

START_SECONDS = 20
GAS_LIMIT = 60_000_000


class Node:
    """
    `url` is where it listens. `stop` ends it as a power cut would, `start` brings it back on the same port (empty,
    unless `--state FILE` was given), for tests of what happens while the chain cannot be reached.
    `hardfork`: "prague" for a chain without the P-256 precompile.
    """

    def __init__(self, *options: str, hardfork: str = "osaka") -> None:
        self._hardfork = hardfork
        self._options = options
        self._process: subprocess.Popen[str] | None = None
        # Anvil's own place for old states is in the home folder, where a killed node leaves gigabytes.
        self._states = TemporaryDirectory(prefix="anvil-")
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        # With port 0 the system picks a free one in the same call that binds it: no race, nobody else's node.
        self._process = subprocess.Popen(
            [str(BIN / "anvil"), "--port", str(self.port), "--chain-id", "31337", "--hardfork", self._hardfork,
             "--gas-limit", str(GAS_LIMIT), "--base-fee", "0", "--cache-path", self._states.name, *self._options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self.port = self._announced_port()

    def _announced_port(self) -> int:
        assert self._process is not None
        assert self._process.stdout is not None
        deadline = time.monotonic() + START_SECONDS
        seen = []
        while time.monotonic() < deadline:
            line = self._process.stdout.readline()
            if not line:
                break
            seen.append(line)
            found = re.search(r"Listening on 127\.0\.0\.1:(\d+)", line)
            if found:
                # Anvil stops answering once the pipe is full: somebody has to read on.
                threading.Thread(target=_drain, args=(self._process.stdout,), daemon=True).start()
                return int(found.group(1))
        self.stop()
        raise RuntimeError("anvil did not start:\n" + "".join(seen))

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _drain(output: IO[str]) -> None:
    with output:
        for _ in output:
            pass
