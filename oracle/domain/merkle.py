"""Merkle trees that OpenZeppelin's MerkleProof verifies: pairs sorted before hashing, leaves hashed twice.

Leaves keep their order; the last of an odd layer moves up unchanged. The root of no leaves is zero, of one leaf
the leaf.
"""

from collections.abc import Sequence

from oracle.domain.hashing import keccak
from oracle.types import ZERO_BYTES32, Bytes32


def leaf_hash(content: bytes) -> Bytes32:
    """keccak256(keccak256(content)): an inner node, hashed once, can never be shown as a leaf."""
    return keccak(keccak(content))


def merkle_root(leaves: Sequence[Bytes32]) -> Bytes32:
    """The root over leaf hashes in their order."""
    layer = list(leaves)
    while len(layer) > 1:
        layer = _next_layer(layer)
    return layer[0] if layer else ZERO_BYTES32


def merkle_proof(leaves: Sequence[Bytes32], index: int) -> tuple[Bytes32, ...]:
    """The siblings from the leaf at `index` up to the root. Raises IndexError for a leaf that is not there."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} among {len(leaves)}")
    proof: list[Bytes32] = []
    layer = list(leaves)
    while len(layer) > 1:
        sibling = index ^ 1
        if sibling < len(layer):
            proof.append(layer[sibling])
        layer = _next_layer(layer)
        index //= 2
    return tuple(proof)


def verify_proof(root: Bytes32, leaf: Bytes32, proof: Sequence[Bytes32]) -> bool:
    """What MerkleProof.verify computes."""
    node = leaf
    for sibling in proof:
        node = _hash_pair(node, sibling)
    return node == root


def _next_layer(layer: list[Bytes32]) -> list[Bytes32]:
    pairs = [_hash_pair(layer[i], layer[i + 1]) for i in range(0, len(layer) - 1, 2)]
    return pairs + layer[len(pairs) * 2 :]


def _hash_pair(a: Bytes32, b: Bytes32) -> Bytes32:
    return keccak(a + b) if a < b else keccak(b + a)
