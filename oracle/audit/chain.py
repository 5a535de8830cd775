"""The chain as the node tells it, held against itself: hashes, roots, blooms, signatures.

All that the replay uses goes through here, so a node that changes one byte of a log or of calldata contradicts a hash
that a header commits to; the headers are linked to the pinned block. What a caller should trust is that one hash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from oracle.audit import rlp, trie
from oracle.audit.abi import unhex
from oracle.audit.blocks import (
    Block,
    Header,
    Json,
    Receipt,
    Transaction,
    UnknownFormat,
    bloom_of,
    encode_and_recover,
    header_hash,
    number,
    parse_header,
    parse_receipt,
    parse_transaction,
)
from oracle.audit.findings import Findings, Place
from oracle.audit.keccak import keccak
from oracle.audit.repair import changed_byte
from oracle.audit.rpc import Node, NodeError
from oracle.errors import Fatal

BLOCK_CHUNK: Final = 50

Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class Pinned:
    """The one block that a whole audit speaks of."""

    chain_id: int
    number: int
    hash: bytes

    @property
    def tag(self) -> str:
        return hex(self.number)


def pin(node: Node, at: int | None) -> Pinned:
    """Raises Fatal where the node has no such block."""
    chain_id = number(node.call("eth_chainId"))
    raw = node.call("eth_getBlockByNumber", "latest" if at is None else hex(at), False)
    if raw is None:
        raise Fatal("node", f"it has no block {at}", "Give a block that the node has, or wait until it has caught up.")
    return Pinned(chain_id, number(raw["number"]), unhex(raw["hash"]))


def creation_blocks(node: Node, pinned: Pinned, contracts: Sequence[bytes]) -> dict[bytes, int]:
    """Block in which the code of each contract appeared; empty where the node keeps no old states."""
    spans = dict.fromkeys(contracts, (0, pinned.number))
    try:
        while open_spans := {contract: span for contract, span in spans.items() if span[0] < span[1]}:
            middles = {contract: (low + high) // 2 for contract, (low, high) in open_spans.items()}
            questions = [("0x" + contract.hex(), hex(middle)) for contract, middle in middles.items()]
            codes = node.many("eth_getCode", questions, "looking for the contracts' first blocks")
            for (contract, middle), code in zip(middles.items(), codes, strict=True):
                low, high = spans[contract]
                spans[contract] = (low, middle) if code not in ("0x", "0x0", None) else (middle + 1, high)
    except NodeError:
        return {}
    return {contract: low for contract, (low, _) in spans.items()}


def headers(node: Node, first: int, pinned: Pinned, findings: Findings) -> list[Header]:
    """Every header from `first` to the pinned block, each hashed and linked to the one before."""
    chain: list[Header] = []
    wanted = [(hex(at), False) for at in range(first, pinned.number + 1)]
    for expected, raw in zip(
        range(first, pinned.number + 1), node.many("eth_getBlockByNumber", wanted, "headers"), strict=True
    ):
        place = Place(block=expected)
        if raw is None:
            raise Fatal("node", f"it has no block {expected}", "Use a node that has every block since the contracts.")
        header = _told(parse_header, raw, "header")
        if header_hash(raw) != header.hash:
            findings.add("header hash", place, "the header does not hash to the block's hash")
        if header.number != expected:
            findings.add("header chain", place, f"the node answered with block {header.number}")
        if chain and header.parent != chain[-1].hash:
            findings.add("header chain", place, "the parent hash is not the hash of the block before")
        chain.append(header)
        findings.count("headers hashed and linked")
    if chain and chain[-1].hash != pinned.hash:
        findings.add("header chain", Place(block=pinned.number), "not the block that was pinned")
    return chain


def _told(parse: Callable[[Json], Parsed], raw: Json, what: str) -> Parsed:
    """Raises Fatal where the node's answer lacks a field or has nonsense in one."""
    try:
        return parse(raw)
    except (KeyError, TypeError, ValueError) as error:
        raise Fatal("node", f"it tells a {what} that cannot be read ({error!r})", "Use another node.") from error


def may_concern(header: Header, blooms: Iterable[int]) -> bool:
    """False means that no log of the block can match; true may be by chance."""
    return any(header.bloom & bloom == bloom for bloom in blooms)


