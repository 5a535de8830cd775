"""What is missing around the program is said with what to do about it, and exit code 3."""

from __future__ import annotations

import pytest

from oracle.chain.node import free_port
from tests.oracle.cli.conftest import Cise


@pytest.fixture
def alone(tmp_path):
    """The command line where nothing runs."""
    url = f"http://127.0.0.1:{free_port()}"
    return Cise({"CISE_DATA_DIR": str(tmp_path), "CISE_RPC_URL": url, "COLUMNS": "200"})


def test_no_chain(alone):
    alone.environment["CISE_DIRECTORY_ADDRESS"] = "0x" + "11" * 20
    error = alone.json("asset", "list", code=3)["error"]
    assert error["who"] == "chain"
    assert "`cise up` starts a local chain" in error["remedy"]


def test_no_directory_named(alone):
    error = alone.json("asset", "list", code=3)["error"]
    assert error["what"] == "no Directory is named"


def test_a_directory_that_is_none(cise):
    error = cise.json("asset", "list", "--directory", "0x" + "11" * 20, code=3)["error"]
    assert error["who"] == "directory"


def test_a_wrong_setting_is_named_without_its_value(alone):
    alone.environment["CISE_PORT"] = "hunter2"
    result = alone("keys", "list")
    assert result.exit_code == 3
    assert "CISE_PORT" in result.output
    assert "hunter2" not in result.output


def test_status_of_an_oracle_that_never_ran(alone, tmp_path):
    error = alone.json("oracle", "status", code=3)["error"]
    assert error["what"] == f"{tmp_path / 'oracle.db'} does not exist"


def test_check_names_each_missing_thing(alone):
    found = {one["check"]: one["ok"] for one in alone.json("oracle", "check", code=3)}
    fine = {name for name, ok in found.items() if ok}
    assert fine == {"disk", "database", "terms"}
    assert set(found) - fine == {"chain", "contracts", "code", "roles", "relayer", "permits", "clock"}


def test_a_damaged_running_file_is_named(alone, tmp_path):
    del alone.environment["CISE_RPC_URL"]
    (tmp_path / "running.json").write_text("{")
    error = alone.json("asset", "list", code=3)["error"]
    assert error["what"] == f"{tmp_path / 'running.json'} is no JSON"
