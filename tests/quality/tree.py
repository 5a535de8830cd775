"""The files that git tracks, as the quality tests read them."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

from tests.environment import ROOT


@cache
def tracked(*patterns: str) -> tuple[Path, ...]:
    """Tracked files that exist, by git pathspec; all of them without one."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return tuple(ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file())


def text_of(path: Path) -> str | None:
    """None for a binary file."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
