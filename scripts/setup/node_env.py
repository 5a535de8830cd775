"""Compiler, local chain and OpenZeppelin from `package-lock.json`; node itself comes from a wheel in `.venv`."""

from __future__ import annotations

from scripts.setup.machine import foundry_platform
from scripts.setup.progress import BIN, ROOT, command, digest, step

INPUTS = [ROOT / "package.json", ROOT / "package-lock.json", ROOT / ".npmrc"]
FOUNDRY = ("anvil", "forge")


def make() -> None:
    step("node", "compiler, local chain, OpenZeppelin", digest(INPUTS), _install, _present)


def _present() -> bool:
    return (ROOT / "node_modules" / "solc").is_dir() and all((BIN / name).exists() for name in FOUNDRY)


def _install() -> None:
    command(
        "npm", BIN / "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund",
        remedy="check that npm reaches its registry (`npm ping`), then run the same command again",
    )  # fmt: skip
    for name in FOUNDRY:
        # The binary and not npm's wrapper, which costs a start of node at every call.
        binary = ROOT / "node_modules" / "@foundry-rs" / f"{name}-{foundry_platform()}" / "bin" / name
        binary.chmod(0o755)
        link = BIN / name
        link.unlink(missing_ok=True)
        link.symlink_to(binary)
