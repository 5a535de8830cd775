"""The virtual environment `.venv`, from `requirements-dev.lock` and `requirements-demo.lock`."""

from __future__ import annotations

import shutil
import sys
import venv
from pathlib import Path

from scripts.setup.progress import BIN, ROOT, command, digest, step

LOCK = ROOT / "requirements-dev.lock"
DEMO_LOCK = ROOT / "requirements-demo.lock"
PYTHON_VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"


def make() -> None:
    step("venv", f"virtual environment for Python {PYTHON_VERSION}", digest([], PYTHON_VERSION), _create, _has_python)
    locked = digest([LOCK, DEMO_LOCK], PYTHON_VERSION)
    step("python", "Python packages", locked, _install, _site_packages("brownie").is_dir)
    step("project", "the project itself", digest([ROOT / "pyproject.toml"]), _install_project, (BIN / "cise").is_file)


def _create() -> None:
    shutil.rmtree(ROOT / ".venv", ignore_errors=True)
    for later in ("python", "project", "node"):
        (ROOT / ".setup" / f"{later}.stamp").unlink(missing_ok=True)
    venv.create(ROOT / ".venv", with_pip=True)


def _has_python() -> bool:
    return (BIN / "python").exists()


def _site_packages(name: str) -> Path:
    return ROOT / ".venv" / "lib" / f"python{PYTHON_VERSION}" / "site-packages" / name


def _install() -> None:
    # --no-deps: the lock is complete, and brownie's pin of python-dotenv is overridden in it on purpose.
    # --no-compile: Python compiles what it imports; compiling all of it here would take a fifth of the time.
    command(
        "pip", BIN / "python", "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
        "--no-deps", "--no-compile", "--require-hashes", "-r", LOCK, "-r", DEMO_LOCK,
        remedy="check that pip reaches its index (`pip config list`), then run the same command again",
    )  # fmt: skip
    # brownie 1.22.2 ships its modules compiled beside the same code as plain Python, and the compiled ones fail:
    # TypeError on `networks.default` and on `cmd_settings` in the configuration, a state_machine that does not run,
    # `--coverage` that stays empty, a flood of FutureWarnings. Without them Python takes the plain files, as fast.
    for compiled in _site_packages("brownie").rglob("*.so"):
        compiled.unlink()


def _install_project() -> None:
    command(
        "project", BIN / "python", "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
        "--no-deps", "--no-build-isolation", "--editable", ROOT,
        remedy="see the log; `rm -rf .venv` and the same command start afresh",
    )  # fmt: skip
