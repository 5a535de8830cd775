"""A committee of attesters as a meter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from oracle.domain.hashing import address_bytes, keccak
from oracle.domain.signatures import Curve, SigningKey, recover, to_full
from oracle.errors import BadSignature
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


def joined(digest: Bytes32, signatures: Iterable[bytes]) -> bytes:
    """The committee's signature: 65 bytes each, by rising address of who signed.

    Raises BadSignature for one that is malformed and where an attester signed twice. Whether those who signed are
    attesters, and enough of them, only the contract knows: it takes exactly its threshold.
    """
    by_attester: dict[bytes, bytes] = {}
    for signature in signatures:
        attester = recover(digest, signature)
        if address_bytes(attester) in by_attester:
            raise BadSignature("committee", "an attester signed twice", attester)
        by_attester[address_bytes(attester)] = to_full(signature)
    return b"".join(by_attester[attester] for attester in sorted(by_attester))
