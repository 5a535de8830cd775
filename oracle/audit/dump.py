"""The accounts in Anvil's `anvil_dumpState`, read as it comes in: history makes most of the answer, and is skipped."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

_RESULT: Final = re.compile(rb'"result"\s*:\s*"0x')
_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]"]', re.DOTALL)
_HEAD_BYTES: Final = 4_096
_PIECE_BYTES: Final = 1 << 16
_ANY_HEADER: Final = 47
GZIP: Final = b"\x1f\x8b"


def accounts(body: Iterable[bytes]) -> bytes | None:
    """The JSON text of the dump's accounts, None where the answer is no dump.

    Raises:
        ValueError: what stands for bytes is no hexadecimal.
        zlib.error: they are packed and do not unpack.
    """
    return member(_unpacked(_unhexed(body)), b"accounts")


def member(pieces: Iterable[bytes], name: bytes) -> bytes | None:
    """The text of one member of the outermost object, itself an object; reads no further than that."""
    rest, key, depth = b"", b"", 0
    kept: bytearray | None = None
    for piece in pieces:
        text, begin, read = rest + piece, 0, 0
        for token in _TOKEN.finditer(text):
            if token[0] == b'"':
                # A string that the piece cuts off: it is looked at again with the next one.
                break
            read = token.end()
            if token[0] in b"{[":
                depth += 1
                if depth == 2 and key == name:
                    kept, begin = bytearray(), token.start()
            elif token[0] in b"}]":
                depth -= 1
                if depth == 1 and kept is not None:
                    return bytes(kept + text[begin:read])
            elif depth == 1:
                key = token[0][1:-1]
        if kept is not None:
            kept += text[begin:read]
        rest = text[read:]
    return None


def _unhexed(body: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes behind "result"."""
    pieces = iter(body)
    head = b""
    for piece in pieces:
        head += piece
        if (found := _RESULT.search(head)) is not None:
            break
        if len(head) > _HEAD_BYTES:
            return
    else:
        return
    rest, ended = head[found.end() :], False
    while not ended:
        digits, quote, _ = rest.partition(b'"')
        even = len(digits) & ~1
        yield bytes.fromhex(digits[:even].decode("ascii"))
        following = next(pieces, b"")
        ended = bool(quote) or not following
        rest = digits[even:] + following


def _unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Gzip or plain, in pieces of limited size."""
    rest = iter(pieces)
    head = b""
    while len(head) < len(GZIP) and (piece := next(rest, None)) is not None:
        head += piece
    if not head.startswith(GZIP):
        yield from chain((head,), rest)
        return
    unpacker = zlib.decompressobj(_ANY_HEADER)
    for packed in chain((head,), rest):
        left = packed
        while left:
            yield unpacker.decompress(left, _PIECE_BYTES)
            left = unpacker.unconsumed_tail
