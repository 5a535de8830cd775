"""Events of a transaction, checked exactly: all of them, in order, with all their values."""

from __future__ import annotations

from typing import Any

Expected = tuple[str, dict[str, Any]]


def event(name: str, **values: Any) -> Expected:
    return name, values


def assert_events(transaction: Any, *expected: Expected, of: Any = None) -> None:
    """`of` narrows to one emitting contract; without it the events of every contract count."""
    emitter = getattr(of, "address", of)
    found = [
        (item.name, {key: _plain(value) for key, value in item.items()})
        for item in transaction.events
        if emitter is None or item.address == emitter
    ]
    wanted = [(name, {key: _plain(value) for key, value in values.items()}) for name, values in expected]
    assert found == wanted


def _plain(value: Any) -> Any:
    value = getattr(value, "address", value)
    if isinstance(value, str) and value.startswith("0x"):
        return value.lower()
    if isinstance(value, bytes):
        return "0x" + bytes(value).hex()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
