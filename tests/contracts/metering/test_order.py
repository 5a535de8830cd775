"""I-3: each unit of charge is taken once, and any order and multiplicity of the same readings ends the same.

Deliveries are simulated in one call (`multicall` of settlements and the view), so each example costs one round trip.
"""

from __future__ import annotations

import pytest
from brownie.test import given
from hypothesis import settings
from hypothesis import strategies as st

from oracle.domain.batching import encode_batch, group_readings
from oracle.domain.readings import Flag
from tests.fixtures.economy import EUR, HOLD_TARGET
from tests.helpers import clock
from tests.models.agreements import State, Usage

COUNT = 5
DELIVERIES = st.lists(st.integers(0, COUNT - 1), min_size=COUNT, max_size=3 * COUNT).map(
    lambda drawn: [*drawn, *(index for index in range(COUNT) if index not in drawn)]
)
EXAMPLES = settings(max_examples=settings.default.max_examples // 3)
AGAIN = 8
"""The last reading needs this many deliveries at most to be complete: each takes a hold and refills it."""


@pytest.fixture(scope="module")
def later(economy, hire):
    """Time enough for all the readings below."""
    clock.pass_time(3_600)
    return hire


@pytest.fixture(scope="module")
def small(economy, later):
    """All within the opening hold."""
    return honest(economy, later, 1_000)


@pytest.fixture(scope="module")
def large(economy, later):
    """Each takes most of a hold."""
    return honest(economy, later, 15 * EUR // 10)


def deliver(economy, hire, readings, order, *more):
    """The state after these deliveries, each in a batch of its own, and after `more` calls."""
    calls = [batch_of(economy, hire, [readings[index]]) for index in order]
    calls += [*more, economy.agreements.stateOf.encode_input(hire.id)]
    return State.unpack(int.from_bytes(economy.agreements.multicall.call(calls, {"from": economy.relayer})[-1]))


def batch_of(economy, hire, readings):
    return economy.agreements.settle.encode_input(encode_batch(group_readings((hire.priced.id, r) for r in readings)))


def honest(economy, hire, step, flags=(0,) * COUNT):
    """Readings as a meter gives them: sequence, time and registers only grow."""
    return [
        economy.signed(
            hire, 2 * n, step * n, n, 0, 1, time=hire.opened_at + 100 * n, flags=Flag(flags[n - 1])
        )
        for n in range(1, COUNT + 1)
    ]  # fmt: skip


def usages(readings):
    return [Usage(r.reading.sequence, r.reading.time, r.reading.registers, int(r.reading.flags)) for r in readings]


@EXAMPLES
@given(order=DELIVERIES)
def test_i3_any_order_and_multiplicity_ends_in_the_same_state(economy, later, small, order):
    model = economy.model(later)
    model.settle(usages(small)[-1], clock.now(), economy.purse(later.customer))

    assert deliver(economy, later, small, order) == model.state


@EXAMPLES
@given(order=DELIVERIES)
def test_i3_in_one_batch_too(economy, later, small, order):
    calls = [
        batch_of(economy, later, [small[index] for index in order]),
        economy.agreements.stateOf.encode_input(later.id),
    ]
    end = economy.agreements.multicall.call(calls, {"from": economy.relayer})[-1]
    assert State.unpack(int.from_bytes(end)) == deliver(economy, later, small, [COUNT - 1])


@EXAMPLES
@given(order=DELIVERIES)
def test_i3_across_refills_the_same_charge_settles_in_the_end(economy, later, large, order):
    """Each unit is taken once however many holds it takes; only how full the last hold is depends on the way."""
    last = usages(large)[-1]
    end = deliver(economy, later, large, [*order, *[COUNT - 1] * AGAIN])

    assert (end.sequence, end.elapsed) == (last.sequence, 500)
    assert end.settled == later.priced.terms.charge(last.registers, 500)
    assert HOLD_TARGET <= 2 * end.hold <= 2 * HOLD_TARGET


@EXAMPLES
@given(order=DELIVERIES)
def test_i3_nothing_ever_falls(economy, later, large, order):
    before = State.unpack(0)
    for count in range(1, len(order) + 1, 3):
        state = deliver(economy, later, large, order[:count])
        assert state.settled >= before.settled
        assert state.sequence >= before.sequence
        before = state


@EXAMPLES
@given(order=DELIVERIES, flags=st.lists(st.sampled_from([0, 2]), min_size=COUNT, max_size=COUNT))
def test_i3_without_a_trusted_clock_the_standing_part_waits_for_the_next_accrual(economy, later, order, flags):
    """A reading without time can overtake one with time; the standing part it leaves behind is taken by `accrue`."""
    readings = honest(economy, later, 1_000, flags)
    accrue = economy.agreements.accrue.encode_input(later.id)
    in_order = deliver(economy, later, readings, range(COUNT), accrue)

    assert deliver(economy, later, readings, order, accrue) == in_order
