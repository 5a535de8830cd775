"""EIP-712 by hand: structs, domains, digests, and the JSON of every signed form.

`hash = keccak(0x1901 ‖ domain separator ‖ keccak(type hash ‖ one 32-byte word per field))`.
"""

import re
import struct
from abc import ABC
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter
from typing import ClassVar, Generic, Self, TypeVar, cast

from oracle.domain import wire
from oracle.domain.hashing import address_bytes, keccak, parse_address, to_address
from oracle.domain.signatures import recover, require_signer
from oracle.errors import FieldOutOfBounds, Malformed
from oracle.types import Address, Bytes32, ChainId

Value = int | bool | bytes | str

_DOMAIN_TYPE_HASH = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_NAME_HASH = keccak(b"CISE")
_VERSION_HASH = keccak(b"1")


class Contract(StrEnum):
    """The contracts that verify forms; what was signed for one is nothing to another."""

    USAGE_AGREEMENTS = "UsageAgreements"
    METER_REGISTRY = "MeterRegistry"
    ASSET_REGISTRY = "AssetRegistry"
    PREPAID_ACCOUNTS = "PrepaidAccounts"
    HAND_OVERS = "HandOvers"
    SPARE_LOANS = "SpareLoans"
    MEMBERSHIP = "Membership"


@dataclass(frozen=True, slots=True)
class Domain:
    """The EIP-712 domain of one contract on one chain."""

    chain_id: ChainId
    verifying_contract: Address
    separator: Bytes32 = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        words = _DOMAIN_TYPE_HASH + _NAME_HASH + _VERSION_HASH + self.chain_id.to_bytes(32)
        object.__setattr__(self, "separator", keccak(words + _address_word(self.verifying_contract)))


class Domains:
    """The domains of one deployment, which may have no pools of spares."""

    __slots__ = ("_by_contract", "chain_id")

    def __init__(
        self,
        chain_id: ChainId,
        usage_agreements: Address,
        meter_registry: Address,
        asset_registry: Address,
        prepaid_accounts: Address,
        hand_overs: Address,
        spare_loans: Address | None = None,
        membership: Address | None = None,
    ) -> None:
        """`membership`: None where no members decide; then nothing is signed for it."""
        self.chain_id = chain_id
        self._by_contract = {
            Contract.USAGE_AGREEMENTS: Domain(chain_id, usage_agreements),
            Contract.METER_REGISTRY: Domain(chain_id, meter_registry),
            Contract.ASSET_REGISTRY: Domain(chain_id, asset_registry),
            Contract.PREPAID_ACCOUNTS: Domain(chain_id, prepaid_accounts),
            Contract.HAND_OVERS: Domain(chain_id, hand_overs),
        }
        if spare_loans is not None:
            self._by_contract[Contract.SPARE_LOANS] = Domain(chain_id, spare_loans)
        if membership is not None:
            self._by_contract[Contract.MEMBERSHIP] = Domain(chain_id, membership)

    def of(self, form: "Form | type[Form]") -> Domain:
        """The domain in which this kind of form is signed."""
        return self._by_contract[form.VERIFIED_BY]


class Struct:
    """An EIP-712 struct type, read from its type string."""

    __slots__ = ("_encoders", "_limits", "_words", "attributes", "fields", "name", "type_hash", "type_string")

    def __init__(self, type_string: str) -> None:
        parsed = re.fullmatch(r"(\w+)\((.*)\)", type_string)
        if parsed is None:
            raise ValueError(f"not an EIP-712 type: {type_string}")
        self.type_string = type_string
        self.type_hash = keccak(type_string.encode())
        self.name = parsed[1]
        self.fields: tuple[tuple[str, str], ...] = tuple(
            (name, kind) for kind, name in (part.split(" ") for part in parsed[2].split(","))
        )
        self.attributes = tuple(re.sub(r"([A-Z])", r"_\1", name).lower() for name, _ in self.fields)
        self._encoders = tuple(_encoder(kind) for _, kind in self.fields)
        kinds = [kind for _, kind in self.fields]
        # All words at once where every field is narrow: readings come by the thousand.
        self._words = struct.Struct(">" + "".join(map(_WORD_FORMATS.__getitem__, kinds))) if _narrow(kinds) else None
        self._limits = tuple(1 << int(kind[4:]) if kind.startswith("uint") else 0 for kind in kinds)

    def hash(self, values: tuple[Value, ...]) -> Bytes32:
        """hashStruct of EIP-712."""
        if self._words is not None:
            return keccak(self.type_hash + self._words.pack(*values))
        words = [encode(value) for encode, value in zip(self._encoders, values, strict=True)]
        return keccak(self.type_hash + b"".join(words))

    def check(self, values: tuple[Value, ...]) -> None:
        """Raises FieldOutOfBounds for the first value that does not fit its wire type."""
        if self._words is not None and self._fit(values):
            return
        for (name, kind), value in zip(self.fields, values, strict=True):
            _check(self.name, name, kind, value)

    def _fit(self, values: tuple[Value, ...]) -> bool:
        """The usual case of `check` for integers and 32-byte texts, without looking at the kinds."""
        for value, limit in zip(values, self._limits, strict=True):
            if type(value) is int:
                if not 0 <= value < limit:
                    return False
            elif limit or type(value) is not bytes or len(value) != 32:
                return False
        return True

    def to_json(self, values: tuple[Value, ...]) -> dict[str, object]:
        """Integers of up to 64 bits as numbers, wider ones as decimal text, bytes as 0x and hexadecimal digits."""
        return {name: _to_json(kind, value) for (name, kind), value in zip(self.fields, values, strict=True)}

    def parse(self, document: object) -> tuple[Value, ...]:
        """The values of a JSON or CBOR object with exactly these members. Raises Malformed."""
        found = wire.members(document, self.name, (name for name, _ in self.fields))
        return tuple(_parse(self.name, name, kind, found[name]) for name, kind in self.fields)


