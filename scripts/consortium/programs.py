"""The two programs of a member, built once from the Go module proxy into a folder that git ignores."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from oracle.errors import Fatal

ROOT = Path(__file__).resolve().parents[2]
SEALER = Path(__file__).resolve().parent / "sealer"
FILES = ROOT / "oracle" / "deployment" / "consortium"
GENESIS = FILES / "geth" / "genesis.json"
CHAIN_ID: int = json.loads(GENESIS.read_text())["config"]["chainId"]
GAS_LIMIT = int(json.loads(GENESIS.read_text())["gasLimit"], 16)
KEPT = ROOT / ".consortium"
GETH = "github.com/ethereum/go-ethereum/cmd/geth@v1.16.7"
GO = (1, 24)


@dataclass(frozen=True, slots=True)
class Programs:
    geth: Path
    sealer: Path


def build() -> Programs:
    """Raises Fatal where Go is missing or too old, or the build fails. Go's own cache makes the second time quick."""
    _require_go()
    folder = KEPT / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    programs = Programs(folder / "geth", folder / "sealer")
    if not _is_built(programs.geth):
        _go("install", GETH, GOBIN=str(folder))
    _go("test", "./...", cwd=SEALER)
    _go("build", "-o", str(programs.sealer), ".", cwd=SEALER)
    return programs


def _is_built(geth: Path) -> bool:
    return geth.is_file() and f"Version: {GETH.rpartition('@v')[2]}-" in _said(str(geth), "version")


def _require_go() -> None:
    said = "" if shutil.which("go") is None else _said("go", "version")
    version = re.search(r"go(\d+)\.(\d+)", said)
    if version is None or (int(version[1]), int(version[2])) < GO:
        needed = ".".join(map(str, GO))
        raise Fatal("consortium", f"Go {needed} or newer is missing", f"Install Go {needed} or newer.")


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _go(*words: str, cwd: Path = ROOT, **more: str) -> None:
    env = {**os.environ, "GOFLAGS": "-buildvcs=false -trimpath", **more}
    done = subprocess.run(["go", *words], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Fatal("consortium", f"go {words[0]} failed: {done.stderr.strip()[-800:]}", "Look at what Go says.")
