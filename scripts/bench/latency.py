"""Fifty devices once a second against a whole oracle: signature to *seen*, and to *settled* in blocks."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec
from eth_account import Account

from oracle.chain.node import MNEMONIC, free_port
from scripts.bench.fleet import RELAYER, Fleet, Hired, running_fleet
from scripts.bench.report import Figure, Result

DEVICES = 50
SECONDS = 30
BLOCK_SECONDS = 2
CYCLE_SECONDS = "0.5"
SEEN_GOAL = 250
BLOCKS_GOAL = 2


@dataclass(slots=True)
class Log:
    """What devices and the observer of the chain wrote down."""

    signed: dict[tuple[int, int], float] = field(default_factory=dict)
    seen: dict[tuple[int, int], float] = field(default_factory=dict)
    heads: list[tuple[float, int]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)


def measure() -> Result:
    with running_fleet() as fleet:
        fleet.hire(DEVICES)
        fleet.rpc("evm_setAutomine", False)
        fleet.rpc("evm_setIntervalMining", BLOCK_SECONDS)
        with _oracle(fleet) as port:
            log = _drive(fleet, port)
        blocks = _blocks_until_settled(fleet, log)
    if log.failures:
        raise RuntimeError(log.failures[0])
    waits = sorted((log.seen[key] - log.signed[key]) * 1_000 for key in log.seen)
    seen, settled = _percentile(waits, 95), _percentile(sorted(blocks), 95)
    figures = [
        Figure(
            "signature to seen, 95 % within",
            f"{seen:.0f} ms",
            f"half within {_percentile(waits, 50):.0f} ms, the slowest {waits[-1]:.0f} ms, of {len(waits):,} readings",
            f"≤ {SEEN_GOAL} ms",
            seen <= SEEN_GOAL,
        ),
        Figure(
            "signature to settled, 95 % within",
            f"{settled:.0f} blocks",
            f"half within {_percentile(sorted(blocks), 50):.0f}, the slowest {max(blocks)}, of "
            f"{len(blocks):,} readings",
            f"≤ {BLOCKS_GOAL} blocks",
            settled <= BLOCKS_GOAL,
        ),
    ]
    notes = [
        f"{DEVICES} devices, one reading a second each for {SECONDS} s over HTTP, to `cise oracle run` in "
        "a process of its own.",
        f"Blocks every {BLOCK_SECONDS} s, relay cycles every {CYCLE_SECONDS} s, sealed each block, no "
        "confirmations waited for. "
        "A later reading settles those before it: registers are cumulative.",
        "By the clock, with chain, oracle and devices on the same cores: compare the load above.",
    ]
    return Result("latency", "Latency", figures, notes)


@contextmanager
def _oracle(fleet: Fleet) -> Iterator[int]:
    port = free_port()
    Account.enable_unaudited_hdwallet_features()
    key = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{RELAYER}").key
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "RPC_URL": fleet.node.url,
            "DIRECTORY_ADDRESS": fleet.platform.directory,
            "DATA_DIR": folder,
            "PORT": str(port),
            "CONFIRMATIONS": "0",
            "RELAYER_KEY": "0x" + bytes(key).hex(),
            "PERMIT_KEY": "0x" + "a1" * 32,
            "SEAL_POLICY": "each_block",
            "TELEMETRY_GRACE": "0",
            "LOG_LEVEL": "ERROR",
        } | dict.fromkeys(("INDEX_EVERY", "RELAY_EVERY", "PERMITS_EVERY"), CYCLE_SECONDS)
        process = subprocess.Popen(
            [sys.executable, "-m", "oracle.cli.main", "oracle", "run"],
            env={**os.environ, **{f"CISE_{name}": value for name, value in settings.items()}},
            stdout=subprocess.DEVNULL,
        )
        try:
            _await_ready(port, process)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=30)


def _await_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + 60
    while time.monotonic() < limit and process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise RuntimeError("the oracle is not ready")


def _drive(fleet: Fleet, port: int) -> Log:
    log = Log()
    watcher = threading.Thread(target=_watch, args=(fleet, log))
    devices = [
        threading.Thread(target=_device, args=(fleet, hire, port, number / DEVICES, log))
        for number, hire in enumerate(fleet.hired)
    ]
    for thread in (watcher, *devices):
        thread.start()
    for thread in devices:
        thread.join()
    time.sleep(4 * BLOCK_SECONDS)
    log.done.set()
    watcher.join()
    return log


def _device(fleet: Fleet, hire: Hired, port: int, phase: float, log: Log) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    begin = time.monotonic() + 0.2 + phase
    for sequence in range(1, SECONDS + 1):
        time.sleep(max(begin + sequence - time.monotonic(), 0))
        signed = fleet.reading(hire, sequence, 100 * sequence, int(time.time()))
        key = (hire.agreement, sequence)
        log.signed[key] = time.monotonic()
        body = msgspec.json.encode([signed.to_json()])
        connection.request("POST", "/v1/readings", body, {"Content-Type": "application/json"})
        answer = connection.getresponse().read()
        log.seen[key] = time.monotonic()
        if b'"accepted"' not in answer:
            log.failures.append(answer[:300].decode())
            return
    connection.close()


def _watch(fleet: Fleet, log: Log) -> None:
    """Which block was the newest, and since when."""
    while not log.done.wait(0.1):
        head = fleet.client.head()
        if not log.heads or head != log.heads[-1][1]:
            log.heads.append((time.monotonic(), head))


def _blocks_until_settled(fleet: Fleet, log: Log) -> list[int]:
    """For each reading of the time while all devices ran: blocks from the newest at its signature to its settlement."""
    events = fleet.platform.agreements.events.ReadingSettled().get_logs(from_block=log.heads[0][1])
    settled: dict[int, list[tuple[int, int]]] = {}
    for event in events:
        sequence = int(event["args"]["state"]) >> 224 & 0x7FFFFFFF
        settled.setdefault(event["args"]["agreement"], []).append((sequence, event["blockNumber"]))
    found = []
    for (agreement, sequence), at in log.signed.items():
        head = max(number for since, number in log.heads if since <= at or number == log.heads[0][1])
        reached = [block for highest, block in settled.get(agreement, []) if highest >= sequence]
        if not reached:
            raise RuntimeError(f"reading {sequence} of agreement {agreement} did not settle")
        found.append(min(reached) - head)
    return found


def _percentile(rising: list[float] | list[int], percent: int) -> float:
    return rising[min(len(rising) * percent // 100, len(rising) - 1)]
