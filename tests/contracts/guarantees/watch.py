"""Promises of uptime on the small economy: hourly slots, four a period, two customers who share a drill."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from oracle.domain.statuses import Status, StatusState
from tests.fixtures.economy import EUR, Drill, Economy, Hire
from tests.helpers import clock

HOUR = 3_600
SLOTS = 4
PERIOD = SLOTS * HOUR
GRACE = 2 * HOUR
BOND = 5 * EUR
CUSTOMER_FAULT = 900


class Terms(NamedTuple):
    """`UptimeTerms`, in its order: each per cent under 75 costs 2 % of the period's charges, at most 60 %."""

    asset: int
    currency: str
    starts_at: int
    heartbeat: int = HOUR
    slots_per_period: int = SLOTS
    periods: int = 3
    grace_time: int = GRACE
    promised_bps: int = 7_500
    credit_bps: int = 200
    most_credit_bps: int = 6_000
    most_maintenance: int = 2
    customer_faults_from: int = CUSTOMER_FAULT
    terms_hash: bytes = bytes(32)


class Watch:
    """Methods that send a transaction return it, but for `give`, which returns the number."""

    def __init__(self, economy: Economy, deployment: Any) -> None:
        self.economy = economy
        self.contract = deployment.AvailabilityGuarantees
        self.guarantor = economy.maker
        self.priced = economy.publish(standing_per_day=0)
        self.drill: Drill = economy.drill()
        economy.offer(self.drill, self.priced, exclusive=False)
        self.hires: list[Hire] = []
        for customer in economy.customers[:2]:
            economy.endow(customer)
            self.hires.append(economy.open(customer, self.drill, self.priced, exclusive=False))
        economy.deposit(self.guarantor)
        economy.allow(self.guarantor, 10**30, spender=self.contract)

    def terms(self, **changes: Any) -> Terms:
        usual = Terms(self.drill.id, self.economy.euro.address, clock.now() + HOUR)
        return usual._replace(**changes)

    def give(self, terms: Terms | None = None, bond: int = BOND, by: Any = None) -> int:
        return int(self.contract.give(terms or self.terms(), bond, {"from": by or self.guarantor}).return_value)

    def status(
        self, time: int, state: StatusState = StatusState.UP, fault: int = 0, asset: int | None = None, key: Any = None
    ) -> tuple[Any, bytes]:
        form = Status(asset or self.drill.id, 1, time, int(state), fault, 0)
        return form.values(), self.economy.signature(form, key or self.drill.meter)

    def report(self, number: int, *signed: tuple[Any, bytes]) -> Any:
        statuses, signatures = zip(*signed, strict=True)
        return self.contract.report(number, list(statuses), list(signatures), {"from": self.economy.stranger})

    def up(self, number: int, terms: Terms, period: int, slots: Sequence[int]) -> Any:
        begin = terms.starts_at + period * PERIOD
        return self.report(number, *(self.status(begin + slot * HOUR + 7) for slot in slots))

    def checkpoint(self, number: int, hire: Hire, period: int) -> Any:
        return self.contract.checkpoint(number, hire.id, period, {"from": self.economy.stranger})

    def settle(self, number: int) -> Any:
        return self.contract.settlePeriod(number, {"from": self.economy.stranger})

    def claim(self, number: int, hire: Hire, period: int) -> Any:
        return self.contract.claim(number, hire.id, period, {"from": self.economy.stranger})
