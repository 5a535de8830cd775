"""Who signed with a P-256 key: a signature is r ‖ s ‖ x ‖ y, 128 bytes, low s."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from oracle.audit.keccak import keccak

ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SIGNATURE_BYTES: Final = 128
_OVER_32_BYTES: Final = ECDSA(Prehashed(SHA256()))


def signer(digest: bytes, signature: bytes) -> bytes | None:
    """The address of the key in the signature, None where that key did not sign."""
    if len(signature) != SIGNATURE_BYTES:
        return None
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    if not (0 < r < ORDER and 0 < s <= ORDER // 2):
        return None
    try:
        _key(signature[64:]).verify(encode_dss_signature(r, s), digest, _OVER_32_BYTES)
    except (InvalidSignature, ValueError):
        return None
    return address(signature[64:])


def address(public_key: bytes) -> bytes:
    """The last 20 bytes of the hash of x ‖ y."""
    return keccak(public_key)[12:]


@lru_cache(maxsize=16_384)
def _key(public_key: bytes) -> EllipticCurvePublicKey:
    """Raises ValueError for a point that is not on the curve."""
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), b"\x04" + public_key)
