"""A committee's signature: 65 bytes each, by rising address."""

import pytest

from oracle.domain.attesters import joined
from oracle.domain.hashing import address_bytes, keccak
from oracle.domain.signatures import SigningKey, to_compact
from oracle.errors import BadSignature

DIGEST = keccak(b"a statement")
KEYS = sorted((SigningKey(bytes([n]) * 32) for n in range(1, 5)), key=lambda key: address_bytes(key.address))


def test_signatures_stand_by_rising_address_in_their_long_form():
    signatures = [key.sign(DIGEST) for key in KEYS]
    assert joined(DIGEST, reversed(signatures)) == b"".join(signatures)
    assert joined(DIGEST, map(to_compact, signatures)) == b"".join(signatures)
    assert joined(DIGEST, ()) == b""


def test_an_attester_signs_once():
    signature = KEYS[0].sign(DIGEST)
    with pytest.raises(BadSignature, match="signed twice"):
        joined(DIGEST, (signature, KEYS[1].sign(DIGEST), to_compact(signature)))


def test_what_is_no_signature_is_refused():
    with pytest.raises(BadSignature):
        joined(DIGEST, (KEYS[0].sign(DIGEST), b"\0" * 65))
