"""Bytes from outside to plain values: strict JSON, NDJSON and CBOR, and the fields inside them.

Nothing here trusts its input: no floats, no duplicate names, no deep nesting, no tags, nothing after the end.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import NoReturn, cast

from oracle.errors import FieldOutOfBounds, Malformed

MAX_DEPTH = 8
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,77}")
_HEX = re.compile(r"0x(?:[0-9a-fA-F]{2})*")


def decode_json(data: bytes) -> object:
    """One JSON document. Raises Malformed for anything but objects, lists, texts, integers, booleans and null."""
    _check_depth(data)
    try:
        return json.loads(
            data.decode(),
            object_pairs_hook=_unique_names,
            parse_float=_no_float,
            parse_constant=_no_float,
        )
    except (ValueError, RecursionError) as error:
        raise Malformed("JSON", "cannot be read", str(error)[:120]) from error


def decode_ndjson(data: bytes) -> Iterator[object]:
    """One JSON document a line; empty lines are passed over."""
    return (decode_json(line) for line in data.splitlines() if line.strip())


def decode_cbor(data: bytes) -> object:
    """One CBOR item (RFC 8949) of definite length without tags and floats, to the exact end of the bytes.

    A reader of its own because the usual library acts on tags (regular expressions, MIME, big floats)
    before its caller can refuse them.
    """
    value, end = _cbor_item(data, 0, MAX_DEPTH)
    if end != len(data):
        raise Malformed("CBOR", "has bytes after its end", str(len(data) - end))
    return value


def canonical_json(document: object) -> bytes:
    """RFC 8785 (JSON Canonicalization Scheme) for documents without fractions: sorted names, no blanks, UTF-8.

    Raises Malformed for floats, integers beyond 2^53 − 1, names that are not ASCII (where sorting by UTF-16 and by
    code point could differ) and lone surrogates.
    """
    _check_canonical(document)
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise Malformed("canonical JSON", "holds text that is not Unicode", str(error)[:120]) from error


def members(document: object, who: str, required: Iterable[str], optional: Iterable[str] = ()) -> Mapping[str, object]:
    """The members of an object that has all required ones and none beyond the optional ones."""
    if not isinstance(document, dict):
        raise Malformed(who, "must be an object", type(document).__name__)
    names = set(document)
    required = set(required)
    if missing := required - names:
        raise Malformed(who, "lacks members", ", ".join(sorted(missing)))
    if unknown := names - required - set(optional):
        raise Malformed(who, "has unknown members", ", ".join(sorted(str(name)[:40] for name in unknown)))
    return cast(Mapping[str, object], document)


def integer(value: object, who: str, what: str) -> int:
    """A JSON or CBOR integer, or its decimal digits as text."""
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Malformed(who, f"{what} must be an integer", repr(value)[:60])
    return value


def unsigned(value: int, bits: int, who: str, what: str) -> int:
    """The value itself when it fits `bits` unsigned bits, else FieldOutOfBounds."""
    if type(value) is not int:
        raise FieldOutOfBounds(who, f"{what} must be an integer", repr(value)[:60])
    if not 0 <= value < 1 << bits:
        raise FieldOutOfBounds(who, f"{what} does not fit {bits} unsigned bits", str(value))
    return value


def signed(value: int, bits: int, who: str, what: str) -> int:
    """The value itself when it fits `bits` bits in two's complement, else FieldOutOfBounds."""
    if type(value) is not int:
        raise FieldOutOfBounds(who, f"{what} must be an integer", repr(value)[:60])
    if not -(1 << bits - 1) <= value < 1 << bits - 1:
        raise FieldOutOfBounds(who, f"{what} does not fit {bits} signed bits", str(value))
    return value


