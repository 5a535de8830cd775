"""Chain, contracts and oracle on one machine, with all their state in one folder."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
from eth_account.signers.local import LocalAccount

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform
from oracle.chain.node import HOST, LocalNode, NodeOptions, free_port, require_free
from oracle.chain.node_errors import typed_errors
from oracle.demo.processes import Child, wait_until
from oracle.deployment.config import read_config
from oracle.deployment.manifest import read_manifest, write_manifest
from oracle.deployment.protocol import Deployment, deploy
from oracle.errors import Fatal
from oracle.parties.keystore import local_account
from oracle.parties.wallet import Wallet

ACCOUNTS = 20
DEPLOYER = 0
RELAYER = 18
PERMIT_SIGNER = 19
READY_SECONDS = 60.0
MANIFEST = "deployment.json"
RUNNING = "running.json"


@dataclass(frozen=True, slots=True)
class StackOptions:
    """`command`: how to start this program (`[python, -m, oracle.cli.main]`). Port 0 takes a free one.

    `block_time` None: each transaction is mined at once. `instant_set_up`: so until `tick` is called.
    """

    folder: Path
    command: Sequence[str]
    chain_port: int = 0
    door_port: int = 0
    host: str = HOST
    block_time: float | None = 1
    instant_set_up: bool = False
    state_file: Path | None = None
    configuration: str = "local"
    oracle_settings: Mapping[str, str] = field(default_factory=dict)


class LocalStack:
    """Everything but machines. Raises Fatal where a port is in use or a part does not start."""

    def __init__(self, options: StackOptions, progress: Callable[[str], None] = lambda _: None) -> None:
        self._options = options
        self._progress = progress
        self._exit = ExitStack()
        self.found_state = False
        self.node = LocalNode(
            NodeOptions(
                port=options.chain_port,
                state_file=options.state_file,
                block_time=None if options.instant_set_up else options.block_time,
                accounts=ACCOUNTS,
                binary=own_anvil(),
                log_file=options.folder / "chain.log",
            )
        )

    def start(self) -> Self:
        """The contracts stand when it returns; the oracle still starts (`await_door`)."""
        options = self._options
        self.start_chain()
        try:
            self._progress("starting the oracle")
            # Chosen here and not by the oracle, because its address is part of what wallets sign.
            port = options.door_port or free_port()
            self.door_url = f"http://{options.host}:{port}"
            self.oracle = self._exit.enter_context(self._oracle(port))
        except BaseException:
            self.stop()
            raise
        return self

    def start_chain(self) -> Self:
        """Chain and contracts, without an oracle."""
        options = self._options
        options.folder.mkdir(parents=True, exist_ok=True)
        if options.door_port:
            require_free(options.door_port, "Stop what listens there, or choose another port with --port.")
        if options.chain_port:
            require_free(options.chain_port, "Stop what listens there, or choose another port with --chain-port.")
        try:
            self._progress("starting the chain")
            self._exit.enter_context(self.node)
            self.client = ChainClient(self.node.url)
            self.client.connect()
            self.deployment = self._deployment()
            self.platform = Platform.locate(self.client, self.deployment.directory)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        (self._options.folder / RUNNING).unlink(missing_ok=True)
        self._exit.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def wallet(self, index: int) -> Wallet:
        return Wallet(self.client, self.platform, local_account(index))

    def tick(self) -> None:
        """From now on a block at every `block_time` seconds (whole ones)."""
        if self._options.instant_set_up and self._options.block_time is not None:
            with typed_errors("evm_setIntervalMining"):
                self.client.web3.provider.make_request(
                    "evm_setIntervalMining",  # type: ignore[arg-type]
                    [int(self._options.block_time)],
                )

    def require_running(self) -> None:
        """Raises Fatal where a part has ended by itself."""
        self.oracle.require_running()
        if not self.node.running:
            raise Fatal("local chain", "ended by itself", f"Its log is {self._options.folder / 'chain.log'}.")

    def _deployment(self) -> Deployment:
        path = self._options.folder / MANIFEST
        if path.is_file() and self._options.state_file is not None:
            found = read_manifest(path)
            if self.client.code_size(found.directory) == 0:
                raise Fatal(
                    "data directory",
                    f"{path} names contracts that this chain does not have",
                    f"The chain's state is lost: move {self._options.folder} away and start again.",
                )
            self.found_state = True
            return found
        self._progress("deploying the contracts")
        deployer: LocalAccount = local_account(DEPLOYER)
        made = deploy(self.client.web3, deployer, read_config(self._options.configuration))
        write_manifest(path, made)
        return made

    def _oracle(self, port: int) -> Child:
        options = self._options
        settings = {
            "CISE_RPC_URL": self.node.url,
            "CISE_CHAIN_ID": str(self.deployment.chain_id),
            "CISE_DIRECTORY_ADDRESS": self.deployment.directory,
            "CISE_DATA_DIR": str(options.folder),
            "CISE_HOST": options.host,
            "CISE_PORT": str(port),
            "CISE_CONFIRMATIONS": "0",
            "CISE_RELAYER_KEY": local_account(RELAYER).key.hex(),
            "CISE_PERMIT_KEY": local_account(PERMIT_SIGNER).key.hex(),
        }
        log = options.folder / "oracle.log"
        return Child("oracle", [*options.command, "oracle", "run"], log, {**settings, **options.oracle_settings})

    def await_door(self) -> None:
        """Until the oracle has read the chain and answers."""

        def ready() -> bool:
            try:
                return httpx.get(f"{self.door_url}/readyz", timeout=2).is_success
            except httpx.TransportError:
                return False

        wait_until(ready, READY_SECONDS, "the oracle's first answer", self.oracle)
        self._write_running()

    def _write_running(self) -> None:
        document = {"rpcUrl": self.node.url, "directory": self.deployment.directory, "url": self.door_url}
        (self._options.folder / RUNNING).write_text(json.dumps(document, indent=2) + "\n")


def own_anvil() -> Path | None:
    """The one that `make setup` put beside this Python, so that the command works from any folder."""
    beside = Path(sys.executable).with_name("anvil")
    return beside if beside.is_file() else None
