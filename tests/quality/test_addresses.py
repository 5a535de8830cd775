"""Nothing that is tracked names a package registry, this machine's folders or a key."""

from __future__ import annotations

import re
from pathlib import Path

from tests.environment import ROOT
from tests.quality.tree import shown, text_of, tracked

# Put together from parts, or this file would find itself.
REGISTRIES = [
    "".join(parts)
    for parts in (("py", "pi.org"), ("python", "hosted.org"), ("registry.npm", "js.org"), ("registry.yarn", "pkg.com"))
]
MACHINE_PATH = re.compile("/(?:wo" + "rk|ro" + "ot|fa" + "rm)/")
PRIVATE_KEY_BLOCK = re.compile("-----BEGIN [A-Z ]*PRIVATE " + "KEY-----")


def _finding(pattern: re.Pattern[str], skip_locks: bool = False) -> list[str]:
    return [
        f"{shown(path)}:{number}: {line.strip()[:120]}"
        for path in tracked()
        if not (skip_locks and path.suffix == ".lock")
        for number, line in enumerate((text_of(path) or "").splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_registry_is_named():
    assert _finding(re.compile("|".join(map(re.escape, REGISTRIES)))) == []


def test_no_folder_of_this_machine_is_named():
    assert _finding(MACHINE_PATH, skip_locks=True) == []
    own = {str(ROOT), str(Path.home())} - {"/"}
    assert _finding(re.compile("|".join(re.escape(path) + r"\b" for path in own))) == []


def test_no_private_key_is_tracked():
    assert _finding(PRIVATE_KEY_BLOCK) == []
