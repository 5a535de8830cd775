"""When a machine needs service, by the rule in its provider's published terms of service.

The terms' text is a JSON document with a member `service`:
`{"odometerBetween": units or null, "onMeterError": true or false, "ceiling": base units as decimal text,
"biddingHours": n, "workHours": n}`, and where telemetry counts, `trends` and `places` (see `oracle/advice/trends.py`);
the schema is `oracle/schemas/service-terms.json`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from oracle.advice.trends import Measure, Place, Threshold
from oracle.domain import wire
from oracle.errors import Malformed
from oracle.types import BaseUnits, Seconds

WHO = "service rule"
HOUR = 3_600
LONGEST_WINDOW = 24 * 60
"""Minutes of running that one look at a trend reads back at most."""
EDGES = ("south", "west", "north", "east")


class Reason(StrEnum):
    """Why an order is due."""

    USED = "used since the last service"
    METER_ERROR = "meter error"
    TREND = "trend over its threshold"


@dataclass(frozen=True, slots=True)
class ServiceRule:
    """`odometer_between` None: use alone asks for no service. Without `trends` telemetry asks for none."""

    odometer_between: int | None
    on_meter_error: bool
    ceiling: BaseUnits
    bidding_time: Seconds
    work_time: Seconds
    trends: tuple[Threshold, ...] = ()
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Wear:
    """Odometer now and at the last service, in its units; whether since then the meter reported an error, and whether
    one of the rule's trends passes."""

    odometer: int
    odometer_at_service: int
    meter_error: bool
    trend: bool = False


def due(rule: ServiceRule, wear: Wear) -> Reason | None:
    """An error goes first: it may spoil the figures that the others are counted with. What breaks goes before what is
    merely due."""
    if rule.on_meter_error and wear.meter_error:
        return Reason.METER_ERROR
    if wear.trend:
        return Reason.TREND
    if rule.odometer_between is not None and wear.odometer - wear.odometer_at_service >= rule.odometer_between:
        return Reason.USED
    return None


def parse_rule(document: object) -> ServiceRule | None:
    """The rule in the text of terms of service; None where it has none. Raises Malformed or FieldOutOfBounds."""
    if not isinstance(document, dict) or "service" not in document:
        return None
    names = ("odometerBetween", "onMeterError", "ceiling", "biddingHours", "workHours")
    found = wire.members(document["service"], WHO, names, ("trends", "places"))
    between, on_error = found["odometerBetween"], found["onMeterError"]
    if not isinstance(on_error, bool):
        raise Malformed(WHO, "onMeterError must be true or false", repr(on_error)[:60])
    return ServiceRule(
        None if between is None else _positive(between, "odometerBetween"),
        on_error,
        BaseUnits(_positive(found["ceiling"], "ceiling")),
        Seconds(_positive(found["biddingHours"], "biddingHours") * HOUR),
        Seconds(_positive(found["workHours"], "workHours") * HOUR),
        tuple(map(_threshold, wire.items(found.get("trends", []), f"{WHO}.trends"))),
        tuple(map(_place, wire.items(found.get("places", []), f"{WHO}.places"))),
    )


def _threshold(document: object) -> Threshold:
    names = ("measure", "limit", "runningMinutes")
    found = wire.members(document, WHO, names, ("milliamperesPerNewtonMetre",))
    measure = _measure(found["measure"])
    minutes = _positive(found["runningMinutes"], "runningMinutes")
    if minutes > LONGEST_WINDOW:
        raise Malformed(WHO, f"runningMinutes must be at most {LONGEST_WINDOW}", str(minutes))
    constant = found.get("milliamperesPerNewtonMetre")
    if (constant is not None) != (measure is Measure.CURRENT):
        raise Malformed(WHO, "milliamperesPerNewtonMetre belongs to current, and current needs it", str(measure))
    return Threshold(
        measure,
        _signed(found["limit"], "limit"),
        minutes,
        0 if constant is None else _positive(constant, "milliamperesPerNewtonMetre"),
    )


def _place(document: object) -> Place:
    found = wire.members(document, WHO, ("name", *EDGES, "limits"))
    name, limits = found["name"], found["limits"]
    if not isinstance(name, str) or not name or not isinstance(limits, Mapping) or not limits:
        raise Malformed(WHO, "a place has a name and limits", repr(name)[:60])
    south, west, north, east = (_signed(found[edge], edge) for edge in EDGES)
    if south > north or west > east:
        raise Malformed(WHO, "a place's edges are the wrong way round", name[:60])
    own = tuple((_measure(measure), _signed(limit, "limit")) for measure, limit in limits.items())
    return Place(name, south, west, north, east, own)


def _measure(value: object) -> Measure:
    if not isinstance(value, str) or value not in tuple(Measure):
        raise Malformed(WHO, f"a measure is one of {', '.join(Measure)}", repr(value)[:60])
    return Measure(value)


def _signed(value: object, name: str) -> int:
    return wire.signed(wire.integer(value, WHO, name), 32, WHO, name)


def _positive(value: object, name: str) -> int:
    number = wire.integer(value, WHO, name)
    if number < 1:
        raise Malformed(WHO, f"{name} must be at least 1", str(number))
    return number
