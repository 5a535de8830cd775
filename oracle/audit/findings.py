"""What an audit finds: each finding names its exact place, each check its figure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from oracle.audit.keccak import checksum_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where on the chain. Only what applies is set; `offset` counts bytes of the transaction's calldata."""

    block: int | None = None
    transaction: str | None = None
    log_index: int | None = None
    offset: int | None = None
    record: int | None = None
    contract: str | None = None
    address: bytes | None = None
    slot: int | None = None
    variable: str | None = None

    def __str__(self) -> str:
        words: list[str] = []
        if self.block is not None:
            words.append(f"block {self.block}")
        if self.transaction is not None:
            words.append(f"transaction {self.transaction}")
        if self.log_index is not None:
            words.append(f"log {self.log_index}")
        if self.record is not None:
            words.append(f"record {self.record}")
        if self.offset is not None:
            words.append(f"calldata byte {self.offset}")
        if self.contract is not None:
            words.append(self.contract + (f" ({checksum_address(self.address)})" if self.address else ""))
        if self.variable is not None:
            words.append(self.variable)
        if self.slot is not None:
            words.append(f"slot {self.slot:#x}")
        return ", ".join(words) or "the whole chain"

    def as_dict(self) -> dict[str, Any]:
        values = {
            "block": self.block,
            "transaction": self.transaction,
            "logIndex": self.log_index,
            "calldataOffset": self.offset,
            "record": self.record,
            "contract": self.contract,
            "address": checksum_address(self.address) if self.address else None,
            "slot": None if self.slot is None else f"{self.slot:#066x}",
            "variable": self.variable,
        }
        return {key: value for key, value in values.items() if value is not None}


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.check}: {self.place}: {self.message}"


@dataclass(frozen=True, slots=True)
class Balanced:
    """A check that came out, with the figures that it compared."""

    check: str
    subject: str
    values: Mapping[str, int]

    def __str__(self) -> str:
        figures = ", ".join(f"{name} {value:,}" for name, value in self.values.items())
        return f"{self.check} {self.subject}: {figures}"


@dataclass(slots=True)
class Findings:
    """Collects as the audit goes on. `not_checked` counts against the audit as much as a finding does."""

    found: list[Finding] = field(default_factory=list)
    not_checked: list[Finding] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)
    balanced: list[Balanced] = field(default_factory=list)

    def add(self, check: str, place: Place, message: str) -> None:
        self.found.append(Finding(check, place, message))

    def unchecked(self, check: str, place: Place, message: str) -> None:
        self.not_checked.append(Finding(check, place, message))

    def count(self, figure: str, number: int = 1) -> None:
        self.figures[figure] += number

    @property
    def clean(self) -> bool:
        return not self.found and not self.not_checked

    def __iter__(self) -> Iterator[Finding]:
        yield from self.found
        yield from self.not_checked
