"""Lives of components: exact on small textbook cases, within stated intervals on drawn ones."""

from __future__ import annotations

import math
import random

import pytest

from oracle.advice.life import Life, fit_weibull, shape_range, survival_curve
from oracle.errors import Rejected

SEED = 20261121


def drawn(shape, scale, size, censored_at, seed=SEED):
    generator = random.Random(seed)
    lives = [round(generator.weibullvariate(scale, shape)) for _ in range(size)]
    return [Life(min(units, censored_at), units <= censored_at) for units in lives]


def test_the_survival_curve_steps_at_failures_only():
    """Six units: failures at 3, 5, 5; censored at 4, 6, 7. By hand: 5/6, then 5/6 × 2/4."""
    lives = [Life(3, True), Life(4, False), Life(5, True), Life(5, True), Life(6, False), Life(7, False)]
    steps = [(s.units, s.at_risk, s.failures, round(s.survival, 12)) for s in survival_curve(lives)]
    assert steps == [(3, 6, 1, round(5 / 6, 12)), (5, 4, 2, round(5 / 12, 12))]


def test_without_failures_the_curve_has_no_step():
    assert survival_curve([Life(10, False)]) == []


def test_constant_hazard_has_the_closed_form_scale():
    """With shape 1 the scale is total use over failures; the fit's own shape makes its likelihood at least as large."""
    lives = drawn(1.0, 1_000, 400, censored_at=900)
    fit = fit_weibull(lives)
    exponential = sum(life.units for life in lives) / fit.failures
    at_shape_1 = -fit.failures * math.log(exponential) - fit.failures
    assert fit.log_likelihood >= at_shape_1
    assert fit.scale == pytest.approx(exponential, rel=0.1)


@pytest.mark.parametrize("shape", [0.7, 1.0, 2.5])
def test_the_fit_finds_what_the_lives_were_drawn_from(shape):
    """2,000 lives of which some go on: the standard error of the shape is near 0.78 × shape / √failures; 4 of them."""
    fit = fit_weibull(drawn(shape, 5_000, 2_000, censored_at=6_000))
    assert abs(fit.shape - shape) < 4 * 0.78 * shape / math.sqrt(fit.failures)
    assert fit.lives == 2_000
    assert fit.failures < 2_000


def test_the_fit_is_a_maximum():
    lives = drawn(1.8, 700, 60, censored_at=800)
    fit = fit_weibull(lives)

    def likelihood(shape, scale):
        return sum(
            (math.log(shape / scale) + (shape - 1) * math.log(life.units / scale) if life.failed else 0)
            - (life.units / scale) ** shape
            for life in lives
        )

    assert fit.log_likelihood == pytest.approx(likelihood(fit.shape, fit.scale))
    for shape, scale in [(1.01, 1), (0.99, 1), (1, 1.01), (1, 0.99)]:
        assert likelihood(fit.shape * shape, fit.scale * scale) < fit.log_likelihood


def test_units_do_not_change_the_shape():
    lives = drawn(1.8, 700, 60, censored_at=800)
    in_milliseconds = [Life(life.units * 1_000_000, life.failed) for life in lives]
    one, other = fit_weibull(lives), fit_weibull(in_milliseconds)
    assert other.shape == pytest.approx(one.shape, rel=1e-9)
    assert other.scale == pytest.approx(one.scale * 1_000_000, rel=1e-9)


def test_chances_fit_together():
    fit = fit_weibull(drawn(2.0, 500, 200, censored_at=600))
    assert fit.survival(fit.units_survived_by(0.9)) == pytest.approx(0.9)
    assert fit.fails_within(0, 300) == pytest.approx(1 - fit.survival(300))
    assert fit.fails_within(200, 100) == pytest.approx(1 - fit.survival(300) / fit.survival(200))
    assert fit.mean_units == pytest.approx(sum(fit.survival(u + 0.5) for u in range(20_000)), rel=1e-4)


@pytest.mark.parametrize(
    ("lives", "code"),
    [
        ([], "no_lives"),
        ([Life(-1, True)], "negative_use"),
        ([Life(5, True), Life(9, False)], "too_few_failures"),
        ([Life(5, True), Life(5, True)], "too_few_failures"),
        ([Life(1_000_000, True), Life(1_000_001, True)], "failures_too_alike"),
    ],
)
def test_too_little_to_learn_from_is_said(lives, code):
    with pytest.raises(Rejected) as refused:
        fit_weibull(lives)
    assert refused.value.code == code


def test_the_range_of_shapes_narrows_with_failures():
    """Deciles of a Weibull life of shape 2, once and five times over."""
    deciles = [round(10_000 * math.sqrt(-math.log(1 - share / 10))) for share in range(1, 10)]
    few, many = ([Life(units, True) for units in deciles * times] for times in (1, 5))
    wide, narrow = (shape_range(lives, fit_weibull(lives)) for lives in (few, many))
    assert wide[0] < narrow[0] < 2.4 < narrow[1] < wide[1]
    assert 1 < wide[0] < 2 < wide[1]
