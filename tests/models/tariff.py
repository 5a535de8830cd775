"""What a tariff charges, in fractions: the truth that contract and oracle round down to."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor

MOST = 2**80 - 1
SECONDS_PER_DAY = 86_400
UNITS_PER_PRICE = 1_000_000


def usage(prices_per_million: Sequence[int], registers: Sequence[int]) -> int:
    pairs = zip(prices_per_million, registers, strict=True)
    return floor(sum((Fraction(price * units, UNITS_PER_PRICE) for price, units in pairs), Fraction(0)))


def standing(standing_per_day: int, elapsed: int) -> int:
    return floor(Fraction(standing_per_day * elapsed, SECONDS_PER_DAY))


def charge(prices_per_million: Sequence[int], standing_per_day: int, registers: Sequence[int], elapsed: int) -> int:
    return min(MOST, usage(prices_per_million, registers) + standing(standing_per_day, elapsed))
