"""Where a contract keeps what: from variables to slots, by the compiler's own layout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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


@dataclass(slots=True)
class Image:
    """What a contract's storage must hold, word by word, with the names of what shares each word."""

    words: dict[int, int] = field(default_factory=dict)
    names: dict[int, list[str]] = field(default_factory=dict)

    def put(self, slot: int, value: int, name: str) -> None:
        self.words[slot] = self.words.get(slot, 0) | value
        self.names.setdefault(slot, []).append(name)

    def name_of(self, slot: int) -> str:
        """The variables that share the slot."""
        return ", ".join(self.names.get(slot, ["a variable that the replay does not know"]))


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

    def image(self, variables: Iterable[tuple[Path, Value]]) -> Image:
        """The words that the variables make together.

        Raises:
            UnknownVariable: a variable is not in the layout.
        """
        image = Image()
        for path, value in variables:
            self._write(image, self.spot(path), value, spelled(path))
        return image

    def spot(self, path: Path) -> Spot:
        try:
            here = self._roots[str(path[0])]
            for step in path[1:]:
                here = self._follow(here, step)
        except KeyError as error:
            raise UnknownVariable(f"no variable {spelled(path)} in the storage layout") from error
        return here

    def _follow(self, here: Spot, step: str | int | bytes) -> Spot:
        entry = self._types[here.kind]
        match entry["encoding"]:
            case "mapping":
                key = _key(step, str(self._types[entry["key"]]["label"]))
                return Spot(_number(keccak(key + word(here.slot))), 0, str(entry["value"]))
            case "dynamic_array":
                return self._item(_number(keccak(word(here.slot))), int(step), str(entry["base"]))
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

    def _write(self, image: Image, spot: Spot, value: Value, name: str) -> None:
        entry = self._types[spot.kind]
        if entry["encoding"] == "bytes":
            self._write_text(image, spot.slot, value, name)
            return
        if isinstance(value, bytes):
            # bytesN stand left in their own size, addresses are numbers; both are as long as the type.
            value = _number(value.rjust(int(entry["numberOfBytes"]), b"\0"))
        image.put(spot.slot, int(value) << (8 * spot.offset), name)

    @staticmethod
    def _write_text(image: Image, slot: int, value: Value, name: str) -> None:
        raw = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else bytes(value)
        if len(raw) < 32:
            image.put(slot, _number(raw.ljust(31, b"\0")) << 8 | len(raw) * 2, name)
            return
        image.put(slot, len(raw) * 2 + 1, name)
        base = _number(keccak(word(slot)))
        for index in range(0, len(raw), 32):
            image.put(base + index // 32, _number(raw[index : index + 32].ljust(32, b"\0")), name)


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
