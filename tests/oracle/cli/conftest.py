"""A platform on an anvil of its own, and the command line as its users see it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer import testing
from typer.testing import CliRunner, Result

from oracle.chain.client import ChainClient
from oracle.chain.node import LocalNode, NodeOptions
from oracle.cli.main import app
from oracle.deployment.config import read_config
from oracle.deployment.protocol import Deployment, deploy

# Typer builds its tree of commands anew for every call, which takes as long as a short command itself.
testing._get_command = cache(testing._get_command)


class Cise:
    """`cise(...)`: the result; `cise.json(...)`: what --json printed, with the exit code checked."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    def __call__(self, *arguments: str, text: str | None = None) -> Result:
        return CliRunner().invoke(app, list(arguments), input=text, env=self.environment)

    def json(self, *arguments: str, code: int = 0) -> Any:
        result = self(*arguments, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)


@pytest.fixture(scope="module")
def chain() -> Iterator[tuple[LocalNode, Deployment]]:
    with LocalNode(NodeOptions(accounts=20)) as node:
        client = ChainClient(node.url)
        yield node, deploy(client.web3, client.web3.eth.accounts[0], read_config("local"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("cise")
    (made / "password").write_text("correct horse\n")
    return made


@pytest.fixture(scope="module")
def cise(chain: tuple[LocalNode, Deployment], folder: Path) -> Cise:
    node, deployment = chain
    return Cise(
        {
            "CISE_RPC_URL": node.url,
            "CISE_DIRECTORY_ADDRESS": deployment.directory,
            "CISE_DATA_DIR": str(folder),
            "NO_COLOR": "1",
            "COLUMNS": "200",
        }
    )
