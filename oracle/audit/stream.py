"""The chain as the node tells it, held against itself block by block: hashes, roots, blooms, signatures.

All that the replay uses goes through here, so a node that changes one byte of a log or of calldata contradicts a hash
that a header commits to; the headers are linked to the pinned block. What a caller should trust is that one hash.
Only a window of blocks is held at a time, and the next one is on its way: no length of chain needs more memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec

from oracle.audit import trie
from oracle.audit.abi import unhex
from oracle.audit.ahead import Ahead, Question, Window
from oracle.audit.blocks import (
    Block,
    Header,
    Json,
    Receipt,
    ToldReceipt,
    Transaction,
    UnknownFormat,
    encode_and_recover,
    header_hash,
    parse_header,
    parse_receipt,
    parse_transaction,
    unsealed_hash,
)
from oracle.audit.chain import Pinned
from oracle.audit.findings import Findings, Place
from oracle.audit.keccak import keccak
from oracle.audit.repair import changed_byte, changed_log
from oracle.audit.rpc import Node, Progress
from oracle.errors import Fatal

Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is asked for at once. Gas bounds the calldata and logs of the blocks of a window, whatever is in them;
    a block that is larger alone comes alone."""

    headers: int = 100
    blocks: int = 50
    gas: int = 60_000_000


STANDARD: Final = Sizes()


class Stream:
    """The blocks from `first` to the pinned one that may concern the audit, in order, each checked.

    `last`: the header before which nothing is left, once all blocks have gone by.
    """

    def __init__(
        self, node: Node, pinned: Pinned, first: int, findings: Findings, progress: Progress, sizes: Sizes = STANDARD
    ) -> None:
        self._node, self._pinned, self._first = node, pinned, first
        self._findings, self._progress, self._sizes = findings, progress, sizes
        self.last: Header | None = None

    def blocks(self, concerns: Callable[[Header], bool]) -> Iterator[Block]:
        """Raises Fatal where the node lacks a block or tells what cannot be read."""
        whole = self._pinned.number - self._first + 1
        with Ahead(self._node) as ahead:
            windows = self._windows(header for header in self._headers(ahead) if concerns(header))
            for wanted, (bodies, receipts) in ahead.answers(windows):
                for header, body, told in zip(wanted, bodies, receipts, strict=True):
                    yield self._block(header, body, told)
                    self._progress("blocks", header.number - self._first + 1, whole)

    def _headers(self, ahead: Ahead) -> Iterator[Header]:
        """Each hashed and linked to the one before."""
        for numbers, (answers,) in ahead.answers(self._header_windows()):
            for expected, raw in zip(numbers, answers, strict=True):
                yield self._header(expected, raw)
            self._progress("headers", numbers.stop - self._first, self._pinned.number + 1 - self._first)
        if self.last is not None and self.last.hash != self._pinned.hash:
            self._findings.add("header chain", Place(block=self._pinned.number), "not the block that was pinned")

    def _header_windows(self) -> Iterator[Window[range]]:
        end, step = self._pinned.number + 1, self._sizes.headers
        for start in range(self._first, end, step):
            numbers = range(start, min(start + step, end))
            yield Window(numbers, [Question("eth_getBlockByNumber", [(hex(number), False) for number in numbers])])

    def _header(self, expected: int, raw: msgspec.Raw) -> Header:
        told: Json | None = msgspec.json.decode(raw)
        if told is None:
            raise _missing(expected)
        header, place, findings = _told(parse_header, told, "header"), Place(block=expected), self._findings
        if header_hash(told) != header.hash and unsealed_hash(told) != header.hash:
            findings.add("header hash", place, "the header does not hash to the block's hash")
        if header.number != expected:
            findings.add("header chain", place, f"the node answered with block {header.number}")
        if self.last is not None and header.parent != self.last.hash:
            findings.add("header chain", place, "the parent hash is not the hash of the block before")
        findings.count("headers hashed and linked")
        self.last = header
        return header

    def _windows(self, wanted: Iterator[Header]) -> Iterator[Window[list[Header]]]:
        held: list[Header] = []
        gas = 0
        for header in wanted:
            if held and (len(held) == self._sizes.blocks or gas + header.gas_used > self._sizes.gas):
                yield _whole(held)
                held, gas = [], 0
            held.append(header)
            gas += header.gas_used
        if held:
            yield _whole(held)

    def _block(self, header: Header, raw_body: msgspec.Raw, raw_receipts: msgspec.Raw) -> Block:
        """Transactions and receipts of one block, checked against the header's roots."""
        findings, place = self._findings, Place(block=header.number)
        body = msgspec.json.decode(raw_body)
        if body is None:
            raise _missing(header.number)
        if unhex(body["hash"]) != header.hash:
            findings.add("header chain", place, "the block's body carries another hash than its header")
        transactions = tuple(_told(parse_transaction, each, "transaction") for each in body["transactions"])
        receipts = tuple(_told(parse_receipt, each, "receipt") for each in _told(_receipts, raw_receipts, "receipt"))
        if len(transactions) != len(receipts):
            findings.add("receipts", place, f"{len(transactions)} transactions have {len(receipts)} receipts")
        encoded = [_checked_transaction(transaction, header.number, findings) for transaction in transactions]
        if None not in encoded and trie.ordered_root([each for each in encoded if each]) != header.transactions_root:
            findings.add("transactions root", place, "the transactions are not those that the header commits to")
        if trie.ordered_root([receipt.encoded for receipt in receipts]) != header.receipts_root:
            where = _named(transactions, receipts, changed_log(header, receipts), place)
            findings.add("receipts root", where, "the receipts are not those that the header commits to")
        bloom = 0
        for receipt in receipts:
            bloom |= receipt.bloom
        if bloom != header.bloom:
            findings.add("logs bloom", place, "the logs do not give the header's bloom")
        _check_log_numbers(header, transactions, receipts, findings)
        findings.count("blocks checked against their roots")
        return Block(header, transactions, receipts)


