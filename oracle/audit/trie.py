"""Merkle Patricia tries: the roots that a block header commits to, and proofs against its state root."""

from collections.abc import Mapping, Sequence

from oracle.audit import rlp
from oracle.audit.keccak import keccak

NOTHING = rlp.encode(b"")
EMPTY_ROOT = keccak(NOTHING)

Nibbles = str
"""Half-bytes as hexadecimal digits."""


class ProofBroken(ValueError):
    """Nodes that do not lead from the root to the key."""


def ordered_root(values: Sequence[bytes]) -> bytes:
    """Root over (rlp(index) → value): transactions and receipts of a block."""
    return root({rlp.encode(rlp.number(index)): value for index, value in enumerate(values)})


def secure_root(pairs: Mapping[bytes, bytes]) -> bytes:
    """Root over (keccak(key) → value): accounts, and storage with RLP-encoded values."""
    return root({keccak(key): value for key, value in pairs.items()})


def root(pairs: Mapping[bytes, bytes]) -> bytes:
    if not pairs:
        return EMPTY_ROOT
    entries = sorted((key.hex(), value) for key, value in pairs.items())
    return keccak(_node(entries, 0))


def proven_value(root_hash: bytes, key: bytes, proof: Sequence[bytes]) -> bytes | None:
    """The value under keccak(key), or None where the proof shows there is none.

    Raises:
        ProofBroken: a node is missing or is not the one its parent names.
    """
    path, wanted = keccak(key).hex(), root_hash
    if not proof and root_hash == EMPTY_ROOT:
        return None
    for raw in proof:
        if keccak(raw) != wanted:
            raise ProofBroken("a proof node does not hash to what its parent names")
        step = _step(rlp.decode(raw), path)
        if isinstance(step, bytes) or step is None:
            return step
        path, child = step
        while not isinstance(child, bytes):
            inline = _step(child, path)
            if isinstance(inline, bytes) or inline is None:
                return inline
            path, child = inline
        wanted = child
    raise ProofBroken("the proof ends before the key")


def _step(node: rlp.Item, path: Nibbles) -> bytes | tuple[Nibbles, rlp.Item] | None:
    """The value found, None where the key is absent, or the rest of the path with the child to follow."""
    if isinstance(node, bytes) or len(node) not in (2, 17):
        raise ProofBroken("a proof node is neither branch nor leaf")
    if len(node) == 17:
        if not path:
            return _leaf_value(node[16])
        child = node[int(path[0], 16)]
        return (path[1:], child) if child != b"" else None
    encoded = node[0]
    if not isinstance(encoded, bytes) or not encoded:
        raise ProofBroken("a proof node has no path")
    nibbles = encoded.hex()
    is_leaf, own = nibbles[0] in "23", nibbles[1:] if nibbles[0] in "13" else nibbles[2:]
    if is_leaf:
        return _leaf_value(node[1]) if own == path else None
    if path[: len(own)] != own:
        return None
    return path[len(own) :], node[1]


def _leaf_value(item: rlp.Item) -> bytes | None:
    if not isinstance(item, bytes):
        raise ProofBroken("a proof leaf holds a list")
    return item or None


def _hex_prefix(path: Nibbles, leaf: bool) -> bytes:
    if len(path) % 2:
        return bytes.fromhex(("3" if leaf else "1") + path)
    return bytes.fromhex(("20" if leaf else "00") + path)


def _node(entries: list[tuple[Nibbles, bytes]], depth: int) -> bytes:
    """The encoded node over `entries` (sorted, sharing their first `depth` nibbles)."""
    first, last = entries[0][0], entries[-1][0]
    if len(entries) == 1:
        return rlp.joined([rlp.encode(_hex_prefix(first[depth:], True)), rlp.encode(entries[0][1])])
    shared = depth
    while shared < len(first) and first[shared] == last[shared]:
        shared += 1
    if shared > depth:
        prefix = _hex_prefix(first[depth:shared], False)
        return rlp.joined([rlp.encode(prefix), _reference(_node(entries, shared))])
    branch = [NOTHING] * 17
    if len(first) == depth:
        branch[16] = rlp.encode(entries[0][1])
        entries = entries[1:]
    start = 0
    while start < len(entries):
        nibble = entries[start][0][depth]
        end = start + 1
        while end < len(entries) and entries[end][0][depth] == nibble:
            end += 1
        branch[int(nibble, 16)] = _reference(_node(entries[start:end], depth + 1))
        start = end
    return rlp.joined(branch)


def _reference(node: bytes) -> bytes:
    """How a parent names the node: in full while it is short, otherwise by its hash."""
    return node if len(node) < 32 else rlp.encode(keccak(node))
