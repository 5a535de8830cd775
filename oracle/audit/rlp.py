"""RLP encoding, only as much as hashing headers, transactions, receipts and trie nodes needs."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

Item: TypeAlias = "bytes | Sequence[Item]"


class RlpError(ValueError):
    """Bytes that are not one canonical RLP item."""


_SHORT_BYTES = [bytes((0x80 + size,)) for size in range(56)]
_SHORT_LIST = [bytes((0xC0 + size,)) for size in range(56)]


def encode(item: Item) -> bytes:
    if isinstance(item, bytes):
        size = len(item)
        if size == 1 and item < b"\x80":
            return item
        return (_SHORT_BYTES[size] if size < 56 else _long_prefix(size, 0x80)) + item
    return joined([encode(each) for each in item])


def joined(items: Sequence[bytes]) -> bytes:
    """The list of items that are encoded already."""
    body = b"".join(items)
    size = len(body)
    return (_SHORT_LIST[size] if size < 56 else _long_prefix(size, 0xC0)) + body


def number(value: int) -> bytes:
    """Big-endian without leading zeros; zero is empty."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def decode(data: bytes) -> Item:
    item, end = _decode_at(data, 0)
    if end != len(data):
        raise RlpError(f"{len(data) - end} bytes after the item")
    return item


def text(data: bytes) -> bytes:
    """The one string that the bytes encode."""
    item = decode(data)
    if not isinstance(item, bytes):
        raise RlpError("a list where a string belongs")
    return item


@lru_cache(maxsize=16_384)
def _long_prefix(length: int, base: int) -> bytes:
    size = number(length)
    return bytes((base + 55 + len(size),)) + size


def _decode_at(data: bytes, at: int) -> tuple[Item, int]:
    if at >= len(data):
        raise RlpError("item begins past the end")
    lead = data[at]
    if lead < 0x80:
        return data[at : at + 1], at + 1
    base = 0x80 if lead < 0xC0 else 0xC0
    length, start = lead - base, at + 1
    if length > 55:
        start += length - 55
        length = int.from_bytes(data[at + 1 : start], "big")
    end = start + length
    if end > len(data):
        raise RlpError("item ends past the end")
    if base == 0x80:
        return data[start:end], end
    items: list[Item] = []
    while start < end:
        item, start = _decode_at(data, start)
        items.append(item)
    if start != end:
        raise RlpError("list ends inside an item")
    return items, end
