"""A local chain: one Anvil process on a port of its own, with its state kept in a file."""

import atexit
import ctypes
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import requests

from oracle.errors import Fatal

if sys.platform != "win32":
    import fcntl

HOST = "127.0.0.1"
CHAIN_ID = 31_337
START_SECONDS = 20.0
LOCK_SECONDS = 15.0
MNEMONIC = "test test test test test test test test test test test junk"
"""Anvil's published accounts: for local chains only, everybody has these keys."""
STATES_KEPT = 16
_PARENT_DEATH_SIGNAL = 1


@dataclass(frozen=True, slots=True)
class NodeOptions:
    """How the chain runs. `port` 0 takes a free one; `block_time` None mines each transaction at once.

    The state file is written every `state_every` seconds and at the end; one node at a time has it. Without `history`
    the node keeps the states of the last blocks only: blocks, transactions and receipts stay.
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
    state_every: int = 1
    history: bool = True


class LocalNode:
    """Starts and stops Anvil; the child ends with this process, however it ends."""

    def __init__(self, options: NodeOptions | None = None) -> None:
        self.options = options or NodeOptions()
        self.port = self.options.port
        self._process: subprocess.Popen[bytes] | None = None

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
        with ExitStack() as files:
            log, state = self.options.log_file, self.options.state_file
            output = None if log is None else files.enter_context(log.open("ab"))
            lock = None if state is None else files.enter_context(_alone_with(state))
            self._process = subprocess.Popen(
                [str(binary), *self._arguments()],
                stdin=subprocess.DEVNULL,
                stdout=output or subprocess.DEVNULL,
                stderr=subprocess.STDOUT,
                # The child keeps the lock for as long as it lives, longer than this process where that is killed.
                pass_fds=() if lock is None else (lock.fileno(),),
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )
        atexit.register(self.stop)
        self._await_answer(self._process)
        return self

    def stop(self) -> None:
        """Ends the node softly, so that it writes its state; safe to repeat."""
        atexit.unregister(self.stop)
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

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
            "prague",
        ]
        arguments += [
            "--accounts",
            str(options.accounts),
            "--mnemonic",
            MNEMONIC,
            "--gas-limit",
            str(options.gas_limit),
        ]
        arguments += ["--quiet", "--no-cors"]
        if options.block_time is not None:
            arguments += ["--block-time", str(options.block_time), "--order", "fifo"]
        if options.timestamp is not None:
            arguments += ["--timestamp", str(options.timestamp)]
        if options.state_file is not None:
            # Written every second because a kill leaves no time to write at the end.
            arguments += ["--state", str(options.state_file), "--state-interval", str(options.state_every)]
            if options.history:
                arguments.append("--preserve-historical-states")
        if not options.history:
            arguments += ["--prune-history", str(STATES_KEPT)]
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


@contextmanager
def _alone_with(state_file: Path) -> Iterator[IO[bytes]]:
    """Waits until a node before has written its state and ended. Raises Fatal where it goes on running."""
    state_file.parent.mkdir(parents=True, exist_ok=True)
    with state_file.with_suffix(".lock").open("wb") as lock:
        limit = time.monotonic() + LOCK_SECONDS
        while not _locked(lock):
            if time.monotonic() > limit:
                raise Fatal("local chain", f"another node uses {state_file}", "Stop it, or choose another folder.")
            time.sleep(0.1)
        yield lock


def _locked(lock: IO[bytes]) -> bool:
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


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


def _end_with_parent() -> None:
    """Runs in the child: Linux ends it when the parent is killed without a chance to clean up."""
    if _LIBC is not None:
        _LIBC.prctl(_PARENT_DEATH_SIGNAL, signal.SIGTERM)