def blooms_of(items: Iterable[bytes]) -> list[int]:
    return [bloom_of(item) for item in items]


def blocks(node: Node, wanted: Sequence[Header], findings: Findings) -> list[Block]:
    """Transactions and receipts of these blocks, checked against the headers' roots."""
    tags = [hex(header.number) for header in wanted]
    bodies = node.many("eth_getBlockByNumber", [(tag, True) for tag in tags], "transactions", BLOCK_CHUNK)
    receipts = node.many("eth_getBlockReceipts", [(tag,) for tag in tags], "receipts", BLOCK_CHUNK)
    return [
        _block(header, body, told, findings)
        for header, body, told in zip(wanted, bodies, receipts, strict=True)
    ]  # fmt: skip


def _block(header: Header, body: Json, told: Sequence[Json], findings: Findings) -> Block:
    place = Place(block=header.number)
    if unhex(body["hash"]) != header.hash:
        findings.add("header chain", place, "the block's body carries another hash than its header")
    transactions = tuple(_told(parse_transaction, each, "transaction") for each in body["transactions"])
    receipts = tuple(_told(parse_receipt, each, "receipt") for each in told)
    if len(transactions) != len(receipts):
        findings.add("receipts", place, f"{len(transactions)} transactions have {len(receipts)} receipts")
    encoded = [_checked_transaction(transaction, header.number, findings) for transaction in transactions]
    if None not in encoded and trie.ordered_root([each for each in encoded if each]) != header.transactions_root:
        findings.add("transactions root", place, "the transactions are not those that the header commits to")
    if trie.ordered_root([receipt.encoded for receipt in receipts]) != header.receipts_root:
        findings.add("receipts root", place, "the receipts are not those that the header commits to")
    bloom = 0
    for receipt in receipts:
        bloom |= receipt.bloom
    if bloom != header.bloom:
        findings.add("logs bloom", place, "the logs do not give the header's bloom")
    _check_log_numbers(header, transactions, receipts, findings)
    findings.count("blocks checked against their roots")
    return Block(header, transactions, receipts)


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


@dataclass(frozen=True, slots=True)
class Account:
    """What the pinned state root commits to for one contract."""

    storage_root: bytes
    code_hash: bytes


def account_proofs(node: Node, pinned: Pinned, addresses: Sequence[bytes]) -> list[Json]:
    """Raises NodeError where the node gives no proofs."""
    params: list[tuple[str, list[str], str]] = [("0x" + address.hex(), [], pinned.tag) for address in addresses]
    return list(node.many("eth_getProof", params, "proofs of the contracts"))


def proven_account(answer: Json, state_root: bytes, address: bytes) -> Account:
    """Account of a contract, proven against the state root.

    Raises:
        ProofBroken: the proof does not lead there, or shows that there is no such account.
    """
    value = trie.proven_value(state_root, address, [unhex(item) for item in answer["accountProof"]])
    if value is None:
        raise trie.ProofBroken("the proof shows that there is no such account")
    fields = rlp.decode(value)
    if isinstance(fields, bytes) or len(fields) != 4:
        raise trie.ProofBroken("the account is not a list of four")
    storage_root, code_hash = fields[2], fields[3]
    if not isinstance(storage_root, bytes) or not isinstance(code_hash, bytes):
        raise trie.ProofBroken("the account's roots are lists")
    return Account(storage_root, code_hash)


def read_slots(node: Node, pinned: Pinned, slots: Sequence[tuple[bytes, int]]) -> list[int]:
    """Words of storage at the pinned block, (contract, slot) each."""
    params = [("0x" + contract.hex(), f"{slot:#066x}", pinned.tag) for contract, slot in slots]
    return [number(word) for word in node.many("eth_getStorageAt", params, "contract storage", 200)]


def read_call(node: Node, pinned: Pinned, target: bytes, data: bytes, block: int | None = None) -> bytes:
    """A view's answer at the pinned block, or at another where given. Raises NodeError."""
    question = {"to": "0x" + target.hex(), "data": "0x" + data.hex()}
    return unhex(node.call("eth_call", question, pinned.tag if block is None else hex(block)))
