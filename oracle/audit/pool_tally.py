"""What I-12 and I-19 need of the logs of spare pools: where each spare went, and whose each unit of money is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from oracle.audit.findings import Findings
from oracle.audit.told import Told

POOLS: Final = "SparePools"
LOANS: Final = "SpareLoans"
STOCK: Final = "SpareStock"
SHELF, LENT, REPAIR, BOUGHT_OUT, RETIRED = range(1, 6)
WAYS: Final = {
    SHELF: (0, REPAIR, LENT, BOUGHT_OUT, RETIRED),
    LENT: (SHELF,),
    REPAIR: (0, SHELF, LENT, BOUGHT_OUT, RETIRED),
    BOUGHT_OUT: (LENT,),
    RETIRED: (SHELF, LENT, REPAIR),
}
"""From where a spare comes to each place; from outside also what has left a pool before."""


@dataclass(slots=True)
class Purse:
    """One membership's money in the pool, as the logs tell it."""

    pool: int
    credit: int
    deposit: int
    held: int = 0
    """For its claim: fee, hold and price."""


class PoolTally:
    """Grows with members, spares and loans."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self.places: dict[int, int] = {}
        self.borrowed: dict[int, int] = {}
        self.purses: dict[int, Purse] = {}
        self.paid_in: Counter[int] = Counter()
        self.paid_out: Counter[int] = Counter()
        self.spent: Counter[int] = Counter()
        self.left: Counter[int] = Counter()
        self._terms: dict[int, tuple[int, int]] = {}

    def add(self, told: Told) -> None:
        """A log of one of the three contracts."""
        if told.contract == POOLS:
            self._money(told)
        elif told.event == "UnitMoved":
            self._moved(told)
        elif told.event in ("SpareLent", "LoanEnded"):
            self._lent(told)

    def held(self, pool: int) -> int:
        return sum(one.credit + one.deposit + one.held for one in self.purses.values() if one.pool == pool)

    def _moved(self, told: Told) -> None:
        unit, before, to = told.values["unit"], told.values["from"], told.values["to"]
        self._findings.count("I-12 ways of spares followed")
        if before != self.places.get(unit, 0) or before not in WAYS.get(to, ()):
            self._findings.add("I-12", told.place, f"spare {unit} went from {before} to {to}")
        self.places[unit] = to

    def _lent(self, told: Told) -> None:
        unit, claim = told.values["unit"], told.values["claim"]
        if told.event == "SpareLent":
            if unit in self.borrowed:
                self._findings.add("I-12", told.place, f"spare {unit} is lent twice")
            self.borrowed[unit] = claim
        elif self.borrowed.pop(unit, 0) != claim:
            self._findings.add("I-12", told.place, f"spare {unit} comes back from who has not had it")

    def _money(self, told: Told) -> None:
        values = told.values
        if told.event == "PoolOpened":
            # Entry and deposit, as the terms list them.
            self._terms[values["pool"]] = (values["terms"][4], values["terms"][5])
        elif told.event == "MemberJoined":
            entry, deposit = self._terms.get(values["pool"], (0, 0))
            self.purses[values["member"]] = Purse(values["pool"], values["credit"], deposit)
            self.paid_in[values["pool"]] += entry + deposit + values["credit"]
        elif told.event == "MemberLeft":
            self._leave(told)
        elif told.event == "Spent":
            self.spent[values["pool"]] += values["amount"]
        elif told.event == "Inherited":
            self.left[values["pool"]] += values["amount"]
        elif (purse := self.purses.get(values.get("member", 0))) is not None:
            self._turn(told, purse)

    def _turn(self, told: Told, purse: Purse) -> None:
        values, amount = told.values, told.values.get("amount", 0)
        match told.event:
            case "PaidIn":
                purse.credit += amount
                self.paid_in[purse.pool] += amount
            case "PaidOut":
                purse.credit -= amount
                self.paid_out[purse.pool] += amount
            case "DuesDrawn":
                purse.credit -= amount
            case "DepositRestored":
                purse.credit, purse.deposit = purse.credit - amount, purse.deposit + amount
            case "ClaimHeld":
                purse.credit, purse.held = purse.credit - amount, purse.held + amount
            case "ClaimPaid":
                purse.credit += values["back"]
                purse.deposit -= values["fromDeposit"]
                purse.held -= values["back"] + values["toCash"]
        if min(purse.credit, purse.deposit, purse.held) < 0:
            self._findings.add("I-19", told.place, f"member {values['member']} has less than nothing")

    def _leave(self, told: Told) -> None:
        values = told.values
        purse = self.purses.pop(values["member"], None)
        pot = values["credit"] + values["deposit"]
        if purse is None or (purse.credit, purse.deposit, purse.held) != (values["credit"], values["deposit"], 0):
            self._findings.add("I-19", told.place, f"member {values['member']} left with other than it had")
        self.left[values["pool"]] += pot + values["share"] - values["unpaid"]
