"""A `solc` for brownie, forge and slither in `.solcx`: a native one of the pinned version, or npm's behind a script."""

from __future__ import annotations

import json
import shutil
import subprocess

from scripts.setup.progress import BIN, ROOT, digest, step

FOLDER = ROOT / ".solcx"
DRIVER = ROOT / "scripts" / "setup" / "solc.js"

# brownie asks for the version some fifty times per compilation: answered by the shell, without booting WebAssembly.
SCRIPT = """#!/bin/sh
# Written by scripts/setup/solc.py: npm's solc, for programs that expect a native one.
case "$1" in
--version)
    echo "solc, the solidity compiler commandline interface"
    echo "Version: {version}"
    exit 0
    ;;
esac
here=${{0%/*}}
exec "$here/../.venv/bin/node" "$here/../scripts/setup/solc.js" "$@"
"""


def pinned_version() -> str:
    return str(json.loads((ROOT / "package.json").read_text())["dependencies"]["solc"])


def make() -> None:
    target = FOLDER / f"solc-v{pinned_version()}"
    native = _native()
    fingerprint = digest([DRIVER, ROOT / "package-lock.json"], native or "npm")
    step("solc", f"solc {pinned_version()}, {'native' if native else 'from npm'}", fingerprint, _write, target.exists)


def _native() -> str | None:
    path = shutil.which("solc")
    if path is None:
        return None
    shown = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    return path if f"Version: {pinned_version()}+" in shown else None


def _write() -> None:
    FOLDER.mkdir(exist_ok=True)
    target = FOLDER / f"solc-v{pinned_version()}"
    target.unlink(missing_ok=True)
    native = _native()
    if native:
        target.symlink_to(native)
        return
    version = subprocess.run(
        [BIN / "node", DRIVER, "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    target.write_text(SCRIPT.format(version=version))
    target.chmod(0o755)
