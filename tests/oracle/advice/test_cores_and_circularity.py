"""Forecast of returning machines, and what became of mass."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from oracle.advice.circularity import AssetLife, Fate, circularity_of, circularity_of_all
from oracle.advice.cores import InUse, count_distribution, forecast_returns
from oracle.advice.life import Life, fit_weibull
from oracle.errors import Rejected

LIFE = fit_weibull([Life(units, True) for units in (400, 700, 900, 1_200, 1_500)])


def test_the_number_of_returns_is_counted_exactly():
    """Against every one of the 2⁵ outcomes."""
    chances = np.array([0.1, 0.25, 0.5, 0.75, 0.9])
    expected = np.zeros(6)
    for outcome in itertools.product([0, 1], repeat=5):
        chance = np.prod([c if happens else 1 - c for c, happens in zip(chances, outcome, strict=True)])
        expected[sum(outcome)] += chance
    assert count_distribution(chances) == pytest.approx(expected)


def test_all_months_together_return_every_machine():
    machines = [InUse(0, 100), InUse(500, 50), InUse(1_400, 200)]
    forecast = forecast_returns(machines, LIFE, months=200)
    assert sum(month.expected for month in forecast) == pytest.approx(3, abs=1e-6)
    assert all(0 <= month.least <= month.expected + 1 and month.most <= 3 for month in forecast)


def test_an_idle_machine_returns_never():
    assert [month.expected for month in forecast_returns([InUse(900, 0)], LIFE, months=3)] == [0, 0, 0]


def test_no_machines_no_returns():
    (month,) = forecast_returns([], LIFE, months=1)
    assert (month.expected, month.least, month.most) == (0, 0, 0)


def test_the_range_holds_as_often_as_it_says():
    """Of the exact distribution at least 90 % lies within, and not without its ends."""
    machines = [InUse(100 * i, 80) for i in range(12)]
    (month,) = forecast_returns(machines, LIFE, months=1)
    chances = np.array([LIFE.fails_within(m.age_units, 80) for m in machines])
    counts = count_distribution(chances)
    assert counts[month.least : month.most + 1].sum() >= 0.9
    assert counts[month.least + 1 : month.most].sum() < 0.9


@pytest.mark.parametrize(("months", "confidence"), [(0, 0.9), (1, 0.0), (1, 1.0)])
def test_figures_out_of_range_are_refused(months, confidence):
    with pytest.raises(Rejected):
        forecast_returns([InUse(0, 1)], LIFE, months, confidence)


def life(asset, **changes):
    usual = {
        "mass_grams": 1_000, "odometer": 50, "design_life": 80, "attachments": 0, "retired": False, "recovered": {},
    }  # fmt: skip
    return AssetLife(asset=asset, **(usual | changes))


def test_what_nobody_recorded_is_lost_once_retired():
    retired = circularity_of(life(1, retired=True, recovered={Fate.REUSED: 300, Fate.RECYCLED: 500}))
    assert retired.mass_by_fate == {Fate.REUSED: 300, Fate.RECYCLED: 500, Fate.ENERGY: 0, Fate.LOST: 200}
    assert retired.recovered_share == 0.8
    assert circularity_of(life(1)).recovered_share is None


def test_the_network_is_the_sum_of_its_machines():
    lives = [
        life(1, odometer=100, attachments=3),
        life(2, retired=True, recovered={Fate.ENERGY: 1_000}),
        life(3, mass_grams=250, attachments=1),
    ]
    network = circularity_of_all(lives)
    assert (network.assets, network.units_beyond_design_life, network.parts_reused) == (3, 20, 2)
    assert (network.mass_in_use, network.mass_retired) == (1_250, 1_000)
    assert network.mass_in_use + sum(network.mass_by_fate.values()) == 2_250


def test_more_than_there_was_cannot_be_recovered():
    with pytest.raises(Rejected) as refused:
        circularity_of(life(7, recovered={Fate.RECYCLED: 1_001}))
    assert (refused.value.who, refused.value.how_much) == ("asset 7", "1001 > 1000 g")
