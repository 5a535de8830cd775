"""The contracts' ABI files and a strict ABI codec of the auditor's own.

Values: integers and enums as int, addresses as 20 bytes, bytesN and bytes as bytes, tuples and arrays as tuples.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from oracle.audit.keccak import keccak, word

Value = Any
"""int, bool, bytes, str, or a tuple of these: what one ABI type decodes to."""


class AbiError(ValueError):
    """Bytes that the type does not describe; `offset` counts from the start of the arguments."""

    def __init__(self, offset: int, reason: str) -> None:
        self.offset = offset
        super().__init__(f"{reason} at byte {offset}")


@dataclass(frozen=True, slots=True)
class Type:
    """One ABI type. `size` is the bytes it takes in the head: 32 for what is dynamic."""

    name: str
    kind: str
    bits: int = 0
    parts: tuple[Type, ...] = ()
    length: int | None = None
    dynamic: bool = False
    size: int = 32

    def encode(self, value: Value) -> bytes:
        match self.kind:
            case "uint":
                if not 0 <= value < 1 << self.bits:
                    raise AbiError(0, f"{value} does not fit {self.name}")
                return word(int(value))
            case "int":
                return word(value % (1 << 256))
            case "bool":
                return word(bool(value))
            case "address":
                return bytes(12) + bytes(value)
            case "fixed":
                return bytes(value).ljust(32, b"\0")
            case "bytes":
                raw = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else bytes(value)
                return word(len(raw)) + raw + bytes(-len(raw) % 32)
            case "array":
                head = b"" if self.length is not None else word(len(value))
                return head + encode_all([self.parts[0]] * len(value), value)
            case _:
                return encode_all(self.parts, value)

    def decode(self, data: bytes, at: int) -> Value:
        match self.kind:
            case "bytes":
                length = _number(data, at)
                if at + 32 + length > len(data):
                    raise AbiError(at, f"{self.name} ends past the end")
                raw = data[at + 32 : at + 32 + length]
                return raw.decode("utf-8", "surrogateescape") if self.name == "string" else raw
            case "array":
                count, start = (_number(data, at), at + 32) if self.length is None else (self.length, at)
                if count * self.parts[0].size > len(data) - start:
                    raise AbiError(at, f"{self.name} has more elements than bytes")
                return decode_all([self.parts[0]] * count, data, start)
            case "tuple":
                return decode_all(self.parts, data, at)
        number = _number(data, at)
        match self.kind:
            case "uint" if number >> self.bits == 0:
                return number
            case "bool" if number < 2:
                return bool(number)
            case "address" if number >> 160 == 0:
                return number.to_bytes(20, "big")
            case "fixed" if number & ((1 << (256 - self.bits)) - 1) == 0:
                return word(number)[: self.bits // 8]
            case "int":
                signed = number - (1 << 256) if number >> 255 else number
                if -(1 << (self.bits - 1)) <= signed < 1 << (self.bits - 1):
                    return signed
        raise AbiError(at, f"not a {self.name}")


def _number(data: bytes, at: int) -> int:
    if at + 32 > len(data):
        raise AbiError(at, "arguments end too early")
    return int.from_bytes(data[at : at + 32], "big")


def encode_all(types: Sequence[Type], values: Sequence[Value]) -> bytes:
    heads: list[bytes] = []
    tails: list[bytes] = []
    offset = sum(kind.size for kind in types)
    for kind, value in zip(types, values, strict=True):
        encoded = kind.encode(value)
        if kind.dynamic:
            heads.append(word(offset))
            tails.append(encoded)
            offset += len(encoded)
        else:
            heads.append(encoded)
    return b"".join(heads + tails)


def decode_all(types: Sequence[Type], data: bytes, start: int = 0) -> tuple[Value, ...]:
    values: list[Value] = []
    at = start
    for kind in types:
        if kind.dynamic:
            values.append(kind.decode(data, start + _number(data, at)))
        else:
            values.append(kind.decode(data, at))
        at += kind.size
    return tuple(values)


def parse_type(entry: Mapping[str, Any]) -> Type:
    """A type from an ABI entry: {"type": …, "components": …}."""
    name = str(entry["type"])
    if name.endswith("]"):
        inner, _, count = name[:-1].rpartition("[")
        part = parse_type({**entry, "type": inner})
        length = int(count) if count else None
        dynamic = length is None or part.dynamic
        return Type(name, "array", 0, (part,), length, dynamic, 32 if dynamic else part.size * (length or 0))
    if name == "tuple":
        parts = tuple(parse_type(component) for component in entry["components"])
        dynamic = any(part.dynamic for part in parts)
        spelled = "(" + ",".join(map(_canonical, parts)) + ")"
        return Type(spelled, "tuple", 0, parts, None, dynamic, 32 if dynamic else sum(part.size for part in parts))
    if name in ("bytes", "string"):
        return Type(name, "bytes", dynamic=True)
    if name in ("address", "bool"):
        return Type(name, name)
    for kind in ("uint", "int"):
        if name.startswith(kind):
            return Type(name, kind, int(name[len(kind) :]))
    return Type(name, "fixed", 8 * int(name.removeprefix("bytes")))


def _spelled(name: str, types: Sequence[Type]) -> str:
    return f"{name}({','.join(_canonical(kind) for kind in types)})"


def _canonical(kind: Type) -> str:
    if kind.kind == "array":
        return f"{_canonical(kind.parts[0])}[{'' if kind.length is None else kind.length}]"
    return kind.name


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    selector: bytes
    names: tuple[str, ...]
    inputs: tuple[Type, ...]
    outputs: tuple[Type, ...]
    member_names: tuple[tuple[str, ...], ...]
    """For each input that is a struct, the names of its members."""

    def encode(self, *values: Value) -> bytes:
        return self.selector + encode_all(self.inputs, values)

    def decode(self, calldata: bytes) -> tuple[Value, ...]:
        return decode_all(self.inputs, calldata[4:])


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    topic: bytes
    names: tuple[str, ...]
    types: tuple[Type, ...]
    indexed: tuple[bool, ...]
    plain: tuple[Type, ...]

    def encode(self, values: Sequence[Value]) -> tuple[tuple[bytes, ...], bytes]:
        """Topics and data. No event of the platform indexes a dynamic value."""
        topics = [self.topic]
        plain: list[Value] = []
        for kind, indexed, value in zip(self.types, self.indexed, values, strict=True):
            if indexed:
                topics.append(kind.encode(value))
            else:
                plain.append(value)
        return tuple(topics), encode_all(self.plain, plain)

    def decode(self, topics: Sequence[bytes], data: bytes) -> dict[str, Value]:
        """Arguments by name.

        Raises:
            AbiError: topics or data are not this event's; offset −1 means a topic.
        """
        if len(topics) != 1 + sum(self.indexed):
            raise AbiError(-1, f"{self.name} has {len(topics)} topics")
        plain = iter(decode_all(self.plain, data))
        rest = iter(topics[1:])
        return {
            name: kind.decode(next(rest), 0) if indexed else next(plain)
            for name, kind, indexed in zip(self.names, self.types, self.indexed, strict=True)
        }


@dataclass(frozen=True, slots=True)
class Contract:
    """What an ABI file says of one contract."""

    name: str
    functions: Mapping[bytes, Function]
    by_name: Mapping[str, Function]
    events: Mapping[bytes, Event]
    event_names: Mapping[str, Event]
    constructor: tuple[Type, ...]
    creation_code: bytes
    runtime_code: bytes
    immutables: tuple[tuple[int, int], ...]
    layout: Mapping[str, Any]


ABI_PACKAGE: Final = "oracle.chain"


@lru_cache(maxsize=64)
def load(name: str) -> Contract:
    """Reads `oracle/chain/abi/<name>.json`.

    Raises:
        FileNotFoundError: the file was not made (`make setup`) or there is no such contract.
    """
    text = files(ABI_PACKAGE).joinpath("abi", f"{name}.json").read_text(encoding="utf-8")
    return parse(json.loads(text))


def parse(document: Mapping[str, Any]) -> Contract:
    functions: dict[bytes, Function] = {}
    events: dict[bytes, Event] = {}
    constructor: tuple[Type, ...] = ()
    for entry in document["abi"]:
        types = tuple(parse_type(item) for item in entry.get("inputs", ()))
        names = tuple(str(item["name"]) for item in entry.get("inputs", ()))
        match entry["type"]:
            case "function":
                selector = keccak(_spelled(entry["name"], types).encode())[:4]
                outputs = tuple(parse_type(item) for item in entry["outputs"])
                members = tuple(tuple(str(m["name"]) for m in item.get("components", ())) for item in entry["inputs"])
                functions[selector] = Function(entry["name"], selector, names, types, outputs, members)
            case "event":
                topic = keccak(_spelled(entry["name"], types).encode())
                indexed = tuple(bool(item["indexed"]) for item in entry["inputs"])
                plain = tuple(kind for kind, is_topic in zip(types, indexed, strict=True) if not is_topic)
                events[topic] = Event(entry["name"], topic, names, types, indexed, plain)
            case "constructor":
                constructor = types
    references = document.get("immutableReferences", {})
    return Contract(
        name=str(document["contractName"]),
        functions=functions,
        by_name={function.name: function for function in functions.values()},
        events=events,
        event_names={event.name: event for event in events.values()},
        constructor=constructor,
        creation_code=unhex(document["bytecode"]),
        runtime_code=unhex(document["deployedBytecode"]),
        immutables=tuple(sorted((r["start"], r["length"]) for spots in references.values() for r in spots)),
        layout=document.get("storageLayout", {}),
    )


def unhex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
