"""Options that many commands share, and the connection they open: settings, then what `cise up` left behind."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from eth_account.signers.local import LocalAccount
from pydantic import SecretStr

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform
from oracle.domain.hashing import parse_address
from oracle.errors import Fatal
from oracle.parties.currencies import Currency, find_currency
from oracle.parties.keystore import find_key, node_account, node_account_index, open_key
from oracle.parties.wallet import Wallet
from oracle.settings import Settings, load_settings
from oracle.types import Address

RUNNING_FILE = "running.json"
"""What a started stack writes into its data directory, so that other commands find it."""

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Rpc = Annotated[str | None, typer.Option("--rpc", help="The node's address (CISE_RPC_URL).", metavar="URL")]
DirectoryAddress = Annotated[
    str | None,
    typer.Option("--directory", help="The platform's Directory (CISE_DIRECTORY_ADDRESS).", metavar="ADDRESS"),
]
DataDir = Annotated[
    Path | None, typer.Option("--data", help="Data directory (CISE_DATA_DIR), default .cise.", metavar="DIR")
]
Key = Annotated[
    str,
    typer.Option(
        "--key", help="Who acts: a key's name, a keystore file, or account:N on a local chain.", metavar="KEY"
    ),
]
PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", help="Password of the keystore; otherwise asked.", metavar="FILE")
]
CurrencyOption = Annotated[
    str | None, typer.Option("--currency", help="Symbol or address, where there is more than one.", metavar="CURRENCY")
]


@dataclass(frozen=True, slots=True)
class Session:
    """One platform on one node."""

    settings: Settings
    client: ChainClient
    platform: Platform

    def wallet(self, key: str, password_file: Path | None) -> Wallet:
        return Wallet(self.client, self.platform, self.account(key, password_file))

    def account(self, key: str, password_file: Path | None = None) -> LocalAccount:
        index = node_account_index(key)
        if index is not None:
            return node_account(self.client, index)
        return open_key(find_key(keys_folder(self.settings), key), ask_password(password_file))

    def address(self, text: str) -> Address:
        """An address, account:N, or the name of a key (whose file shows its address without a password)."""
        index = node_account_index(text)
        if index is not None:
            return Address(node_account(self.client, index).address)
        if text.startswith("0x"):
            return parse_address(text)
        document = json.loads(find_key(keys_folder(self.settings), text).read_text())
        return parse_address("0x" + str(document["address"]).removeprefix("0x"))

    def currency(self, wanted: str | None) -> Currency:
        return find_currency(self.client, self.platform, wanted)


def settings_from(data: Path | None = None, rpc: str | None = None, directory: str | None = None) -> Settings:
    """Options before environment before what a running stack says in its data directory."""
    given = {"data_dir": data, "rpc_url": rpc, "directory_address": directory}
    settings = load_settings(**{name: value for name, value in given.items() if value is not None})
    running = read_running(settings.data_dir)
    if running is None or {"rpc_url", "directory_address"} & settings.model_fields_set:
        return settings
    return load_settings(data_dir=settings.data_dir, rpc_url=running["rpcUrl"], directory_address=running["directory"])


def connect(rpc: str | None, directory: str | None, data: Path | None) -> Session:
    """Raises Fatal where node or Directory are not there."""
    settings = settings_from(data, rpc, directory)
    address = settings.directory
    client = ChainClient(settings.rpc_url, settings.rpc_timeout, settings.chain_id)
    client.connect()
    return Session(settings, client, Platform.locate(client, address))


def keys_folder(settings: Settings) -> Path:
    return settings.data_dir / "keys"


def ask_password(file: Path | None, confirm: bool = False) -> SecretStr:
    """From the file's first line, or from the terminal."""
    if file is None:
        return SecretStr(typer.prompt("Password", hide_input=True, confirmation_prompt=confirm))
    try:
        return SecretStr(file.read_text().split("\n", 1)[0])
    except OSError as error:
        raise Fatal("password", f"{file} cannot be read ({type(error).__name__})", "Name a readable file.") from error


def running_door(settings: Settings) -> str:
    """Where the oracle of a running stack listens."""
    running = read_running(settings.data_dir)
    if running is None or "url" not in running:
        raise Fatal("oracle", "no address is named", "Give --door URL, or run `cise up` in this folder first.")
    return str(running["url"])


def read_running(data_dir: Path) -> dict[str, Any] | None:
    path = data_dir / RUNNING_FILE
    if not path.is_file():
        return None
    try:
        found: dict[str, Any] = json.loads(path.read_text())
        return found if {"rpcUrl", "directory"} <= set(found) else None
    except ValueError as error:
        raise Fatal("data directory", f"{path} is no JSON", "Delete the file; `cise up` writes it again.") from error
