"""RLP encoding, only as much as hashing headers, transactions, receipts and trie nodes needs."""

from collections.abc import Sequence
from typing import TypeAlias

Item: TypeAlias = "bytes | Sequence[Item]"


class RlpError(ValueError):
    """Bytes that are not one canonical RLP item."""


def encode(item: Item) -> bytes:
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            return item
        return _prefix(len(item), 0x80) + item
    body = b"".join(map(encode, item))
    return _prefix(len(body), 0xC0) + body


def number(value: int) -> bytes:
    """Big-endian without leading zeros; zero is empty."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def decode(data: bytes) -> Item:
    item, end = _decode_at(data, 0)
    if end != len(data):
        raise RlpError(f"{len(data) - end} bytes after the item")
    return item


def _prefix(length: int, base: int) -> bytes:
    if length < 56:
        return bytes((base + length,))
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
