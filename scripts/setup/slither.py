"""slither over `contracts/`, each finding held against `contracts/slither-answers.toml`.

In a virtual environment of its own: its libraries clash with those of the tests.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Mapping
from pathlib import Path

from scripts.setup.errors import SetupError
from scripts.setup.progress import ROOT, command, digest, environment, step

HOME = ROOT / ".venv-slither"
LOCK = ROOT / "scripts" / "setup" / "slither.lock"
ANSWERS = ROOT / "contracts" / "slither-answers.toml"
ANYWHERE = "*"

Finding = tuple[str, str]
"""Detector and `Contract.function`."""


def _install() -> None:
    shutil.rmtree(HOME, ignore_errors=True)
    venv.create(HOME, with_pip=True)
    command(
        "slither", HOME / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
        "--no-deps", "--require-hashes", "-r", LOCK,
        remedy="check that pip reaches its index (`pip config list`), then run the same command again",
    )  # fmt: skip


def findings() -> set[Finding]:
    """What slither says. Raises SetupError where it could not look."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run([HOME / "bin" / "slither", ".", "--json", report], cwd=ROOT, env=environment(), check=False)
        document = json.loads(report.read_text()) if report.is_file() else {"success": False, "error": "no report"}
    if not document["success"]:
        raise SetupError(f"slither: {document['error']}", "read what it printed above")
    return {(one["check"], _place(one)) for one in document["results"].get("detectors", [])}


def _place(finding: Mapping[str, list[dict[str, object]]]) -> str:
    function = next((element for element in finding["elements"] if element["type"] == "function"), None)
    if function is None:
        # A finding about a variable names the function that declares it, or the contract.
        fields = finding["elements"][0]["type_specific_fields"]
        assert isinstance(fields, dict)
        function = fields["parent"]
    if function["type"] == "contract":
        return f"{function['name']}.{finding['elements'][0]['name']}"
    fields = function["type_specific_fields"]
    assert isinstance(fields, dict)
    return f"{fields['parent']['name']}.{function['name']}"


def unanswered(found: set[Finding]) -> list[str]:
    """A line for each finding without an answer and each answer without a finding."""
    answers = tomllib.loads(ANSWERS.read_text())["answer"]
    answered = {(one["detector"], place) for one in answers for place in one["where"]}
    return [
        *(
            f"no answer: {what} in {place}"
            for what, place in sorted(found)
            if not {(what, place), (what, ANYWHERE)} & answered
        ),
        *(
            f"no finding: {what} in {place}"
            for what, place in sorted(answered)
            if (what, place) not in found and not (place == ANYWHERE and any(what == one for one, _ in found))
        ),
    ]


def main() -> int:
    try:
        step("slither", "slither", digest([LOCK], sys.version), _install, (HOME / "bin" / "slither").is_file)
        found = findings()
    except SetupError as error:
        sys.stderr.write(f"stopped: {type(error).__name__}: {error.what}\n  what to do: {error.remedy}\n")
        return 2
    lines = unanswered(found)
    for line in lines:
        sys.stderr.write(f"{line}\n")
    sys.stdout.write(f"slither: {len(found)} findings, {len(lines)} open in {ANSWERS.relative_to(ROOT)}\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
