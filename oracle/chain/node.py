"""A local chain: one Anvil process on a port of its own, with its state kept in a file."""

import atexit
import ctypes
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import requests

from oracle.errors import Fatal

HOST = "127.0.0.1"
CHAIN_ID = 31_337
START_SECONDS = 20.0
MNEMONIC = "test test test test test test test test test test test junk"
"""Anvil's published accounts: for local chains only, everybody has these keys."""
STATES_KEPT = 16
_PARENT_DEATH_SIGNAL = 1


@dataclass(frozen=True, slots=True)
class NodeOptions:
    """How the chain runs. `port` 0 takes a free one; `block_time` None mines each transaction at once.

    `long_run`: keeps the states of the last blocks only (blocks, transactions and receipts stay), and takes requests of
    any size, so that `anvil_loadState` can bring back a long chain.
    """

    port: int = 0
    state_file: Path | None = None
    block_time: float | None = None
    chain_id: int = CHAIN_ID
    accounts: int = 10
    gas_limit: int = 60_000_000
    timestamp: int | None = None
    log_file: Path | None = None
    binary: Path | None = None
    hardfork: str = "osaka"
    """From Osaka on a chain verifies P-256 itself; before it, each such signature costs thirty times the gas."""
    long_run: bool = False


class LocalNode:
    """Starts and stops Anvil; the child ends with this process, however it ends."""

    def __init__(self, options: NodeOptions | None = None) -> None:
        self.options = options or NodeOptions()
        self.port = self.options.port
        self._process: subprocess.Popen[bytes] | None = None
        self._states: TemporaryDirectory[str] | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> Self:
        """Raises Fatal where Anvil is missing, the port is in use, or the node does not answer."""
        binary = self.options.binary or find_anvil()
        self.port = self.options.port or free_port()
        require_free(self.port)
        output = self.options.log_file.open("ab") if self.options.log_file else None
        try:
            self._process = subprocess.Popen(
                [str(binary), *self._arguments()],
                stdin=subprocess.DEVNULL,
                stdout=output or subprocess.DEVNULL,
                stderr=subprocess.STDOUT,
                preexec_fn=end_with_parent if sys.platform == "linux" else None,
            )
        finally:
            if output is not None:
                output.close()
        atexit.register(self.stop)
        self._await_answer(self._process)
        return self

    def stop(self) -> None:
        """Ends the node softly, so that it writes its state; safe to repeat."""
        atexit.unregister(self.stop)
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._states is not None:
            self._states.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _arguments(self) -> list[str]:
        options = self.options
        arguments = [
            "--host",
            HOST,
            "--port",
            str(self.port),
            "--chain-id",
            str(options.chain_id),
            "--hardfork",
            options.hardfork,
        ]
        arguments += [
            "--accounts",
            str(options.accounts),
            "--mnemonic",
            MNEMONIC,
            "--gas-limit",
            str(options.gas_limit),
        ]
        # Anvil's own place for old states is in the home folder, where a killed node leaves gigabytes.
        self._states = TemporaryDirectory(prefix="cise-anvil-")
        arguments += ["--quiet", "--no-cors", "--cache-path", self._states.name]
        if options.block_time is not None:
            arguments += ["--block-time", str(options.block_time), "--order", "fifo"]
        if options.timestamp is not None:
            arguments += ["--timestamp", str(options.timestamp)]
        if options.long_run:
            arguments += ["--prune-history", str(STATES_KEPT), "--no-request-size-limit"]
        if options.state_file is not None:
            # Written every second because a kill leaves no time to write at the end.
            options.state_file.parent.mkdir(parents=True, exist_ok=True)
            arguments += ["--state", str(options.state_file), "--state-interval", "1", "--preserve-historical-states"]
        return arguments

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        limit = time.monotonic() + START_SECONDS
        while time.monotonic() < limit:
            if process.poll() is not None:
                raise Fatal(
                    "local chain",
                    f"Anvil ended at once with code {process.returncode}",
                    "Look at its log for the reason.",
                )
            if _answers(self.url):
                return
            time.sleep(0.05)
        self.stop()
        raise Fatal("local chain", f"no answer on port {self.port} in {START_SECONDS:.0f} s", "Look at the node's log.")


def find_anvil() -> Path:
    """Anvil beside this Python, in node_modules of the working directory or above, or on the PATH. Raises Fatal."""
    beside = Path(sys.prefix) / "bin" / "anvil"
    if beside.is_file():
        return beside
    here = Path.cwd()
    for folder in (here, *here.parents):
        for found in sorted(folder.glob("node_modules/@foundry-rs/anvil-*/bin/anvil*")):
            return found
    if on_path := shutil.which("anvil"):
        return Path(on_path)
    raise Fatal(
        "local chain", "Anvil is not installed", "Run `make setup`, or install Foundry so that `anvil` is on the PATH."
    )


def free_port() -> int:
    """A port that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def require_free(port: int, remedy: str = "Stop what listens there, or choose another port.") -> None:
    """Raises Fatal where somebody listens: a test or demo must never attach to a chain that is not its own."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise Fatal("port", f"{HOST}:{port} is in use", remedy) from error


def _answers(url: str) -> bool:
    question = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
    try:
        return requests.post(url, json=question, timeout=1).ok
    except requests.RequestException:
        return False


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent() -> None:
    """Runs in the child: Linux ends it when the parent is killed without a chance to clean up."""
    if _LIBC is not None:
        _LIBC.prctl(_PARENT_DEATH_SIGNAL, signal.SIGTERM)
