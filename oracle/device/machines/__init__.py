"""Machines that a meter can sit in."""

from typing import Protocol

from oracle.domain.telemetry import Sample


class Machine(Protocol):
    """Something that runs for a while and can say how it went."""

    def run(self, ended_at_ms: int, duration_ms: int) -> Sample:
        """The means over the step that just ended."""
        ...
