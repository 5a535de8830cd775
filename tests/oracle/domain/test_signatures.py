"""secp256k1: one signature per statement, low-s, no secrets in texts."""

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from oracle.domain.hashing import keccak
from oracle.domain.signatures import (
    HALF_ORDER,
    SECP256K1_ORDER,
    SigningKey,
    are_signed_by,
    is_signed_by,
    recover,
    to_compact,
    to_full,
    verify,
    with_right_parity,
)
from oracle.errors import BadSignature
from tests.oracle.domain.support import KEY, OTHER_KEY

DIGEST = keccak(b"a statement")


@given(secret=st.integers(1, SECP256K1_ORDER - 1).map(lambda n: n.to_bytes(32, "big")), text=st.binary(max_size=40))
def test_agrees_with_eth_account(secret, text):
    digest = keccak(text)
    key, account = SigningKey(secret), Account.from_key(secret)
    assert key.address == account.address
    signature = key.sign(digest)
    assert signature == bytes(account.unsafe_sign_hash(digest).signature)
    assert 0 < int.from_bytes(signature[32:64], "big") <= HALF_ORDER
    assert recover(digest, signature) == recover(digest, to_compact(signature)) == key.address
    assert to_full(to_compact(signature)) == signature
    assert verify(digest, signature, key.public_key)


def test_high_s_is_refused_though_libsecp256k1_would_recover_it():
    signature = KEY.sign(DIGEST)
    s = SECP256K1_ORDER - int.from_bytes(signature[32:64], "big")
    twin = signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])
    for refuse in (recover, lambda d, sig: verify(d, sig, KEY.public_key), lambda _, sig: to_compact(sig)):
        with pytest.raises(BadSignature, match="upper half"):
            refuse(DIGEST, twin)


@pytest.mark.parametrize("length", [0, 1, 63, 66, 128])
def test_lengths_other_than_64_and_65_are_refused(length):
    with pytest.raises(BadSignature, match="64 or 65 bytes"):
        recover(DIGEST, bytes(length))


@pytest.mark.parametrize("v", [0, 1, 2, 26, 29, 255])
def test_v_other_than_27_and_28_is_refused(v):
    with pytest.raises(BadSignature, match="27 or 28"):
        recover(DIGEST, KEY.sign(DIGEST)[:64] + bytes([v]))


@pytest.mark.parametrize("r", [0, SECP256K1_ORDER, 2**256 - 1])
def test_r_outside_the_order_is_refused(r):
    with pytest.raises(BadSignature, match="r is outside"):
        recover(DIGEST, r.to_bytes(32, "big") + KEY.sign(DIGEST)[32:])


def test_s_zero_is_refused():
    with pytest.raises(BadSignature, match="s is zero"):
        recover(DIGEST, KEY.sign(DIGEST)[:32] + bytes(32) + b"\x1b")


def test_r_of_no_point_belongs_to_no_key():
    with pytest.raises(BadSignature, match="belongs to no key"):
        recover(DIGEST, (5).to_bytes(32, "big") + (1).to_bytes(32, "big") + b"\x1b")


def test_verify_says_no_to_another_key_digest_or_parity():
    signature = KEY.sign(DIGEST)
    assert not verify(DIGEST, signature, OTHER_KEY.public_key)
    assert not verify(keccak(b"other"), signature, KEY.public_key)
    assert not verify(DIGEST, signature[:64] + bytes([55 - signature[64]]), KEY.public_key)
    assert not verify(DIGEST, signature, bytes(64))


@pytest.mark.parametrize("secret", [b"", bytes(32), b"\xff" * 32, SECP256K1_ORDER.to_bytes(32, "big"), b"\x01" * 31])
def test_a_secret_outside_the_order_is_refused(secret):
    with pytest.raises(BadSignature, match="signing key"):
        SigningKey(secret)


def test_a_key_never_shows_its_secret():
    secret = keccak(b"hide me")
    key = SigningKey(secret)
    assert secret.hex() not in repr(key) + str(key)
    assert key.address in repr(key)


def flipped(signature):
    return signature[:64] + bytes([55 - signature[64]])


@pytest.mark.parametrize("first", [lambda s: s, flipped, to_compact], ids=["as signed", "wrong parity", "compact"])
def test_the_key_of_an_address_is_learnt_from_whatever_it_signed_first(first):
    key = SigningKey(keccak(first.__name__.encode()))
    signatures = [first(key.sign(DIGEST)), key.sign(DIGEST), flipped(key.sign(DIGEST)), to_compact(key.sign(DIGEST))]
    assert are_signed_by(key.address, [(DIGEST, signature) for signature in signatures]) == [True] * 4


@given(digest=st.binary(min_size=32, max_size=32), at=st.integers(0, 63), bit=st.integers(0, 7))
def test_a_known_key_signs_nothing_but_what_it_signed(digest, at, bit):
    signature = KEY.sign(digest)
    assert is_signed_by(KEY.address, digest, signature)
    changed = signature[:at] + bytes([signature[at] ^ 1 << bit]) + signature[at + 1 :]
    other = digest[:31] + bytes([digest[31] ^ 1])
    questions = [(digest, changed), (other, signature), (digest, OTHER_KEY.sign(digest))]
    assert are_signed_by(KEY.address, questions) == [False] * 3


def test_malformed_and_high_s_are_signed_by_nobody_known_or_not():
    signature = KEY.sign(DIGEST)
    s = SECP256K1_ORDER - int.from_bytes(signature[32:64], "big")
    high = signature[:32] + s.to_bytes(32, "big") + signature[64:]
    bad = [high, high[:64] + bytes([55 - high[64]]), b"", bytes(64), bytes(65), signature[:64] + b"\x1d", bytes(128)]
    unknown = SigningKey(b"\x42" * 32)
    for key in (KEY, unknown):
        assert are_signed_by(key.address, [(DIGEST, one) for one in bad]) == [False] * len(bad)
    with pytest.raises(BadSignature, match="upper half"):
        is_signed_by(KEY.address, DIGEST, high)


def test_the_chain_gets_the_parity_from_which_it_recovers_the_meter():
    right = KEY.sign(DIGEST)
    for given_ in (right, to_compact(right)):
        assert with_right_parity(KEY.address, DIGEST, given_) == given_
    wrong = flipped(right)
    assert recover(DIGEST, with_right_parity(KEY.address, DIGEST, wrong)) == KEY.address
    assert recover(DIGEST, with_right_parity(KEY.address, DIGEST, to_compact(wrong))) == KEY.address
    foreign = OTHER_KEY.sign(DIGEST)
    for useless in (foreign, b"", bytes(128)):
        assert with_right_parity(KEY.address, DIGEST, useless) == useless
