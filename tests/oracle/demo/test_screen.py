"""The story's screen: every figure where it belongs, on narrow and wide terminals, and nothing before it is known."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from oracle.demo.device_process import Turn
from oracle.demo.screen import Plain, render
from oracle.demo.stage import Money, PayeeFigures, Picture, Stage
from oracle.domain.stop_reasons import StopReason
from oracle.parties.currencies import Currency
from oracle.types import Address

EURO = Currency(Address("0xB7f8BC63BbcaD18155201308C8f3540b07f84F5e"), "EUR", 6)
RUNNING = Turn(9, 3, 1_845, 3_310, 26_700, 900, 7, 9, None)
PICTURE = Picture(
    "Smart Drill",
    "3 · It runs",
    EURO,
    "http://127.0.0.1:1/#token=abc",
    RUNNING,
    None,
    Money(0, 11_669_723, 3_047_777, 5_882_777, 5_282_500, 64),
    {"owner": PayeeFigures(0, 0, 2_905_375), "maker": PayeeFigures(5, 5)},
    ((9.3, "Drilling at load level 1."),),
)


def drawn(picture: Picture, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, record=True)
    console.print(render(picture))
    return console.export_text()


@pytest.mark.parametrize("width", [80, 100, 160])
def test_all_figures_are_there_and_seen_stays_apart_from_settled(width):
    text = drawn(PICTURE, width)
    for figure in (
        "11.669723 EUR",
        "3.047777 EUR",
        "1 min 04 s",
        "1,845 rpm",
        "3.31 Nm",
        "26.7 °C",
        "running",
        "70 % left",
    ):
        assert figure in text
    (seen,) = [line for line in text.splitlines() if "used: seen" in line]
    (settled,) = [line for line in text.splitlines() if "used: settled" in line]
    assert "5.882777 EUR" in seen
    assert "5.282500 EUR" in settled
    assert "2.905375 EUR" in text
    assert "+0.000005 EUR" in text
    assert "http://127.0.0.1:1/#token=abc" in text


def test_nothing_is_shown_before_it_is_known():
    text = drawn(Picture("Smart Drill", "A platform"), 80)
    assert "EUR" not in text
    assert "stands still" in text


def test_a_stop_shows_its_reason():
    stopped = replace(PICTURE, turn=replace(RUNNING, level=0, rpm=0), stop_text=StopReason.NO_PERMIT.text)
    assert StopReason.NO_PERMIT.text in drawn(stopped, 80)


def test_without_a_terminal_the_story_is_lines():
    out = io.StringIO()
    stage = Stage("Smart Drill", Plain(Console(file=out, width=120)))
    stage.scene("1 · First")
    stage.say("Something happens.")
    stage.show(place="elsewhere")
    assert [line.split(" s  ")[-1] for line in out.getvalue().splitlines() if line] == [
        "1 · First",
        "Something happens.",
    ]
