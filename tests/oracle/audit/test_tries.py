"""Own RLP and tries against the `rlp` package and proofs of a real node."""

from __future__ import annotations

import pytest
import rlp as other

from oracle.audit import rlp, trie
from oracle.audit.abi import unhex
from oracle.audit.blocks import parse_header
from oracle.audit.chain import account_proofs, proven_account
from oracle.audit.keccak import keccak
from oracle.audit.rpc import Node
from tests.oracle.audit.seen import Seen

ITEMS = [
    b"",
    b"\0",
    b"\x7f",
    b"\x80",
    b"a" * 55,
    b"a" * 56,
    b"a" * 70_000,
    [],
    [b"a", [b"", [b"b" * 60]]],
    [b"x" * 60] * 9,
]


@pytest.mark.parametrize("item", ITEMS, ids=range(len(ITEMS)))
def test_rlp_is_the_usual_one(item: rlp.Item) -> None:
    assert rlp.encode(item) == other.encode(item)
    assert rlp.decode(rlp.encode(item)) == item


@pytest.mark.parametrize("data", [b"", b"\x83ab", b"\xc2\x83a", b"\xc1\xc1", b"ab", b"\xc3\x82ab\x01"])
def test_bytes_that_are_no_rlp(data: bytes) -> None:
    with pytest.raises(rlp.RlpError):
        rlp.decode(data)


def test_known_roots() -> None:
    assert trie.root({}).hex() == "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    pairs = {b"doe": b"reindeer", b"dog": b"puppy", b"dogglesworth": b"cat"}
    assert trie.root(pairs).hex() == "8aad789dff2f538bca5d8ea56e8abe10f4c7ba3a5dea95fea4cd6e7c3a1168d3"
    pairs = {b"do": b"verb", b"dog": b"puppy", b"doge": b"coin", b"horse": b"stallion"}
    assert trie.root(pairs).hex() == "5991bb8c6514148a29db676a14ac506cd2cd5775ace63c30a4fe457715e9ac84"


def test_proofs_of_a_node(node: Node, honest: Seen) -> None:
    header = parse_header(node.call("eth_getBlockByNumber", honest.pinned.tag, False))
    for address in honest.world.modules:
        (answer,) = account_proofs(node, honest.pinned, [address])
        account = proven_account(answer, header.state_root, address)
        assert account.code_hash == keccak(unhex(node.call("eth_getCode", "0x" + address.hex(), honest.pinned.tag)))
        proof = [unhex(each) for each in answer["accountProof"]]
        with pytest.raises(trie.ProofBroken):
            trie.proven_value(bytes(32), address, proof)
        with pytest.raises(trie.ProofBroken):
            trie.proven_value(header.state_root, address, proof[:-1])
    absent = node.call("eth_getProof", "0x" + "77" * 20, [], honest.pinned.tag)
    assert trie.proven_value(header.state_root, b"\x77" * 20, [unhex(each) for each in absent["accountProof"]]) is None
    with pytest.raises(trie.ProofBroken):
        proven_account(absent, header.state_root, b"\x77" * 20)


def nodes_to(key: bytes, nodes: list[rlp.Item]) -> tuple[bytes, list[bytes]]:
    encoded = [rlp.encode(each) for each in nodes]
    return keccak(encoded[0]), encoded


def test_small_proofs_step_by_step() -> None:
    path = keccak(b"k").hex()
    assert trie.proven_value(trie.EMPTY_ROOT, b"k", []) is None
    leaf: rlp.Item = [bytes.fromhex("20" + path), b"v" * 40]
    root, proof = nodes_to(b"k", [leaf])
    assert trie.proven_value(root, b"k", proof) == b"v" * 40
    assert trie.proven_value(root, b"other", proof) is None
    inner: rlp.Item = [bytes.fromhex("3" + path[63:]), b"v"]
    extension: rlp.Item = [bytes.fromhex("1" + path[:63]), inner]
    root, proof = nodes_to(b"k", [extension])
    assert trie.proven_value(root, b"k", proof) == b"v"
    assert trie.proven_value(root, b"other", proof) is None
    branch: list[rlp.Item] = [b""] * 17
    root, proof = nodes_to(b"k", [branch])
    assert trie.proven_value(root, b"k", proof) is None
    branch[int(path[0], 16)] = [bytes.fromhex("3" + path[1:]), b""]
    root, proof = nodes_to(b"k", [branch])
    assert trie.proven_value(root, b"k", proof) is None


@pytest.mark.parametrize(
    "broken", [b"text", [b"a"], [b"", b"v"], [[b"a"], b"v"]], ids=["text", "one", "no path", "list"]
)
def test_nodes_that_are_none(broken: rlp.Item) -> None:
    root, proof = nodes_to(b"k", [broken])
    with pytest.raises(trie.ProofBroken):
        trie.proven_value(root, b"k", proof)


def test_a_leaf_must_hold_bytes() -> None:
    path = keccak(b"k").hex()
    root, proof = nodes_to(b"k", [[bytes.fromhex("20" + path), [b"list"]]])
    with pytest.raises(trie.ProofBroken):
        trie.proven_value(root, b"k", proof)
    root, proof = nodes_to(b"k", [[bytes.fromhex("00" + path), [b""] * 16 + [b"end"]]])
    assert trie.proven_value(root, b"k", proof) == b"end"
