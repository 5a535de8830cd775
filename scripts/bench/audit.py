"""Readings a second that the independent auditor recomputes, beside bare recovery of their signatures."""

from __future__ import annotations

import time

from oracle.audit.rpc import Node
from oracle.audit.verify import Audit, audit
from scripts.bench import bare
from scripts.bench.fleet import Fleet, running_fleet
from scripts.bench.report import Figure, Result

MACHINES = 100
BATCHES = 60
GOAL = 5_000


def measure() -> Result:
    with running_fleet() as fleet:
        fleet.hire(MACHINES)
        empty, _ = _audited(fleet)
        for sequence in range(1, BATCHES + 1):
            fleet.settle(fleet.batch(fleet.hired, sequence, sequence * 1_000))
        full, result = _audited(fleet)
    readings = MACHINES * BATCHES
    speed = readings / (full - empty)
    floor = bare.recoveries()
    figures = [
        Figure(
            "readings audited a second a core",
            f"{speed:,.0f}",
            f"bare recovery of the signatures {floor:,.0f}/s a core",
            f"≥ {GOAL:,}",
            speed >= GOAL,
        ),
        Figure("the whole audit of this chain, processor time", f"{full:.1f} s", f"{empty:.1f} s before the readings"),
        Figure("findings on an honest chain", str(len(result.findings.found))),
    ]
    notes = [
        f"{readings:,} readings in batches of {MACHINES}, from the chain alone over JSON-RPC: headers, "
        "transactions, receipts "
        "and their roots, every signature, charge, log and storage word. The node's own time is not counted.",
    ]
    return Result("audit", "Audit", figures, notes)


def _audited(fleet: Fleet) -> tuple[float, Audit]:
    node = Node(fleet.node.url)
    began = time.process_time()
    result = audit(node, bytes.fromhex(fleet.platform.directory[2:]))
    seconds = time.process_time() - began
    node.close()
    return seconds, result
