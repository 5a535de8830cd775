"""What a machine is bought back for, exactly: fractions first, and rounded against the holder once at each division."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

YEAR = 365 * 86_400
MILLION = 1_000_000
Point = tuple[int, int]
"""(age in seconds, price in base units)"""


def by_age(points: Sequence[Point], age: int) -> Fraction:
    """Linear between two points, flat before the first and after the last."""
    if age <= points[0][0]:
        return Fraction(points[0][1])
    for (from_age, from_price), (to_age, to_price) in pairwise(points):
        if age <= to_age:
            return from_price - Fraction((from_price - to_price) * (age - from_age), to_age - from_age)
    return Fraction(points[-1][1])


def for_wear(odometer: int, start: int, units_per_year: int, age: int, per_million: int) -> Fraction:
    above = odometer - start - Fraction(units_per_year * age, YEAR)
    return max(above, Fraction(0)) * per_million / MILLION


def exact(
    points: Sequence[Point], age: int, odometer: int, start: int, units_per_year: int, per_million: int, unserviced: int
) -> Fraction:
    return by_age(points, age) - for_wear(odometer, start, units_per_year, age, per_million) - unserviced


def price(
    points: Sequence[Point], age: int, odometer: int, start: int, units_per_year: int, per_million: int, unserviced: int
) -> int:
    """As the contract must answer: the price down, whole units of wear up, the deduction up, never below zero."""
    above = max(0, odometer - start - floor(Fraction(units_per_year * age, YEAR)))
    return max(0, floor(by_age(points, age)) - ceil(Fraction(above * per_million, MILLION)) - unserviced)


def missed(serviced: int, due: int) -> int:
    """Intervals without a service among the first `due` (at most 256)."""
    return sum(not serviced >> interval & 1 for interval in range(min(due, 256)))
