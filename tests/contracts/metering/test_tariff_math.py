"""TariffMath against the golden vectors, and against fractions for what nobody thought of."""

from __future__ import annotations

import json
from pathlib import Path

import brownie
import pytest
from brownie.test import given, strategy

from tests.contracts.registry.world import container
from tests.models import tariff as model

VECTORS = json.loads((Path(__file__).resolve().parents[2] / "vectors" / "tariff.json").read_text())["cases"]
MOST = 2**80 - 1


@pytest.fixture(scope="module")
def harness(module_isolation):
    return container("TariffMathHarness").deploy({"from": brownie.accounts[0]})


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["name"])
def test_golden_vector(harness, case):
    prices = [int(price) for price in case["pricePerMillion"]]
    standing_per_day = int(case["standingPerDay"])
    assert harness.usageCharge(prices, case["registers"]) == int(case["usage"])
    assert harness.standingCharge(standing_per_day, case["elapsed"]) == int(case["standing"])
    assert harness.charge(prices, standing_per_day, case["registers"], case["elapsed"]) == int(case["charge"])


@given(
    prices=strategy("uint96[4]"),
    standing_per_day=strategy("uint80"),
    registers=strategy("uint48[4]"),
    elapsed=strategy("uint32"),
)
def test_any_charge_is_the_models(harness, prices, standing_per_day, registers, elapsed):
    assert harness.usageCharge(prices, registers) == model.usage(prices, registers)
    assert harness.standingCharge(standing_per_day, elapsed) == model.standing(standing_per_day, elapsed)
    expected = model.charge(prices, standing_per_day, registers, elapsed)
    assert harness.charge(prices, standing_per_day, registers, elapsed) == expected


@given(
    prices=strategy("uint32[4]"),
    standing_per_day=strategy("uint32"),
    registers=strategy("uint24[4]"),
    elapsed=strategy("uint24"),
)
def test_a_charge_of_everyday_size_is_the_models(harness, prices, standing_per_day, registers, elapsed):
    expected = model.charge(prices, standing_per_day, registers, elapsed)
    assert expected < MOST
    assert harness.charge(prices, standing_per_day, registers, elapsed) == expected


def test_usage_and_standing_part_are_rounded_down_apart(harness):
    """Half a unit each: together one unit, rounded apart none."""
    assert harness.charge([500_000, 0, 0, 0], 43_200, [1, 0, 0, 0], 1) == 0


def test_the_registers_are_rounded_down_together(harness):
    assert harness.charge([250_000] * 4, 0, [1] * 4, 0) == 1


def test_a_thousand_uses_of_a_tenth_of_a_cent_in_one_reading_lose_nothing(harness):
    """0.0001 EUR is 100 units; a thousand uses are a thousand register units."""
    assert harness.charge([100_000_000, 0, 0, 0], 0, [1_000, 0, 0, 0], 0) == 100_000


def test_a_charge_beyond_80_bits_is_capped_and_never_truncated(harness):
    assert harness.capped(MOST) == harness.capped(MOST + 1) == harness.capped(2**256 - 1) == MOST
    assert harness.charge([2**96 - 1] * 4, MOST, [2**48 - 1] * 4, 2**32 - 1) == MOST
