"""The library against the exact model: rounded against the holder, by less than two units and one unit of wear."""

from __future__ import annotations

from typing import Any

import brownie
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models import buyback

MOST_PRICE, MOST_ODOMETER = 2**80 - 1, 2**48 - 1


@st.composite
def points(draw: Any) -> list[tuple[int, int]]:
    ages = sorted(draw(st.sets(st.integers(0, 2**40 - 1), min_size=1, max_size=16)))
    prices = sorted(draw(st.lists(st.integers(0, MOST_PRICE), min_size=len(ages), max_size=len(ages))), reverse=True)
    return list(zip(ages, prices, strict=True))


@pytest.fixture(scope="module")
def harness(module_isolation: None) -> Any:
    return brownie.project.get_loaded_projects()[0].BuybackPriceHarness.deploy({"from": brownie.accounts[0]})


@given(
    line=points(),
    age=st.integers(0, 2**40 - 1),
    odometer=st.integers(0, MOST_ODOMETER),
    start=st.integers(0, MOST_ODOMETER),
    units_per_year=st.integers(0, MOST_ODOMETER),
    per_million=st.integers(0, MOST_PRICE) | st.integers(0, 10_000_000),
    unserviced=st.integers(0, MOST_PRICE) | st.just(0),
)
def test_the_price_is_the_models(harness, line, age, odometer, start, units_per_year, per_million, unserviced):
    arguments = (line, age, odometer, start, units_per_year, per_million, unserviced)
    found = harness.price(*arguments)
    assert found == buyback.price(*arguments)
    exact = buyback.exact(*arguments)
    assert found <= max(exact, 0)
    assert found >= exact - 2 - -(-per_million // 1_000_000)
