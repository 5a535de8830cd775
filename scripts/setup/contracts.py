"""Compiles `contracts/` with forge and brownie side by side and exports what the oracle needs into its package.

forge gives the export (its output has the storage layout, which the auditor reads); brownie compiles for the tests.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from scripts.setup.errors import StepFailed
from scripts.setup.progress import BIN, ROOT, Command, digest, step

SOURCES = ROOT / "contracts"
OUT = ROOT / ".forge" / "out"
EXPORT = ROOT / "oracle" / "chain" / "abi"
SETTINGS = [ROOT / "foundry.toml", ROOT / "brownie-config.yaml", ROOT / "package-lock.json"]
# Mocks stay out of the package, except the currency of local chains.
SHIPPED_MOCKS = {"MicroEuro"}
FIX_SOURCES = "mend what the compiler names above, then run the same command again"


def make() -> None:
    sources = sorted(SOURCES.rglob("*.sol"))
    if not sources:
        return
    fingerprint = digest([*sources, *SETTINGS, Path(__file__).resolve()])
    step("contracts", f"compile {len(sources)} contract files", fingerprint, _compile, _present)


def _settings_changed() -> bool:
    """True when compiler settings changed: brownie keeps artefacts of other settings, so its build is removed."""
    stamp = ROOT / ".setup" / "settings.stamp"
    now = digest(SETTINGS)
    changed = not stamp.is_file() or stamp.read_text() != now
    stamp.write_text(now)
    return changed


def _present() -> bool:
    return any(EXPORT.glob("*.json")) and (ROOT / "build" / "contracts").is_dir()


def _compile() -> None:
    if _settings_changed():
        shutil.rmtree(ROOT / "build" / "contracts", ignore_errors=True)
    brownie = Command("brownie", BIN / "brownie", "compile")
    forge = Command("forge", BIN / "forge", "build", "--skip", "test", "--color", "never")
    try:
        forge.wait(FIX_SOURCES)
        _export()
        brownie.wait(FIX_SOURCES)
    finally:
        brownie.stop()


def _export() -> None:
    EXPORT.mkdir(parents=True, exist_ok=True)
    written: dict[str, str] = {}
    for artefact in sorted(OUT.glob("*.sol/*.json")):
        document = json.loads(artefact.read_text())
        source, name = _origin(document)
        if source is None or not document["abi"] or not (ROOT / source).is_file():
            continue
        if Path(source).parts[:2] == ("contracts", "mocks") and name not in SHIPPED_MOCKS:
            continue
        if name in written:
            raise StepFailed(
                f"two contracts are called {name}: {written[name]} and {source}", "give one of them another name"
            )
        written[name] = source
        text = json.dumps(_exported(name, source, document), sort_keys=True, separators=(",", ":")) + "\n"
        target = EXPORT / f"{name}.json"
        if not target.is_file() or target.read_text() != text:
            target.write_text(text)
    for stale in EXPORT.glob("*.json"):
        if stale.stem not in written:
            stale.unlink()


def _origin(document: dict[str, Any]) -> tuple[str | None, str]:
    """Source path and name when the artefact comes from `contracts/`, else (None, "")."""
    target: dict[str, str] = document.get("metadata", {}).get("settings", {}).get("compilationTarget", {})
    for source, name in target.items():
        if source.startswith("contracts/"):
            return source, name
    return None, ""


def _exported(name: str, source: str, document: dict[str, Any]) -> dict[str, Any]:
    settings = document["metadata"]["settings"]
    return {
        "contractName": name,
        "sourceName": source,
        "abi": document["abi"],
        "bytecode": document["bytecode"]["object"],
        "deployedBytecode": document["deployedBytecode"]["object"],
        "immutableReferences": document["deployedBytecode"].get("immutableReferences", {}),
        "storageLayout": document.get("storageLayout", {"storage": [], "types": {}}),
        "compiler": {
            "version": document["metadata"]["compiler"]["version"],
            "evmVersion": settings["evmVersion"],
            "optimizer": settings["optimizer"],
            "viaIR": settings.get("viaIR", False),
        },
    }
