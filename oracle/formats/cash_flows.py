"""A round's money by month, from the chain's events: where it came from, what it paid to each tranche, what was lost.

Every sum over the months is the chain's own figure, to the unit. A holder's part of a payment follows the contract's
index exactly; only between interest, principal and residual of one payment a unit may fall into the next column.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from oracle.domain.rounds import RoundState
from oracle.formats.happenings import Happening
from oracle.types import ZERO_ADDRESS, Address, BaseUnits

SCALE = 1 << 56
"""An index counts units paid for so many units of principal (contracts/libraries/Accrual.sol)."""
OF_ROUND = ("fees", "repaid", "proceeds", "gifts", "toProvider", "surplus")
OF_TRANCHE = (
    "invested", "refunded", "interest", "principal", "residual", "lost", "lostInterest", "claimed", "remainder",
)  # fmt: skip
OF_HOLDER = (
    "invested", "refunded", "bought", "sold", "interest", "principal", "residual", "lost", "claimed", "remainder",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Books:
    """Which accounts are the round's: where its money is, and from where its fees come."""

    round: int
    tranches: int
    account: Address
    split: Address


@dataclass(slots=True)
class Statement:
    """Amounts in base units by month ("2026-11") and column; a column of a tranche ends in its number."""

    columns: tuple[str, ...]
    months: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, month: str, column: str, amount: int) -> None:
        self.months.setdefault(month, Counter())[column] += amount

    def rows(self, until: int) -> Iterator[tuple[str, list[BaseUnits]]]:
        """Every month from the first event to the last, at least to this time."""
        if self.months:
            last = max(*self.months, _month(until))
            for month in _months(min(self.months), last):
                found = self.months.get(month, Counter())
                yield month, [BaseUnits(found[column]) for column in self.columns]

    def total(self, column: str) -> BaseUnits:
        return BaseUnits(sum(month[column] for month in self.months.values()))


def of_round(books: Books, happenings: Iterable[Happening]) -> Statement:
    """All of the round. `happenings`: what `round_logs` reads, in chain order."""
    columns = (*OF_ROUND, *(f"{name}{tranche}" for tranche in range(books.tranches) for name in OF_TRANCHE))
    statement = Statement(columns)
    recovered = False
    burned: Counter[int] = Counter()
    for one in happenings:
        month, told = _month(one.time), one.arguments
        match one.name:
            case "Transfer":
                # Whatever came from elsewhere is a gift until another event says what it was.
                statement.add(month, "fees" if told["sender"] == books.split else "gifts", told["amount"])
            case "Invested":
                statement.add(month, f"invested{told['tranche']}", told["accepted"])
                statement.add(month, "gifts", -told["accepted"])
            case "Repaid":
                statement.add(month, "repaid", told["amount"])
                statement.add(month, "gifts", -told["amount"])
            case "AssetSettled" | "ClaimCollected":
                amount = told["proceeds" if one.name == "AssetSettled" else "amount"]
                statement.add(month, "proceeds", amount)
                statement.add(month, "gifts", -amount)
            case "Refunded" | "Claimed":
                statement.add(month, f"{one.name.lower()}{told['tranche']}", told["amount"])
            case "RoundStateChanged":
                recovered = told["to"] == RoundState.RECOVERED
            case "TranchePaid":
                for name, lost in (("interest", "lostInterest"), ("principal", "lost")):
                    statement.add(month, f"{name}{told['tranche']}", told[name])
                    if recovered:
                        statement.add(month, f"{lost}{told['tranche']}", -told[name])
            case "RestShared":
                for tranche, amount in enumerate(told["toTranches"]):
                    statement.add(month, f"residual{tranche}", amount)
                statement.add(month, "toProvider", told["toProvider"])
            case "WrittenDown":
                statement.add(month, f"lost{told['tranche']}", told["principal"])
                statement.add(month, f"lostInterest{told['tranche']}", told["interest"])
            case "SurplusSkimmed":
                statement.add(month, "surplus", told["amount"])
            case "TransferSingle" | "TransferBatch":
                for tranche, amount in _moved(books, one) if told["to"] == ZERO_ADDRESS else ():
                    burned[tranche] += amount
                    if burned[tranche] == statement.total(f"invested{tranche}"):
                        rest = paid_to(statement, tranche) - statement.total(f"claimed{tranche}")
                        statement.add(month, f"remainder{tranche}", rest)
    return statement


def paid_to(statement: Statement, tranche: int) -> BaseUnits:
    """Interest, principal and residual in all."""
    return BaseUnits(sum(statement.total(f"{name}{tranche}") for name in ("interest", "principal", "residual")))


