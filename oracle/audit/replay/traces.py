"""OpenZeppelin's Trace208: a value by time, written once a second."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from oracle.audit.abi import Value
from oracle.audit.replay.world import Path


class Trace:
    def __init__(self) -> None:
        self._keys: list[int] = []
        self._values: list[int] = []

    @property
    def latest(self) -> int:
        return self._values[-1] if self._values else 0

    def push(self, key: int, value: int) -> None:
        if self._keys and self._keys[-1] == key:
            self._values[-1] = value
        else:
            self._keys.append(key)
            self._values.append(value)

    def at(self, key: int) -> int:
        """The last value that was written at `key` or before."""
        place = bisect_right(self._keys, key)
        return self._values[place - 1] if place else 0

    def storage(self, path: Path) -> Iterator[tuple[Path, Value]]:
        items = (*path, "_checkpoints")
        yield items, len(self._keys)
        for index, (key, value) in enumerate(zip(self._keys, self._values, strict=True)):
            yield (*items, index, "_key"), key
            yield (*items, index, "_value"), value
