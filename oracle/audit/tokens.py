"""The currencies' own Transfer logs: what came into the ledger's custody and what left it (I-1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from oracle.audit.blocks import Block, Header, Log
from oracle.audit.chain import Pinned, blocks, blooms_of, read_call
from oracle.audit.findings import Findings, Place
from oracle.audit.keccak import checksum_address, keccak
from oracle.audit.rpc import Node, NodeError

TRANSFER: Final = keccak(b"Transfer(address,address,uint256)")
BALANCE_OF: Final = keccak(b"balanceOf(address)")[:4]


@dataclass(frozen=True, slots=True)
class Custody:
    """One currency in the ledger's hands, in base units."""

    received: int
    sent: int
    balance: int


def with_token_blocks(
    node: Node,
    chain: Sequence[Header],
    have: Sequence[Block],
    currencies: Iterable[bytes],
    ledger: bytes,
    findings: Findings,
) -> list[Block]:
    """`have` and the blocks in which a currency may have moved to or from the ledger besides, in order."""
    known = {block.header.number for block in have}
    party, transfer = blooms_of([_topic(ledger), TRANSFER])
    wanted = [token | party | transfer for token in blooms_of(currencies)]
    more = [
        header for header in chain if header.number not in known and any(header.bloom & bits == bits for bits in wanted)
    ]
    return sorted([*have, *blocks(node, more, findings)], key=lambda block: block.header.number)


def custody(
    node: Node, pinned: Pinned, chain: Sequence[Block], currency: bytes, ledger: bytes, findings: Findings
) -> Custody | None:
    """Follows every Transfer to and from the ledger and holds the sum against the currency's own answer."""
    party = _topic(ledger)
    received = sent = 0
    for block in chain:
        for receipt in block.receipts:
            for log in receipt.logs:
                if log.address == currency and is_transfer(log):
                    amount = int.from_bytes(log.data, "big")
                    received += amount if log.topics[2] == party else 0
                    sent += amount if log.topics[1] == party else 0
    place = Place(contract="currency", address=currency)
    try:
        balance = int.from_bytes(read_call(node, pinned, currency, BALANCE_OF + party), "big")
    except NodeError as error:
        findings.unchecked("I-1", place, f"not checked: the currency does not tell its balance ({error})")
        return None
    if balance != received - sent:
        findings.add("I-1", place, f"it tells a balance of {balance}, its Transfer logs make {received - sent}")
    return Custody(received, sent, balance)


def is_transfer(log: Log) -> bool:
    return len(log.topics) == 3 and log.topics[0] == TRANSFER and len(log.data) == 32


Move = tuple[bytes, bytes, bytes, int]
"""(currency, from, to, amount)"""


def check_moves(
    block: Block, position: int, moves: Sequence[Move], currencies: set[bytes], ledger: bytes, findings: Findings
) -> None:
    """Each deposit and withdrawal of one transaction has its Transfer in the currency; what is left over is a gift."""
    receipt = block.receipts[position]
    told: dict[Move, list[Log]] = {}
    loose: list[Log] = []
    for log in receipt.logs:
        if log.address not in currencies:
            continue
        if is_transfer(log):
            move = (log.address, log.topics[1][12:], log.topics[2][12:], int.from_bytes(log.data, "big"))
            told.setdefault(move, []).append(log)
        else:
            loose.append(log)
    for move, number in Counter(moves).items():
        have = told.pop(move, [])
        findings.count("deposits and withdrawals followed into the currency", min(number, len(have)))
        if len(have) == number:
            continue
        near = [log for log in receipt.logs if log.address == move[0]] or list(receipt.logs)
        strays = [log for logs in told.values() for log in logs if log.address == move[0]] + loose + have + near
        place = Place(
            block=block.header.number,
            transaction=block.transactions[position].name,
            log_index=strays[0].index,
            contract="currency",
            address=move[0],
        )
        spelled = f"{move[3]} from {checksum_address(move[1])} to {checksum_address(move[2])}"
        findings.add("I-1", place, f"{number} movements of {spelled} belong here, the currency tells {len(have)}")


def _topic(address: bytes) -> bytes:
    return bytes(12) + address
