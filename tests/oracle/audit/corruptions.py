"""Every kind of lie about one log, one byte of calldata, one word of storage, drawn from a seed."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import inf
from random import Random
from typing import Any

from oracle.audit.blocks import Log
from oracle.audit.findings import Finding
from oracle.audit.replay.world import Module
from oracle.audit.storage import Layout
from oracle.audit.tokens import is_transfer
from tests.oracle.audit.seen import Seen


@dataclass(frozen=True)
class LogLie:
    """Changes, drops or doubles one log of a receipt; `renumber` counts the logs anew behind it.

    `twins`: how many logs directly behind are the same; which one of them was dropped or doubled nobody can tell.
    """

    kind: str
    block: int
    transaction: str
    index: int
    at: int
    flip: int
    renumber: bool
    twins: int = 0

    def touches(self, method: str, params: Sequence[Any]) -> bool:
        return method == "eth_getBlockReceipts" and params[0] == hex(self.block)

    def tell(self, method: str, params: Sequence[Any], result: Any) -> Any:
        receipt = next(each for each in result if each["transactionHash"] == self.transaction)
        logs = receipt["logs"]
        position = next(at for at, log in enumerate(logs) if log["logIndex"] == hex(self.index))
        log = logs[position]
        match self.kind:
            case "data":
                log["data"] = flipped(log["data"], self.at, self.flip)
            case "address":
                log["address"] = flipped(log["address"], self.at, self.flip)
            case "topic":
                number = self.at % len(log["topics"])
                log["topics"][number] = flipped(log["topics"][number], self.at, self.flip)
            case "dropped":
                del logs[position]
            case "doubled":
                logs.insert(position, dict(log))
        if self.renumber:
            first = min([self.index - position, *(int(each["logIndex"], 16) for each in logs)])
            for number, each in enumerate(logs):
                each["logIndex"] = hex(first + number)
        return result

    def found_by(self, finding: Finding) -> bool:
        behind = {"doubled": self.twins + 1, "dropped": self.twins}.get(self.kind, 0)
        exact = range(self.index, self.index + behind + 1)
        return finding.place.transaction == self.transaction and finding.place.log_index in exact


@dataclass(frozen=True)
class CalldataLie:
    """Changes one byte of a transaction's input, in the block and in the trace alike."""

    block: int
    transaction: str
    at: int
    flip: int

    def touches(self, method: str, params: Sequence[Any]) -> bool:
        if method == "debug_traceTransaction":
            return bool(params[0] == self.transaction)
        return method == "eth_getBlockByNumber" and params[0] == hex(self.block) and params[1] is True

    def tell(self, method: str, params: Sequence[Any], result: Any) -> Any:
        if method == "debug_traceTransaction":
            result["input"] = flipped(result["input"], self.at, self.flip)
            if self.at >= 20 and "calls" in result:
                inner = result["calls"][0]
                inner["input"] = flipped(inner["input"], self.at - 20, self.flip)
            return result
        for each in result["transactions"]:
            if each["hash"] == self.transaction:
                each["input"] = flipped(each["input"], self.at, self.flip)
        return result

    def found_by(self, finding: Finding) -> bool:
        return finding.place.transaction == self.transaction and finding.place.offset == self.at


@dataclass(frozen=True)
class StorageLie:
    """Changes one word of a contract's storage wherever it is told."""

    contract: bytes
    slot: int
    flip: int

    def touches(self, method: str, params: Sequence[Any]) -> bool:
        if method == "anvil_dumpState":
            return True
        own = "0x" + self.contract.hex()
        return method == "eth_getStorageAt" and params[0] == own and params[1] == f"{self.slot:#066x}"

    def tell(self, method: str, params: Sequence[Any], result: Any) -> Any:
        if method == "anvil_dumpState":
            dump = json.loads(bytes.fromhex(result[2:]))
            storage = dump["accounts"]["0x" + self.contract.hex()]["storage"]
            key = f"{self.slot:#066x}"
            storage[key] = f"{int(storage.get(key, '0x0'), 16) ^ self.flip:#066x}"
            return "0x" + json.dumps(dump).encode().hex()
        return f"{int(result, 16) ^ self.flip:#066x}"

    def found_by(self, finding: Finding) -> bool:
        return finding.place.address == self.contract and finding.place.slot == self.slot


Lie = LogLie | CalldataLie | StorageLie
Modules = Mapping[bytes, Module]


