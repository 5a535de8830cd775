"""The charge, against vectors, against fractions, and its promises: cumulative, never falling, capped."""

from fractions import Fraction
from math import floor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oracle.domain.tariffs import (
    MAX_CHARGE,
    charge,
    highest_plausible_charge,
    included_tax,
    standing_charge,
    usage_charge,
)
from tests.oracle.domain.support import tariff, vectors

REGISTERS = st.tuples(*[st.integers(0, 2**48 - 1)] * 4)
PRICES = st.tuples(*[st.integers(0, 2**96 - 1) | st.integers(0, 10**6)] * 4)
STANDING = st.integers(0, 2**80 - 1) | st.integers(0, 10**6)
ELAPSED = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("case", vectors("tariff")["cases"], ids=lambda case: case["name"])
def test_vectors(case):
    prices = tuple(int(price) for price in case["pricePerMillion"])
    priced = tariff(price_per_million=prices, standing_per_day=int(case["standingPerDay"]))
    registers = tuple(case["registers"])
    assert str(usage_charge(priced, registers)) == case["usage"]
    assert str(standing_charge(priced, case["elapsed"])) == case["standing"]
    assert str(charge(priced, registers, case["elapsed"])) == case["charge"]


def model(prices, standing, registers, elapsed):
    usage = floor(sum((Fraction(r) * p / 10**6 for r, p in zip(registers, prices, strict=True)), Fraction(0)))
    return min(usage + floor(Fraction(standing) * elapsed / 86_400), 2**80 - 1)


@given(prices=PRICES, standing=STANDING, registers=REGISTERS, elapsed=ELAPSED)
@example((2**96 - 1,) * 4, 2**80 - 1, (2**48 - 1,) * 4, 2**32 - 1)
def test_equals_the_model_in_fractions(prices, standing, registers, elapsed):
    priced = tariff(price_per_million=prices, standing_per_day=standing)
    assert charge(priced, registers, elapsed) == model(prices, standing, registers, elapsed)


@given(prices=PRICES, standing=STANDING, first=REGISTERS, second=REGISTERS, t0=ELAPSED, t1=ELAPSED)
def test_never_falls(prices, standing, first, second, t0, t1):
    priced = tariff(price_per_million=prices, standing_per_day=standing)
    later = tuple(max(a, b) for a, b in zip(first, second, strict=True))
    assert charge(priced, first, min(t0, t1)) <= charge(priced, later, max(t0, t1)) <= MAX_CHARGE


@given(prices=PRICES, steps=st.lists(REGISTERS, min_size=1, max_size=6))
def test_reading_more_often_costs_nothing(prices, steps):
    priced = tariff(price_per_million=prices, standing_per_day=0)
    readings = [tuple(sorted(column)) for column in zip(*steps, strict=True)]
    settled = 0
    for registers in zip(*readings, strict=True):
        settled += max(0, charge(priced, registers, 0) - settled)
    assert settled == charge(priced, tuple(column[-1] for column in readings), 0)


def test_each_part_is_rounded_down_once():
    priced = tariff(price_per_million=(1, 1, 0, 0), standing_per_day=1)
    assert usage_charge(priced, (500_000, 500_000, 0, 0)) == 1
    assert charge(priced, (999_999, 0, 0, 0), 86_399) == 0


@given(rate=st.integers(0, 2**80 - 1), seconds=ELAPSED, burst=st.integers(0, 2**80 - 1))
def test_plausible_is_the_hourly_maximum_by_time_and_a_burst(rate, seconds, burst):
    limited = tariff(max_charge_per_hour=rate, burst=burst)
    highest = highest_plausible_charge(limited, seconds)
    assert highest == floor(Fraction(rate) * seconds / 3_600) + burst


@given(amount=st.integers(0, 2**80 - 1), bps=st.integers(0, 2**16 - 1))
def test_tax_is_inside_the_charge(amount, bps):
    tax = included_tax(tariff(tax_bps=bps), amount)
    assert tax == floor(Fraction(amount) * bps / (10_000 + bps))
    assert 0 <= tax <= amount
