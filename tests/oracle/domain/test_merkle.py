"""Salted telemetry under roots that MerkleProof verifies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.domain.hashing import keccak
from oracle.domain.merkle import leaf_hash, merkle_proof, merkle_root, verify_proof
from oracle.domain.telemetry import (
    SaltedSample,
    Telemetry,
    parse_salted_sample,
    parse_telemetry,
    sample_proof,
    telemetry_root,
)
from oracle.errors import FieldOutOfBounds, Malformed
from oracle.types import ZERO_BYTES32
from tests.oracle.domain.support import salted, sample, vectors

CASES = vectors("merkle")["cases"]
LEAVES = st.lists(st.binary(max_size=8).map(leaf_hash), min_size=1, max_size=20)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{len(case['samples'])} samples")
def test_vectors(case):
    samples = [parse_salted_sample(entry["sample"]) for entry in case["samples"]]
    root = telemetry_root(samples)
    assert "0x" + root.hex() == case["root"]
    for index, (made, entry) in enumerate(zip(samples, case["samples"], strict=True)):
        assert made.to_json() == entry["sample"]
        assert "0x" + made.sample.encode().hex() == entry["encoded"]
        assert "0x" + made.leaf().hex() == entry["leaf"]
        assert ["0x" + node.hex() for node in sample_proof(samples, index)] == entry["proof"]


@given(leaves=LEAVES)
def test_every_leaf_has_a_proof(leaves):
    root = merkle_root(leaves)
    for index, leaf in enumerate(leaves):
        assert verify_proof(root, leaf, merkle_proof(leaves, index))


@given(leaves=LEAVES, index=st.integers(0, 19), other=st.binary(min_size=32, max_size=32))
def test_no_other_leaf_has_it(leaves, index, other):
    proof = merkle_proof(leaves, index % len(leaves))
    assert verify_proof(merkle_root(leaves), other, proof) == (other == leaves[index % len(leaves)])


def test_no_leaves_give_zero_and_one_leaf_is_the_root():
    leaf = leaf_hash(b"one")
    assert merkle_root([]) == ZERO_BYTES32
    assert (merkle_root([leaf]), merkle_proof([leaf], 0)) == (leaf, ())
    assert leaf == keccak(keccak(b"one"))


@pytest.mark.parametrize("index", [-1, 2])
def test_there_is_no_proof_for_a_leaf_outside(index):
    with pytest.raises(IndexError):
        merkle_proof([leaf_hash(b"a"), leaf_hash(b"b")], index)


def test_the_salt_changes_the_leaf():
    assert salted(sample(), 1).leaf() != salted(sample(), 2).leaf()


@pytest.mark.parametrize("length", [0, 15, 17])
def test_a_salt_has_128_bits(length):
    with pytest.raises(FieldOutOfBounds, match="16 bytes"):
        SaltedSample(bytes(length), sample())


@pytest.mark.parametrize(
    "changes",
    [{"rpm": -1}, {"rpm": 2**32}, {"temperature_millicelsius": 2**31}, {"latitude_e7": -(2**31) - 1}, {"rpm": 1.0}],
)
def test_a_sample_holds_what_its_bytes_can(changes):
    with pytest.raises(FieldOutOfBounds):
        sample(**changes)
    with pytest.raises(FieldOutOfBounds):
        sample(ended_at_ms=2**48)


def test_telemetry_reads_back_unchanged():
    telemetry = Telemetry(7, 3, 5, (salted(sample(temperature_millicelsius=-5_000), 1), salted(sample(), 2)))
    assert parse_telemetry(telemetry.to_json()) == telemetry


@pytest.mark.parametrize(
    "changes",
    [{"samples": {}}, {"samples": [{}]}, {"sequence": "x"}, {"surprise": 1}],
)
def test_malformed_telemetry_is_refused(changes):
    with pytest.raises(Malformed):
        parse_telemetry(Telemetry(7, 3, 5, ()).to_json() | changes)


@pytest.mark.parametrize("changes", [{"sequence": 2**32}, {"agreementId": -1}, {"samples": [None] * 100_001}])
def test_telemetry_out_of_bounds_is_refused(changes):
    with pytest.raises(FieldOutOfBounds):
        parse_telemetry(Telemetry(7, 3, 5, ()).to_json() | changes)
