"""The drill's own chain, while its story still stands: `cise audit history` tells its life from the chain alone."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from oracle.cli.demo import FAST
from oracle.cli.main import app
from oracle.cli.up import PROGRAM
from oracle.demo.cast import Part
from oracle.demo.drill import DrillStory, StoryOptions, Told
from oracle.demo.fleet import account_address
from oracle.demo.prices import Tempo
from oracle.demo.screen import Plain
from oracle.demo.stage import Stage


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> tuple[Told, dict[str, Any]]:
    """How the story ended, and what the command printed of its machine."""
    folder = tmp_path_factory.mktemp("drill")
    printed: list[str] = []

    def ask(_: Told) -> None:
        result = CliRunner().invoke(app, ["audit", "history", "--asset", "1", "--data", str(folder), "--json"])
        assert result.exit_code == 0, result.output
        printed.append(result.stdout)

    stage = Stage("Drill", Plain(Console(file=io.StringIO())))
    told = DrillStory(StoryOptions(PROGRAM, folder, Tempo(FAST), True), stage).play(ask)
    return told, json.loads(printed[0])


def test_the_life_of_the_drill(ended: tuple[Told, dict[str, Any]]) -> None:
    told, life = ended
    assert told.claims.failed == []
    assert (life["clean"], life["lifecycle"], life["curve"]) == (True, "in service", "secp256k1")
    assert (life["owner"], life["meter"]) == (account_address(Part.OWNER), account_address(Part.METER))
    kinds = [event["event"] for event in life["events"]]
    milestones = ("registered", "meter", "permit signer", "lifecycle", "offered", "agreement opened")
    order = [kinds.index(kind) for kind in (*milestones, "end announced", "final reading", "agreement closed")]
    assert order == sorted(order)


def test_its_money_is_what_was_paid_out_and_waits(ended: tuple[Told, dict[str, Any]]) -> None:
    told, life = ended
    (agreement,) = life["agreements"]
    paid = sum(int(payee["after"]) - int(payee["before"]) for payee in told.figures["payees"].values())
    assert agreement["closed"]
    assert int(agreement["settled"]) == paid + int(told.figures["undistributed"])
    assert life["money"] == [{"currency": agreement["currency"], "settled": agreement["settled"], "credited": "0"}]
