"""Where members decide: who founds, who guards, under which code, how votes go; the `governance` section."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Self, TypeVar

from oracle.errors import Fatal
from oracle.types import Address, Bytes32

DAY = 86_400
REMEDY = "See oracle/deployment/config/consortium.yaml for the form."
FEWEST = 3
_NO_CERTIFICATE = "0x" + 64 * "0"

Kind = TypeVar("Kind", bound=IntEnum)
Resolve = Callable[[str, object], Address]


class MemberClass(IntEnum):
    """In the contract's order."""

    USER = 0
    PROVIDER = 1
    SERVICE_PROVIDER = 2
    FINANCIER = 3
    OPERATOR = 4
    RECYCLER = 5
    AUDITOR = 6


class Trade(IntEnum):
    """Kinds of orders, in the contract's order."""

    INSPECT = 0
    MAINTAIN = 1
    REPAIR = 2
    UPGRADE = 3
    REFURBISH = 4
    COLLECT = 5
    DISMANTLE = 6


def bits(chosen: Sequence[IntEnum]) -> int:
    return sum(1 << one for one in set(chosen))


@dataclass(frozen=True, slots=True)
class Founder:
    account: Address
    classes: tuple[MemberClass, ...]
    trades: tuple[Trade, ...]
    certificate: Bytes32

    def values(self) -> tuple[Address, int, int, bytes]:
        return self.account, bits(self.classes), bits(self.trades), self.certificate


@dataclass(frozen=True, slots=True)
class Founding:
    """Times in seconds."""

    founders: tuple[Founder, ...]
    guardians: tuple[Address, ...]
    guardian_quorum: int
    code_hash: Bytes32
    code_uri: str
    voting_delay: int
    voting_period: int
    late_quorum: int
    quorum: int
    timelock: int

    @classmethod
    def parse(cls, section: Mapping[str, Any], resolve: Resolve) -> Self:
        """Raises Fatal naming the entry that is wrong."""
        _require(section, "governance", {"founders", "guardians", "code", "voting", "timelock_days"})
        guardians, code, voting = section["guardians"], section["code"], section["voting"]
        _require(guardians, "governance.guardians", {"people", "quorum"})
        _require(code, "governance.code", {"hash", "uri"})
        _require(voting, "governance.voting", {"delay_days", "period_days", "late_quorum_days", "quorum"})
        founders = tuple(_founder(entry, index, resolve) for index, entry in enumerate(section["founders"]))
        quorum = int(voting["quorum"])
        if not FEWEST <= quorum <= len(founders):
            raise Fatal("deployment", f"governance.voting.quorum: {quorum} of {len(founders)} founders", REMEDY)
        return cls(
            founders=founders,
            guardians=tuple(resolve("governance.guardians.people", one) for one in guardians["people"]),
            guardian_quorum=int(guardians["quorum"]),
            code_hash=_hash("governance.code.hash", code["hash"]),
            code_uri=str(code["uri"]),
            voting_delay=_days(voting["delay_days"]),
            voting_period=_days(voting["period_days"]),
            late_quorum=_days(voting["late_quorum_days"]),
            quorum=quorum,
            timelock=_days(section["timelock_days"]),
        )


def _founder(entry: Mapping[str, Any], index: int, resolve: Resolve) -> Founder:
    where = f"governance.founders[{index}]"
    _require(entry, where, {"account"})
    return Founder(
        resolve(f"{where}.account", entry["account"]),
        tuple(_named(f"{where}.classes", one, MemberClass) for one in entry.get("classes") or ()),
        tuple(_named(f"{where}.trades", one, Trade) for one in entry.get("trades") or ()),
        _hash(f"{where}.certificate", entry.get("certificate") or _NO_CERTIFICATE),
    )


def _named(where: str, name: object, kind: type[Kind]) -> Kind:
    found = {member.name.lower(): member for member in kind}
    if (text := str(name).replace(" ", "_")) not in found:
        raise Fatal("deployment", f"{where}: {name!r} is none of {', '.join(found)}", REMEDY)
    return found[text]


def _hash(where: str, text: object) -> Bytes32:
    digits = str(text).removeprefix("0x")
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise Fatal("deployment", f"{where}: {text!r} is no hash of 32 bytes", REMEDY)
    return Bytes32(raw)


def _days(number: object) -> int:
    return int(str(number)) * DAY


def _require(section: Mapping[str, Any], where: str, names: set[str]) -> None:
    if missing := names - set(section):
        raise Fatal("deployment", f"{where}: missing {', '.join(sorted(missing))}", REMEDY)
