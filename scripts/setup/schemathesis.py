"""schemathesis in a virtual environment of its own: brownie pins a hypothesis that is years older than it needs."""

from __future__ import annotations

import shutil
import sys
import venv
from pathlib import Path

from scripts.setup.progress import ROOT, command, digest, step

HOME = ROOT / ".venv-schemathesis"
PROGRAM = HOME / "bin" / "schemathesis"
LOCK = ROOT / "scripts" / "setup" / "schemathesis.lock"


def make() -> Path:
    """The program. Raises StepFailed where it cannot be installed."""
    step("schemathesis", "schemathesis", digest([LOCK], sys.version), _install, PROGRAM.is_file)
    return PROGRAM


def _install() -> None:
    shutil.rmtree(HOME, ignore_errors=True)
    venv.create(HOME, with_pip=True)
    command(
        "schemathesis", HOME / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
        "--no-deps", "--require-hashes", "-r", LOCK,
        remedy="check that pip reaches its index (`pip config list`), then run the same command again",
    )  # fmt: skip
