"""`cise demo laundry` for real: one round, two endings, on a chain of its own.

The story checks itself; here bills, shares, interest by the second and losses are computed once more, from washes,
prices, rates and times alone.
"""

from __future__ import annotations

import json
import subprocess
from fractions import Fraction
from itertools import groupby
from typing import Any
from xml.etree import ElementTree

import pytest

from oracle.cli.up import PROGRAM
from tests.environment import ROOT

SECONDS = 180
EUR = 1_000_000
YEAR = 365 * 86_400
PRICES = (800_000, 1_100_000, 1_500_000)
SIZES = (700 * EUR, 300 * EUR, 200 * EUR)
RATES = (Fraction(35, 1_000), Fraction(6, 100), Fraction(9, 100))
MOST_FOR_JUNIORS = 250 * EUR
AUCTION = 520 * EUR
ENDINGS = ("recovered", "defaulted")


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> Any:
    plot = tmp_path_factory.mktemp("laundry") / "cash.svg"
    command = [*PROGRAM, "demo", "laundry", "--json", "--plot", str(plot)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    return json.loads(done.stdout) | {"plot": plot.read_text()}


@pytest.fixture(params=ENDINGS)
def ending(told, request) -> Any:
    return told["figures"][request.param]


def paid(payment: dict[str, Any]) -> tuple[int, int, int]:
    return int(payment["interest"]), int(payment["principal"]), int(payment["residual"])


def test_the_story_holds(told):
    assert told["holds"] is True
    assert [claim["claim"] for claim in told["claims"] if not claim["holds"]] == []
    assert len(told["claims"]) >= 110
    states = {name: [each["state"] for each in told["figures"][name]["states"]] for name in ENDINGS}
    assert states == {
        "recovered": ["on plan", "late", "on plan", "repaid"],
        "defaulted": ["on plan", "late", "impaired", "defaulted", "recovered"],
    }


def test_bills_are_washes_times_prices_and_fees_go_by_share(ending):
    books = ending["books"]
    bills = {
        who: sum(price * count for price, count in zip(PRICES, washes, strict=True))
        for who, washes in ending["washes"].items()
    }
    assert {who: -int(row["washing"]) for who, row in books.items() if int(row["washing"])} == bills
    washed = int(ending["washed"])
    assert washed == sum(bills.values())
    # Every price is a multiple of twenty units, so no share is rounded.
    assert int(books["Laundry"]["fees"]) * 4 == washed
    assert int(books["Community"]["fees"]) * 20 == washed


def test_every_payment_is_what_interest_by_the_second_and_seniority_make_of_it(ending):
    outstanding, accrued, last = list(SIZES), [Fraction(0)] * 3, ending["started"]
    for time, payments in groupby(ending["payments"], key=lambda payment: payment["time"]):
        found = list(payments)
        cash = sum(sum(paid(each)[:2]) for each in found)
        expected = []
        for index, rate in enumerate(RATES):
            accrued[index] += outstanding[index] * rate * (time - last) / YEAR
            interest = min(cash, int(accrued[index]))
            principal = min(cash - interest, outstanding[index])
            accrued[index] -= interest
            outstanding[index] -= principal
            cash -= interest + principal
            if interest or principal:
                expected.append((index, interest, principal))
        ordinary = [(each["tranche"], *paid(each)[:2]) for each in found if not paid(each)[2]]
        assert ordinary == expected
        assert cash == 0
        last = time
    lost = [int(tranche["writtenDown"]) for tranche in ending["tranches"]]
    assert outstanding == lost, "I-9"


def test_investors_have_all_that_their_tranche_was_paid(ending):
    for index, tranche in enumerate(ending["tranches"]):
        stakes = [stake for stake in ending["stakes"] if stake["tranche"] == tranche["name"]]
        came = sum(sum(paid(each)) for each in ending["payments"] if each["tranche"] == index)
        assert sum(int(stake["putIn"]) for stake in stakes) == SIZES[index]
        assert sum(int(stake["claimed"]) for stake in stakes) == came
        assert sum(int(stake["lost"]) for stake in stakes) == int(tranche["writtenDown"])
        for stake in stakes:
            assert int(stake["claimed"]) == pytest.approx(came * int(stake["putIn"]) // SIZES[index], abs=2)


def test_what_one_is_short_of_another_has(told, ending):
    nets = {name: -int(row["taken out"]) - int(row["paid in"]) for name, row in ending["books"].items()}
    assert sum(nets.values()) + sum(map(int, ending["pots"].values())) == 0
    assert {name for name, left in ending["pots"].items() if int(left)} <= {"guarantee 1"}


def test_the_first_ending_pays_everybody_and_the_second_loses_from_the_bottom_up(told):
    good, bad = (told["figures"][name] for name in ENDINGS)
    assert [int(tranche["writtenDown"]) for tranche in good["tranches"]] == [0, 0, 0]
    juniors = sum(sum(paid(each)) for each in good["payments"] if each["tranche"] == 2)
    assert juniors == MOST_FOR_JUNIORS
    assert 0 < 360 * EUR - int(good["books"]["Laundry"]["floor"]) < 1_000

    senior, mezzanine, junior = (int(tranche["writtenDown"]) for tranche in bad["tranches"])
    assert (senior, junior) == (0, SIZES[2])
    assert 0 < mezzanine < SIZES[1]
    received = sum(sum(paid(each)) for each in bad["payments"])
    assert received == int(bad["washed"]) * 7 // 10 + AUCTION
    assert int(bad["pots"]["guarantee 1"]) == 360 * EUR


def test_the_readme_shows_this_plot(told):
    shown = (ROOT / "docs" / "laundry.svg").read_text()
    assert told["plot"] == shown, "draw it again: cise demo laundry --plot docs/laundry.svg"


def test_the_plot_says_what_the_figures_say(told):
    picture = ElementTree.fromstring(told["plot"])
    assert picture.get("viewBox", "").startswith("0 0 480 ")
    words = " ".join(text for text in picture.itertext())
    for name in ENDINGS:
        for index, tranche in enumerate(told["figures"][name]["tranches"]):
            came = sum(sum(paid(each)) for each in told["figures"][name]["payments"] if each["tranche"] == index)
            lost = int(tranche["writtenDown"])
            line = f"{tranche['name']}: {SIZES[index] / EUR:,.2f} EUR in, {came / EUR:,.2f} EUR out"
            assert line + (f", {lost / EUR:,.2f} EUR lost" if lost else "") in words
