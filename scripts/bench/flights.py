"""Days of real flights from end to end, by the figures that `cise demo flights` itself gives."""

from __future__ import annotations

import json
import subprocess
import sys

from scripts.bench.report import Figure, Result

DAYS = 3
SECONDS = 240


def measure() -> Result:
    """Runs the demonstration where this release has it; its JSON is name → text."""
    command = [sys.executable, "-m", "oracle.cli.main", "demo", "flights", "--days", str(DAYS), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    if done.returncode != 0:
        return Result("flights", "Flights", [], ["`cise demo flights` did not run here."])
    figures = [Figure(name, str(value)) for name, value in json.loads(done.stdout).items()]
    return Result("flights", "Flights", figures, [f"{DAYS} days of flights, audit included."])
