"""How long a machine may run on before it could cost more than its permit allows (I-6)."""

from bisect import bisect_right
from collections.abc import Callable, Sequence

from oracle.domain.tariffs import Tariff, charge
from oracle.types import BaseUnits, Registers, Seconds, UnixTime

MILLISECONDS = 1_000

Outcomes = Callable[[int], Sequence[Registers]]
"""The most that a step of so many milliseconds can add, one growth for each way it may go (`Machine.outcomes`)."""


def charge_after(
    tariff: Tariff,
    registers: Registers,
    outcomes: Outcomes,
    opened_at: UnixTime,
    began_at_ms: int,
    duration_ms: int,
) -> BaseUnits:
    """The highest cumulative charge after a step: its dearest outcome."""
    elapsed = Seconds(max((began_at_ms + duration_ms) // MILLISECONDS - opened_at, 0))
    r0, r1, r2, r3 = registers
    return max(
        charge(tariff, (r0 + g0, r1 + g1, r2 + g2, r3 + g3), elapsed) for g0, g1, g2, g3 in outcomes(duration_ms)
    )


def longest_step_ms(
    tariff: Tariff,
    limit: BaseUnits,
    registers: Registers,
    outcomes: Outcomes,
    opened_at: UnixTime,
    began_at_ms: int,
    step_ms: int,
) -> int:
    """The longest step of at most `step_ms` whose charge stays within the limit however it goes; 0 where none does."""
    return max(
        0,
        bisect_right(
            range(step_ms + 1),
            limit,
            key=lambda duration_ms: charge_after(tariff, registers, outcomes, opened_at, began_at_ms, duration_ms),
        )
        - 1,
    )
