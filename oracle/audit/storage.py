"""Where a contract keeps what: from variables to slots, by the compiler's own layout."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from oracle.audit.abi import Value
from oracle.audit.keccak import keccak, word
from oracle.audit.replay.world import Path

Json = Mapping[str, Any]


class UnknownVariable(ValueError):
    """The layout has no such variable: this auditor is older or newer than the contracts."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A variable's place: slot, byte offset from the right, and type."""

    slot: int
    offset: int
    kind: str


class Layout:
    """One contract's storage layout as the compiler exports it."""

    def __init__(self, document: Json) -> None:
        self._types: Json = document["types"] or {}
        self._roots = {
            str(entry["label"]): Spot(int(entry["slot"]), int(entry["offset"]), str(entry["type"]))
            for entry in document["storage"]
        }
        self._members: dict[str, dict[str, Spot]] = {
            kind: {
                str(member["label"]): Spot(int(member["slot"]), int(member["offset"]), str(member["type"]))
                for member in entry["members"]
            }
            for kind, entry in self._types.items()
            if "members" in entry
        }
        self._at: tuple[Path, Spot] = ((), Spot(0, 0, ""))

    def words(self, variables: Iterable[tuple[Path, Value]]) -> dict[int, int]:
        """The words that the variables make together, by slot.

        Raises:
            UnknownVariable: a variable is not in the layout.
        """
        words: dict[int, int] = {}
        for path, value in variables:
            for slot, part in self._written(self.spot(path), value):
                words[slot] = words.get(slot, 0) | part
        return words

    def names(self, slots: Collection[int], variables: Iterable[tuple[Path, Value]]) -> dict[int, str]:
        """Which variables share each of these slots."""
        found: dict[int, list[str]] = {slot: [] for slot in slots}
        for path, value in variables:
            for slot, _ in self._written(self.spot(path), value):
                if slot in found:
                    found[slot].append(spelled(path))
        return {slot: ", ".join(names) for slot, names in found.items()}

    def spot(self, path: Path) -> Spot:
        """Members of one struct come one after another: the way to it is gone once."""
        head, last = path[:-1], path[-1]
        try:
            if not head:
                return self._roots[str(last)]
            if head != self._at[0]:
                self._at = head, self._walk(head)
            return self._follow(self._at[1], last)
        except KeyError as error:
            raise UnknownVariable(f"no variable {spelled(path)} in the storage layout") from error

    def _walk(self, path: Path) -> Spot:
        here = self._roots[str(path[0])]
        for step in path[1:]:
            here = self._follow(here, step)
        return here

    def _follow(self, here: Spot, step: str | int | bytes) -> Spot:
        entry = self._types[here.kind]
        match entry["encoding"]:
            case "mapping":
                key = _key(step, str(self._types[entry["key"]]["label"]))
                return Spot(_number(keccak(key + word(here.slot))), 0, str(entry["value"]))
            case "dynamic_array":
                return self._item(_number(keccak(word(here.slot))), int(step), str(entry["base"]))
            case _ if "base" in entry:
                return self._item(here.slot, int(step), str(entry["base"]))
            case _:
                member = self._members[here.kind][str(step)]
                return Spot(here.slot + member.slot, member.offset, member.kind)

    def _item(self, first: int, index: int, kind: str) -> Spot:
        """Items of up to half a slot share one, from the right; others begin a slot of their own."""
        size = int(self._types[kind]["numberOfBytes"])
        together = max(1, 32 // size)
        if together == 1:
            return Spot(first + (size + 31) // 32 * index, 0, kind)
        return Spot(first + index // together, size * (index % together), kind)

    def _written(self, spot: Spot, value: Value) -> Iterable[tuple[int, int]]:
        entry = self._types[spot.kind]
        if entry["encoding"] == "bytes":
            return _text(spot.slot, value)
        if isinstance(value, bytes):
            # bytesN stand left in their own size, addresses are numbers; both are as long as the type.
            value = _number(value.rjust(int(entry["numberOfBytes"]), b"\0"))
        return ((spot.slot, int(value) << (8 * spot.offset)),)


def _text(slot: int, value: Value) -> Iterator[tuple[int, int]]:
    raw = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else bytes(value)
    if len(raw) < 32:
        yield slot, _number(raw.ljust(31, b"\0")) << 8 | len(raw) * 2
        return
    yield slot, len(raw) * 2 + 1
    base = _number(keccak(word(slot)))
    for index in range(0, len(raw), 32):
        yield base + index // 32, _number(raw[index : index + 32].ljust(32, b"\0"))


@lru_cache(maxsize=65_536)
def _key(step: str | int | bytes, label: str) -> bytes:
    if isinstance(step, int):
        return word(step)
    raw = bytes(step) if isinstance(step, bytes) else str(step).encode()
    return raw.ljust(32, b"\0") if label.startswith("bytes") else raw.rjust(32, b"\0")


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def spelled(path: Path) -> str:
    """_agreements[5].customer: mapping keys and indexes in brackets."""
    text = str(path[0])
    for step in path[1:]:
        if isinstance(step, bytes):
            text += f"[0x{step.hex()}]"
        else:
            text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text
