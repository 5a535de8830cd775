"""The pinned block and what its state root commits to: where contracts began, accounts, words of storage, views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from oracle.audit import rlp, trie
from oracle.audit.abi import unhex
from oracle.audit.ahead import Ahead, Question, Window
from oracle.audit.blocks import Header, Json, bloom_of, number
from oracle.audit.rpc import Node, NodeError
from oracle.errors import Fatal

SLOTS_AT_ONCE: Final = 200
PROOFS_AT_ONCE: Final = 100


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


def may_concern(header: Header, blooms: Iterable[int]) -> bool:
    """False means that no log of the block can match; true may be by chance."""
    return any(header.bloom & bloom == bloom for bloom in blooms)


def blooms_of(items: Iterable[bytes]) -> list[int]:
    return [bloom_of(item) for item in items]


@dataclass(frozen=True, slots=True)
class Account:
    """What the pinned state root commits to for one contract."""

    storage_root: bytes
    code_hash: bytes


def account_proofs(node: Node, pinned: Pinned, addresses: Sequence[bytes]) -> list[Json]:
    """Raises NodeError where the node gives no proofs."""
    params: list[tuple[str, list[str], str]] = [("0x" + address.hex(), [], pinned.tag) for address in addresses]
    return list(node.many("eth_getProof", params, "proofs of the contracts"))


def storage_proofs(
    node: Node, pinned: Pinned, contract: bytes, slots: Sequence[int]
) -> Iterator[tuple[int, list[bytes]]]:
    """Each slot with its way through the contract's storage trie at the pinned block. Raises NodeError."""
    name = "0x" + contract.hex()
    for start in range(0, len(slots), PROOFS_AT_ONCE):
        part = slots[start : start + PROOFS_AT_ONCE]
        answer = node.call("eth_getProof", name, [f"{slot:#066x}" for slot in part], pinned.tag)
        for slot, told in zip(part, answer["storageProof"], strict=True):
            yield slot, [unhex(each) for each in told["proof"]]


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


def read_slots(node: Node, pinned: Pinned, contract: bytes, slots: Sequence[int]) -> Iterator[int]:
    """Words of a contract's storage at the pinned block, in the order of the slots."""
    name = "0x" + contract.hex()
    questions = (
        Window(None, [Question("eth_getStorageAt", [(name, f"{slot:#066x}", pinned.tag) for slot in part])])
        for part in (slots[start : start + SLOTS_AT_ONCE] for start in range(0, len(slots), SLOTS_AT_ONCE))
    )
    with Ahead(node) as ahead:
        for _, (words,) in ahead.answers(questions):
            for word in words:
                yield number(msgspec.json.decode(word))


def read_call(node: Node, pinned: Pinned, target: bytes, data: bytes, block: int | None = None) -> bytes:
    """A view's answer at the pinned block, or at another where given. Raises NodeError."""
    question = {"to": "0x" + target.hex(), "data": "0x" + data.hex()}
    return unhex(node.call("eth_call", question, pinned.tag if block is None else hex(block)))