def byte_string(value: object, who: str, what: str) -> bytes:
    """Bytes (CBOR) or 0x with hexadecimal digits (JSON)."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise Malformed(who, f"{what} must be bytes, in JSON as 0x and hexadecimal digits", repr(value)[:60])
    return bytes.fromhex(value[2:])


def items(value: object, who: str) -> list[object]:
    """A list."""
    if not isinstance(value, list):
        raise Malformed(who, "must be a list", type(value).__name__)
    return value


def rising(values: Iterable[int]) -> bool:
    """Whether each value is above the one before."""
    return all(a < b for a, b in pairwise(values))


def to_hex(data: bytes) -> str:
    """0x and lower-case hexadecimal digits."""
    return "0x" + data.hex()


def _unique_names(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return document


def _no_float(text: str) -> NoReturn:
    raise ValueError(f"{text[:40]} is not an integer")


def _check_depth(data: bytes) -> None:
    """Brackets inside texts count too, which is harmless: no text of ours holds that many."""
    depth = 0
    for byte in re.finditer(rb"[\[\]{}]", data):
        depth += 1 if byte[0] in b"[{" else -1
        if depth > MAX_DEPTH:
            raise Malformed("JSON", "is nested too deeply", f"more than {MAX_DEPTH}")


def _check_canonical(document: object) -> None:
    match document:
        case None | bool() | str():
            return
        case int():
            if abs(document) >= 1 << 53:
                raise Malformed("canonical JSON", "holds an integer beyond 2^53 - 1", str(document))
        case list():
            for item in document:
                _check_canonical(item)
        case dict():
            for name, item in document.items():
                if not isinstance(name, str) or not name.isascii():
                    raise Malformed("canonical JSON", "holds a name that is not ASCII text", repr(name)[:60])
                _check_canonical(item)
        case _:
            raise Malformed("canonical JSON", "holds something else than JSON without fractions", repr(document)[:60])


def _cbor_item(data: bytes, at: int, depth: int) -> tuple[object, int]:
    if depth == 0:
        raise Malformed("CBOR", "is nested too deeply", f"more than {MAX_DEPTH}")
    head = _cbor_take(data, at, 1)[0]
    kind, short = head >> 5, head & 31
    at += 1
    if kind == 7:
        if short not in _CBOR_SIMPLE:
            raise Malformed("CBOR", "holds a float or an unknown simple value", f"byte {head:#04x}")
        return _CBOR_SIMPLE[short], at
    if short > 27 or kind == 6:
        raise Malformed("CBOR", "holds a tag or an item of indefinite length", f"byte {head:#04x}")
    if short < 24:
        argument = short
    else:
        width = 1 << short - 24
        argument = int.from_bytes(_cbor_take(data, at, width))
        at += width
    if kind <= 1:
        return (argument if kind == 0 else -1 - argument), at
    if kind <= 3:
        raw = _cbor_take(data, at, argument)
        try:
            return (raw if kind == 2 else raw.decode()), at + argument
        except UnicodeDecodeError as error:
            raise Malformed("CBOR", "holds text that is not UTF-8", str(error)[:80]) from error
    if kind == 4:
        _cbor_take(data, at, argument)
        elements: list[object] = []
        for _ in range(argument):
            element, at = _cbor_item(data, at, depth - 1)
            elements.append(element)
        return elements, at
    _cbor_take(data, at, 2 * argument)
    document: dict[str, object] = {}
    for _ in range(argument):
        name, at = _cbor_item(data, at, depth - 1)
        if not isinstance(name, str) or name in document:
            raise Malformed("CBOR", "holds a name that is not text or occurs twice", repr(name)[:60])
        document[name], at = _cbor_item(data, at, depth - 1)
    return document, at


def _cbor_take(data: bytes, at: int, count: int) -> bytes:
    if at + count > len(data):
        raise Malformed("CBOR", "ends too early", f"needs {at + count} bytes, has {len(data)}")
    return data[at : at + count]


_CBOR_SIMPLE: Mapping[int, object] = {20: False, 21: True, 22: None}
