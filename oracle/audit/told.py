"""What the platform's logs say, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from oracle.audit.abi import AbiError, Value
from oracle.audit.blocks import Block, Log, Transaction
from oracle.audit.findings import Findings, Place
from oracle.audit.replay.world import World


@dataclass(frozen=True, slots=True)
class Told:
    """One decoded log of a platform contract."""

    contract: str
    event: str
    values: Mapping[str, Value]
    block: int
    time: int
    transaction: Transaction
    log: Log

    @property
    def place(self) -> Place:
        return place_of(self.contract, self.block, self.transaction, self.log)


def place_of(contract: str, block: int, transaction: Transaction, log: Log) -> Place:
    return Place(block=block, transaction=transaction.name, log_index=log.index, contract=contract, address=log.address)


def decode_logs(block: Block, world: World, findings: Findings) -> Iterator[Told]:
    """Every log of every platform contract by name; one that its contract does not declare is a finding."""
    number, time = block.header.number, block.header.timestamp
    for transaction, receipt in zip(block.transactions, block.receipts, strict=False):
        for log in receipt.logs:
            if (module := world.modules.get(log.address)) is None:
                continue
            event = module.abi.events.get(log.topics[0]) if log.topics else None
            if event is None:
                place = place_of(module.CONTRACT, number, transaction, log)
                findings.add("events", place, "a log that the contract does not declare")
                continue
            try:
                values = event.decode(log.topics, log.data)
            except AbiError as error:
                place = place_of(module.CONTRACT, number, transaction, log)
                findings.add("events", place, f"{event.name} does not decode: {error}")
                continue
            findings.figures["logs of the platform decoded"] += 1
            yield Told(module.CONTRACT, event.name, values, number, time, transaction, log)
