"""Keccak-256 and addresses."""

from functools import lru_cache

import sha3

from oracle.errors import Malformed
from oracle.types import Address, Bytes32


def keccak(data: bytes) -> Bytes32:
    """Keccak-256 as Ethereum uses it (not FIPS 202 SHA3-256)."""
    return Bytes32(sha3.keccak_256(data).digest())


@lru_cache(maxsize=65_536)
def to_address(raw: bytes) -> Address:
    """The check-summed text (EIP-55) of 20 bytes."""
    if len(raw) != 20:
        raise Malformed("address", "must have 20 bytes", str(len(raw)))
    digits = raw.hex()
    nibbles = keccak(digits.encode()).hex()
    return Address("0x" + "".join(d.upper() if int(n, 16) >= 8 else d for d, n in zip(digits, nibbles, strict=False)))


def address_bytes(address: Address) -> bytes:
    """The 20 bytes of an address."""
    return bytes.fromhex(address[2:])


def parse_address(text: str, who: str = "address") -> Address:
    """Reads 0x and 40 hexadecimal digits; mixed case must carry the right check sum."""
    digits = text[2:]
    if not text.startswith("0x") or len(digits) != 40 or not set(digits) <= set("0123456789abcdefABCDEF"):
        raise Malformed(who, "must be 0x and 40 hexadecimal digits", repr(text[:50]))
    checked = to_address(bytes.fromhex(digits))
    if digits not in (digits.lower(), digits.upper()) and checked != text:
        raise Malformed(who, "has a wrong check sum", f"{text}, expected {checked}")
    return checked


def address_of_public_key(public_key: bytes) -> Address:
    """The last 20 bytes of keccak256(x‖y), for both curves."""
    if len(public_key) != 64:
        raise Malformed("public key", "must have 64 bytes x‖y", str(len(public_key)))
    return to_address(keccak(public_key)[12:])
