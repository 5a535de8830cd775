"""Signatures of a committee of attesters (`KOfNAttester`, curve 2), for machines that cannot sign themselves."""

from collections.abc import Iterable

from oracle.domain.hashing import address_bytes
from oracle.domain.signatures import recover, to_full
from oracle.errors import BadSignature
from oracle.types import Bytes32


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
