"""Loaded before every other pytest plugin (`-p tests.environment` in pyproject.toml).

Whichever shell started pytest, brownie must find the project's own compiler and chain, and it looks for them earlier
than any conftest.py is read.
"""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv" / "bin"

# Tests in these folders run on brownie's chain and are isolated from each other; all others are plain Python.
CHAIN_FOLDERS = frozenset({"contracts", "regressions", "gas", "deployment"})

os.environ["SOLCX_BINARY_PATH"] = str(ROOT / ".solcx")
if str(BIN) not in os.environ.get("PATH", "").split(os.pathsep):
    os.environ["PATH"] = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
