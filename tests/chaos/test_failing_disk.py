"""A disk that fails while readings arrive: every write to the database ends with EIO until it is well again."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.chaos.preload import built, lever

ROUNDS = 5
FAILING_SECONDS = 2.0
SOURCE = Path(__file__).with_name("failing_disk.c")


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return built(SOURCE, tmp_path_factory.mktemp("disk"))


@pytest.fixture
def fragile(run_oracle, library, tmp_path):
    """An oracle and `fail(whether)`, which says whether its disk fails."""
    fail = lever(tmp_path / "switch")
    return run_oracle(LD_PRELOAD=str(library), CHAOS_DISK=str(tmp_path / "switch")), fail


def taken_within(oracle, signed, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        answer = oracle.post([signed])
        if answer.status_code == 200 and answer.json()["answers"][0]["result"] in ("accepted", "duplicate"):
            return True
        time.sleep(0.2)
    raise AssertionError(f"still {answer.status_code}: {answer.text}")


def test_nothing_is_acknowledged_while_the_disk_fails_and_it_heals_without_a_restart(world, fragile, capsys):
    hire = world.hire()
    oracle, fail = fragile
    acknowledged, refused = [], 0
    for _ in range(ROUNDS):
        signed = hire.use(1)
        assert taken_within(oracle, signed, 10)
        acknowledged.append(signed.reading.sequence)
        waiting = hire.use(1)
        fail(True)
        until = time.monotonic() + FAILING_SECONDS
        while time.monotonic() < until:
            answer = oracle.post([waiting])
            assert (answer.status_code, answer.json()["code"]) == (503, "disk_full")
            assert int(answer.headers["retry-after"]) >= 1
            refused += 1
        fail(False)
        assert taken_within(oracle, waiting, 10)
        acknowledged.append(waiting.reading.sequence)
    oracle.wait(lambda: world.state(hire).settled == hire.registers[0], 60, "settlement")
    kept = {sequence for (sequence,) in oracle.query("select sequence from readings")}
    assert set(acknowledged) <= kept
    assert oracle.query("pragma integrity_check") == [("ok",)]
    with capsys.disabled():
        print(f"\n{len(acknowledged)} readings kept and settled, {refused} refused while the disk failed")
