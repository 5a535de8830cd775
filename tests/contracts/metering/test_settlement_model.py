"""Settlement against the reference model: random readings, time, refills, accruals, an end (I-3, I-4)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from brownie.test import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.fixtures.economy import DAY, EUR, HOLD_TARGET
from tests.helpers import clock
from tests.helpers.agreement_events import of_reading, of_refill, standing_accrued
from tests.helpers.events import assert_events
from tests.models.agreements import CLOCK_NOT_SYNCHRONISED, FINAL, Usage

EXAMPLES = 20
FORGED = 64
"""A mark of this test beside the flags of the wire: signed by another key."""


@dataclass(frozen=True)
class Step:
    """Seconds pass, then readings settle in one batch, or something else happens."""

    seconds: int
    action: str
    readings: tuple[tuple[int, int, tuple[int, int, int], int], ...] = ()


readings = st.tuples(
    st.integers(0, 8),
    st.sampled_from([-5_000, -300, -10, 0, 100, 120, 121, 3_000]),
    st.tuples(*[st.integers(0, HOLD_TARGET)] * 3),
    st.sampled_from([0, 0, 0, FINAL, CLOCK_NOT_SYNCHRONISED, CLOCK_NOT_SYNCHRONISED | FINAL, FORGED]),
)
seconds = st.sampled_from([1, 60, 3_000, HOLD_TARGET // 3, 2 * DAY])
steps = st.one_of(
    st.builds(Step, seconds, st.just("settle"), st.lists(readings, min_size=1, max_size=5).map(tuple)),
    st.builds(Step, seconds, st.sampled_from(["accrue", "refill", "suspend", "resume", "end", "spend", "cap"])),
)


@settings(max_examples=EXAMPLES)
@given(history=st.lists(steps, min_size=3, max_size=10))
def test_I3_I4_settlement_does_what_the_model_does(economy, hire, history):
    Pair(economy, hire).run(history)


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_I3_any_order_and_multiplicity_ends_in_the_same_sequence_and_charge(economy, hire, data):
    """With refills the hold may differ on the way, so every reading is sent until none changes anything."""
    grown = data.draw(st.lists(st.integers(0, EUR), min_size=2, max_size=6))
    signed = [economy.signed(hire, i + 1, total) for i, total in enumerate(itertools.accumulate(grown))]
    order = data.draw(st.lists(st.sampled_from(signed), min_size=1, max_size=12))
    for part in (order, signed, *[signed[-1:]] * 4):
        economy.settle(hire, *part)
    state = economy.state(hire)
    assert (state.sequence, state.settled, state.elapsed) == (len(signed), sum(grown), 0)


class Pair:
    """The agreement and its model, walked together."""

    def __init__(self, economy, hire):
        self.economy, self.hire = economy, hire
        self.model = economy.model(hire)
        self.purse = economy.purse(hire.customer)
        self.now = clock.now()

    def run(self, history):
        for step in history:
            self.now = clock.next_block_at(self.now + step.seconds)
            getattr(self, step.action)(step)
            assert self.economy.state(self.hire) == self.model.state
            assert self.economy.purse(self.hire.customer) == self.purse
            assert self.economy.agreements.heldIn(self.economy.euro) == self.model.hold
            assert self.model.settled + self.model.arrears == self.model.charged

    def settle(self, step):
        expected, signed = [], []
        for sequence, ahead, registers, flags in step.readings:
            time = max(self.now + ahead, 0)
            forged, flags = flags == FORGED, flags % FORGED
            reading = self.economy.reading(self.hire, sequence, *registers, time=time, flags=flags)
            key = self.economy.meter_key(self.hire.drill.id, epoch=9) if forged else self.hire.drill.meter
            signed.append(self.economy.sign(reading, key))
            usage = Usage(sequence, time, (*registers, 0), flags)
            outcome = self.model.settle(usage, self.now, self.purse, signed=not forged)
            expected += of_reading(self.hire.id, sequence, outcome)
        assert_events(self.economy.settle(self.hire, *signed), *expected, of=self.economy.agreements)

    def accrue(self, _):
        done = self.model.accrue(self.now, self.purse)
        expected = []
        if done is not None:
            expected = [standing_accrued(self.hire.id, done.state), *of_refill(self.hire.id, done.refill)]
        transaction = self.economy.agreements.accrue(self.hire.id, {"from": self.economy.stranger})
        assert_events(transaction, *expected, of=self.economy.agreements)

    def refill(self, _):
        if self.model.end_at or self.model.suspended:
            return
        refill = self.model.refill(self.now, self.purse)
        transaction = self.economy.agreements.refill(self.hire.id, {"from": self.economy.stranger})
        assert_events(transaction, *of_refill(self.hire.id, refill), of=self.economy.agreements)

    def suspend(self, _):
        self.model.suspend(True)
        self.economy.agreements.suspend(self.hire.id, True, {"from": self.hire.customer})

    def resume(self, _):
        self.model.suspend(False)
        self.economy.agreements.suspend(self.hire.id, False, {"from": self.hire.customer})

    def end(self, _):
        if not self.model.end_at:
            self.model.end(self.now)
            self.economy.agreements.end(self.hire.id, {"from": self.hire.customer})

    def spend(self, _):
        """The customer takes all but a little of the free balance."""
        amount = self.purse.balance - EUR // 2
        if amount > 0:
            self.purse.balance -= amount
            self.economy.ledger.withdraw(self.economy.euro, amount, self.hire.customer, {"from": self.hire.customer})

    def cap(self, _):
        self.model.set_cap(3 * EUR, DAY, self.now)
        self.economy.agreements.setCap(self.hire.id, 3 * EUR, DAY, {"from": self.hire.customer})
