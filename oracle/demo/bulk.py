"""Thousands of transactions on a local node: queued, sent in bunches from accounts it keeps unlocked, mined when told.

Chain time is whatever the caller says. No transaction may use more than EIP-7825 allows, although Anvil would take it.
"""

import http.client
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from eth_abi.abi import encode as encode_abi
from eth_utils.abi import function_abi_to_4byte_selector, get_abi_input_types
from web3.contract import Contract

from oracle.chain.node import HOST
from oracle.errors import Fatal, Retryable
from oracle.types import Address, UnixTime

MOST_GAS = 16_777_216
"""Of one transaction (EIP-7825)."""
GAS_PRICE = 10 * 10**9
BUNCH = 200
"""Requests in one HTTP body; Anvil takes bodies of up to 2 MB."""
TIMEOUT_SECONDS = 120.0


class _Error(msgspec.Struct):
    message: str = ""


class _Answer(msgspec.Struct):
    id: int
    result: Any = None
    error: _Error | None = None


class _Outcome(msgspec.Struct, rename="camel"):
    status: str
    gas_used: str
    transaction_hash: str


class _Receipts(msgspec.Struct):
    result: list[_Outcome] | None = None


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Mined:
    """What a block holds."""

    transactions: int
    gas: int


class Encoder:
    """Calldata of one function, without web3's checks, which would take longer than the node."""

    def __init__(self, contract: Contract, name: str) -> None:
        abi = next(part for part in contract.abi if part.get("name") == name and part["type"] == "function")
        self.to = Address(str(contract.address))
        self._selector = function_abi_to_4byte_selector(abi)
        self._types = get_abi_input_types(abi)

    def __call__(self, *arguments: object) -> bytes:
        return self._selector + encode_abi(self._types, arguments)


class BulkNode:
    """One connection to a node that mines only when told. Not for several threads at once.

    Raises Retryable where the node does not answer, Fatal where it refuses or a transaction fails.
    """

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_SECONDS)
        self._nonces: dict[Address, int] = {}
        self._queue: list[tuple[str, list[Any]]] = []

    def close(self) -> None:
        self._connection.close()

    def take_over(self) -> None:
        """From now on blocks come from `mine` alone."""
        self.ask("evm_setAutomine", False)

    def queue(self, sender: Address, to: Address, calldata: bytes, gas: int) -> None:
        """Behind all that was queued before by the same sender."""
        if gas > MOST_GAS:
            raise Fatal("bulk", f"a transaction wants {gas} gas", f"Send smaller ones: the limit is {MOST_GAS}.")
        nonce = self._nonces.get(sender)
        if nonce is None:
            nonce = int(self.ask("eth_getTransactionCount", sender, "latest"), 16)
        self._nonces[sender] = nonce + 1
        transaction = {
            "from": sender,
            "to": to,
            "data": "0x" + calldata.hex(),
            "gas": hex(gas),
            "gasPrice": hex(GAS_PRICE),
            "nonce": hex(nonce),
        }
        self._queue.append(("eth_sendTransaction", [transaction]))

    def mine(self, at: UnixTime) -> Mined:
        """Sends the queue and mines all of it in one block of this time. Raises Fatal where one of them failed."""
        queued, self._queue = self._queue, []
        self.ask_many(queued)
        self.ask("evm_setNextBlockTimestamp", at)
        self.ask("evm_mine")
        return self._outcome(len(queued))

    def save(self, file: Path) -> None:
        """Writes the whole chain. Only between blocks is it of one piece: Anvil's own state file, written while a block
        is mined, can hold the block's effects without the block."""
        packed = bytes.fromhex(self.ask("anvil_dumpState")[2:])
        part = file.with_suffix(".part")
        with part.open("wb") as out:
            out.write(packed)
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)

    def load(self, file: Path) -> None:
        """Raises Fatal where the node refuses it."""
        self.ask("anvil_loadState", "0x" + file.read_bytes().hex())

    def ask(self, method: str, *params: Any) -> Any:
        return self.ask_many([(method, list(params))])[0]

    def ask_many(self, questions: Sequence[tuple[str, list[Any]]]) -> list[Any]:
        """Answers in the order of the questions."""
        answers: list[Any] = []
        for start in range(0, len(questions), BUNCH):
            part = questions[start : start + BUNCH]
            found = msgspec.json.decode(self._post(_bodies(part)), type=list[_Answer])
            for answer in sorted(found, key=lambda answer: answer.id):
                if answer.error is not None:
                    what = f"{part[answer.id][0]} is refused: {answer.error.message}"
                    raise Fatal("local chain", what, "Look at the node's log.")
                answers.append(answer.result)
        return answers

    def read_many(self, encoder: Encoder, arguments: Sequence[Sequence[object]], parse: Callable[[str], T]) -> list[T]:
        """One view with many arguments, at the head."""
        questions: list[tuple[str, list[Any]]] = [
            ("eth_call", [{"to": encoder.to, "data": "0x" + encoder(*each).hex()}, "latest"]) for each in arguments
        ]
        return [parse(answer) for answer in self.ask_many(questions)]

    def now(self) -> UnixTime:
        """Time of the head."""
        return UnixTime(int(self.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16))

    def _outcome(self, expected: int) -> Mined:
        raw = self._post(_bodies([("eth_getBlockReceipts", ["latest"])])[1:-1])
        receipts = msgspec.json.decode(raw, type=_Receipts).result or []
        if len(receipts) != expected:
            what = f"a block holds {len(receipts)} of {expected} transactions"
            raise Fatal("local chain", what, "Nothing else may use this chain.")
        for receipt in receipts:
            if receipt.status != "0x1":
                what = f"transaction {receipt.transaction_hash} failed"
                raise Fatal("local chain", what, "This is a fault of the demonstration.")
        return Mined(len(receipts), sum(int(receipt.gas_used, 16) for receipt in receipts))

    def _post(self, body: bytes) -> bytes:
        try:
            self._connection.request("POST", "/", body, {"Content-Type": "application/json"})
            return self._connection.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Retryable("local chain", f"does not answer: {error}") from error


def _bodies(questions: Sequence[tuple[str, list[Any]]]) -> bytes:
    return msgspec.json.encode(
        [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            for number, (method, params) in enumerate(questions)
        ]
    )
