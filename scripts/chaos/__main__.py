"""The long tests of tests/chaos: `python -m scripts.chaos [--only WORDS] [--scale PERCENT]`."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys

from scripts.setup import schemathesis
from scripts.setup.errors import SetupError
from tests.environment import BIN, ROOT

PROGRAMS = {"gcc": "gcc", "unshare": "util-linux"}
"""What the tests call, and the Debian package that has it."""


def require_programs() -> None:
    """Raises SetupError naming the packages that are absent."""
    missing = sorted(package for program, package in PROGRAMS.items() if shutil.which(program) is None)
    if missing:
        raise SetupError(f"Debian packages are missing: {', '.join(missing)}", f"apt-get install {' '.join(missing)}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.chaos", description=__doc__)
    parser.add_argument("--only", help="words as for pytest -k: storm, bodies, disk, clock, fuzz, …")
    parser.add_argument("--scale", type=float, default=100, help="percent of the usual size, for a first look")
    chosen = parser.parse_args()
    try:
        require_programs()
        program = schemathesis.make()
    except SetupError as error:
        sys.stderr.write(f"stopped: {error.what}\n  what to do: {error.remedy}\n")
        return 2
    command = [str(BIN / "pytest"), "-p", "no:pytest-brownie", "-v", "--durations=0", "tests/chaos"]
    if chosen.only:
        command += ["-k", chosen.only]
    env = {**os.environ, "CISE_CHAOS_SCALE": str(chosen.scale), "CISE_CHAOS_SCHEMATHESIS": str(program)}
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
