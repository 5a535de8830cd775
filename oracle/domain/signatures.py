"""Signatures over 32-byte digests: secp256k1 here, P-256 in `p256`; a meter may have either, everybody else the first.

A secp256k1 signature is 65 bytes r‖s‖v (v 27 or 28) or 64 bytes r‖yParityAndS (EIP-2098). libsecp256k1 recovers from
high-s signatures, which would make them malleable and differ from OpenZeppelin's ECDSA: refused here first.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, ClassVar, Protocol

from coincurve import PrivateKey, PublicKey
from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT

from oracle.domain import p256
from oracle.domain.curves import Curve as Curve
from oracle.domain.hashing import address_of_public_key
from oracle.errors import BadSignature
from oracle.types import Address, Bytes32

SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
HALF_ORDER = SECP256K1_ORDER // 2
_PARITY_BIT = 1 << 255
_CONTEXT = GLOBAL_CONTEXT.ctx
_KEYS_KNOWN = 65_536


class MeterKey(Protocol):
    """What a meter signs with: a `SigningKey`, a `P256Key`, a secure element behind the same names."""

    @property
    def curve(self) -> Curve: ...
    @property
    def address(self) -> Address: ...
    @property
    def public_key(self) -> bytes: ...
    def sign(self, digest: Bytes32) -> bytes: ...


class SigningKey:
    """A secp256k1 private key that never shows its secret in texts and logs."""

    __slots__ = ("_key", "address", "public_key")
    curve: ClassVar[Curve] = Curve.SECP256K1

    def __init__(self, secret: bytes) -> None:
        """Takes the 32 bytes of the secret; raises BadSignature when they are no valid key."""
        if len(secret) != 32 or not 0 < int.from_bytes(secret) < SECP256K1_ORDER:
            raise BadSignature("signing key", "must be 32 bytes between 1 and the order of the curve")
        self._key = PrivateKey(secret)
        self.public_key: bytes = self._key.public_key.format(compressed=False)[1:]
        self.address: Address = address_of_public_key(self.public_key)

    def sign(self, digest: Bytes32) -> bytes:
        """65 bytes r‖s‖v, deterministic (RFC 6979), low-s."""
        raw: bytes = self._key.sign_recoverable(digest, hasher=None)
        return raw[:64] + bytes([27 + raw[64]])

    def __repr__(self) -> str:
        return f"SigningKey({self.address})"


def recover(digest: Bytes32, signature: bytes) -> Address:
    """The address whose key signed the digest.

    Raises BadSignature for a wrong length, v, r or s, for high-s, and where no key can be recovered. Any other
    well-formed signature yields *some* address: the caller compares it with the one it expects.
    """
    return _address_of(bytes(ffi.buffer(_recovered(digest, *_parts(signature)))))


def is_signed_by(address: Address, digest: Bytes32, signature: bytes) -> bool:
    """Whether the key of this address signed the digest, with either parity bit. Raises BadSignature for malformed."""
    _parts(signature)
    return are_signed_by(address, [(digest, signature)])[0]


def are_signed_by(address: Address, signed: Iterable[tuple[Bytes32, bytes]]) -> list[bool]:
    """As `is_signed_by` for many digests with their signatures; malformed ones are not signed.

    Verifying with a known key costs a quarter less than recovering it, but passes over the parity bit: r and s are the
    meter's all the same. Who hands the signature on to the chain puts the bit right first (`with_right_parity`).
    One loop without calls of our own: this is what a door spends its time on.
    """
    parse, verify = lib.secp256k1_ecdsa_signature_parse_compact, lib.secp256k1_ecdsa_verify
    parsed = ffi.new("secp256k1_ecdsa_signature *")
    key = _known.get(address)
    found = []
    for digest, signature in signed:
        # Parsing looks at the first 64 bytes, and at their range; high-s is refused by the verification itself.
        r_and_s = signature
        if key is None or len(signature) != 65 or not 27 <= signature[64] <= 28:
            try:
                r_and_s = _parts(signature)[0]
            except BadSignature:
                found.append(False)
                continue
        if key is None:
            found.append(_learn(address, digest, r_and_s))
            key = _known.get(address)
        else:
            found.append(parse(_CONTEXT, parsed, r_and_s) == 1 == verify(_CONTEXT, parsed, digest, key))
    return found


def with_right_parity(address: Address, digest: Bytes32, signature: bytes) -> bytes:
    """The signature with the parity bit from which the chain recovers this address; unchanged where neither does."""
    try:
        r_and_s, parity = _parts(signature)
    except BadSignature:
        return signature
    for tried in (parity, 1 - parity):
        if _recovers(address, digest, r_and_s, tried):
            return signature if tried == parity else r_and_s + bytes([27 + tried])
    return signature


def _learn(address: Address, digest: Bytes32, r_and_s: bytes) -> bool:
    """The first signature of a meter: only the address of its key is public, the key itself comes out of recovery."""
    return any(_recovers(address, digest, r_and_s, parity) for parity in (0, 1))


def _recovers(address: Address, digest: Bytes32, r_and_s: bytes, parity: int) -> bool:
    try:
        key = _recovered(digest, r_and_s, parity)
    except BadSignature:
        return False
    if _address_of(bytes(ffi.buffer(key))) != address:
        return False
    while len(_known) >= _KEYS_KNOWN:
        _known.pop(next(iter(_known)), None)
    _known[address] = key
    return True


def _recovered(digest: Bytes32, r_and_s: bytes, parity: int) -> Any:
    """The key as libsecp256k1 holds it. Raises BadSignature."""
    parsed = ffi.new("secp256k1_ecdsa_recoverable_signature *")
    key = ffi.new("secp256k1_pubkey *")
    readable = lib.secp256k1_ecdsa_recoverable_signature_parse_compact(_CONTEXT, parsed, r_and_s, parity)
    if len(digest) != 32 or not readable or not lib.secp256k1_ecdsa_recover(_CONTEXT, key, parsed, digest):
        raise BadSignature("signature", "belongs to no key")
    return key


# By address: nobody but the key's owner can have signed what put it here.
_known: dict[Address, Any] = {}


@lru_cache(maxsize=65_536)
def _address_of(key: bytes) -> Address:
    """Of a key as libsecp256k1 holds it: the same meters come again and again."""
    parsed = ffi.new("secp256k1_pubkey *")
    ffi.memmove(parsed, key, len(key))
    return address_of_public_key(PublicKey(parsed).format(compressed=False)[1:])


def require_signer(digest: Bytes32, signature: bytes, expected: Address, who: str) -> None:
    """Raises BadSignature unless `expected` signed the digest."""
    signer = recover(digest, signature)
    if signer != expected:
        raise BadSignature(who, "is signed by another key", f"{signer}, expected {expected}")


def meter_signer(curve: int, digest: Bytes32, signature: bytes) -> Address:
    """The address of the meter that signed, under the curve that the registry names for it.

    Raises BadSignature; always for ERC-1271, where only the chain knows what the contract accepts.
    """
    match curve:
        case Curve.SECP256K1:
            return recover(digest, signature)
        case Curve.P256:
            return p256.signer(digest, signature)
        case _:
            raise BadSignature("signature", "of this kind only a contract can check", f"curve {curve}")


def curve_of_signature(signature: bytes) -> Curve:
    """The kind of key that a signature in one of the two plain forms is of. Raises BadSignature for another length."""
    match len(signature):
        case 64 | 65:
            return Curve.SECP256K1
        case p256.SIGNATURE_BYTES:
            return Curve.P256
        case length:
            raise BadSignature("signature", "is of no plain key", f"{length} bytes")


def verify(digest: Bytes32, signature: bytes, public_key: bytes) -> bool:
    """Whether the key with these 64 bytes x‖y signed the digest, parity bit included. Raises BadSignature for malformed
    ones.
    """
    _parts(signature)
    try:
        return recover(digest, signature) == address_of_public_key(public_key)
    except BadSignature:
        return False


def to_compact(signature: bytes) -> bytes:
    """The 64 bytes of EIP-2098 from either form, as the packed batch carries them."""
    r_and_s, parity = _parts(signature)
    s = int.from_bytes(r_and_s[32:]) | (_PARITY_BIT if parity else 0)
    return r_and_s[:32] + s.to_bytes(32)


def to_full(signature: bytes) -> bytes:
    """The 65 bytes r‖s‖v from either form."""
    r_and_s, parity = _parts(signature)
    return r_and_s + bytes([27 + parity])


def _parts(signature: bytes) -> tuple[bytes, int]:
    match len(signature):
        case 65:
            r_and_s, v = signature[:64], signature[64]
            if v not in (27, 28):
                raise BadSignature("signature", "v must be 27 or 28", str(v))
            parity = v - 27
        case 64:
            s_and_parity = int.from_bytes(signature[32:])
            parity = s_and_parity >> 255
            r_and_s = signature[:32] + (s_and_parity & ~_PARITY_BIT).to_bytes(32)
        case length:
            raise BadSignature("signature", "must have 64 or 65 bytes", str(length))
    if not 0 < int.from_bytes(r_and_s[:32]) < SECP256K1_ORDER:
        raise BadSignature("signature", "r is outside the curve's order")
    if not 0 < int.from_bytes(r_and_s[32:]) <= HALF_ORDER:
        raise BadSignature("signature", "s is zero or in the upper half of the order")
    return r_and_s, parity
