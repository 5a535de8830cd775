"""A committee of attesters as a meter."""

from __future__ import annotations

from dataclasses import dataclass

from oracle.domain.attesters import joined
from oracle.domain.hashing import address_bytes, keccak
from oracle.domain.signatures import Curve, SigningKey
from oracle.types import Address, Bytes32


@dataclass(frozen=True, slots=True)
class Committee:
    """A `KOfNAttester` as a `MeterKey`, with the keys of all its attesters."""

    address: Address
    attesters: tuple[SigningKey, ...]
    threshold: int
    public_key: bytes = b""
    curve: Curve = Curve.ERC1271

    def sign(self, digest: Bytes32) -> bytes:
        """By the first attesters that suffice."""
        return joined(digest, (key.sign(digest) for key in self.attesters[: self.threshold]))


def attester_keys(size: int) -> tuple[SigningKey, ...]:
    """By rising address, as the contract wants them."""
    keys = [SigningKey(keccak(b"attester %d" % number)) for number in range(size)]
    return tuple(sorted(keys, key=lambda key: address_bytes(key.address)))
