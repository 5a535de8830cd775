"""Names the one byte of calldata that was changed, where changing it back makes the transaction's hash fit again."""

from typing import Final

from sha3 import keccak_256

from oracle.audit.blocks import Transaction, encode_transaction

MOST_HASHED_BYTES: Final = 250_000_000
"""Work limit, about a second, reached at some 1,400 bytes: beyond it the replay names the record, or the argument."""
MOST_HASHED_BYTES_OF_CREATION: Final = 10_000_000
"""Enough for constructor arguments; a changed byte of the code itself shows against the published code."""


def changed_byte(transaction: Transaction) -> tuple[int, int, int] | None:
    """(offset, byte that fits, byte that the node tells), or None where no single byte in reach explains the hash.

    Goes from the end to the front, because what stands before a candidate needs to be hashed once only.
    """
    data = transaction.input
    encoded = encode_transaction(transaction.raw)
    start = encoded.rfind(data) if data else -1
    budget = MOST_HASHED_BYTES if transaction.to else MOST_HASHED_BYTES_OF_CREATION
    work = 0
    for at in range(len(data) - 1, -1, -1) if start >= 0 else ():
        position = start + at
        before = keccak_256(encoded[:position])
        rest = encoded[position + 1 :]
        work += position + 255 * (len(rest) + 1)
        if work > budget:
            return None
        for byte in range(256):
            if byte == data[at]:
                continue
            attempt = before.copy()
            attempt.update(bytes((byte,)) + rest)
            if attempt.digest() == transaction.hash:
                return at, byte, data[at]
    return None
