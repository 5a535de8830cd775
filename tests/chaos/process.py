"""`cise oracle run` as an operator starts it, with what can be seen of it from outside."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from oracle.chain.node import free_port
from tests.e2e.world import PERMIT_KEY, RELAYER, World, secret_of
from tests.environment import ROOT
from tests.helpers import plain_http

START_SECONDS = 90.0
MEBIBYTE = 1 << 20


@dataclass
class Running:
    process: subprocess.Popen[bytes]
    url: str
    folder: Path
    log: Path

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def memory(self) -> int:
        """Resident bytes."""
        status = Path(f"/proc/{self.pid()}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found
        return int(found[1]) * 1_024

    def pid(self) -> int:
        """Of Python itself, where another program has started it."""
        pid = self.process.pid
        while children := Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            pid = int(children[0])
        return pid

    def post(self, readings: Sequence[Any], timeout: float = 30) -> httpx.Response:
        return plain_http.post(f"{self.url}/v1/readings", json=[one.to_json() for one in readings], timeout=timeout)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "oracle.db", timeout=30)) as connection:
            return connection.execute(sql).fetchall()

    def is_ready(self) -> bool:
        try:
            return plain_http.get(f"{self.url}/readyz", timeout=5).is_success
        except httpx.TransportError:
            return False

    def outcomes(self) -> list[tuple[str, str]]:
        """Cycle and outcome of every line in the log."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [(line["cycle"], line["outcome"]) for line in lines if line.get("event") == "cycle"]

    def wait(self, condition: Callable[[], bool], seconds: float, what: str) -> float:
        """How long it took."""
        began = time.monotonic()
        while not condition():
            assert self.process.poll() is None, f"ended by itself: {self.log.read_text()[-3_000:]}"
            assert time.monotonic() - began < seconds, (
                f"{what}: not within {seconds} s; {self.log.read_text()[-3_000:]}"
            )
            time.sleep(0.05)
        return time.monotonic() - began

    def stop(self) -> None:
        if self.process.poll() is None:
            os.kill(self.pid(), signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def start(world: World, folder: Path, before: Sequence[str], settings: Mapping[str, str]) -> Running:
    """`before`: programs that start it, for instance faketime."""
    folder.mkdir(exist_ok=True)
    log, port = folder.with_suffix(".log"), free_port()
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CISE_")},
        "CISE_RPC_URL": world.node.url,
        "CISE_DIRECTORY_ADDRESS": world.platform.directory,
        "CISE_DATA_DIR": str(folder),
        "CISE_CONFIRMATIONS": "0",
        "CISE_RELAYER_KEY": secret_of(RELAYER),
        "CISE_PERMIT_KEY": PERMIT_KEY,
        "CISE_SEAL_POLICY": "each_block",
        "CISE_PORT": str(port),
        **settings,
    }
    command = [*before, sys.executable, "-m", "oracle.cli.main", "oracle", "run"]
    with log.open("wb") as sink:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=sink, stderr=sink)
    running = Running(process, f"http://127.0.0.1:{port}", Path(env["CISE_DATA_DIR"]), log)
    running.wait(running.is_ready, START_SECONDS, "the oracle's start")
    return running
