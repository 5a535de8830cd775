"""The simulated drill does what its level says, and the same every time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.device.machines import Place
from oracle.device.machines.drill import AMBIENT_MILLICELSIUS, Drill
from oracle.tariffs import published_tariff
from tests.oracle.device.support import NOW

RULE = published_tariff("smart-drill").load_levels
START_MS = NOW * 1_000


def samples(drill, count=20, step_ms=1_000):
    return [drill.run(START_MS + step_ms * n, step_ms).sample for n in range(1, count + 1)]


@given(seed=st.integers(0, 2**32), level=st.integers(0, 3), step_ms=st.integers(1, 5_000))
def test_every_sample_has_the_level_it_is_set_to(seed, level, step_ms):
    drill = Drill(RULE, seed)
    drill.level = level
    for sample in samples(drill, step_ms=step_ms):
        assert RULE.level(sample) == level
        assert sample.duration_ms == step_ms


def test_the_same_seed_gives_the_same_samples():
    assert samples(Drill(RULE, 5)) == samples(Drill(RULE, 5)) != samples(Drill(RULE, 6))


@pytest.mark.parametrize(("level", "low", "high"), [(0, 0, 0), (1, 5, 39), (2, 40, 74), (3, 75, 100)])
def test_utilisation_is_in_the_band_of_the_level(level, low, high):
    drill = Drill(RULE, 1)
    drill.level = level
    assert all(low <= drill.utilisation_percent(sample) <= high for sample in samples(drill))


def test_load_warms_and_shakes():
    light, heavy = Drill(RULE, 1), Drill(RULE, 1)
    heavy.level = 3
    calm, busy = samples(light, 300)[-1], samples(heavy, 300)[-1]
    assert AMBIENT_MILLICELSIUS < calm.temperature_millicelsius < busy.temperature_millicelsius < 90_000
    assert calm.vibration_micrometres_per_second < busy.vibration_micrometres_per_second
    assert calm.rpm > busy.rpm


def test_an_idle_drill_stands_still_and_cools():
    drill = Drill(RULE, 1)
    drill.level = 3
    hot = samples(drill, 300)[-1]
    drill.level = 0
    idle = samples(drill, 600)[-1]
    assert (idle.rpm, idle.torque_millinewton_metres) == (0, 0)
    assert idle.temperature_millicelsius < hot.temperature_millicelsius - 10_000


def test_it_stays_where_it_is():
    for sample in samples(Drill(RULE, 1, Place(-10, 20))):
        assert abs(sample.latitude_e7 + 10) <= 150
        assert abs(sample.longitude_e7 - 20) <= 150
