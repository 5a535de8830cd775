"""Request bodies to decoded documents, by their media type."""

from collections.abc import Iterator, Sequence

from fastapi import Request

from oracle.domain import wire
from oracle.domain.plain_readings import PlainReading
from oracle.domain.usual_json import read_usual
from oracle.errors import Malformed, Rejected

JSON = "application/json"
NDJSON = "application/x-ndjson"
CBOR = "application/cbor"
OPENAPI_READINGS = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": {"description": "One signed reading or a list: `{reading, signature, stopReason?}`"}},
            NDJSON: {"schema": {"type": "string", "description": "One signed reading a line"}},
            CBOR: {"schema": {"type": "string", "format": "binary", "description": "As JSON; bytes as byte strings"}},
        },
    }
}
OPENAPI_DOCUMENT = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": {"type": "object"}}, CBOR: {"schema": {"type": "string", "format": "binary"}}},
    }
}


async def document(request: Request) -> object:
    """One JSON or CBOR document. Raises Malformed or Rejected `unsupported_media_type`."""
    return _document(media_type(request), await request.body())


def items(kind: str, data: bytes, limit: int) -> Sequence[object | PlainReading | Malformed]:
    """The items of a JSON list, CBOR list or NDJSON body; one item alone counts as a list.

    Readings in the usual form come parsed, as plain tuples. A line of NDJSON that cannot be read stands as its error,
    so that its neighbours are not lost.
    """
    found: Sequence[object] | None = None
    if kind == NDJSON:
        found = list(_lines(data))
    elif kind == JSON:
        found = read_usual(data)
    if found is None:
        decoded = _document(kind, data)
        found = decoded if isinstance(decoded, list) else [decoded]
    if len(found) > limit:
        raise Rejected("too_many_items", "request", "has too many items", f"{len(found)} > {limit}")
    return found


def _document(kind: str, data: bytes) -> object:
    if kind == JSON:
        return wire.decode_json(data)
    if kind == CBOR:
        return wire.decode_cbor(data)
    raise _unsupported(kind)


def _lines(data: bytes) -> Iterator[object | Malformed]:
    for line in data.splitlines():
        if line.strip():
            try:
                yield wire.decode_json(line)
            except Malformed as error:
                yield error


def media_type(request: Request) -> str:
    return request.headers.get("content-type", JSON).split(";")[0].strip().lower()


def _unsupported(kind: str) -> Rejected:
    return Rejected("unsupported_media_type", "request", f"use {JSON}, {NDJSON} or {CBOR}", kind[:60])
