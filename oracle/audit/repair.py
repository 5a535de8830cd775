"""Names the one byte of calldata that was changed, where changing it back makes the transaction's hash fit again."""

from typing import Final

from sha3 import keccak_256

from oracle.audit.blocks import Transaction, encode_transaction

MOST_HASHED_BYTES: Final = 400_000_000
"""Work limit: beyond it only the transaction is named, and the replay names the record."""



def changed_byte(transaction: Transaction) -> tuple[int, int, int] | None:
    """(offset, byte that fits, byte that the node tells), or None where no single byte explains the hash."""
    data = transaction.input
    encoded = encode_transaction(transaction.raw)
    start = encoded.rfind(data) if data else -1
    if start < 0 or len(data) * 255 * len(encoded) // 2 > MOST_HASHED_BYTES:
        return None
    for at in range(len(data)):
        position = start + at
        before = keccak_256(encoded[:position])
        rest = encoded[position + 1 :]
        for byte in range(256):
            if byte == data[at]:
                continue
            attempt = before.copy()
            attempt.update(bytes((byte,)) + rest)
            if attempt.digest() == transaction.hash:
                return at, byte, data[at]
    return None
