"""The chain as the test sees it: straight at the node, past the proxy, with words of its own for state and events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import requests
import rlp
from eth_utils.crypto import keccak

SEQUENCE_BITS = (1 << 31) - 1
UNITS = (1 << 80) - 1
DEEPEST = 64
"""Blocks that a fork may take back."""


class Refused(Exception):
    """The node answered with an error."""


@dataclass(frozen=True)
class OnChain:
    """An agreement's slot, unpacked here and not by the oracle."""

    sequence: int
    opened_at: int
    settled: int
    hold: int

    @classmethod
    def unpack(cls, word: int) -> OnChain:
        return cls(word >> 224 & SEQUENCE_BITS, word >> 192 & 0xFFFFFFFF, word >> 80 & UNITS, word & UNITS)


@dataclass(frozen=True)
class Sent:
    """A type-2 transaction's content, decoded from its raw bytes."""

    hash: str
    nonce: int
    to: str
    data: bytes
    max_fee: int

    @classmethod
    def decode(cls, raw: bytes) -> Sent:
        assert raw[0] == 2
        fields: Any = rlp.decode(raw[1:])
        return cls(
            "0x" + keccak(raw).hex(),
            int.from_bytes(fields[1]),
            "0x" + fields[5].hex(),
            fields[7],
            int.from_bytes(fields[3]),
        )


class RawChain:
    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._stranger: str = self.ask("eth_accounts")[-1]

    def ask(self, method: str, *parameters: Any) -> Any:
        return self.ask_many(method, [parameters])[0]

    def ask_many(self, method: str, parameters: Sequence[Sequence[Any]]) -> list[Any]:
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": list(each)}
            for number, each in enumerate(parameters)
        ]
        answers = sorted(self._session.post(self._url, json=body, timeout=60).json(), key=lambda answer: answer["id"])
        for answer in answers:
            if "error" in answer:
                raise Refused(f"{method}: {answer['error']}")
        return [answer["result"] for answer in answers]

    def head(self) -> int:
        return int(self.ask("eth_blockNumber"), 16)

    def time(self) -> int:
        return int(self.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def mine(self, blocks: int = 1) -> None:
        for _ in range(blocks):
            self.ask("evm_mine")

    def nonce(self, account: str) -> int:
        return int(self.ask("eth_getTransactionCount", account, "latest"), 16)

    def call_many(self, calls: Sequence[tuple[str, str]]) -> list[int]:
        """One word from each view: (contract, data)."""
        return [
            int(word, 16)
            for word in self.ask_many("eth_call", [({"to": to, "data": data}, "latest") for to, data in calls])
        ]

    def has(self, transaction: str) -> bool:
        return self.ask("eth_getTransactionByHash", transaction) is not None

    def is_mined(self, transaction: str) -> bool:
        return self.ask("eth_getTransactionReceipt", transaction) is not None

    def give(self, raw: bytes) -> bool:
        """Hands a signed transaction over as if it had arrived; False where the node does not want it."""
        try:
            self.ask("eth_sendRawTransaction", "0x" + raw.hex())
        except Refused:
            return False
        return True

    def forget(self, transactions: Iterable[str]) -> None:
        """The node no longer has them, nor any block that held one (down to DEEPEST)."""
        head, lowest = self.head(), None
        for transaction in transactions:
            receipt = self.ask("eth_getTransactionReceipt", transaction)
            if receipt is not None:
                block = int(receipt["blockNumber"], 16)
                lowest = block if lowest is None else min(lowest, block)
            elif self.has(transaction):
                self.ask("anvil_dropTransaction", transaction)
        if lowest is not None and head - lowest < DEEPEST:
            self.reorg(head - lowest + 1)

    def reorg(self, depth: int) -> None:
        """The newest blocks are replaced by others; their transactions are gone.

        A stranger's transaction stands in the first, because an empty block in an empty one's place has the same hash.
        """
        self.ask("anvil_reorg", depth, [[{"from": self._stranger, "to": self._stranger, "value": "0x1"}, 0]])

    def foreign(self, account: Any, nonce: int, chain_id: int) -> str:
        """A transaction of the relayer's account that the oracle knows nothing of; its hash."""
        signed = account.sign_transaction(
            {
                "type": 2, "chainId": chain_id, "nonce": nonce, "to": account.address, "value": 1, "gas": 21_000,
                "maxFeePerGas": 10**12, "maxPriorityFeePerGas": 10**9,
            }
        )  # fmt: skip
        return str(self.ask("eth_sendRawTransaction", "0x" + bytes(signed.raw_transaction).hex()))

    def transactions_of(self, account: str, first: int) -> list[dict[str, Any]]:
        """Everything mined from an account, with its block, from a block on."""
        found, head = [], self.head()
        for start in range(first, head + 1, 200):
            numbers = range(start, min(start + 200, head + 1))
            for block in self.ask_many("eth_getBlockByNumber", [(hex(number), True) for number in numbers]):
                found += [each for each in block["transactions"] if each["from"].lower() == account.lower()]
        return found

    def logs(self, address: str, topic: str, first: int) -> list[dict[str, Any]]:
        found, head = [], self.head()
        for start in range(first, head + 1, 2_000):
            wanted = {
                "address": address, "topics": [topic],
                "fromBlock": hex(start), "toBlock": hex(min(start + 1_999, head)),
            }  # fmt: skip
            found += self.ask("eth_getLogs", wanted)
        return found
