"""What I-10 and I-18 need of the guarantees' logs: what left each pot, to whom, and which credits were paid."""

from __future__ import annotations

from collections import Counter
from typing import Final

from oracle.audit.findings import Findings
from oracle.audit.told import Told

BUYBACKS: Final = "BuybackGuarantees"
UPTIMES: Final = "AvailabilityGuarantees"


class GuaranteeTally:
    """Grows with guarantees and with the claims of uptime."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self.to_holders: Counter[tuple[str, int]] = Counter()
        self.to_guarantors: Counter[tuple[str, int]] = Counter()
        self._ended: set[int] = set()
        self._pools: dict[tuple[int, int], int] = {}
        self._credited: Counter[tuple[int, int]] = Counter()
        self._claimed: set[tuple[int, int, int]] = set()

    def add(self, told: Told) -> None:
        """A log of one of the two contracts."""
        values = told.values
        pot = told.contract, values.get("guarantee", values.get("uptime", 0))
        match told.event:
            case "CollateralReleased" | "BondReleased":
                self.to_guarantors[pot] += values["amount"]
            case "GuaranteeEnded":
                self._end(told, pot[1])
                self.to_guarantors[pot] += values["rest"]
            case "Exercised":
                self._end(told, pot[1])
                self.to_holders[pot] += values["paid"]
                self.to_guarantors[pot] += values["rest"]
                if values["paid"] + values["owed"] != values["price"]:
                    self._findings.add("I-10", told.place, "paid and owed are not the price")
            case "PeriodSettled":
                self._pools[pot[1], values["period"]] = values["pool"]
            case "CreditClaimed":
                self._claim(told, pot[1])
                self.to_holders[pot] += values["credit"]

    def _end(self, told: Told, number: int) -> None:
        if number in self._ended:
            self._findings.add("I-10", told.place, "the guarantee ended before")
        self._ended.add(number)

    def _claim(self, told: Told, number: int) -> None:
        period = number, told.values["period"]
        claim = *period, told.values["agreement"]
        self._findings.count("I-18 credits of uptime compared")
        self._credited[period] += told.values["credit"]
        if claim in self._claimed:
            self._findings.add("I-18", told.place, "the credit was paid before")
        if self._credited[period] > self._pools.get(period, 0):
            self._findings.add("I-18", told.place, f"{self._credited[period]} credited of {self._pools.get(period, 0)}")
        self._claimed.add(claim)
