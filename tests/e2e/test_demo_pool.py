"""`cise demo pool` for real: three years of a pool on a chain of its own.

The story checks itself against the planner's run; here its figures are computed once more, from the waits alone.
"""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from oracle.cli.up import PROGRAM
from tests.environment import ROOT

SECONDS = 180
EUR = 1_000_000


@pytest.fixture(scope="module")
def story() -> Any:
    command = [*PROGRAM, "demo", "pool", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    return json.loads(done.stdout)


def test_the_story_holds(story):
    assert story["holds"] is True
    assert [claim["claim"] for claim in story["claims"] if not claim["holds"]] == []
    assert len(story["claims"]) >= 25


def test_planned_seen_and_private_stand_side_by_side(story):
    planned, seen, private = (story["figures"][name] for name in ("predicted", "seen", "private"))
    waits = seen["waitDays"]
    assert len(waits) == seen["breakdowns"]
    assert seen["atOnce"] == sum(wait < 0.05 for wait in waits)
    assert seen["standingDays"] == pytest.approx(sum(wait for wait in waits if wait >= 0.05), abs=0.1)
    for name, found in (("breakdowns", seen["breakdowns"]), ("standingDays", seen["standingDays"])):
        assert planned[name]["low"] <= found <= planned[name]["high"]
    tied = int(seen["sparesValue"]) + int(seen["money"])
    assert (int(private["capital"]), int(planned["capital"])) == (40_000 * EUR, 10_000 * EUR)
    assert int(planned["capital"]) < tied < int(private["capital"]) // 2
    assert private["waits"] == 0
    assert seen["saved"] == pytest.approx(1 - tied / (40_000 * EUR))


def test_what_went_wrong_was_caught(story):
    assert story["figures"]["seen"]["falseClaims"] == 1
    assert int(story["figures"]["arrears"]) > 0
    assert int(story["figures"]["remanufactured"]["price"]) == 585 * EUR
    assert story["audit"]["clean"] is True
