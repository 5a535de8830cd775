"""Samples to registers by the published rule."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.domain.load_levels import LoadLevelRule, parse_load_level_rule
from oracle.errors import FieldOutOfBounds, Malformed
from tests.oracle.domain.support import salted, sample

RULE = LoadLevelRule((5, 40, 75), minimum_rpm=60, rated_rpm=1_000, rated_torque_millinewton_metres=1_000)


@pytest.mark.parametrize(
    ("torque", "level"), [(0, 0), (49, 0), (50, 1), (399, 1), (400, 2), (749, 2), (750, 3), (1_000, 3), (5_000, 3)]
)
def test_a_threshold_belongs_to_its_level(torque, level):
    assert RULE.level(sample(rpm=1_000, torque_millinewton_metres=torque)) == level


@pytest.mark.parametrize(("rpm", "level"), [(0, 0), (59, 0), (60, 3)])
def test_below_the_minimum_rpm_nothing_counts(rpm, level):
    assert RULE.level(sample(rpm=rpm, torque_millinewton_metres=100_000)) == level


@pytest.mark.parametrize(("torque", "percent"), [(0, 0), (9, 0), (10, 1), (999, 99), (1_200, 120)])
def test_utilisation_is_power_over_rated_power(torque, percent):
    assert RULE.utilisation_percent(sample(rpm=1_000, torque_millinewton_metres=torque)) == percent


@given(rpm=st.integers(60, 5_000), torque=st.integers(0, 5_000))
def test_level_is_exact_in_fractions(rpm, torque):
    share = Fraction(rpm * torque, 1_000 * 1_000) * 100
    assert RULE.level(sample(rpm=rpm, torque_millinewton_metres=torque)) == sum(share >= t for t in (5, 40, 75))


def test_the_register_of_the_level_grows_by_the_samples_milliseconds():
    samples = [
        sample(duration_ms=700, rpm=1_000, torque_millinewton_metres=60),
        sample(duration_ms=20, rpm=1_000, torque_millinewton_metres=800),
        sample(duration_ms=5, rpm=1_000, torque_millinewton_metres=0),
        sample(duration_ms=1, rpm=1_000, torque_millinewton_metres=60),
    ]
    assert RULE.growth(samples) == RULE.growth_of(salted(s) for s in samples) == (701, 0, 20, 0)
    assert RULE.growth([]) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"thresholdsPercent": []},
        {"thresholdsPercent": [5, 5]},
        {"thresholdsPercent": [40, 5]},
        {"thresholdsPercent": [1, 2, 3, 4, 5]},
        {"thresholdsPercent": [-1]},
        {"minimumRpm": 0},
        {"ratedRpm": 0},
        {"ratedTorqueMillinewtonMetres": 0},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(changes):
    with pytest.raises(FieldOutOfBounds):
        parse_load_level_rule(RULE.to_json() | changes)


@pytest.mark.parametrize("changes", [{"thresholdsPercent": 5}, {"minimumRpm": 1.5}, {"surprise": 1}])
def test_a_malformed_rule_is_refused(changes):
    with pytest.raises(Malformed):
        parse_load_level_rule(RULE.to_json() | changes)


def test_a_rule_reads_back_unchanged():
    assert parse_load_level_rule(RULE.to_json()) == RULE
