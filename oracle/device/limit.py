"""How long a machine may run on before it could cost more than its permit allows (I-6)."""

from bisect import bisect_right

from oracle.domain.tariffs import Tariff, charge
from oracle.types import BaseUnits, Registers, Seconds, UnixTime

MILLISECONDS = 1_000


def charge_after(
    tariff: Tariff, registers: Registers, opened_at: UnixTime, began_at_ms: int, duration_ms: int
) -> BaseUnits:
    """The highest cumulative charge after a step: all of its milliseconds at the dearest register."""
    dearest = max(range(4), key=lambda index: tariff.price_per_million[index])
    grown = list(registers)
    grown[dearest] += duration_ms
    elapsed = Seconds(max((began_at_ms + duration_ms) // MILLISECONDS - opened_at, 0))
    return charge(tariff, (grown[0], grown[1], grown[2], grown[3]), elapsed)


def longest_step_ms(
    tariff: Tariff, limit: BaseUnits, registers: Registers, opened_at: UnixTime, began_at_ms: int, step_ms: int
) -> int:
    """The longest step of at most `step_ms` whose charge stays within the limit; 0 where none does.

    The level of a step is known only after it, therefore the dearest register is assumed.
    """
    return max(
        0,
        bisect_right(
            range(step_ms + 1),
            limit,
            key=lambda duration_ms: charge_after(tariff, registers, opened_at, began_at_ms, duration_ms),
        )
        - 1,
    )
