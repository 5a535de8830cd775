"""A platform of its own on a private chain, driven through plain ABI calls; forms are signed with eth_account."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from web3 import HTTPProvider, Web3

from oracle.audit import signatures
from oracle.audit.abi import unhex
from oracle.audit.replay.world import Call, World
from oracle.chain.contracts import load_artefact
from oracle.deployment.config import read_config
from oracle.deployment.protocol import deploy

Account.enable_unaudited_hdwallet_features()
MNEMONIC = "test test test test test test test test test test test junk"
HOUR, DAY = 3_600, 86_400
FOREVER = 2**40 - 1
MOST = 2**256 - 1

# Copies its calldata behind the first 20 bytes to the address that these name, and reverts where that call does.
FORWARDER = "0x6014360380601460003760006000826000600060003560601c5af160235760006000fd5b00"
# Answers every call with the magic value of ERC-1271.
WALLET = "0x631626ba7e60e01b60005260206000f3"


def eager(target: str, data: str) -> str:
    """A FORWARDER that accepts ERC-1155 positions and first makes one call of its own whenever it receives one."""
    accepts, call = "f23a6e61", data.removeprefix("0x")
    size, offset = f"60{len(call) // 2:02x}", "606e"
    forwarder = FORWARDER[2:].replace("602357", "603257")
    hook = f"5b{size}{offset}60003960006000{size}6000600073{target[2:].lower()}5af15063{accepts}60e01b60005260206000f3"
    return f"0x60003560e01c63{accepts}14603457{forwarder}{hook}{call}"


def fields(form: str) -> list[dict[str, str]]:
    inner = form[form.index("(") + 1 : -1]
    return [dict(zip(("type", "name"), part.split(" "), strict=True)) for part in inner.split(",")]


def initcode(runtime: str) -> str:
    """Creation code that returns the runtime code as it stands."""
    size = (len(runtime) - 2) // 2
    return f"0x60{size:02x}600c60003960{size:02x}6000f3" + runtime[2:]


class Platform:
    """Contracts by name, Anvil's accounts as actors, and the clock."""

    def __init__(self, url: str) -> None:
        self.web3 = Web3(HTTPProvider(url))
        # One second a block and a fixed beginning: the same hashes in every run, so that a seed means the same lies.
        self.web3.provider.make_request("anvil_setBlockTimestampInterval", [1])
        deployed = deploy(self.web3, self.web3.eth.accounts[0], read_config("local"))
        self.addresses: dict[str, str] = dict(deployed.addresses)
        self.directory = deployed.directory
        self.contracts = {
            name: self.web3.eth.contract(address=address, abi=load_artefact(name)["abi"])
            for name, address in self.addresses.items()
        }
        self.keys: list[LocalAccount] = [
            Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}") for index in range(10)
        ]
        self.nonce = 0

    def __getattr__(self, name: str) -> Any:
        return self.contracts[name]

    @property
    def accounts(self) -> list[str]:
        return list(self.web3.eth.accounts)

    @property
    def now(self) -> int:
        return int(self.web3.eth.get_block("latest")["timestamp"])

    def send(self, sender: int, contract: str, function: str, *arguments: Any) -> str:
        """Sends and requires success; answers with the transaction's hash."""
        call = self.contracts[contract].get_function_by_name(function)(*arguments)
        return self.post(sender, self.addresses[contract], call._encode_transaction_data())

    def post(self, sender: int, to: str | None, data: str) -> str:
        question: dict[str, Any] = {"from": self.accounts[sender], "data": data, "gas": 8_000_000}
        if to is not None:
            question["to"] = to
        sent = self.web3.eth.send_transaction(question)
        receipt = self.web3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)
        if receipt["status"] != 1:
            self.web3.eth.call(question)
            raise AssertionError(f"{sent.hex()} failed")
        self.last_receipt = receipt
        return "0x" + sent.hex().removeprefix("0x")

    def create(self, sender: int, runtime: str) -> str:
        self.post(sender, None, initcode(runtime))
        return str(self.last_receipt["contractAddress"])

    def later(self, seconds: int) -> None:
        self.web3.provider.make_request("evm_setNextBlockTimestamp", [self.now + seconds])
        self.web3.provider.make_request("evm_mine", [])

    def next_nonce(self) -> int:
        self.nonce += 1
        return self.nonce * 97

    def digest_domain(self, contract: str) -> dict[str, Any]:
        return {
            "name": "CISE",
            "version": "1",
            "chainId": self.web3.eth.chain_id,
            "verifyingContract": self.addresses[contract],
        }

    def sign(self, key: LocalAccount, contract: str, form: str, values: Mapping[str, Any]) -> bytes:
        name = form[: form.index("(")]
        message = encode_typed_data(self.digest_domain(contract), {name: fields(form)}, dict(values))
        return bytes(key.sign_message(message).signature)

    def signed(self, key: LocalAccount, contract: str, form: str, *values: Any) -> tuple[tuple[Any, ...], bytes]:
        """The form's values as the ABI takes them, and its signature."""
        named = {field["name"]: value for field, value in zip(fields(form), values, strict=True)}
        return values, self.sign(key, contract, form, named)

    def form(self, key: LocalAccount, contract: str, form: str, *values: Any) -> tuple[tuple[Any, ...], bytes]:
        """The same for forms that end with a nonce and a deadline, which it adds."""
        return self.signed(key, contract, form, *values, self.next_nonce(), FOREVER)

    def reading(
        self,
        meter: LocalAccount,
        agreement: int,
        asset: int,
        sequence: int,
        registers: tuple[int, ...],
        time: int | None = None,
        flags: int = 0,
        odometer: int = 0,
    ) -> tuple[tuple[Any, ...], bytes]:
        when = self.now if time is None else time
        values = (agreement, asset, sequence, when, *registers, odometer, flags, bytes(32))
        return self.signed(meter, "UsageAgreements", signatures.READING, *values)


