"""What this process has refused and how full it is: counted where it happens, shown in /metrics."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Since the process began. `requests`: refused ones by code; `readings`: refused ones inside taken requests."""

    requests: Counter[str] = field(default_factory=Counter)
    readings: Counter[str] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)
    in_flight: int = 0
    body_bytes: int = 0
    connections: int = 0
    streams: int = 0