class Form(ABC):
    """A signed form: a frozen dataclass whose fields are those of its struct, in snake case and in the same order."""

    __slots__ = ()
    STRUCT: ClassVar[Struct]
    VERIFIED_BY: ClassVar[Contract]

    def __post_init__(self) -> None:
        self.STRUCT.check(self.values())

    def values(self) -> tuple[Value, ...]:
        """The fields in wire order."""
        return cast(tuple[Value, ...], attrgetter(*self.STRUCT.attributes)(self))

    @classmethod
    def from_values(cls, values: tuple[Value, ...]) -> Self:
        """The form with these fields in wire order. Raises FieldOutOfBounds."""
        return cast(Callable[..., Self], cls)(*values)

    def struct_hash(self) -> Bytes32:
        return self.STRUCT.hash(self.values())

    def to_json(self) -> dict[str, object]:
        return self.STRUCT.to_json(self.values())

    @classmethod
    def parse(cls, document: object) -> Self:
        """Reads a decoded JSON or CBOR object. Raises Malformed or FieldOutOfBounds."""
        return cls.from_values(cls.STRUCT.parse(document))


F = TypeVar("F", bound=Form)


@dataclass(frozen=True, slots=True)
class Signed(Generic[F]):
    """A form with its signature of 64 or 65 bytes (or any length for ERC-1271)."""

    form: F
    signature: bytes

    def signer(self, domains: Domains) -> Address:
        """The address that signed. Raises BadSignature."""
        return recover(digest(domains.of(self.form), self.form), self.signature)

    def require_signer(self, domains: Domains, expected: Address) -> None:
        """Raises BadSignature unless `expected` signed the form."""
        require_signer(digest(domains.of(self.form), self.form), self.signature, expected, self.form.STRUCT.name)

    def to_json(self) -> dict[str, object]:
        """`{"<form>": {...}, "signature": "0x..."}`."""
        return {_member(type(self.form)): self.form.to_json(), "signature": wire.to_hex(self.signature)}


def parse_signed(form: type[F], document: object) -> Signed[F]:
    """Reads `{"<form>": {...}, "signature": ...}`. Raises Malformed or FieldOutOfBounds."""
    member = _member(form)
    found = wire.members(document, f"signed {form.STRUCT.name}", (member, "signature"))
    signature = wire.byte_string(found["signature"], form.STRUCT.name, "signature")
    return Signed(form.parse(found[member]), signature)


def digest(domain: Domain, form: Form) -> Bytes32:
    """The 32 bytes that are signed."""
    return keccak(b"\x19\x01" + domain.separator + form.struct_hash())


def _member(form: type[Form]) -> str:
    return form.STRUCT.name[0].lower() + form.STRUCT.name[1:]


_WORD_FORMATS = {f"uint{bits}": "24xQ" for bits in (8, 16, 32, 40, 48, 64)} | {"bytes32": "32s"}


def _narrow(kinds: list[str]) -> bool:
    return all(kind in _WORD_FORMATS for kind in kinds)


def _address_word(address: str) -> bytes:
    return bytes(12) + address_bytes(Address(address))


def _encoder(kind: str) -> Callable[[Value], bytes]:
    match kind:
        case "address":
            return cast(Callable[[Value], bytes], _address_word)
        case "bytes32":
            return cast(Callable[[Value], bytes], bytes)
        case "bytes":
            return cast(Callable[[Value], bytes], keccak)
        case _:
            return cast(Callable[[Value], bytes], _integer_word)


def _integer_word(value: int) -> bytes:
    return value.to_bytes(32)


def _check(who: str, name: str, kind: str, value: Value) -> None:
    match kind, value:
        case "address", str():
            if parse_address(value, f"{who}.{name}") != value:
                raise FieldOutOfBounds(who, f"{name} lacks its check sum", value)
        case "bytes32", bytes():
            if len(value) != 32:
                raise FieldOutOfBounds(who, f"{name} must have 32 bytes", str(len(value)))
        case "bytes", bytes():
            return
        case "bool", bool():
            return
        case _, int() if kind.startswith("uint"):
            wire.unsigned(value, int(kind[4:]), who, name)
        case _:
            raise FieldOutOfBounds(who, f"{name} must be {kind}", repr(value)[:60])


def _to_json(kind: str, value: Value) -> object:
    if isinstance(value, bytes):
        return wire.to_hex(value)
    if kind.startswith("uint") and int(kind[4:]) > 64:
        return str(value)
    return int(value) if kind.startswith("uint") else value


def _parse(who: str, name: str, kind: str, value: object) -> Value:
    if kind == "address":
        if isinstance(value, str):
            return parse_address(value, f"{who}.{name}")
        return to_address(wire.byte_string(value, who, name))
    if kind.startswith("bytes"):
        return wire.byte_string(value, who, name)
    if kind == "bool":
        if not isinstance(value, bool):
            raise Malformed(who, f"{name} must be true or false", repr(value)[:60])
        return value
    return wire.integer(value, who, name)