def _named(
    transactions: Sequence[Transaction], receipts: Sequence[Receipt], found: tuple[int, int] | None, place: Place
) -> Place:
    if found is None or len(transactions) != len(receipts):
        return place
    log = receipts[found[0]].logs[found[1]]
    return Place(block=place.block, transaction=transactions[found[0]].name, log_index=log.index)


def _missing(number: int) -> Fatal:
    return Fatal("node", f"it has no block {number}", "Use a node that has every block since the contracts.")


def _whole(wanted: list[Header]) -> Window[list[Header]]:
    tags = [hex(header.number) for header in wanted]
    bodies = Question("eth_getBlockByNumber", [(tag, True) for tag in tags])
    return Window(wanted, [bodies, Question("eth_getBlockReceipts", [(tag,) for tag in tags])])


def _receipts(raw: msgspec.Raw) -> list[ToldReceipt]:
    return msgspec.json.decode(raw, type=list[ToldReceipt])


def _told(parse: Callable[[Any], Parsed], raw: Any, what: str) -> Parsed:
    """Raises Fatal where the node's answer lacks a field or has nonsense in one."""
    try:
        return parse(raw)
    except (KeyError, TypeError, ValueError) as error:
        raise Fatal("node", f"it tells a {what} that cannot be read ({error!r})", "Use another node.") from error


def _checked_transaction(transaction: Transaction, block: int, findings: Findings) -> bytes | None:
    """The signed bytes, or None where the auditor does not know their encoding."""
    place = Place(block=block, transaction=transaction.name)
    try:
        encoded, sender = encode_and_recover(transaction.raw)
    except UnknownFormat as error:
        findings.unchecked("transaction hash", place, f"not checked: {error}")
        return None
    findings.count("transactions hashed, senders recovered")
    if keccak(encoded) != transaction.hash:
        found = changed_byte(transaction)
        where = Place(block=block, transaction=transaction.name, offset=found[0] if found else None)
        detail = f"; with {found[1]:#04x} for {found[2]:#04x} it would" if found else ""
        findings.add("transaction hash", where, f"the transaction does not hash to its name{detail}")
    elif sender != transaction.sender:
        findings.add("transaction sender", place, "the signature is not the sender's")
    return encoded


def _check_log_numbers(
    header: Header, transactions: Sequence[Transaction], receipts: Sequence[Receipt], findings: Findings
) -> None:
    """Log numbers run through the block without a gap: a dropped or doubled log shows here by name."""
    expected = 0
    for transaction, receipt in zip(transactions, receipts, strict=False):
        for log in receipt.logs:
            if log.index != expected:
                place = Place(block=header.number, transaction=transaction.name, log_index=min(expected, log.index))
                findings.add("log numbers", place, f"log {log.index} stands where log {expected} belongs")
                return
            expected += 1
