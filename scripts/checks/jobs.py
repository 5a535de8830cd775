"""What there is to run. The long ones come first, so that the short ones fill the other core."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.environment import BIN, CHAIN_FOLDERS, ROOT

TESTS = ROOT / "tests"
STATE_MACHINES = {"stateful"}
WHOLE_SYSTEM = {"e2e", "integration"}
RELAY = {"oracle/relay", "oracle/chain"}
DOORS = {"oracle/ingest", "oracle/store"}
KILLED = {"oracle/chaos"}
AUDITOR = {"oracle/audit"}
COMMANDS = {"oracle/cli", "oracle/parties"}
LONG = {"chaos"}
"""Only by `make chaos`: an hour or so."""
PLAIN = ["-p", "no:pytest-brownie"]
"""Only one job may load Brownie: it tidies its build folder as it starts, under the eyes of any other that does."""
# Branch coverage is demanded where a wrong branch costs money or hides it.
COVERED = ("domain", "relay", "audit")
COVERAGE_PERCENT = 95


@dataclass(frozen=True)
class Job:
    name: str
    argv: list[str]
    quiet: bool = False
    env: dict[str, str] = field(default_factory=dict)


def _tool(name: str, *arguments: str | Path) -> list[str]:
    return [str(BIN / name), *map(str, arguments)]


def _with_tests(folders: Iterable[str]) -> list[str]:
    """The folders in which there is something to collect: pytest calls an empty one an error."""
    return [f"tests/{name}" for name in sorted(folders) if any((TESTS / name).rglob("test_*.py"))]


def _pytest(name: str, folders: Iterable[str], *options: str, **env: str) -> list[Job]:
    present = _with_tests(folders)
    return [Job(name, _tool("pytest", "-q", *options, *present), env=env)] if present else []


def _plain_folders() -> set[str]:
    every = {folder.name for folder in TESTS.iterdir() if folder.is_dir()}
    return every - CHAIN_FOLDERS - STATE_MACHINES - WHOLE_SYSTEM - LONG


def _oracle_folders() -> set[str]:
    """The oracle's own, without those that are jobs of their own: several of about the same length fill two cores."""
    every = {f"oracle/{folder.name}" for folder in (TESTS / "oracle").iterdir() if folder.is_dir()}
    return every - RELAY - DOORS - KILLED - AUDITOR - COMMANDS


def _forge_tests() -> bool:
    return any((TESTS / "forge").rglob("*.t.sol"))


def tests() -> list[Job]:
    jobs = [
        *_pytest("tests on the contracts", CHAIN_FOLDERS),
        *_pytest("tests of the whole system", WHOLE_SYSTEM, *PLAIN),
        *_pytest("state machines", STATE_MACHINES, *PLAIN),
        *_pytest("tests of the commands", COMMANDS, *PLAIN),
        *_pytest("tests of the relay", RELAY, *PLAIN),
        *_pytest("tests of the doors", DOORS, *PLAIN),
        *_pytest("kill tests", KILLED, *PLAIN),
        *_pytest("tests of the auditor", AUDITOR, *PLAIN),
        *_pytest("tests in plain Python", _plain_folders() - {"oracle"} | _oracle_folders(), *PLAIN),
    ]
    if _forge_tests():
        jobs.append(Job("fuzz tests (forge)", _tool("forge", "test", "--color", "never")))
    return jobs


def lint() -> list[Job]:
    jobs = [
        Job("mypy", _tool("mypy"), quiet=True),
        Job("ruff", _tool("ruff", "check", "."), quiet=True),
        Job("ruff format", _tool("ruff", "format", "--check", "."), quiet=True),
    ]
    if any((ROOT / "contracts").rglob("*.sol")):
        jobs += [
            Job("forge fmt", _tool("forge", "fmt", "--check"), quiet=True),
            Job("forge lint", _tool("forge", "lint", "--deny", "warnings", "contracts"), quiet=True),
        ]
    return jobs


def fuzz() -> list[Job]:
    seed = str(secrets.randbits(32))
    print(f"seed {seed}")
    jobs = _pytest(
        "state machines, long", STATE_MACHINES, *PLAIN, f"--hypothesis-seed={seed}", CISE_TEST_PROFILE="fuzz"
    )
    jobs += _pytest(
        "plain Python, long", _plain_folders(), *PLAIN, f"--hypothesis-seed={seed}", CISE_TEST_PROFILE="fuzz"
    )
    if _forge_tests():
        jobs.append(Job("forge, long", _tool("forge", "test", "--fuzz-runs", "100000", "--fuzz-seed", seed)))
    return jobs


def coverage() -> list[Job]:
    """One job, because the report needs all the data."""
    folders = _with_tests(_plain_folders() | WHOLE_SYSTEM)
    include = ",".join(f"oracle/{name}/*" for name in COVERED)
    script = (
        f"rm -f .coverage .coverage.* && pytest -q {' '.join(PLAIN)} --cov --cov-report= {' '.join(folders)}"
        f" && coverage report --include='{include}' --fail-under={COVERAGE_PERCENT}"
    )
    return [Job("branch coverage", ["sh", "-c", script])]


GROUPS: dict[str, Callable[[], list[Job]]] = {"tests": tests, "lint": lint, "fuzz": fuzz, "coverage": coverage}
