"""A story that does not go as told is not told as if it had."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from oracle.cli import demo, demo_laundry, demo_service
from oracle.cli.main import app
from oracle.demo.books import Books
from oracle.demo.claims import Claims
from oracle.demo.drill import DrillStory, Told
from oracle.demo.laundry.story import Told as Round
from oracle.demo.service.story import Told as Life
from oracle.errors import Fatal
from oracle.parties.currencies import Currency


def told(claims: Claims, clean: bool) -> Told:
    return Told(claims, {}, {}, {"clean": clean, "findings": [], "notChecked": []}, 1.0)


@pytest.mark.parametrize(("found", "clean", "code"), [(7, True, 0), (8, True, 1), (7, False, 1)])
def test_the_exit_code_says_whether_everything_held(monkeypatch, found, clean, code):
    claims = Claims()
    claims.equal("settled", 7, found)
    monkeypatch.setattr(DrillStory, "play", lambda self, at_the_end: told(claims, clean))
    result = CliRunner().invoke(app, ["demo", "drill", "--json"])
    assert result.exit_code == code
    document = json.loads(result.stdout)
    assert document["holds"] is (code == 0)
    assert document["claims"] == [{"claim": "settled", "expected": "7", "found": str(found), "holds": found == 7}]


@pytest.mark.parametrize(("found", "clean", "code"), [(7, True, 0), (8, True, 1), (7, False, 1)])
def test_so_does_that_of_a_machines_life(monkeypatch, found, clean, code):
    def live(*told: object) -> Life:
        claims = Claims()
        claims.equal("paid", 7, found)
        audit = {"clean": clean, "findings": [], "notChecked": []}
        return Life(claims, Books(), {}, audit, Currency("0x" + "11" * 20, "EUR", 6), 1.0)

    monkeypatch.setattr(demo_service, "tell", live)
    result = CliRunner().invoke(app, ["demo", "service", "--json"])
    assert result.exit_code == code
    assert json.loads(result.stdout)["holds"] is (code == 0)


@pytest.mark.parametrize(("found", "clean", "code"), [(7, True, 0), (8, True, 1), (7, False, 1)])
def test_so_do_both_endings_of_a_round(monkeypatch, tmp_path, found, clean, code):
    def tell(*_: object) -> Round:
        claims = Claims()
        claims.equal("repaid", 7, found)
        return Round(claims, (), {"recovered": {"clean": True}, "defaulted": {"clean": clean}}, (), 3, 1.0)

    monkeypatch.setattr(demo_laundry, "tell", tell)
    result = CliRunner().invoke(app, ["demo", "laundry", "--json", "--plot", str(tmp_path / "cash.svg")])
    assert result.exit_code == code
    document = json.loads(result.stdout)
    assert (document["holds"], document["seed"]) == (code == 0, 3)


def test_a_broken_part_ends_the_story_and_keeps_the_logs(monkeypatch, tmp_path):
    def broken(self: DrillStory, at_the_end: object) -> Told:
        (tmp_path / "oracle.log").write_text("last words")
        raise Fatal("oracle", "ended with code 1", "Its log is oracle.log.")

    monkeypatch.setattr(demo.DrillStory, "play", broken)
    result = CliRunner().invoke(app, ["demo", "drill", "--keep", str(tmp_path)])
    assert result.exit_code == 3
    assert (tmp_path / "oracle.log").read_text() == "last words"
    assert "ended with code 1" in result.output
    assert "Traceback" not in result.output
