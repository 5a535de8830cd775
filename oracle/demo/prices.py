"""The Smart Drill's published tariff with prices so much higher that days of drilling fit into a minute."""

from dataclasses import dataclass, replace

from oracle.domain.tariffs import SECONDS_PER_HOUR, Tariff
from oracle.tariffs import published_tariff
from oracle.types import Address, BaseUnits, Seconds

FACTOR = 1_000
"""At speed 1: level 1, 2 and 3 cost 0.10, 0.25 and 0.60 EUR a second instead of a thousandth of that."""
HOLD_SECONDS = 9
"""A hold lasts so long at the dearest level: several times what sealing, confirming and a new permit take."""
DELIVERY = Seconds(1)
MARGIN_PERCENT = 115


@dataclass(frozen=True, slots=True)
class Tempo:
    """How fast the story is told. Times are those of speed 1; prices rise as they shrink."""

    speed: int = 1

    def seconds(self, at_speed_one: float) -> float:
        return at_speed_one / self.speed


def demo_tariff(currency: Address, tempo: Tempo) -> Tariff:
    """Terms, registers and load levels are the published ones, and so is the terms' hash."""
    factor = FACTOR * tempo.speed
    published = published_tariff("smart-drill").tariff(currency)
    p1, p2, p3, p4 = (price * factor for price in published.price_per_million)
    # Milliseconds are the register's unit, so an hour holds 3.6 million of them.
    dearest_hour = max(p1, p2, p3, p4) * SECONDS_PER_HOUR * 1_000 // 1_000_000
    per_hour = BaseUnits(dearest_hour * MARGIN_PERCENT // 100)
    hold = BaseUnits(dearest_hour * max(HOLD_SECONDS // tempo.speed, 2 * DELIVERY) // SECONDS_PER_HOUR)
    return replace(
        published,
        price_per_million=(p1, p2, p3, p4),
        standing_per_day=BaseUnits(published.standing_per_day * factor),
        max_charge_per_hour=per_hour,
        hold_target=BaseUnits(max(hold, -(-2 * per_hour * DELIVERY // SECONDS_PER_HOUR))),
        burst=hold,
        notice=Seconds(300),
        permit_validity=Seconds(120),
        delivery_time=DELIVERY,
    )
