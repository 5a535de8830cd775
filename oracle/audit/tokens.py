"""The currencies' own Transfer logs: what came into the ledger's custody and what left it (I-1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from oracle.audit.blocks import Block, Log
from oracle.audit.chain import Pinned, blooms_of, read_call
from oracle.audit.findings import Findings, Place
from oracle.audit.keccak import checksum_address, keccak
from oracle.audit.rpc import Node, NodeError
from oracle.audit.told import Told

TRANSFER: Final = keccak(b"Transfer(address,address,uint256)")
BALANCE_OF: Final = keccak(b"balanceOf(address)")[:4]


@dataclass(frozen=True, slots=True)
class Custody:
    """One currency in the ledger's hands, in base units."""

    received: int
    sent: int
    balance: int


class Purse:
    """Follows every Transfer to and from the ledger, of whatever token: which are currencies shows later."""

    def __init__(self, ledger: bytes) -> None:
        self._party = _topic(ledger)
        self._received: Counter[bytes] = Counter()
        self._sent: Counter[bytes] = Counter()
        party, transfer = blooms_of([self._party, TRANSFER])
        self.bloom = party | transfer
        """Bits in the bloom of every block in which a token moved to or from the ledger."""

    def follow(self, block: Block) -> None:
        for receipt in block.receipts:
            for log in receipt.logs:
                if self._party in log.topics and is_transfer(log):
                    amount = int.from_bytes(log.data, "big")
                    self._received[log.address] += amount if log.topics[2] == self._party else 0
                    self._sent[log.address] += amount if log.topics[1] == self._party else 0

    def custody(self, node: Node, pinned: Pinned, currency: bytes, findings: Findings) -> Custody | None:
        """The sum of the moves, held against the currency's own answer."""
        received, sent = self._received[currency], self._sent[currency]
        place = Place(contract="currency", address=currency)
        try:
            balance = int.from_bytes(read_call(node, pinned, currency, BALANCE_OF + self._party), "big")
        except NodeError as error:
            findings.unchecked("I-1", place, f"not checked: the currency does not tell its balance ({error})")
            return None
        if balance != received - sent:
            findings.add("I-1", place, f"it tells a balance of {balance}, its Transfer logs make {received - sent}")
        return Custody(received, sent, balance)


def is_transfer(log: Log) -> bool:
    return len(log.topics) == 3 and log.topics[0] == TRANSFER and len(log.data) == 32


@dataclass(frozen=True, slots=True)
class Move:
    """A Transfer that a deposit or withdrawal must have in its currency; `anchor` is the number of the ledger's log."""

    currency: bytes
    source: bytes
    target: bytes
    amount: int
    anchor: int
    is_deposit: bool

    @property
    def topics(self) -> tuple[bytes, bytes, bytes]:
        return TRANSFER, _topic(self.source), _topic(self.target)

    @property
    def data(self) -> bytes:
        return self.amount.to_bytes(32, "big")


def check_moves(block: Block, told: Iterable[Told], ledger: bytes, findings: Findings) -> None:
    """Each deposit and withdrawal of the block has its Transfer in the currency; what is left over is a gift."""
    moves: dict[int, list[Move]] = {}
    for each in told:
        if each.contract == "PrepaidAccounts" and each.event in ("Deposited", "Withdrawn"):
            values, deposit = each.values, each.event == "Deposited"
            source, target = (values["payer"], ledger) if deposit else (ledger, values["to"])
            move = Move(values["currency"], source, target, values["amount"], each.log.index, deposit)
            moves.setdefault(block.transactions.index(each.transaction), []).append(move)
    for position, own in moves.items():
        _check_moves(block, position, own, findings)


def _check_moves(block: Block, position: int, moves: Sequence[Move], findings: Findings) -> None:
    logs = list(block.receipts[position].logs)
    missing: list[Move] = []
    for move in moves:
        own = (log for log in logs if (log.address, log.topics, log.data) == (move.currency, move.topics, move.data))
        if (found := next(own, None)) is None:
            missing.append(move)
            continue
        logs.remove(found)
        findings.count("deposits and withdrawals followed into the currency")
        _check_twin(block, position, found, logs, findings)
    for move in missing:
        place = Place(
            block=block.header.number,
            transaction=block.transactions[position].name,
            log_index=_number_of(block, position, move, logs),
            contract="currency",
            address=move.currency,
        )
        parties = f"from {checksum_address(move.source)} to {checksum_address(move.target)}"
        findings.add("I-1", place, f"the currency has no Transfer of {move.amount} {parties} here")


def _check_twin(block: Block, position: int, found: Log, left: Sequence[Log], findings: Findings) -> None:
    """A second Transfer like a deposit's may be a gift, unless the header does not commit to these receipts."""
    number = block.header.number
    if not any(each.check == "receipts root" and each.place.block == number for each in findings.found):
        return
    for log in left:
        if (log.address, log.topics, log.data) == (found.address, found.topics, found.data):
            place = Place(block=number, transaction=block.transactions[position].name, log_index=log.index)
            findings.add("I-1", place, "the Transfer of a deposit or withdrawal stands there twice")


def _number_of(block: Block, position: int, move: Move, left: Sequence[Log]) -> int:
    """Number of the log that tells something else, or that the missing one had: beside the ledger's own logs."""
    for log in left:
        if log.address == move.currency or (log.topics, log.data) == (move.topics, move.data):
            return log.index
    first = sum(len(receipt.logs) for receipt in block.receipts[:position])
    numbers = [log.index for log in block.receipts[position].logs]
    anchor = numbers.index(move.anchor)
    return first + (anchor - 1 if move.is_deposit else anchor + 1)


def _topic(address: bytes) -> bytes:
    return bytes(12) + address
