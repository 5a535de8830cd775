"""What I-13 needs of the market's logs: what each unfinished order has in escrow; ends are checked as they go by."""

from __future__ import annotations

from collections import Counter

from oracle.audit.findings import Findings
from oracle.audit.told import Told


class OrderTally:
    """Grows with orders."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._promised: Counter[int] = Counter()
        self._ended: set[int] = set()

    def add(self, told: Told) -> None:
        """A log of the market."""
        number = told.values.get("order", 0)
        match told.event:
            case "OrderAssigned":
                self._promised[number] += told.values["price"]
            case "OrderDisputed":
                self._promised[number] += told.values["bond"]
            case "OrderEnded":
                self._end(told, number)

    def _end(self, told: Told, number: int) -> None:
        self._findings.count("I-13 ends of orders compared")
        paid = told.values["toWorker"] + told.values["toReserve"] + told.values["bond"]
        if number in self._ended:
            self._findings.add("I-13", told.place, "the order ended before")
        if paid != self._promised[number]:
            self._findings.add("I-13", told.place, f"{paid} paid, {self._promised[number]} in escrow")
        self._ended.add(number)
