"""The contract and the model do the same with any sequence of readings, time, money and settings: I-3, I-4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from brownie.test import given
from hypothesis import settings
from hypothesis import strategies as st

from oracle.domain.readings import Flag
from tests.contracts.metering.expected import fees
from tests.fixtures.economy import DAY, EUR, HOLD_TARGET
from tests.helpers import clock
from tests.models.agreements import AgreementModel, Purse, Settled, Skip, Usage

PERIOD = DAY
STEP = st.one_of(
    st.tuples(
        st.just("reading"), st.integers(-1, 3), st.integers(0, 1_200_000), st.integers(-7_200, 121),
        st.sampled_from([0, 0, 0, 2]),
    ),
    st.tuples(st.just("again")),
    st.tuples(st.just("accrue")),
    st.tuples(st.just("refill")),
    st.tuples(st.just("allow"), st.integers(0, 4 * EUR)),
    st.tuples(st.just("withdraw"), st.integers(0, 4 * EUR)),
    st.tuples(st.just("cap"), st.integers(0, 6 * EUR), st.sampled_from([0, 3_600, PERIOD])),
    st.tuples(st.just("suspend"), st.booleans()),
)  # fmt: skip


@dataclass
class Pair:
    """One agreement on the chain and in the model."""

    economy: Any
    hire: Any
    model: AgreementModel
    purse: Purse
    last: Usage
    paid: int = 0

    def do(self, now: int, kind: str, *values: Any) -> None:
        clock.next_block_at(now)
        getattr(self, kind)(now, *values)
        assert self.economy.state(self.hire) == self.model.state
        assert self.economy.purse(self.hire.customer) == self.purse
        assert fees(self.economy, self.hire) == self.paid == self.model.settled
        exact = self.model.terms.charge(self.model.registers, self.model.elapsed)
        assert self.model.settled + self.model.arrears == exact, "I-4"

    def reading(self, now: int, ahead: int, more: int, skew: int, flags: int) -> None:
        sequence = max(self.model.sequence + ahead, 0)
        registers = (self.last.registers[0] + more, self.last.registers[1] + more // 7, 3, 0)
        self.settle(now, Usage(sequence, now + skew, registers, flags))

    def again(self, now: int) -> None:
        self.settle(now, self.last)

    def settle(self, now: int, usage: Usage) -> None:
        signed = self.economy.signed(
            self.hire, usage.sequence, *usage.registers, time=usage.time, flags=Flag(usage.flags)
        )
        found = self.economy.settle(self.hire, signed)
        outcome = self.model.settle(usage, now, self.purse)
        if isinstance(outcome, Skip):
            assert found.events["ReadingSkipped"]["reason"] == outcome
            return
        self.last = usage
        self.book(found, outcome)

    def book(self, found: Any, outcome: Settled | None) -> None:
        self.paid += 0 if outcome is None else outcome.taken
        short = None if outcome is None or outcome.refill is None else outcome.refill.short
        seen = [one["reason"] for one in found.events["RefillShort"]] if "RefillShort" in found.events else []
        assert seen == ([] if short is None else [short])

    def accrue(self, now: int) -> None:
        found = self.economy.agreements.accrue(self.hire.id, {"from": self.economy.stranger})
        self.book(found, self.model.accrue(now, self.purse))

    def refill(self, now: int) -> None:
        if self.model.suspended:
            return
        self.economy.agreements.refill(self.hire.id, {"from": self.economy.stranger})
        self.model.refill(now, self.purse)

    def allow(self, _now: int, amount: int) -> None:
        self.economy.allow(self.hire.customer, amount)
        self.purse.allowance = amount

    def withdraw(self, _now: int, leave: int) -> None:
        amount = self.purse.balance - leave
        if amount > 0:
            customer = self.hire.customer
            self.economy.ledger.withdraw(self.economy.euro, amount, customer, {"from": customer})
            self.purse.balance = leave

    def cap(self, now: int, per_period: int, period: int) -> None:
        self.economy.agreements.setCap(self.hire.id, per_period, period, {"from": self.hire.customer})
        self.model.set_cap(per_period, period, now)

    def suspend(self, _now: int, on: bool) -> None:
        self.economy.agreements.suspend(self.hire.id, on, {"from": self.hire.customer})
        self.model.suspend(on)


@settings(max_examples=settings.default.max_examples // 4)
@given(steps=st.lists(st.tuples(st.integers(1, 2 * 3_600), STEP), min_size=3, max_size=8))
def test_the_contract_is_its_model(economy, hire, steps):
    pair = Pair(economy, hire, economy.model(hire), economy.purse(hire.customer), Usage(0, 0, (0, 0, 0, 0)))
    assert hire.hold == HOLD_TARGET
    now = clock.now()
    for wait, step in steps:
        now += wait
        pair.do(now, *step)
