"""`cise demo flights` as a person and as a program see it; the story itself is tested in tests/oracle/demo."""

import json

import pytest
import typer
from typer.testing import CliRunner

from oracle.cli import demo_flights
from oracle.demo.claims import Claims
from oracle.demo.flights import FlightsTold

FIGURES = {
    "stages": {"audit": {"seconds": 1.5, "cpuSeconds": 1.25, "largestMemoryMiB": 99}},
    "readings": 2_038,
    "auditedReadingsPerCpuSecond": 5_861,
}
AUDIT = {"clean": True, "findings": [], "notChecked": []}


def told(found="1", **audit):
    claims = Claims()
    claims.equal("readings", 1, found)
    return FlightsTold(claims, FIGURES, AUDIT | audit, 12.3)


@pytest.fixture
def cise(monkeypatch):
    app = typer.Typer()
    app.command()(demo_flights.flights)
    asked = []

    def run(outcome, *arguments):
        def fly(days, folder, tell, progress):
            asked.append((days, folder))
            tell("336,776 flights")
            progress("days settled", 1, 3)
            return outcome

        monkeypatch.setattr(demo_flights, "run_flights", fly)
        return CliRunner().invoke(app, list(arguments)), asked[-1] if asked else None

    return run


def test_all_balanced(cise):
    result, asked = cise(told())
    assert result.exit_code == 0
    assert asked == (3, None)
    assert "336,776 flights" in result.stderr
    assert "All balanced. 1 claims of the story hold, in 12 s." in result.stdout
    assert "2,038 signed readings are settled" in result.stdout
    assert "5,861 in a second of processor time" in " ".join(result.stdout.split())


def test_as_json_nothing_else_is_written(cise, tmp_path):
    result, asked = cise(told(), "--days", "365", "--keep", str(tmp_path), "--json")
    assert asked == (365, tmp_path)
    document = json.loads(result.stdout)
    assert (document["story"], document["holds"]) == ("flights", True)
    assert document["figures"] == FIGURES
    assert result.stderr == ""


@pytest.mark.parametrize("outcome", [told(found="2"), told(clean=False)])
def test_what_does_not_hold_is_the_answer_no(cise, outcome):
    result, _ = cise(outcome)
    assert result.exit_code == 1
    assert "Not as told" in result.stdout


def test_the_failed_claim_is_named(cise):
    result, _ = cise(told(found="2"))
    assert "readings: expected 1, found 2" in result.stdout


@pytest.mark.parametrize("days", ["0", "366"])
def test_the_year_has_365_days(cise, days):
    result, asked = cise(told(), "--days", days)
    assert (result.exit_code, asked) == (2, None)
