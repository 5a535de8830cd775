"""P-256 (secp256r1) signatures over 32-byte digests: what secure elements speak.

A signature is 128 bytes r‖s‖x‖y, everywhere: nothing can be recovered from r and s alone, and with the key beside them
it can be checked by whoever knows the address. Low-s only, as OpenZeppelin's P256 has it: a secure element that returns
the other half has its s replaced by n − s.
"""

from functools import lru_cache
from typing import ClassVar, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)

from oracle.domain.curves import Curve
from oracle.domain.hashing import address_of_public_key
from oracle.errors import BadSignature
from oracle.types import Address, Bytes32

P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
HALF_ORDER: Final = P256_ORDER // 2
SIGNATURE_BYTES: Final = 128
_CURVE: Final = ec.SECP256R1()
# The digest is a Keccak hash; the name of another one of 32 bytes only says how long it is.
_DIGEST_OF_32_BYTES: Final = Prehashed(hashes.SHA256())
_VERIFYING: Final = ec.ECDSA(_DIGEST_OF_32_BYTES)


class P256Key:
    """A P-256 private key in software, for tests and simulated machines; never shows its secret in texts and logs."""

    __slots__ = ("_key", "_signing", "address", "public_key")
    curve: ClassVar[Curve] = Curve.P256

    def __init__(self, secret: bytes) -> None:
        """Takes the 32 bytes of the secret; raises BadSignature when they are no valid key."""
        if len(secret) != 32 or not 0 < int.from_bytes(secret) < P256_ORDER:
            raise BadSignature("signing key", "must be 32 bytes between 1 and the order of the curve")
        self._key = ec.derive_private_key(int.from_bytes(secret), _CURVE)
        self._signing = ec.ECDSA(_DIGEST_OF_32_BYTES, deterministic_signing=True)
        point = self._key.public_key().public_numbers()
        self.public_key: bytes = point.x.to_bytes(32) + point.y.to_bytes(32)
        self.address: Address = address_of_public_key(self.public_key)

    def sign(self, digest: Bytes32) -> bytes:
        """128 bytes r‖s‖x‖y, deterministic (RFC 6979), low-s."""
        r, s = decode_dss_signature(self._key.sign(digest, self._signing))
        return r.to_bytes(32) + min(s, P256_ORDER - s).to_bytes(32) + self.public_key

    def __repr__(self) -> str:
        return f"P256Key({self.address})"


def signer(digest: Bytes32, signature: bytes) -> Address:
    """The address of the key inside the signature, which signed the digest. Raises BadSignature where it did not."""
    if len(signature) != SIGNATURE_BYTES:
        raise BadSignature("signature", "of a P-256 key must have 128 bytes", str(len(signature)))
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:64])
    if not 0 < r < P256_ORDER:
        raise BadSignature("signature", "r is outside the curve's order")
    if not 0 < s <= HALF_ORDER:
        raise BadSignature("signature", "s is zero or in the upper half of the order")
    try:
        _public_key(signature[64:]).verify(encode_dss_signature(r, s), digest, _VERIFYING)
    except InvalidSignature as error:
        raise BadSignature("signature", "is not of the key beside it") from error
    return address_of_public_key(signature[64:])


@lru_cache(maxsize=16_384)
def _public_key(x_and_y: bytes) -> ec.EllipticCurvePublicKey:
    """Checking that a point lies on the curve costs a third of a verification: once per meter is enough."""
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, b"\x04" + x_and_y)
    except ValueError as error:
        raise BadSignature("signature", "holds a key that is not on the curve") from error
