"""slither over `contracts/`, in a virtual environment of its own: its libraries clash with those of the tests."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv

from scripts.setup.errors import SetupError
from scripts.setup.progress import ROOT, command, digest, environment, step

HOME = ROOT / ".venv-slither"
LOCK = ROOT / "scripts" / "setup" / "slither.lock"


def _install() -> None:
    shutil.rmtree(HOME, ignore_errors=True)
    venv.create(HOME, with_pip=True)
    command(
        "slither", HOME / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
        "--no-deps", "--require-hashes", "-r", LOCK,
        remedy="check that pip reaches its index (`pip config list`), then run the same command again",
    )  # fmt: skip


def main() -> int:
    try:
        step("slither", "slither", digest([LOCK], sys.version), _install, (HOME / "bin" / "slither").is_file)
    except SetupError as error:
        sys.stderr.write(f"stopped: {type(error).__name__}: {error.what}\n  what to do: {error.remedy}\n")
        return 2
    # What to report and what is answered stands in slither.config.json, so that every way to start it agrees.
    return subprocess.run(
        [HOME / "bin" / "slither", ".", *sys.argv[1:]], cwd=ROOT, env=environment(), check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
