"""`cise demo service` for real: one machine's life on a chain, contracts, oracle and watcher of its own.

The story checks itself; here who received what is computed once more, from shares, bids and hours alone.
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
EUR = 1_000_000
PAYEES = 4
EUR_PER_HOUR = Fraction(9, 10)
FIRST_HOURS, SECOND_HOURS = 30 + 25 + 60 + 40, 20
WAGES = {"repairer 2": Fraction(25, 2), "repairer 1": Fraction(8) * Fraction(2, 5), "repairer 3": 11, "collector": 4}
CORE, LOAN, MOTOR, DEPOSITS = 3, 40, 9, 220 + 75


@pytest.fixture(scope="module")
def story() -> Any:
    command = [*PROGRAM, "demo", "service", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def books(story) -> Any:
    rows = story["figures"]["books"]
    return {name: {column: int(amount) for column, amount in row.items()} for name, row in rows.items()}


def test_the_story_holds(story):
    assert story["holds"] is True
    assert [claim["claim"] for claim in story["claims"] if not claim["holds"]] == []
    assert len(story["claims"]) >= 60


def test_workers_have_what_was_bid_accepted_and_ruled(books):
    assert {name: row["escrow"] for name, row in books.items() if row["escrow"]} == {
        name: floor(wage * EUR) for name, wage in WAGES.items()
    }


def test_use_is_paid_by_the_hour_and_shared_to_the_unit(story, books):
    used = -books["customer"]["holds"]
    by_the_hour = floor((FIRST_HOURS + SECOND_HOURS) * EUR_PER_HOUR * EUR)
    standing = used - by_the_hour
    assert 0 < standing < EUR
    maker, community = books["maker"]["splits"], books["community"]["splits"]
    assert maker == pytest.approx(used * Fraction(15, 100), abs=PAYEES)
    assert community == pytest.approx(used * Fraction(3, 100), abs=PAYEES)
    owners = books["owner"]["splits"] + books["second owner"]["splits"]
    assert owners == pytest.approx(used * Fraction(50, 100), abs=PAYEES)
    put_aside = used - owners - maker - community - int(story["figures"]["remainders"])
    released = books["owner"]["reserves"] + books["second owner"]["reserves"]
    assert put_aside == sum(floor(wage * EUR) for wage in WAGES.values()) + CORE * EUR + released


def test_what_came_in_went_out(story, books):
    for name, row in books.items():
        assert sum(row.values()) == 0, name
    paid_in = sum(row["paid in"] for row in books.values())
    assert paid_in == int(story["figures"]["paidIn"]) == (DEPOSITS + MOTOR) * EUR
    assert paid_in == int(story["figures"]["takenOut"]) + int(story["figures"]["remainders"])
    assert books["customer"]["reserves"] == CORE * EUR
    assert (books["lender"]["people"], books["maker"]["people"]) == (LOAN * EUR, MOTOR * EUR)


def test_the_motor_counts_both_machines_and_every_gram_has_a_fate(story):
    motor, grams = story["figures"]["motor"], story["figures"]["grams"]
    hour = 3_600_000
    assert FIRST_HOURS * hour <= motor["inFirst"] < (FIRST_HOURS + 4) * hour
    assert SECOND_HOURS * hour <= motor["inSecond"] < (SECOND_HOURS + 1) * hour
    assert sum(grams.values()) == 2_400


def test_the_audit_covers_titles_and_orders(story):
    audit = story["audit"]
    assert audit["clean"] is True
    assert audit["findings"] == audit["notChecked"] == []
    balanced = {(check["check"], check["subject"]): check for check in audit["balanced"]}
    assert {*(f"I-{number}" for number in range(1, 8)), "I-11", "I-13"} <= {check for check, _ in balanced}
    titles = balanced["I-11", "all titles"]
    assert titles["moved"] == titles["allowed"]
    (orders,) = (each for (check, _), each in balanced.items() if check == "I-13")
    assert orders["orders"] == orders["sub-account"] == "0"
    assert audit["figures"]["I-13 ends of orders compared"] == 4
