"""Logs of the platform's contracts as typed events, read in chunks and held against their blocks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from eth_abi.abi import decode
from eth_utils.abi import collapse_if_tuple, event_abi_to_log_topic
from web3.types import LogReceipt

from oracle.chain.client import ChainClient, Header, checksummed
from oracle.chain.contracts import Platform, load_artefact
from oracle.chain.log_check import checked_logs
from oracle.chain.node_errors import NodeRefused
from oracle.types import Address, BlockNumber


@dataclass(frozen=True, slots=True)
class Event:
    """One log. Arguments: integers, texts, booleans, 0x-hexadecimal for bytes, check-summed addresses, objects for
    structs, lists."""

    block: BlockNumber
    log_index: int
    transaction: str
    contract: str
    name: str
    arguments: Mapping[str, Any]

    def integer(self, name: str) -> int:
        return int(self.arguments[name])

    def address(self, name: str) -> Address:
        return Address(self.arguments[name])


class Stretch(NamedTuple):
    """A chunk up to block `last`: its events in chain order, and its blocks, each the child of the one before."""

    last: BlockNumber
    events: list[Event]
    headers: list[Header]


@dataclass(frozen=True, slots=True)
class _Shape:
    name: str
    indexed: tuple[Mapping[str, Any], ...]
    data: tuple[Mapping[str, Any], ...]
    data_types: tuple[str, ...]


class EventReader:
    """Knows the events of every watched contract by address and topic."""

    def __init__(self, platform: Platform, contracts: Mapping[Address, str] | None = None) -> None:
        """
        Args:
            contracts: these, with their names, instead of the watched ones.
        """
        self._contracts = platform.watched() if contracts is None else contracts
        self._shapes: dict[tuple[Address, bytes], _Shape] = {}
        for address, name in self._contracts.items():
            for item in load_artefact(f"I{name}")["abi"]:
                if item["type"] == "event":
                    self._shapes[address, event_abi_to_log_topic(item)] = _shape(item)

    def read(self, client: ChainClient, first: BlockNumber, last: BlockNumber, chunk: int) -> Iterator[Stretch]:
        """Chunk by chunk. A node that refuses a range is asked for half of it."""
        addresses = list(self._contracts)
        start = int(first)
        while start <= last:
            end = BlockNumber(min(start + chunk - 1, last))
            try:
                logs, headers = checked_logs(client, addresses, BlockNumber(start), end)
            except NodeRefused:
                if end == start:
                    raise
                chunk = max((end - start + 1) // 2, 1)
                continue
            found = [event for log in logs if (event := self.decode(log)) is not None]
            yield Stretch(end, sorted(found, key=lambda event: (event.block, event.log_index)), headers)
            start = end + 1

    def decode(self, log: LogReceipt) -> Event | None:
        """None for events that the interfaces do not name."""
        address = checksummed(log["address"])
        if not log["topics"]:
            return None
        shape = self._shapes.get((address, bytes(log["topics"][0])))
        if shape is None:
            return None
        arguments: dict[str, Any] = {}
        for item, topic in zip(shape.indexed, log["topics"][1:], strict=True):
            (value,) = decode([item["type"]], bytes(topic))
            arguments[item["name"]] = _plain(item, value)
        for item, value in zip(shape.data, decode(shape.data_types, bytes(log["data"])), strict=True):
            arguments[item["name"]] = _plain(item, value)
        return Event(
            BlockNumber(log["blockNumber"]),
            log["logIndex"],
            log["transactionHash"].to_0x_hex(),
            self._contracts[address],
            shape.name,
            arguments,
        )


def _shape(abi: Mapping[str, Any]) -> _Shape:
    indexed = tuple(item for item in abi["inputs"] if item["indexed"])
    data = tuple(item for item in abi["inputs"] if not item["indexed"])
    return _Shape(abi["name"], indexed, data, tuple(collapse_if_tuple(cast(Any, item)) for item in data))


def _plain(item: Mapping[str, Any], value: Any) -> Any:
    kind: str = item["type"]
    if kind.endswith("[]"):
        return [_plain({**item, "type": kind[:-2]}, each) for each in value]
    if kind == "tuple":
        return {part["name"]: _plain(part, each) for part, each in zip(item["components"], value, strict=True)}
    if kind == "address":
        return checksummed(value)
    return "0x" + value.hex() if isinstance(value, bytes) else value
