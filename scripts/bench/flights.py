"""Days of real flights from end to end, by the figures that `cise demo flights` itself gives."""

from __future__ import annotations

import json
import subprocess
import sys

from scripts.bench.report import Figure, Result

DAYS = 3
SECONDS = 240


def measure() -> Result:
    command = [sys.executable, "-m", "oracle.cli.main", "demo", "flights", "--days", str(DAYS), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    notes = [f"`cise demo flights --days {DAYS}`; the whole year is `--days 365`."]
    if done.returncode != 0 or not done.stdout.startswith("{"):
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return Result("flights", "Flights", [], [*notes, f"It did not run to its end here: {reason[:150]}"])
    told = json.loads(done.stdout)
    readings = int(told["figures"]["readings"])
    figures = [
        Figure(
            "flights of some days, deployment to audit", f"{told['seconds']:.0f} s", f"{readings:,} readings settled"
        ),
        Figure("claims that hold", str(sum(claim["holds"] for claim in told["claims"])), f"of {len(told['claims'])}"),
    ]
    speed = told["figures"]["auditedReadingsPerCpuSecond"]
    figures.append(Figure("readings audited in a second of processor time", f"{speed:,}", "set-up included"))
    for name, stage in told["figures"]["stages"].items():
        memory = f"at most {stage['largestMemoryMiB']} MiB"
        figures.append(
            Figure(f"stage {name}", f"{stage['seconds']} s", f"{stage['cpuSeconds']} s of processor; {memory}")
        )
    return Result("flights", "Flights", figures, notes)