def flipped(text: str, at: int, flip: int) -> str:
    """One byte of a 0x text, counted round its length, exclusive-or'd."""
    raw = bytearray.fromhex(text[2:])
    raw[at % len(raw)] ^= flip
    return "0x" + raw.hex()


def draw(true: Seen, count: int, seed: int) -> list[Lie]:
    """`count` different lies about a chain that an honest node has told."""
    random = Random(seed)
    makers: list[Callable[[], Lie]] = [
        _log_maker(true, random),
        _calldata_maker(true, random, true.world.modules),
        _storage_maker(true, random, true.world.modules),
    ]
    lies: dict[Lie, None] = {}
    while len(lies) < count:
        lies[makers[len(lies) % 3]()] = None
    return list(lies)


def draw_about(true: Seen, contracts: Collection[str], storage: int, calldata: int = 0, seed: int = 0) -> list[Lie]:
    """One lie about each kind of log that these contracts emit, and so many about their storage and calldata.

    Those about calldata are the dearest: the auditor looks for the byte that was changed, where calls are not too long.
    """
    random = Random(seed)
    modules = {address: module for address, module in true.world.modules.items() if module.CONTRACT in contracts}
    by_event: dict[tuple[bytes, bytes], list[Found]] = {}
    for found in _logs(true, lambda log: log.address in modules):
        by_event.setdefault((found[2].address, found[2].topics[0]), []).append(found)
    lies: dict[Lie, None] = {_log_lie(random, random.choice(each)): None for each in by_event.values()}
    others = (_storage_maker(true, random, modules), _calldata_maker(true, random, modules, IN_REACH))
    for draw_one, wanted in zip(others, (storage, calldata), strict=True):
        enough = len(lies) + wanted
        while len(lies) < enough:
            lies[draw_one()] = None
    return list(lies)


IN_REACH = 1_024
"""Bytes of calldata among which the auditor always finds the one that was changed."""
Found = tuple[int, str, Log, int]
"""Block, transaction, log and its twins."""


def _log_maker(true: Seen, random: Random) -> Callable[[], Lie]:
    ledger = bytes(12) + true.world.accounts.address

    def concerns(log: Log) -> bool:
        moves = log.address in true.world.accounts.admitted and is_transfer(log) and ledger in log.topics
        return log.address in true.world.modules or moves

    logs = _logs(true, concerns)
    return lambda: _log_lie(random, random.choice(logs))


def _logs(true: Seen, concerns: Callable[[Log], bool]) -> list[Found]:
    return [
        (block.header.number, transaction.name, log, _twins(receipt.logs, log))
        for block in true.chain
        for transaction, receipt in zip(block.transactions, block.receipts, strict=True)
        for log in receipt.logs
        if concerns(log)
    ]


def _log_lie(random: Random, found: Found) -> Lie:
    block, transaction, log, twins = found
    kinds = ["topic", "address", "dropped", "doubled"] + ["data", "data"] * bool(log.data)
    at, flip = random.randrange(max(1, len(log.data))), random.randrange(1, 256)
    return LogLie(random.choice(kinds), block, transaction, log.index, at, flip, random.random() < 0.5, twins)


def _twins(logs: Sequence[Log], log: Log) -> int:
    behind = logs[logs.index(log) + 1 :]
    same = takewhile(lambda each: (each.address, each.topics, each.data) == (log.address, log.topics, log.data), behind)
    return sum(1 for _ in same)


def _calldata_maker(true: Seen, random: Random, modules: Modules, longest: float = inf) -> Callable[[], Lie]:
    own = [
        (block.header.number, transaction)
        for block in true.chain
        for transaction, receipt in zip(block.transactions, block.receipts, strict=True)
        if len(transaction.input) <= longest
        and (
            transaction.to in modules
            or transaction.created in modules
            or any(log.address in modules for log in receipt.logs)
        )
    ]

    def make() -> Lie:
        block, transaction = random.choice(own)
        return CalldataLie(block, transaction.name, random.randrange(len(transaction.input)), random.randrange(1, 256))

    return make


def _storage_maker(true: Seen, random: Random, modules: Modules) -> Callable[[], Lie]:
    words = [
        (address, slot)
        for address, module in sorted(modules.items())
        for slot in sorted(Layout(module.abi.layout).words(module.storage()))
    ]

    def make() -> Lie:
        address, slot = random.choice(words)
        return StorageLie(address, slot, random.randrange(1, 256) << 8 * random.randrange(32))

    return make
