"""The machine's clock jumps under a working oracle, by an hour and by five years, forwards and back.

A small library puts the jumps under every call that asks for the time of day; the clock that never jumps is left alone,
as a real jump leaves it.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.chaos.preload import built, lever

HOUR = 3_600
YEARS = 5 * 365 * 86_400
JUMPS = [HOUR, -HOUR, YEARS, -YEARS]
QUIET = 6.0
SOURCE = Path(__file__).with_name("clock.c")


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return built(SOURCE, tmp_path_factory.mktemp("clock"))


@pytest.fixture
def jumping(run_oracle, library, tmp_path):
    """An oracle and `jump(seconds)`, which sets its clock so far from the true one."""
    jump = lever(tmp_path / "offset")
    return run_oracle(LD_PRELOAD=str(library), CHAOS_CLOCK=str(tmp_path / "offset")), jump


def taken(oracle, signed):
    return oracle.post([signed]).json()["answers"][0]["result"] in ("accepted", "duplicate")


def cycles_in(oracle, seconds):
    """How many times each cycle ran while so many seconds passed."""
    before = len(oracle.outcomes())
    time.sleep(seconds)
    names = [name for name, _ in oracle.outcomes()[before:]]
    return {name: names.count(name) for name in set(names)}


@pytest.mark.parametrize("seconds", JUMPS, ids=["an hour on", "an hour back", "five years on", "five years back"])
def test_readings_settle_whatever_the_clock_says(world, jumping, seconds, capsys):
    hire = world.hire()
    oracle, jump = jumping
    first = hire.use(100)
    oracle.wait(lambda: taken(oracle, first), 30, "the agreement in the index")
    oracle.wait(lambda: world.state(hire).settled == 100, 30, "settlement before the jump")
    jump(seconds)
    assert taken(oracle, hire.use(50))
    jumped = oracle.wait(lambda: world.state(hire).settled == 150, 60, "settlement after the jump")
    running = cycles_in(oracle, QUIET)
    jump(0)
    assert taken(oracle, hire.use(25))
    back = oracle.wait(lambda: world.state(hire).settled == 175, 60, "settlement after the jump back")
    oracle.wait(oracle.is_ready, 60, "readiness")
    with capsys.disabled():
        print(f"\n{seconds:+d} s: settled {jumped:.1f} s after, {back:.1f} s after the way back; cycles {running}")
    assert not [one for one in oracle.outcomes() if one[1] == "fatal"]
    # Neither a storm of missed runs nor silence.
    assert all(count <= 4 * QUIET for count in running.values())
