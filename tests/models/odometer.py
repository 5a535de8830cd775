"""How far an odometer may have come: exact seconds and units, without the contract's integers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor

DAY = 86_400


@dataclass(slots=True)
class Odometer:
    value: int
    rate_per_day: int
    at: int
    # Growth that was possible and not used, below one unit.
    spare: Fraction = Fraction(0)

    def highest(self, now: int) -> int:
        return self.value + floor(self._possible(now))

    def record(self, value: int, now: int) -> None:
        unused = self._possible(now) - (value - self.value)
        assert unused >= 0
        self.spare = min(unused, Fraction(DAY - 1, DAY))
        self.value, self.at = value, now

    def _possible(self, now: int) -> Fraction:
        return self.spare + Fraction(self.rate_per_day * (now - self.at), DAY)
