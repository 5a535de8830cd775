"""Keys in files (keystore v3, readable by their owner only), and the published accounts of local chains."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes

from eth_account import Account
from eth_account.signers.local import LocalAccount
from pydantic import SecretStr

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.node import MNEMONIC
from oracle.errors import Fatal, Rejected
from oracle.types import Address

OWNER_ONLY = 0o600
FOLDER_OWNER_ONLY = 0o700
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NODE_ACCOUNT = re.compile(r"account:(\d{1,3})")
_SECRET = re.compile(r"(?:0x)?([0-9a-fA-F]{64})")


@dataclass(frozen=True, slots=True)
class KeyFile:
    name: str
    address: Address
    path: Path


def new_secret() -> SecretStr:
    return SecretStr(token_bytes(32).hex())


def read_secret(text: str) -> SecretStr:
    """Raises Rejected where the text is no private key; never shows it."""
    found = _SECRET.fullmatch(text.strip())
    if found is None:
        raise Rejected("not_a_key", "private key", "must be 64 hexadecimal digits")
    return SecretStr(found[1])


def write_key(folder: Path, name: str, secret: SecretStr, password: SecretStr) -> KeyFile:
    """Raises Rejected where the name is taken or not usable, or the password is empty."""
    if _NAME.fullmatch(name) is None:
        raise Rejected("bad_name", "key", "a name has letters, digits, dots, dashes and underscores", name[:70])
    if not password.get_secret_value():
        raise Rejected("empty_password", f"key {name}", "needs a password")
    path = folder / f"{name}.json"
    document = Account.encrypt(bytes.fromhex(secret.get_secret_value()), password.get_secret_value())
    folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_OWNER_ONLY)
    try:
        # Created with its final mode, so that nobody else can open it in between.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    except FileExistsError:
        raise Rejected("name_taken", f"key {name}", "exists already", str(path)) from None
    with os.fdopen(descriptor, "w") as file:
        json.dump(document, file)
    return KeyFile(name, _address(document, path), path)


def list_keys(folder: Path) -> list[KeyFile]:
    return [KeyFile(path.stem, _address(_read(path), path), path) for path in sorted(folder.glob("*.json"))]


def find_key(folder: Path, name: str) -> Path:
    """By name in the folder, or the path of a file. Raises Fatal where there is none."""
    for path in (folder / f"{name}.json", Path(name)):
        if path.is_file():
            return path
    raise Fatal("keys", f"no key {name!r}", f"See `cise keys list`; keys are in {folder}.")


def open_key(path: Path, password: SecretStr) -> LocalAccount:
    """Raises Fatal for a file that others can read, a wrong password or a damaged file."""
    if path.stat().st_mode & 0o077:
        raise Fatal("keys", f"{path} can be read by others", f"Run `chmod 600 {path}`.")
    try:
        secret = Account.decrypt(_read(path), password.get_secret_value())
    except (ValueError, KeyError, TypeError, NotImplementedError):
        # Without the cause: its text could quote the file.
        raise Fatal("keys", f"{path} cannot be opened", "Check the password.") from None
    account: LocalAccount = Account.from_key(secret)
    return account


def node_account_index(text: str) -> int | None:
    """N of "account:N", else None."""
    found = _NODE_ACCOUNT.fullmatch(text)
    return None if found is None else int(found[1])


def local_account(index: int) -> LocalAccount:
    """One of Anvil's published accounts: everybody has these keys."""
    Account.enable_unaudited_hdwallet_features()
    account: LocalAccount = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    return account


def node_account(client: ChainClient, index: int) -> LocalAccount:
    """The same, on a chain that has them. Raises Fatal on any other chain."""
    account = local_account(index)
    if account.address not in list(client.web3.eth.accounts):
        raise Fatal(
            "keys",
            f"account:{index} exists on local chains only",
            "Name a keystore file with --key; `cise keys new` makes one.",
        )
    return account


def _read(path: Path) -> dict[str, object]:
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise Fatal("keys", f"{path} cannot be read ({type(error).__name__})", "Take it out or repair it.") from error
    if not isinstance(document, dict):
        raise Fatal("keys", f"{path} is no keystore", "Take it out of the folder.")
    return document


def _address(document: dict[str, object], path: Path) -> Address:
    text = str(document.get("address", "")).removeprefix("0x")
    if re.fullmatch("[0-9a-fA-F]{40}", text) is None:
        raise Fatal("keys", f"{path} names no address", "Take it out of the folder.")
    return checksummed(f"0x{text}")
