"""One member of the consortium: its go-ethereum executes and keeps the chain, its sealer votes with the others."""

from __future__ import annotations

import json
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO

import requests
from coincurve import PrivateKey

from oracle.chain.node import HOST, end_with_parent
from oracle.errors import Fatal
from scripts.consortium.programs import CHAIN_ID, GAS_LIMIT, Programs

START_SECONDS = 60.0
ZERO = "0x0"
# Archive: the auditor asks for proofs of any block, and each block is on disk when it is decided, kill or not.
GETH: Mapping[str, str] = MappingProxyType(
    {
        "nat": "none",
        "netrestrict": "127.0.0.0/8",
        "syncmode": "full",
        "gcmode": "archive",
        "state.scheme": "hash",
        "cache": "128",
        "verbosity": "2",
        "http.api": "eth,net,web3",
        "networkid": str(CHAIN_ID),
        "miner.gaslimit": str(GAS_LIMIT),
    }
)


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a member listens: JSON-RPC, Engine API, and for the other members' clients and sealers."""

    rpc: int
    engine: int
    client: int
    sealer: int


def free_ports(members: int) -> list[Ports]:
    """Held open together while they are chosen, so that none is given twice."""
    probes = [socket.socket() for _ in range(members * 4)]
    try:
        for probe in probes:
            probe.bind((HOST, 0))
        numbers = [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
    return [Ports(*numbers[at : at + 4]) for at in range(0, len(numbers), 4)]


class Member:
    """Two processes with a folder of their own. Both end with this program, however it ends."""

    def __init__(self, name: str, folder: Path, programs: Programs, ports: Ports) -> None:
        self.name, self.folder, self.ports = name, folder, ports
        self._programs = programs
        self._processes: list[subprocess.Popen[bytes]] = []
        self._key = PrivateKey(secrets.token_bytes(32))
        self.sealer_id = ""

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.ports.rpc}"

    @property
    def enode(self) -> str:
        return f"enode://{self._key.public_key.format(compressed=False)[1:].hex()}@{HOST}:{self.ports.client}"

    @property
    def sealer_address(self) -> str:
        return f"{self.sealer_id}@{HOST}:{self.ports.sealer}"

    @property
    def home(self) -> Path:
        return self.folder / "sealer"

    @property
    def running(self) -> bool:
        return bool(self._processes) and all(process.poll() is None for process in self._processes)

    def prepare(self, genesis: Path) -> None:
        """Keys and first block. The client's key is its name among the members: it answers nobody else."""
        (self._data / "geth").mkdir(parents=True)
        (self._data / "geth" / "nodekey").write_text(self._key.to_hex())
        self._secret.write_text(secrets.token_hex(32))
        started = subprocess.run(
            [str(self._programs.geth), "--datadir", str(self._data), "--state.scheme", "hash", "init", str(genesis)],
            capture_output=True,
            text=True,
            check=False,
        )
        if started.returncode != 0:
            raise Fatal("consortium", started.stderr[-500:], "Look at the genesis file.")

    def start(self, others: Sequence[Member]) -> None:
        """Starts both and waits until the client answers. Raises Fatal where it does not."""
        peers = ", ".join(f'"{other.enode}"' for other in others)
        settings = self.folder / "geth.toml"
        settings.write_text(f"[Node.P2P]\nStaticNodes = [{peers}]\nTrustedNodes = [{peers}]\n")
        ports = self.ports
        own = {
            "config": settings,
            "datadir": self._data,
            "ipcpath": self._socket,
            "port": ports.client,
            "http.port": ports.rpc,
            "authrpc.port": ports.engine,
            "authrpc.jwtsecret": self._secret,
        }
        words = [f"--{name}={value}" for name, value in {**GETH, **own}.items()]
        self._spawn("geth", [str(self._programs.geth), "--nodiscover", "--http", *words])
        self._await(lambda: self.height() is not None, "an answer of its client")
        self._take_free_transactions()
        told = {
            "home": self.home,
            "secret": self._secret,
            "engine": f"http://{HOST}:{ports.engine}",
            "listen": f"{HOST}:{ports.sealer}",
            "peers": ",".join(other.sealer_address for other in others),
        }
        words = [f"-{name}={value}" for name, value in told.items()]
        self._spawn("sealer", [str(self._programs.sealer), "run", *words])

    def kill(self) -> None:
        """As a power cut: nothing is written on the way out."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
        self._processes.clear()

    def stop(self) -> None:
        """The sealer first, so that it decides nothing that its client no longer executes."""
        for process in reversed(self._processes):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()

    def height(self) -> int | None:
        """Number of the last block; None where nobody answers."""
        answer = self.ask("eth_blockNumber")
        return None if answer is None else int(str(answer), 16)

    def takes(self) -> tuple[int, int]:
        """Memory of both processes, and what is on disk, in MB."""
        statuses = [Path(f"/proc/{process.pid}/status").read_text() for process in self._processes]
        memory = sum(int(text.partition("VmRSS:")[2].split()[0]) for text in statuses)
        disk = sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())
        return memory // 1_000, disk // 1_000_000

    def ask(self, method: str, *parameters: object) -> object | None:
        question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        try:
            result: object = requests.post(self.url, json=question, timeout=5).json().get("result")
        except requests.RequestException:
            return None
        return result

    def _take_free_transactions(self) -> None:
        """geth starts at a price of one wei at least; told so while it runs, it takes none at all."""
        with socket.socket(socket.AF_UNIX) as door:
            door.connect(str(self._socket))
            question = {"jsonrpc": "2.0", "id": 1, "method": "miner_setGasPrice", "params": [ZERO]}
            door.sendall(json.dumps(question).encode())
            answer = json.loads(door.recv(4096))
        if answer.get("result") is not True:
            raise Fatal("consortium", f"{self.name} does not take free transactions: {answer}", "Look at its log.")

    def _await(self, happened: Callable[[], bool], what: str) -> None:
        limit = time.monotonic() + START_SECONDS
        while not happened():
            if time.monotonic() > limit or not self.running:
                raise Fatal("consortium", f"{self.name}: no {what}", f"Look at {self.folder}.")
            time.sleep(0.1)

    def _spawn(self, what: str, command: Sequence[str]) -> None:
        log: IO[bytes] = (self.folder / f"{what}.log").open("ab")
        with log:
            self._processes.append(
                subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    preexec_fn=end_with_parent if sys.platform == "linux" else None,
                )
            )

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _secret(self) -> Path:
        return self.folder / "engine-secret"

    @property
    def _socket(self) -> Path:
        return self.folder / "geth.ipc"
