"""Trends of what samples show against published thresholds; and how the terms say so."""

from __future__ import annotations

import json
from fractions import Fraction
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from oracle.advice.service_due import parse_rule
from oracle.advice.trends import Measure, Place, Threshold, passing, seen_in
from oracle.domain.merkle import leaf_hash
from oracle.domain.telemetry import Sample, SampledReading
from oracle.errors import Rejected
from tests.oracle.advice.test_service_due import DOCUMENT

MINUTE = 60_000
SCHEMA = json.loads((files("oracle") / "schemas" / "service-terms.json").read_text())
BERLIN = (525_200_000, 134_050_000)
YARD = Place("yard", 520_000_000, 130_000_000, 530_000_000, 140_000_000, ((Measure.VIBRATION, 900),))
ELSEWHERE = Place("elsewhere", 0, 0, 1, 1, ((Measure.VIBRATION, 1),))
NO_VIBRATION = Place("warm", *(YARD.south, YARD.west, YARD.north, YARD.east), ((Measure.TEMPERATURE, 60_000),))
ROUGH = Threshold(Measure.VIBRATION, 1_000, 10)


def minutes(*vibrations: int, rpm: int = 1_000, duration: int = MINUTE, at: tuple[int, int] = BERLIN) -> list[Sample]:
    return [
        Sample(1_700_000_000_000 + (n + 1) * MINUTE, duration, rpm, 2_000, 40_000, vibration, *at)
        for n, vibration in enumerate(vibrations)
    ]


def readings(*groups: list[Sample]) -> list[SampledReading]:
    return [SampledReading(7, n, n.to_bytes(32), tuple(group)) for n, group in enumerate(groups, 1)]


def test_ten_minutes_above_pass_and_the_readings_are_named():
    seen = readings(minutes(*[500] * 5), minutes(*[1_200] * 4), minutes(*[1_200] * 6))
    trend = passing([ROUGH], [], seen)
    assert trend is not None
    assert (trend.value, trend.limit, trend.place) == (1_200, 1_000, None)
    assert [each.sequence for each in trend.readings] == [2, 3]
    assert trend.root == seen_in([seen[1].root, seen[2].root])
    assert seen_in([seen[0].root]) == leaf_hash(seen[0].root)


@pytest.mark.parametrize(
    "seen",
    [
        readings(minutes(*[2_000] * 9)),
        readings(minutes(*[2_000] * 9), minutes(*[2_000] * 60, rpm=0)),
        readings(minutes(*[1_000] * 10)),
        readings(minutes(*[2_000] * 5), minutes(*[800] * 10)),
        readings(minutes(800, 800, 800, 800, 800, 1_900, 800, 800, 800, 800)),
        [],
    ],
    ids=["not full", "standing still", "at the limit", "long ago", "one rough sample", "nothing"],
)
def test_what_is_no_trend(seen):
    assert passing([ROUGH], [], seen) is None


def test_a_rising_line_passes_before_its_mean_does():
    rising = [900 + 20 * n for n in range(10)]
    assert sum(rising) / 10 < 1_000
    trend = passing([ROUGH], [], readings(minutes(*rising)))
    assert trend is not None
    assert trend.value == 1_090


def test_a_place_has_its_own_limit():
    seen = readings(minutes(*[950] * 10))
    assert passing([ROUGH], [], seen) is None
    assert passing([ROUGH], [ELSEWHERE, NO_VIBRATION], seen) is None
    trend = passing([ROUGH], [ELSEWHERE, NO_VIBRATION, YARD], seen)
    assert trend is not None
    assert (trend.limit, trend.place) == (900, "yard")


def test_warmth_and_current_count_as_well():
    seen = readings(minutes(*[0] * 10))
    hot, strong = Threshold(Measure.TEMPERATURE, 39_999, 10), Threshold(Measure.CURRENT, 5_999, 10, 3_000)
    assert passing([hot], [], seen).value == 40_000
    assert passing([hot], [NO_VIBRATION], seen) is None
    assert passing([ROUGH, strong], [], seen).value == 6_000


@given(st.lists(st.tuples(st.integers(0, 5_000), st.integers(1, 90_000)), min_size=2, max_size=30))
def test_the_line_is_the_textbooks(points):
    """Normal equations of the weighted fit, solved another way."""
    samples = [minutes(value, duration=duration)[0] for value, duration in points]
    window = sum(duration for _, duration in points) // MINUTE
    if window == 0:
        return
    used, left = [], window * MINUTE
    for value, duration in reversed(points):
        if left <= 0:
            break
        used.insert(0, (value, duration))
        left -= duration
    at, rows = Fraction(), []
    for value, duration in used:
        rows.append((duration, at + Fraction(duration, 2), value - 1_000))
        at += duration
    w, wt, wy = sum(d for d, _, _ in rows), sum(d * t for d, t, _ in rows), sum(d * y for d, _, y in rows)
    wtt, wty = sum(d * t * t for d, t, _ in rows), sum(d * t * y for d, t, y in rows)
    divisor = w * wtt - wt * wt
    line = Fraction(wy, w) if divisor == 0 else ((wtt * wy - wt * wty) + (w * wty - wt * wy) * at) / divisor
    trend = passing([Threshold(Measure.VIBRATION, 1_000, window)], [], readings(samples))
    assert (trend is None) == (line <= 0)
    assert trend is None or trend.value == 1_000 + int(line)


TREND = {"measure": "vibration", "limit": 7_000, "runningMinutes": 60}
STRONG = {"measure": "current", "limit": 9_000, "runningMinutes": 1_440, "milliamperesPerNewtonMetre": 2_500}
PLACE = {"name": "coast", "south": -1, "west": 0, "north": 1, "east": 0, "limits": {"vibration": 5_000}}
GOOD = [{"trends": [], "places": []}, {"trends": [TREND, STRONG], "places": [PLACE]}]
BAD = [
    {"trends": [TREND | {"measure": "noise"}]},
    {"trends": [TREND | {"runningMinutes": 0}]},
    {"trends": [TREND | {"runningMinutes": 1_441}]},
    {"trends": [TREND | {"limit": 1 << 31}]},
    {"trends": [TREND | {"milliamperesPerNewtonMetre": 1}]},
    {"trends": [{name: value for name, value in STRONG.items() if name != "milliamperesPerNewtonMetre"}]},
    {"trends": [TREND | {"more": 1}]},
    {"trends": {}},
    {"places": [PLACE | {"limits": {}}]},
    {"places": [PLACE | {"limits": {"noise": 1}}]},
    {"places": [PLACE | {"limits": []}]},
    {"places": [PLACE | {"name": ""}]},
]


@pytest.mark.parametrize("more", GOOD)
def test_terms_with_trends_read_back(more):
    document = {"service": DOCUMENT | more}
    Draft202012Validator(SCHEMA).validate(document)
    rule = parse_rule(document)
    assert len(rule.trends) == len(more["trends"])
    assert len(rule.places) == len(more["places"])


@pytest.mark.parametrize("more", BAD)
def test_schema_and_program_refuse_the_same(more):
    document = {"service": DOCUMENT | more}
    assert not Draft202012Validator(SCHEMA).is_valid(document)
    with pytest.raises(Rejected):
        parse_rule(document)


def test_a_place_is_not_inside_out():
    with pytest.raises(Rejected, match="wrong way round"):
        parse_rule({"service": DOCUMENT | {"places": [PLACE | {"south": 2}]}})
