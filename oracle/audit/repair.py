"""Names what was changed, where changing it back makes a hash fit again: a byte of calldata, or a log of a stranger.

The replay knows what the platform's own contracts must have said, and names their logs itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from sha3 import keccak_256

from oracle.audit import trie
from oracle.audit.blocks import Header, Log, Receipt, Transaction, bloom_of, encode_transaction, with_logs
from oracle.audit.keccak import keccak

MOST_HASHED_BYTES: Final = 250_000_000
"""Work limit, about a second, reached at some 1,400 bytes: beyond it the replay names the record, or the argument."""
MOST_HASHED_BYTES_OF_CREATION: Final = 10_000_000
"""Enough for constructor arguments; a changed byte of the code itself shows against the published code."""
TOKEN_MOVED: Final = keccak(b"Transfer(address,address,uint256)")


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


def changed_log(header: Header, receipts: Sequence[Receipt]) -> tuple[int, int] | None:
    """(receipt, position in it) of the one log altered in one byte or told twice; None where that explains nothing."""
    told = 0
    for receipt in receipts:
        told |= receipt.bloom
    foreign = told & ~header.bloom
    for number, receipt in enumerate(receipts):
        for position, log in enumerate(receipt.logs):
            for logs in _mended(receipt.logs, position, log, foreign):
                mended = [*receipts[:number], with_logs(receipt, logs), *receipts[number + 1 :]]
                if trie.ordered_root([each.encoded for each in mended]) == header.receipts_root:
                    return number, position
    return None


def _mended(logs: tuple[Log, ...], position: int, log: Log, foreign: int) -> Iterator[tuple[Log, ...]]:
    """What the logs may have been, as far as the header's bloom allows: an altered address or topic shows in it."""
    before, behind = logs[:position], logs[position + 1 :]
    if position and logs[position - 1] == replace(log, index=logs[position - 1].index):
        yield before + behind
    if foreign:
        if bloom_of(log.address) & foreign:
            yield from ((*before, replace(log, address=address), *behind) for address in _altered(log.address))
        for at, topic in enumerate(log.topics):
            if bloom_of(topic) & foreign:
                for one in _altered(topic):
                    yield (*before, replace(log, topics=(*log.topics[:at], one, *log.topics[at + 1 :])), *behind)
    elif log.topics[:1] == (TOKEN_MOVED,):
        yield from ((*before, replace(log, data=data), *behind) for data in _altered(log.data))


def _altered(item: bytes) -> Iterator[bytes]:
    for at, byte in enumerate(item):
        for other in range(256):
            if other != byte:
                yield item[:at] + bytes((other,)) + item[at + 1 :]
