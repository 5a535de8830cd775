"""What a README names exists: files in code marks, and targets of make."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.environment import ROOT
from tests.quality.tree import shown, tracked

READMES = [path for path in tracked("*.md") if path.name != "CHANGELOG.md"]
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
MAKE_IN_CODE = re.compile(r"`make ([a-z-]+)|^\s*(?:\$ )?make ([a-z-]+)", re.MULTILINE)
EXTENSIONS = ["py", "sol", "md", "yaml", "yml", "toml", "json", "js", "css", "html", "sh", "lock", "csv", "tree", "txt"]
# Made by set-up or by a run, so absent from a clone.
GENERATED = (".venv", ".forge", ".solcx", ".setup", "node_modules", "build", "oracle/chain/abi")


def _looks_like_a_path(code: str) -> bool:
    if re.search(r"[\s<>*{}()$|=:…]", code) or "://" in code or code.startswith(("/", "~", "@", "-")):
        return False
    first = code.split("/")[0]
    if "/" in code:
        return (ROOT / first).exists() or first in (".", "..") or code.rpartition(".")[2] in EXTENSIONS
    return code.rpartition(".")[0] != "" and code.rpartition(".")[2] in EXTENSIONS


def _exists(name: str, readme: Path) -> bool:
    if name.startswith(GENERATED) or (readme.parent / name).exists() or (ROOT / name).exists():
        return True
    return "/" not in name and any(path.name == name for path in tracked())


@pytest.mark.parametrize("readme", READMES, ids=shown)
def test_paths_exist(readme):
    text = FENCE.sub("", readme.read_text())
    named = {code for code in CODE.findall(text) if _looks_like_a_path(code)}
    named |= {link for link in LINK.findall(text) if "://" not in link and not link.startswith("mailto:")}
    assert [name for name in sorted(named) if not _exists(name, readme)] == []


@pytest.mark.parametrize("readme", READMES, ids=shown)
def test_make_targets_exist(readme):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {a or b for a, b in MAKE_IN_CODE.findall(readme.read_text())}
    assert sorted(named - targets) == []


def test_make_help_lists_every_target():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert targets == set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))


@pytest.mark.parametrize("readme", READMES, ids=shown)
def test_tests_named_by_file_and_name_exist(readme):
    named = re.findall(r"`(\w+\.(?:py|t\.sol))::(\w+)`", FENCE.sub("", readme.read_text()))
    files = {path.name: path.read_text() for path in tracked("tests/*.py", "tests/*.sol")}
    missing = [
        name for name in named if re.search(rf"\b(def|function) {name[1]}\(", files.get(name[0], "")) is None
    ]  # fmt: skip
    assert missing == []
