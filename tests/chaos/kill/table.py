"""What a run has shown: kills, recoveries and the slowest of them, by point and mode."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tests.chaos.kill.plan import Mode
from tests.chaos.kill.run import Done


@dataclass(frozen=True)
class Line:
    point: str
    mode: str
    kills: int
    recoveries: int
    """To rest. The others were killed again on the way, and came to rest after that."""
    slowest: float | None
    """Seconds from the restart to rest, with the seconds that a cold start takes to import."""


def lines(done: Sequence[Done]) -> list[Line]:
    found = []
    for point in dict.fromkeys(sorted(each.kill.point for each in done)):
        for mode in Mode:
            own = [each for each in done if (each.kill.point, each.kill.mode) == (point, mode)]
            times = [each.recovery for each in own if each.recovery is not None]
            if own:
                slowest = round(max(times), 2) if times else None
                found.append(Line(point.value, mode.value, len(own), len(times), slowest))
    return found


def as_text(found: Sequence[Line]) -> str:
    rows = [("point", "the node", "kills", "recoveries", "slowest s"), *map(_cells, found)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    text = []
    for row in rows:
        words, figures = row[:2], row[2:]
        cells = [word.ljust(width) for word, width in zip(words, widths, strict=False)]
        text.append("  ".join([*cells, *(cell.rjust(width) for cell, width in zip(figures, widths[2:], strict=True))]))
    slowest = max((each.slowest for each in found if each.slowest is not None), default=0.0)
    total = f"{sum(each.kills for each in found)} kills, {sum(each.recoveries for each in found)} recoveries"
    return "\n".join([*text, f"{total}, the slowest in {slowest:.2f} s"])


def _cells(line: Line) -> tuple[str, ...]:
    slowest = "-" if line.slowest is None else f"{line.slowest:.2f}"
    return line.point, line.mode, str(line.kills), str(line.recoveries), slowest


def as_json(found: Sequence[Line], seed: int, seconds: float) -> str:
    points = [asdict(each) for each in found]
    return json.dumps({"seed": seed, "seconds": round(seconds, 1), "points": points}, indent=1)
