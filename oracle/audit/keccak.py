"""Keccak-256 and the addresses that it yields; addresses are 20 bytes inside the auditor and EIP-55 text outside."""

from functools import lru_cache

from sha3 import keccak_256


def keccak(data: bytes) -> bytes:
    digest: bytes = keccak_256(data).digest()
    return digest


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


@lru_cache(maxsize=65_536)
def checksum_address(address: bytes) -> str:
    plain = address.hex()
    digest = keccak(plain.encode()).hex()
    return "0x" + "".join(
        char.upper() if int(nibble, 16) >= 8 else char for char, nibble in zip(plain, digest, strict=False)
    )


def create_address(deployer: bytes, nonce: int) -> bytes:
    """Where a contract lands that `deployer` creates with this nonce (RLP written out: 20 bytes and a small number)."""
    encoded_nonce = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    if nonce >= 0x80:
        encoded_nonce = bytes((0x80 + len(encoded_nonce),)) + encoded_nonce
    elif nonce == 0:
        encoded_nonce = b"\x80"
    body = b"\x94" + deployer + encoded_nonce
    return keccak(bytes((0xC0 + len(body),)) + body)[12:]
