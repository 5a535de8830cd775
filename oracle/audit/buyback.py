"""What a machine is bought back for: the published formula written anew, in fractions."""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Final

YEAR: Final = 365 * 86_400
INTERVALS: Final = 256


def by_age(points: Sequence[tuple[int, int]], age: int) -> int:
    """Down to whole units: the line through the two points around the age, level outside them."""
    before = [point for point in points if point[0] <= age]
    after = [point for point in points if point[0] > age]
    if not before or not after:
        return before[-1][1] if before else after[0][1]
    (age0, price0), (age1, price1) = before[-1], after[0]
    return floor(price0 + Fraction(price1 - price0, age1 - age0) * (age - age0))


def for_wear(odometer: int, start: int, per_year: int, age: int, per_million: int) -> int:
    """Up to whole units, for the units above the start and the whole units allowed until now."""
    above = odometer - start - floor(Fraction(per_year, YEAR) * age)
    return ceil(Fraction(per_million, 1_000_000) * above) if above > 0 else 0


def without_service(serviced: int, due: int) -> int:
    return sum(1 for interval in range(min(due, INTERVALS)) if not (serviced >> interval) & 1)
