"""`cise advise pool`: what it prints is what the functions say, without any chain."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from oracle.cli.main import app
from tests.environment import ROOT


def advise(*words: str) -> Result:
    return CliRunner().invoke(app, ["advise", "pool", *words], env={"NO_COLOR": "1", "COLUMNS": "160"})


def test_one_spare_for_ten_where_failures_are_rare_and_not_where_they_are_not():
    rare = json.loads(advise("--json").stdout)
    assert (rare["needed"], rare["saved"]) == (1, 0.9)
    assert rare["oneIsEnoughFromYears"] == pytest.approx(15.97, abs=0.01)
    assert rare["rows"][0]["asOfMany"]["method"] == "M/G/∞"
    often = json.loads(advise("--failures", "0.3", "--turnaround", "45", "--json").stdout)
    assert (often["needed"], often["saved"]) == (3, 0.7)


def test_for_people_and_as_a_picture(tmp_path):
    drawn = tmp_path / "map.svg"
    done = advise("--failures", "0.3", "--price", "4000", "--deposit", "100", "--loan", "--chart", str(drawn))
    assert ["1", "80.3%", "3.05", "days", "8.9", "days", "5,000", "88%"] in [
        line.split() for line in done.output.splitlines()
    ]
    assert "Exact for these members." in done.output
    assert ElementTree.parse(drawn).getroot().tag.endswith("svg")


def test_what_is_simulated_says_so_and_has_margins():
    words = ("--failures", "0.3", "--shape", "2", "--repairers", "1", "--seed", "7")
    shown = advise(*words).output
    assert "seed 7" in shown
    assert "±" in shown


def test_rates_for_all_or_for_each_or_not_at_all():
    each = ("--failures", "0.1", "--failures", "0.2")
    refused = advise("--members", "3", *each, "--json")
    assert (refused.exit_code, json.loads(refused.stdout)["error"]["code"]) == (1, "members_out_of_range")
    assert json.loads(advise("--members", "2", *each, "--json").stdout)["units"] == 2


def test_the_picture_in_the_documents_is_the_one_it_draws(tmp_path):
    drawn = tmp_path / "map.svg"
    assert advise("--chart", str(drawn)).exit_code == 0
    assert drawn.read_text() == (ROOT / "docs/pool-map.svg").read_text()
