"""When a machine needs service, by the rule in its provider's published terms of service.

The terms' text is a JSON document with a member `service`:
`{"odometerBetween": units or null, "onMeterError": true or false, "ceiling": base units as decimal text,
"biddingHours": n, "workHours": n}`.
"""

from dataclasses import dataclass
from enum import StrEnum

from oracle.domain import wire
from oracle.errors import Malformed
from oracle.types import BaseUnits, Seconds

WHO = "service rule"
HOUR = 3_600


class Reason(StrEnum):
    """Why an order is due."""

    USED = "used since the last service"
    METER_ERROR = "meter error"


@dataclass(frozen=True, slots=True)
class ServiceRule:
    """`odometer_between` None: use alone asks for no service."""

    odometer_between: int | None
    on_meter_error: bool
    ceiling: BaseUnits
    bidding_time: Seconds
    work_time: Seconds


@dataclass(frozen=True, slots=True)
class Wear:
    """Odometer now and at the last service, in its units; whether the meter reported an error since."""

    odometer: int
    odometer_at_service: int
    meter_error: bool


def due(rule: ServiceRule, wear: Wear) -> Reason | None:
    """An error goes before use: it may spoil the figures that use is counted with."""
    if rule.on_meter_error and wear.meter_error:
        return Reason.METER_ERROR
    if rule.odometer_between is not None and wear.odometer - wear.odometer_at_service >= rule.odometer_between:
        return Reason.USED
    return None


def parse_rule(document: object) -> ServiceRule | None:
    """The rule in the text of terms of service; None where it has none. Raises Malformed or FieldOutOfBounds."""
    if not isinstance(document, dict) or "service" not in document:
        return None
    names = ("odometerBetween", "onMeterError", "ceiling", "biddingHours", "workHours")
    found = wire.members(document["service"], WHO, names)
    between, on_error = found["odometerBetween"], found["onMeterError"]
    if not isinstance(on_error, bool):
        raise Malformed(WHO, "onMeterError must be true or false", repr(on_error)[:60])
    return ServiceRule(
        None if between is None else _positive(between, "odometerBetween"),
        on_error,
        BaseUnits(_positive(found["ceiling"], "ceiling")),
        Seconds(_positive(found["biddingHours"], "biddingHours") * HOUR),
        Seconds(_positive(found["workHours"], "workHours") * HOUR),
    )


def _positive(value: object, name: str) -> int:
    number = wire.integer(value, WHO, name)
    if number < 1:
        raise Malformed(WHO, f"{name} must be at least 1", str(number))
    return number