@dataclass(slots=True)
class _Position:
    """One holder in one tranche. `earned` in 1/SCALE units; the parts in 1/invested units."""

    balance: int = 0
    earned: int = 0
    parts: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)


def of_holder(books: Books, happenings: Sequence[Happening], holder: Address) -> Statement:
    """One account's part. `happenings`: with the movements of its positions."""
    statement = Statement(tuple(f"{name}{tranche}" for tranche in range(books.tranches) for name in OF_HOLDER))
    whole = of_round(books, happenings)
    invested = [whole.total(f"invested{tranche}") for tranche in range(books.tranches)]
    positions = [_Position() for _ in range(books.tranches)]
    carries = [0] * books.tranches
    burned: Counter[int] = Counter()

    def credit(month: str, tranche: int, **parts: int) -> None:
        position, total = positions[tranche], sum(parts.values())
        growth, carries[tranche] = divmod(total * SCALE + carries[tranche], invested[tranche])
        position.earned += position.balance * growth
        _share(position, parts)
        for name, amount in _due(position, invested[tranche]).items():
            statement.add(month, f"{name}{tranche}", amount - position.told[name])
            position.told[name] = amount

    def lose(month: str, tranche: int, principal: int) -> None:
        position = positions[tranche]
        _share(position, {"lost": principal})
        lost = position.parts["lost"] // invested[tranche]
        statement.add(month, f"lost{tranche}", lost - position.told["lost"])
        position.told["lost"] = lost

    recovered = False
    for one in happenings:
        month, told = _month(one.time), one.arguments
        match one.name:
            case "TransferSingle" | "TransferBatch":
                for tranche, amount in _moved(books, one):
                    _move(statement, month, positions[tranche], tranche, told, amount, holder)
                    burned[tranche] += amount if told["to"] == ZERO_ADDRESS else 0
                    last = told["to"] == ZERO_ADDRESS and burned[tranche] == invested[tranche]
                    if last and told["from"] == holder:
                        statement.add(month, f"remainder{tranche}", whole.total(f"remainder{tranche}"))
            case "Invested" if told["investor"] == holder:
                statement.add(month, f"invested{told['tranche']}", told["accepted"])
            case "Refunded" if told["investor"] == holder:
                statement.add(month, f"refunded{told['tranche']}", told["amount"])
            case "Claimed" if told["holder"] == holder:
                statement.add(month, f"claimed{told['tranche']}", told["amount"])
            case "RoundStateChanged":
                recovered = told["to"] == RoundState.RECOVERED
            case "TranchePaid":
                credit(month, told["tranche"], interest=told["interest"], principal=told["principal"])
                if recovered:
                    lose(month, told["tranche"], -told["principal"])
            case "RestShared":
                for tranche, amount in enumerate(told["toTranches"]):
                    if amount:
                        credit(month, tranche, residual=amount)
            case "WrittenDown":
                lose(month, told["tranche"], told["principal"])
    return statement


def _share(position: _Position, parts: dict[str, int]) -> None:
    for name, amount in parts.items():
        position.parts[name] += position.balance * amount


def _due(position: _Position, invested: int) -> dict[str, int]:
    """What it has earned so far, by kind; together exactly what the contract owes or has paid."""
    earned = position.earned // SCALE
    residual = min(position.parts["residual"] // invested, earned)
    interest = min(position.parts["interest"] // invested, earned - residual)
    return {"interest": interest, "residual": residual, "principal": earned - residual - interest}


def _move(
    statement: Statement, month: str, position: _Position, tranche: int, told: Mapping[str, Any], amount: int,
    holder: Address,
) -> None:  # fmt: skip
    if told["from"] == holder:
        position.balance -= amount
        if told["to"] != ZERO_ADDRESS:
            statement.add(month, f"sold{tranche}", amount)
    if told["to"] == holder:
        position.balance += amount
        if told["from"] != ZERO_ADDRESS:
            statement.add(month, f"bought{tranche}", amount)


def _moved(books: Books, one: Happening) -> Iterator[tuple[int, int]]:
    """Tranche and amount of each of the round's positions that moved."""
    told = one.arguments
    single = one.name == "TransferSingle"
    pairs = [(told["id"], told["value"])] if single else zip(told["ids"], told["values"], strict=True)
    for position, amount in pairs:
        if position >> 8 == books.round:
            yield position & 0xFF, amount


def _month(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m")


def _months(first: str, last: str) -> Iterator[str]:
    year, month = map(int, first.split("-"))
    while (text := f"{year:04d}-{month:02d}") <= last:
        yield text
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
