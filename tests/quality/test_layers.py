"""Imports of `oracle/` point downwards only, and the oracle needs nothing of development."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.environment import ROOT
from tests.quality.tree import shown, tracked

# Top to bottom. Packages of one row do not know each other, except in the last row, which everything stands on.
LAYERS = [
    {"cli"},
    {"demo"},
    {"page", "device"},
    {"ingest", "relay"},
    {"twin", "formats"},
    {"audit"},
    {"advice", "deployment", "parties"},
    {"store", "chain", "tariffs"},
    {"domain"},
    {"settings", "errors", "types", "points", "schemas"},
]
RANK = {package: rank for rank, row in enumerate(LAYERS) for package in row}
GROUND = len(LAYERS) - 1
# The auditor recomputes everything itself: it must not read what the oracle believes.
FORBIDDEN = {"audit": {"store", "relay"}}
NOT_AT_RUN_TIME = {"brownie", "scripts", "tests", "solcx", "hypothesis", "pytest"}


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(), filename=str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            if module == "oracle":
                for alias in node.names:
                    yield node.lineno, f"oracle.{alias.name}"
            else:
                yield node.lineno, module


def _layer(path: Path) -> str:
    return path.relative_to(ROOT / "oracle").with_suffix("").parts[0]


MODULES = [path for path in tracked("oracle/*.py") if path != ROOT / "oracle" / "__init__.py"]


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_imports_point_downwards(path):
    own = _layer(path)
    assert own in RANK, f"oracle/{own} has no place in the drawing of layers: give it one in {shown(Path(__file__))}"
    wrong = []
    for line, module in _imports(path):
        parts = module.split(".")
        if parts[0] != "oracle" or len(parts) == 1 or parts[1] == own:
            continue
        other = parts[1]
        below = RANK.get(other, -1) > RANK[own] or RANK[own] == RANK.get(other) == GROUND
        if not below or other in FORBIDDEN.get(own, set()):
            wrong.append(f"line {line}: {own} imports {module}")
    assert wrong == []


@pytest.mark.parametrize("path", tracked("oracle/*.py"), ids=shown)
def test_the_oracle_needs_nothing_of_development(path):
    assert [(line, module) for line, module in _imports(path) if module.split(".")[0] in NOT_AT_RUN_TIME] == []
