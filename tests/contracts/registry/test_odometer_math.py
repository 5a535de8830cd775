from __future__ import annotations

import pytest
from brownie.test import given, strategy

from tests.contracts.registry.world import container
from tests.models.odometer import DAY, Odometer


@pytest.fixture(scope="module")
def harness(module_isolation):
    import brownie

    return container("OdometerMathHarness").deploy({"from": brownie.accounts[0]})


@given(
    odometer=strategy("uint40"),
    rate=strategy("uint40"),
    wait=strategy("uint32"),
    part=strategy("uint16"),
    second_wait=strategy("uint24"),
)
def test_two_checkpoints_follow_the_exact_model(harness, odometer, rate, wait, part, second_wait):
    model, since = Odometer(odometer, rate, at=1_000), 1_000
    now = since + wait
    highest = harness.highest(odometer, rate, since, now)
    assert highest == model.highest(now)

    growth = (highest - odometer) * part // (2**16 - 1)
    if growth >= 2**48:
        return
    since = harness.carry(growth, rate, since, now)
    model.record(odometer + growth, now)
    later = now + second_wait
    least = model.highest(later)
    # Whole seconds: what is carried may lack the growth of less than one second, and never exceeds the model.
    assert least - rate // DAY - 1 <= harness.highest(odometer + growth, rate, since, later) <= least


def test_without_a_rate_nothing_is_carried(harness):
    assert harness.carry(0, 0, 5, 1_000) == 1_000
    assert harness.highest(7, 0, 5, 1_000) == 7
