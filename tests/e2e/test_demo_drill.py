"""`cise demo drill` for real: Anvil, contracts, oracle and machine as processes of their own, told quickly.

The story checks itself; here its figures are computed once more, from the registers alone and with fractions.
"""

from __future__ import annotations

import json
import subprocess
from fractions import Fraction
from math import floor
from typing import Any

import pytest

from oracle.cli.up import PROGRAM
from tests.environment import ROOT

SECONDS = 180
DEPOSIT, TOP_UP = 20_000_000, 5_000_000
SHARES = {
    "owner": Fraction(55, 100),
    "maker": Fraction(25, 100),
    "repairer": Fraction(17, 100),
    "community": Fraction(3, 100),
}
SPEED = 6
EUR_PER_SECOND = (Fraction(1, 10) * SPEED, Fraction(1, 4) * SPEED, Fraction(3, 5) * SPEED)
EUR_PER_DAY = Fraction(24) * SPEED


@pytest.fixture(scope="module")
def story() -> Any:
    done = subprocess.run(
        [*PROGRAM, "demo", "drill", "--fast", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    return json.loads(done.stdout)


def test_the_story_holds(story):
    assert story["holds"] is True
    assert [claim["claim"] for claim in story["claims"] if not claim["holds"]] == []
    assert len(story["claims"]) >= 30


def test_the_charge_follows_from_the_registers(story):
    figures = story["figures"]
    seconds = [Fraction(milliseconds, 1_000) for milliseconds in figures["registers"][:3]]
    usage = floor(sum(s * price for s, price in zip(seconds, EUR_PER_SECOND, strict=True)) * 1_000_000)
    standing = floor(EUR_PER_DAY * 1_000_000 * Fraction(figures["elapsed"], 86_400))
    assert int(figures["settled"]) == usage + standing
    assert all(s > 0 for s in seconds)
    assert figures["registers"][3] == 0


def test_no_unit_is_made_or_lost(story):
    figures = story["figures"]
    assert int(figures["paidIn"]) == DEPOSIT + TOP_UP
    assert int(figures["withdrawn"]) + int(figures["settled"]) == DEPOSIT + TOP_UP
    assert int(figures["settledAtLimit"]) + int(figures["holdAtLimit"]) == DEPOSIT


def test_payees_get_their_shares_to_the_unit(story):
    figures, settled = story["figures"], int(story["figures"]["settled"])
    gained = {name: int(p["after"]) - int(p["before"]) for name, p in figures["payees"].items()}
    assert gained == {name: floor(settled * share) for name, share in SHARES.items()}
    assert sum(gained.values()) + int(figures["undistributed"]) == settled
    assert int(figures["undistributed"]) < len(SHARES)


def test_the_statement_adds_up_line_by_line(story):
    lines = story["statement"]["lines"]
    before = 0
    for line in lines:
        assert int(line["chargeBefore"]) == before
        assert int(line["chargeAfter"]) == before + int(line["taken"])
        before = int(line["chargeAfter"])
    assert before == int(story["figures"]["settled"])
    assert floor(Fraction(before * 19, 119)) == int(story["statement"]["includedTax"])


def test_the_audit_saw_every_settlement_and_every_invariant(story):
    audit = story["audit"]
    assert audit["clean"] is True
    assert audit["findings"] == audit["notChecked"] == []
    assert audit["figures"]["readings settled again"] == story["figures"]["settlements"]
    assert {check["check"] for check in audit["balanced"]} >= {f"I-{number}" for number in range(1, 8)}
    (charged,) = [check for check in audit["balanced"] if check["check"] == "I-4"]
    assert charged["settled"] == story["figures"]["settled"]