def compact(signature: bytes) -> bytes:
    """EIP-2098."""
    parity_and_s = int.from_bytes(signature[32:64], "big") | (signature[64] - 27) << 255
    return signature[:32] + parity_and_s.to_bytes(32, "big")


def record(values: tuple[Any, ...], signature: bytes, kind: int = 0) -> bytes:
    agreement, asset, sequence, time, *wide, flags, root = values
    head = (
        agreement.to_bytes(8, "big") + asset.to_bytes(8, "big") + sequence.to_bytes(4, "big") + time.to_bytes(5, "big")
    )
    fields = head + b"".join(each.to_bytes(6, "big") for each in wide) + bytes((flags,)) + root
    return fields + (signature if len(signature) == 128 else compact(signature) + bytes(64 * kind))


def batch(*groups: tuple[int, list[tuple[tuple[Any, ...], bytes]]], kind: int = 0) -> bytes:
    """(tariff, readings) groups packed as docs/wire-formats.md says."""
    packed = b"\x01"
    for tariff, readings in groups:
        body = b"".join(record(*reading, kind) for reading in readings)
        packed += bytes((kind,)) + tariff.to_bytes(4, "big") + len(readings).to_bytes(2, "big") + body
    return packed


def copied(world: World) -> World:
    """Books that a test may spoil; the contracts' ABIs stay shared, for nobody changes them."""
    return deepcopy(world, {id(module.abi): module.abi for module in world.modules.values()})


class Actor:
    """Calls into copied books, just after the chain's last block."""

    def __init__(self, platform: Platform) -> None:
        self.names = [unhex(name) for name in platform.accounts]
        self.euro = unhex(platform.addresses["MicroEuro"])
        self.now = platform.now + 10

    def call(self, who: int) -> Call:
        return Call(self.names[who], self.now, 1, "0x")
