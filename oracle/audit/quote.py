"""What usage costs: the formula published in docs/wire-formats.md, written anew and not taken from anybody's code."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

MOST_CHARGE: Final = 2**80 - 1
UNITS_PER_PRICE: Final = 1_000_000
SECONDS_PER_DAY: Final = 86_400
SECONDS_PER_HOUR: Final = 3_600


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill: exact, before the one rounding of the usage part."""

    register: int
    units: int
    price_per_million: int
    exact: Fraction


def usage(prices: Sequence[int], registers: Sequence[int]) -> int:
    """Base units for the registers, rounded down once over their sum."""
    total = 0
    for price, register in zip(prices, registers, strict=True):
        total += price * register
    return total // UNITS_PER_PRICE


def standing(per_day: int, elapsed: int) -> int:
    """Base units for `elapsed` seconds, rounded down once."""
    return per_day * elapsed // SECONDS_PER_DAY


def charge(prices: Sequence[int], per_day: int, registers: Sequence[int], elapsed: int) -> int:
    """Cumulative charge since opening; beyond 80 bits it stays at the largest."""
    return min(usage(prices, registers) + standing(per_day, elapsed), MOST_CHARGE)


def is_plausible(charged: int, max_per_hour: int, burst: int, since_opening: int) -> bool:
    return charged * SECONDS_PER_HOUR <= max_per_hour * since_opening + burst * SECONDS_PER_HOUR


def tax_part(amount: int, tax_bps: int) -> int:
    """The tax inside an amount that includes it, rounded half up: it explains the bill and moves no money."""
    numerator, denominator = amount * tax_bps, 10_000 + tax_bps
    return (2 * numerator + denominator) // (2 * denominator)


def lines(prices: Sequence[int], registers: Sequence[int]) -> list[Line]:
    """One line for each register that has a price or units."""
    return [
        Line(index, units, price, Fraction(units * price, UNITS_PER_PRICE))
        for index, (price, units) in enumerate(zip(prices, registers, strict=True))
        if price or units
    ]
