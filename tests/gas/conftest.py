"""Measured figures against the committed ones: `gas.check("name", transaction)`; see README.md."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SNAPSHOT = Path(__file__).with_name("snapshot.json")
TOLERANCE_PERCENT = 1
UPDATE = os.environ.get("CISE_GAS_UPDATE") == "1"


class GasSnapshot:
    def __init__(self, figures: dict[str, int]) -> None:
        self._committed = figures
        self.measured: dict[str, int] = {}

    def check(self, name: str, transaction: Any) -> None:
        """Fails when the figure is new, or more than one per cent above the committed one."""
        used = self.measured[name] = int(transaction.gas_used)
        print(f"{name}: {used}")
        if UPDATE:
            return
        assert name in self._committed, f"{name} uses {used} and is not in {SNAPSHOT.name}; see tests/gas/README.md"
        allowed = self._committed[name]
        assert used * 100 <= allowed * (100 + TOLERANCE_PERCENT), f"{name} uses {used}, the snapshot says {allowed}"


@pytest.fixture(scope="session")
def gas() -> Iterator[GasSnapshot]:
    committed = json.loads(SNAPSHOT.read_text()) if SNAPSHOT.exists() else {}
    snapshot = GasSnapshot(committed)
    yield snapshot
    if UPDATE:
        figures = committed | snapshot.measured
        SNAPSHOT.write_text(json.dumps(figures, indent=4, sort_keys=True) + "\n")
