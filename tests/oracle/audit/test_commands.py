"""`cise audit` from the outside: what it prints and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from oracle.cli.audit import app
from tests.oracle.audit.economy import Story
from tests.oracle.audit.proxy import LyingNode, Silence
from tests.oracle.audit.seen import Seen

Run = Callable[..., Result]


@pytest.fixture
def run(chain_url: str, story: Story, tmp_path: Path) -> Run:
    def invoke(*arguments: str, url: str = chain_url) -> Result:
        options = ["--rpc", url, "--directory", story.platform.directory, "--data", str(tmp_path / "data")]
        return CliRunner().invoke(app, [*arguments, *options])

    return invoke


def test_verify(run: Run, honest: Seen) -> None:
    result = run("verify", "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["clean"] is True
    assert document["block"] == honest.pinned.number
    shown = run("verify")
    assert shown.exit_code == 0
    assert "All balanced." in shown.stdout


def test_verify_that_finds_something(run: Run, chain_url: str, honest: Seen) -> None:
    proxy = LyingNode(chain_url)
    with proxy.telling(Silence("debug_traceTransaction")):
        result = run("verify", url=proxy.url)
        bill = run("statement", "--agreement", "1", url=proxy.url)
    proxy.stop()
    assert result.exit_code == bill.exit_code == 1
    assert "not checked" in result.stdout
    assert "not checked" in bill.stderr


def test_receipts_are_written_and_checked(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "receipt.json"
    assert run("receipt", str(file), "--agreement", "1", "--sequence", "1").exit_code == 0
    assert "what it says" in run("receipt", str(file)).stdout
    assert run("receipt", str(file), "--offline", "--json").exit_code == 0
    document = json.loads(file.read_text())
    file.write_text(json.dumps(document | {"customer": "0x" + "11" * 20}))
    refused = run("receipt", str(file), "--json")
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)["findings"][0]["check"] == "receipt"


@pytest.mark.parametrize(
    "arguments",
    [
        ("receipt", "no-such-file.json"),
        ("receipt", "file.json", "--agreement", "1"),
        ("receipt", "file.json", "--agreement", "1", "--sequence", "1", "--offline"),
        ("statement",),
        ("statement", "--agreement", "1", "--account", "0x" + "11" * 20),
        ("statement", "--account", "0x1"),
        ("statement", "--account", "nobody"),
        ("export", "--format", "xml"),
    ],
)
def test_wrong_usage(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_statements(run: Run, story: Story) -> None:
    result = run("statement", "--agreement", "3", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["bills"][0]["agreement"] == 3
    shown = run("statement", "--account", story.platform.accounts[8])
    assert shown.exit_code == 0
    assert "Agreement 4" in shown.stdout


def test_exports(run: Run) -> None:
    assert run("export").stdout.startswith("time,block,transaction")
    assert "open Assets:Custody:T" in run("export", "--format", "beancount").stdout
    rows = json.loads(run("export", "--json").stdout)
    assert json.loads(run("export", "--format", "json", "--from", str(rows[-1]["time"])).stdout)


def test_the_history_of_an_asset(run: Run) -> None:
    document = json.loads(run("history", "--asset", "1", "--json").stdout)
    assert (document["asset"], document["clean"]) == (1, True)
    assert "agreement opened" in run("history", "--asset", "1").stdout
    unknown = run("history", "--asset", "99")
    assert unknown.exit_code == 1
