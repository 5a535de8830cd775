"""Every signed form hashes as an independent EIP-712 library does from the published type strings."""

import pytest
from brownie.test import given
from eth_utils import keccak
from hypothesis import settings
from hypothesis import strategies as st

from tests.fixtures.ledger import admin, authority, deploy, guardian, ledger, lister  # noqa: F401
from tests.helpers.typed_data import STRUCTS, digest, message, struct_hash

VERIFIER = "0x" + "c1" * 20


@pytest.fixture(scope="module")
def harness():
    return deploy("TypedDataHarness")


def value(kind):
    if kind == "address":
        return st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
    if kind == "bool":
        return st.booleans()
    if kind == "bytes":
        return st.binary(max_size=70)
    if kind == "bytes32":
        return st.binary(min_size=32, max_size=32)
    bits = int(kind.removeprefix("uint"))
    return st.integers(0, 2**bits - 1) | st.sampled_from([0, 2**bits - 1])


def form(struct):
    # An enum on chain, narrower than its type.
    return st.tuples(*(st.integers(0, 4) if name == "grade" else value(kind) for kind, name in STRUCTS[struct]))


def function(harness, struct, ending):
    return getattr(harness, struct[0].lower() + struct[1:] + ending)


@pytest.mark.parametrize("struct", STRUCTS)
@given(data=st.data())
@settings(max_examples=8)
def test_struct_hash_and_digest_equal_an_independent_implementation(harness, struct, data):
    values = data.draw(form(struct))
    chain_id = data.draw(st.integers(1, 2**63))
    expected = message(struct, values, VERIFIER, chain_id)
    assert bytes(function(harness, struct, "Hash")(values)) == struct_hash(expected)
    assert bytes(function(harness, struct, "Digest")(values, chain_id, VERIFIER)) == digest(expected)


def test_domain_is_the_one_that_the_contracts_declare(harness, ledger):  # noqa: F811
    fields, name, version, chain_id, verifier, salt, extensions = ledger.eip712Domain()
    assert (str(fields), name, version, verifier) == ("0x0f", "CISE", "1", ledger.address)
    assert (int(str(salt), 16), extensions) == (0, ())
    type_hash = keccak(text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
    words = [type_hash, keccak(text=name), keccak(text=version), chain_id.to_bytes(32, "big")]
    expected = keccak(b"".join(words) + bytes(12) + bytes.fromhex(verifier[2:]))
    assert bytes(harness.domainSeparator(chain_id, ledger)) == expected
