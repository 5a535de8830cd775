"""That a contract's storage holds the replay's words and nothing besides: the storage root that the block commits to.

A root over exactly the words of the replay proves it at once. Anvil puts empty slots into its tries too, so there the
node's own list of all slots serves as a witness: it counts only where it makes the committed root.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Final

import msgspec

from oracle.audit import dump, rlp, trie
from oracle.audit.blocks import Json
from oracle.audit.chain import Pinned, account_proofs, proven_account, storage_proofs
from oracle.audit.findings import Findings, Place
from oracle.audit.replay.world import Module
from oracle.audit.rpc import Node, NodeError

CHECK: Final = "storage root"
Words = Mapping[int, int]


class _Account(msgspec.Struct):
    storage: dict[str, str]


class Roots:
    """Checks the contracts' storage roots at the pinned block."""

    def __init__(self, node: Node, pinned: Pinned, state_root: bytes, findings: Findings) -> None:
        self._node = node
        self._pinned = pinned
        self._state_root = state_root
        self._findings = findings
        self._asked = False
        self._accounts: Mapping[str, msgspec.Raw] | None = None

    def check_all(self, modules: Mapping[bytes, Module], images: Mapping[bytes, Words], differing: set[bytes]) -> None:
        """`differing` names contracts of which a word was found different already: their roots tell nothing new."""
        try:
            proofs = account_proofs(self._node, self._pinned, list(modules))
        except NodeError as error:
            self._findings.unchecked(CHECK, Place(), f"not checked: the node gives no proofs ({error})")
            return
        for (address, module), proof in zip(modules.items(), proofs, strict=True):
            self._check(module, images[address], proof, address in differing)

    def _check(self, module: Module, image: Words, proof: Json, differs: bool) -> None:
        place = Place(contract=module.CONTRACT, address=module.address)
        try:
            root = proven_account(proof, self._state_root, module.address).storage_root
        except (trie.ProofBroken, rlp.RlpError) as error:
            self._findings.add(CHECK, place, f"the proof of the account is broken: {error}")
            return
        if differs:
            return
        if _root({slot: word for slot, word in image.items() if word}) == root:
            self._findings.count("storage roots equal to the replay's")
        else:
            self._check_listing(module, image, root, place)

    def _check_listing(self, module: Module, image: Words, root: bytes, place: Place) -> None:
        words = self._listing(module.address)
        if words is None:
            message = "its storage holds something in a slot that the replay does not know"
            self._findings.add(CHECK, place, message)
            return
        if _root(words) != root:
            words = self._as_pinned(module, image, words, root)
        if _root(words) != root:
            self._findings.add(CHECK, place, "neither the replay nor the node's list of slots makes the storage root")
            return
        unknown = [slot for slot, word in words.items() if word and slot not in image]
        for slot in unknown:
            where = Place(contract=module.CONTRACT, address=module.address, slot=slot)
            self._findings.add("storage", where, f"the chain holds {words[slot]:#066x}, the replay nothing")
        if not unknown:
            self._findings.count("storage roots equal to the replay's")

    def _as_pinned(self, module: Module, image: Words, listed: Words, root: bytes) -> Words:
        """The replay's words with what the pinned block's trie held in the listed slots besides: where blocks have come
        since, a slot that is empty in the replay may be younger than the pinned block, and a proof says which."""
        words = {slot: word for slot, word in image.items() if word}
        asked = [slot for slot in listed if slot not in words]
        try:
            for slot, proof in storage_proofs(self._node, self._pinned, module.address, asked):
                value = trie.proven_value(root, slot.to_bytes(32, "big"), proof)
                if value is not None:
                    words[slot] = int.from_bytes(rlp.text(value), "big")
        except (NodeError, trie.ProofBroken, rlp.RlpError):
            return {}
        return words

    def _listing(self, address: bytes) -> Words | None:
        """All slots of a contract as Anvil lists them now, if it is Anvil.

        Blocks may have come since the pinned one: a list counts only where it makes the pinned block's proven root.
        """
        if not self._asked:
            self._asked = True
            try:
                with self._node.stream("anvil_dumpState") as body:
                    told = dump.accounts(body)
                self._accounts = None if told is None else msgspec.json.decode(told, type=dict[str, msgspec.Raw])
            except (ValueError, zlib.error):
                return None
        if self._accounts is None:
            return None
        raw = self._accounts.get("0x" + address.hex())
        storage = msgspec.json.decode(raw, type=_Account).storage if raw is not None else {}
        return {int(slot, 16): int(word, 16) for slot, word in storage.items()}


def _root(words: Words) -> bytes:
    return trie.secure_root({slot.to_bytes(32, "big"): rlp.encode(rlp.number(word)) for slot, word in words.items()})
