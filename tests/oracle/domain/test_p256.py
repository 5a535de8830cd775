"""P-256: the vectors' plain integers, this library and the contracts agree; low-s, one form of a signature."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.domain.bindings import MeterBinding, signer_bytes
from oracle.domain.hashing import keccak
from oracle.domain.p256 import HALF_ORDER, P256_ORDER, P256Key, signer
from oracle.domain.readings import SignedReading
from oracle.domain.signatures import Curve, SigningKey, curve_of_signature, meter_signer
from oracle.errors import BadSignature
from oracle.types import ZERO_BYTES32
from tests.oracle.domain.support import DOMAINS, KEY, reading, sign, vectors

VECTORS = vectors("p256")
ELEMENT = P256Key(keccak(VECTORS["secretIsKeccakOf"].encode()))
DIGEST = keccak(b"a statement")


def raw(text):
    return bytes.fromhex(text[2:])


def test_the_key_is_that_of_the_vectors():
    assert ELEMENT.public_key == raw(VECTORS["publicKey"])
    assert ELEMENT.address == VECTORS["address"]


@pytest.mark.parametrize("case", VECTORS["signatures"], ids=lambda case: case["digest"][:10])
def test_signatures_are_those_of_the_vectors(case):
    assert ELEMENT.sign(raw(case["digest"])) == raw(case["signature"])
    assert signer(raw(case["digest"]), raw(case["signature"])) == ELEMENT.address


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["why"])
def test_wrong_signatures_are_refused(case):
    """A signature over something else may be of another key, never of the one claimed."""
    with pytest.raises(BadSignature):
        signer(raw(case["digest"]), raw(case["signature"]))


@given(secret=st.integers(1, P256_ORDER - 1), text=st.binary(max_size=40))
def test_what_is_signed_verifies_and_is_low_s(secret, text):
    key, found = P256Key(secret.to_bytes(32, "big")), keccak(text)
    signature = key.sign(found)
    assert len(signature) == 128
    assert 0 < int.from_bytes(signature[32:64], "big") <= HALF_ORDER
    assert signer(found, signature) == key.address


@pytest.mark.parametrize("secret", [b"", bytes(31), bytes(32), P256_ORDER.to_bytes(32, "big"), bytes(33)])
def test_what_is_no_secret_is_refused(secret):
    with pytest.raises(BadSignature, match="order of the curve"):
        P256Key(secret)


def test_the_secret_is_not_shown():
    assert repr(ELEMENT) == f"P256Key({ELEMENT.address})"


# Both curves


@pytest.mark.parametrize(("key", "curve"), [(KEY, Curve.SECP256K1), (ELEMENT, Curve.P256)])
def test_a_meter_key_says_its_curve_and_so_does_its_signature(key, curve):
    assert key.curve is curve_of_signature(key.sign(DIGEST)) is curve
    assert meter_signer(curve, DIGEST, key.sign(DIGEST)) == key.address


@pytest.mark.parametrize(("key", "curve"), [(KEY, Curve.P256), (ELEMENT, Curve.SECP256K1)])
def test_a_signature_of_the_other_curve_is_refused(key, curve):
    with pytest.raises(BadSignature, match="bytes"):
        meter_signer(curve, DIGEST, key.sign(DIGEST))


@pytest.mark.parametrize("curve", [Curve.ERC1271, 3])
def test_only_the_chain_knows_what_a_contract_accepts(curve):
    with pytest.raises(BadSignature, match="only a contract can check"):
        meter_signer(curve, DIGEST, KEY.sign(DIGEST))


@pytest.mark.parametrize("length", [0, 63, 66, 127, 129, 130])
def test_other_lengths_are_of_no_plain_key(length):
    with pytest.raises(BadSignature, match="no plain key"):
        curve_of_signature(bytes(length))


def test_a_reading_names_its_signer_on_either_curve():
    form = reading()
    for key in (KEY, ELEMENT):
        SignedReading(form, sign(form, key)).require_signer(DOMAINS, key.address)
    with pytest.raises(BadSignature, match="another key"):
        SignedReading(form, sign(form, ELEMENT)).require_signer(DOMAINS, KEY.address)


@pytest.mark.parametrize("key", [SigningKey(b"\x01" * 32), ELEMENT])
def test_a_binding_names_the_key_by_its_curve(key):
    form = MeterBinding(3, signer_bytes(key), int(key.curve), 1, 0, ZERO_BYTES32, 0)
    assert form.meter_address() == key.address
