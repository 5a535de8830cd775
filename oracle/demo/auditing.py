"""The end of every story: a stranger with a node's address and the Directory's recomputes everything."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from os import pathsep
from pathlib import Path
from typing import Any

from oracle.demo.stack import LocalStack
from oracle.errors import Fatal
from oracle.types import Address

AUDIT_SECONDS = 180.0


def run_audit(command: Sequence[str], stack: LocalStack, data: Path) -> tuple[int, Mapping[str, Any]]:
    return audit_chain(command, stack.node.url, stack.deployment.directory, data)


def audit_chain(command: Sequence[str], rpc: str, directory: Address, data: Path) -> tuple[int, Mapping[str, Any]]:
    """Exit code and document of `cise audit verify`, in a process without this one's surroundings."""
    words = [*command, "audit", "verify", "--rpc", rpc, "--directory", directory]
    done = subprocess.run(
        [*words, "--data", str(data), "--json"],
        capture_output=True,
        text=True,
        timeout=AUDIT_SECONDS,
        check=False,
        env={"PYTHONPATH": pathsep.join(filter(None, sys.path))},
    )
    try:
        document: Mapping[str, Any] = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr or done.stdout).strip()[-400:]
        raise Fatal("audit", f"ended with code {done.returncode}: {last}", "See the message.") from None
    return done.returncode, document
