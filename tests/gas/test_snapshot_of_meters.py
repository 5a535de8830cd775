"""What the other kinds of meters cost; the figures and their conditions stand in README.md."""

from __future__ import annotations

import pytest

from oracle.domain.signatures import Curve
from tests.fixtures.economy import EUR, HOLD_TARGET
from tests.gas.fleet import batch_of, build_fleet, settle_large
from tests.helpers import clock

SIZE = 200
START = 2_100_000_000


@pytest.fixture(scope="module")
def fleet(economy):
    clock.next_block_at(START)
    tariffs = [economy.publish(burst=10 * EUR + i) for i in range(10)]
    hires = build_fleet(economy, SIZE, tariffs, [economy.split() for _ in range(4)], Curve.P256)
    for sequence in (1, 2):
        settle_large(economy, batch_of(economy, hires, sequence, START, 1_000 * sequence))
    return hires


def test_settle_p256_batch_of_200(economy, fleet, gas):
    settled = settle_large(economy, batch_of(economy, fleet, 3, START, 3_000))
    assert len(settled.events["ReadingSettled"]) == SIZE
    gas.check("settle P-256 batch of 200", settled)


def test_settle_p256_batch_of_1(economy, fleet, gas):
    settled = economy.settle_bytes(batch_of(economy, fleet[:1], 3, START, 3_000))
    gas.check("settle P-256 batch of 1", settled)


@pytest.mark.parametrize("curve", list(Curve), ids=lambda curve: curve.name)
def test_settle_signed(economy, curve, gas):
    hire = economy.hire(curve=curve)
    economy.use_alone(hire, 1, HOLD_TARGET)
    gas.check(f"settleSigned {curve.name}", economy.use_alone(hire, 2, HOLD_TARGET + 1_000))
