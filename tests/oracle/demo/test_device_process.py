"""What a machine's process says reaches the story: turns, and why it cannot go on."""

import json
import sys

import pytest

from oracle.demo.device_process import DeviceProcess
from oracle.errors import Fatal

TURN = {
    "event": "turn",
    "level": 1,
    "rpm": 900,
    "torqueMillinewtonMetres": 5,
    "temperatureMillicelsius": None,
    "vibrationMicrometresPerSecond": 0,
    "charge": "7",
    "chargeLimit": "5",
    "stopReason": None,
}
ERROR = {"error": {"code": "fatal", "who": "device", "what": "nobody signs permits", "remedy": "Appoint somebody."}}
LISTENS = "for order in sys.stdin: pass"


@pytest.fixture
def device(tmp_path):
    """A process that says these lines and then runs this code."""

    def make(lines, then=LISTENS):
        code = f"import sys\nfor line in {lines!r}: print(line, flush=True)\n{then}"
        return DeviceProcess([sys.executable, "-c", code], tmp_path / "device.log")

    return make


def test_turns_are_counted_and_an_overrun_is_kept(device):
    with device([json.dumps(TURN), json.dumps(TURN | {"charge": "1"})]) as process:
        turn = process.wait(lambda turn: turn.count == 2, "two turns")
    assert (turn.rpm, turn.charge, process.overrun) == (900, 1, 2)


@pytest.mark.parametrize("then", [LISTENS, "sys.exit(3)"])
def test_a_device_that_cannot_go_on_says_why(device, then):
    with device([json.dumps(TURN), json.dumps(ERROR)], then) as process, pytest.raises(Fatal) as caught:
        process.wait(lambda turn: turn.count == 5, "five turns")
    assert (caught.value.what, caught.value.remedy) == ("device: nobody signs permits", "Appoint somebody.")


@pytest.mark.parametrize(
    "line", ["Traceback (most recent call last):", "[]", '{"event": "turn"}', '{"error": "no"}', '{"error": {}}']
)
def test_what_nobody_can_read_is_told_as_it_stands(device, line):
    with device([line]) as process:
        if line == "[]":
            process.wait(lambda _: process.refusals == [line], "it")
            return
        with pytest.raises(Fatal, match="nobody can read") as caught:
            process.finish()
    assert line in caught.value.what


def test_a_device_that_ends_without_a_word_is_told_by_its_log(device):
    with device([], "sys.stderr.write('last words'); sys.exit(4)") as process, pytest.raises(Fatal) as caught:
        process.wait(lambda _: False, "nothing")
    assert "ended with code 4" in caught.value.what
    assert "last words" in caught.value.what


def test_other_lines_are_kept_beside_the_refusals(device):
    refused = {"event": "refused", "code": "no_balance", "who": "anna", "what": "has no money"}
    with device([json.dumps(refused), '{"event": "unknown"}']) as process:
        process.wait(lambda _: len(process.refusals) == 2, "two lines")
    assert process.refusals == ["no_balance: has no money", '{"event": "unknown"}']
