"""Tariffs and the one place in Python where usage becomes money.

charge = floor(Σ registerᵢ × pricePerMillionᵢ / 1,000,000) + floor(standingPerDay × elapsed / 86,400)

Both floors round in the customer's favour; the parts are of cumulative figures, so nothing is lost or gained by
reading more often.
"""

from dataclasses import dataclass
from enum import IntEnum

from oracle.domain import wire
from oracle.domain.hashing import keccak, parse_address
from oracle.errors import FieldOutOfBounds, Malformed, Rejected
from oracle.types import ZERO_ADDRESS, Address, BaseUnits, Bytes32, Registers, Seconds, UnixTime

PER_MILLION = 1_000_000
SECONDS_PER_DAY = 86_400
SECONDS_PER_HOUR = 3_600
MAX_CHARGE = (1 << 80) - 1
LONGEST_NOTICE = 30 * SECONDS_PER_DAY
CLOCK_TOLERANCE = 120
"""Seconds that a reading's time may be ahead of the chain's before the reading is skipped."""


class Kind(IntEnum):
    """Which kind of service the tariff sells."""

    PRODUCT_ORIENTED = 0
    USE_ORIENTED = 1
    RESULT_ORIENTED = 2


@dataclass(frozen=True, slots=True)
class Tariff:
    """An immutable published price list; fields and widths as in TariffBook. Times are seconds."""

    currency: Address
    price_per_million: tuple[int, int, int, int]
    standing_per_day: BaseUnits
    hold_target: BaseUnits
    max_charge_per_hour: BaseUnits
    burst: BaseUnits
    notice: Seconds
    minimum_term: Seconds
    permit_validity: Seconds
    delivery_time: Seconds
    session_cap: Seconds
    idle_stop: Seconds
    unused_days: int
    tax_bps: int
    tax_included: bool
    kind: int
    terms_hash: Bytes32

    def __post_init__(self) -> None:
        if parse_address(self.currency, "Tariff.currency") != self.currency:
            raise FieldOutOfBounds("Tariff", "currency lacks its check sum", self.currency)
        if len(self.price_per_million) != 4:
            raise FieldOutOfBounds("Tariff", "pricePerMillion must have four prices", str(len(self.price_per_million)))
        for price in self.price_per_million:
            wire.unsigned(price, 96, "Tariff", "pricePerMillion")
        for name, bits in _INTEGERS.items():
            wire.unsigned(getattr(self, _attribute(name)), bits, "Tariff", name)
        if not isinstance(self.tax_included, bool):
            raise FieldOutOfBounds("Tariff", "taxIncluded must be bool", repr(self.tax_included)[:60])
        if len(self.terms_hash) != 32:
            raise FieldOutOfBounds("Tariff", "termsHash must have 32 bytes", str(len(self.terms_hash)))

    def to_json(self) -> dict[str, object]:
        """Members as in TariffBook's struct; integers of more than 64 bits as decimal text."""
        integers = {n: getattr(self, _attribute(n)) for n in _INTEGERS}
        return {
            "currency": self.currency,
            "pricePerMillion": [str(price) for price in self.price_per_million],
            **{name: str(value) if _INTEGERS[name] > 64 else value for name, value in integers.items()},
            "taxIncluded": self.tax_included,
            "termsHash": wire.to_hex(self.terms_hash),
        }


_INTEGERS = {
    "standingPerDay": 80,
    "holdTarget": 80,
    "maxChargePerHour": 80,
    "burst": 80,
    "notice": 32,
    "minimumTerm": 32,
    "permitValidity": 32,
    "deliveryTime": 32,
    "sessionCap": 32,
    "idleStop": 32,
    "unusedDays": 32,
    "taxBps": 16,
    "kind": 8,
}


def parse_tariff(document: object) -> Tariff:
    """Reads a decoded JSON object with the members of `Tariff.to_json`. Raises Malformed or FieldOutOfBounds."""
    names = ("currency", "pricePerMillion", *_INTEGERS, "taxIncluded", "termsHash")
    found = wire.members(document, "Tariff", names)
    currency, included = found["currency"], found["taxIncluded"]
    prices = [wire.integer(p, "Tariff", "pricePerMillion") for p in wire.items(found["pricePerMillion"], "Tariff")]
    if len(prices) != 4:
        raise Malformed("Tariff", "pricePerMillion must have four prices", str(len(prices)))
    if not isinstance(currency, str):
        raise Malformed("Tariff", "currency must be an address", repr(currency)[:60])
    if not isinstance(included, bool):
        raise Malformed("Tariff", "taxIncluded must be true or false", repr(included)[:60])
    number = {name: wire.integer(found[name], "Tariff", name) for name in _INTEGERS}
    return Tariff(
        currency=parse_address(currency, "Tariff.currency"),
        price_per_million=(prices[0], prices[1], prices[2], prices[3]),
        standing_per_day=BaseUnits(number["standingPerDay"]),
        hold_target=BaseUnits(number["holdTarget"]),
        max_charge_per_hour=BaseUnits(number["maxChargePerHour"]),
        burst=BaseUnits(number["burst"]),
        notice=Seconds(number["notice"]),
        minimum_term=Seconds(number["minimumTerm"]),
        permit_validity=Seconds(number["permitValidity"]),
        delivery_time=Seconds(number["deliveryTime"]),
        session_cap=Seconds(number["sessionCap"]),
        idle_stop=Seconds(number["idleStop"]),
        unused_days=number["unusedDays"],
        tax_bps=number["taxBps"],
        tax_included=included,
        kind=number["kind"],
        terms_hash=Bytes32(wire.byte_string(found["termsHash"], "Tariff", "termsHash")),
    )


def usage_charge(tariff: Tariff, registers: Registers) -> int:
    """The usage part in base units, one floor over the sum of all registers; up to 126 bits wide."""
    (r0, r1, r2, r3), (p0, p1, p2, p3) = registers, tariff.price_per_million
    return (r0 * p0 + r1 * p1 + r2 * p2 + r3 * p3) // PER_MILLION


def standing_charge(tariff: Tariff, elapsed: Seconds) -> int:
    """The standing part in base units, one floor."""
    return tariff.standing_per_day * elapsed // SECONDS_PER_DAY


def charge(tariff: Tariff, registers: Registers, elapsed: Seconds) -> BaseUnits:
    """The cumulative charge since opening in base units, capped at 2^80 − 1, never truncated."""
    return BaseUnits(min(usage_charge(tariff, registers) + standing_charge(tariff, elapsed), MAX_CHARGE))


def highest_plausible_charge(tariff: Tariff, since_opening: Seconds) -> int:
    """What an agreement can have cost at most after this chain time; a reading above it is skipped."""
    return tariff.max_charge_per_hour * since_opening // SECONDS_PER_HOUR + tariff.burst


def elapsed_seconds(
    last: Seconds,
    reading_time: UnixTime,
    opened_at: UnixTime,
    chain_time: UnixTime,
    end: UnixTime | None = None,
    clock_synchronised: bool = True,
) -> Seconds:
    """max(last, clamp(reading time − openedAt, 0, chain time − openedAt, end − openedAt)); `last` if the clock is not
    synchronised. Raises Rejected `too_far_ahead` for a time more than 120 s ahead of the chain's.
    """
    if not clock_synchronised:
        return last
    if reading_time > chain_time + CLOCK_TOLERANCE:
        raise Rejected(
            "too_far_ahead", "reading", "its time is ahead of the chain's", f"{reading_time - chain_time} s > 120 s"
        )
    latest = chain_time if end is None else min(chain_time, end)
    return Seconds(max(last, min(reading_time, latest) - opened_at, 0))


def included_tax(tariff: Tariff, amount: BaseUnits) -> BaseUnits:
    """The tax inside an amount, rounded down: amount × rate / (100 % + rate). The amount itself never changes."""
    return BaseUnits(amount * tariff.tax_bps // (10_000 + tariff.tax_bps))


def require_publishable(tariff: Tariff) -> None:
    """The rules that TariffBook enforces. Raises Rejected with codes `notice_too_short`, `notice_too_long`,
    `hold_target_too_low`, `tax_not_included`, `unknown_kind`, `no_currency`.
    """
    if tariff.currency == ZERO_ADDRESS:
        raise Rejected("no_currency", "Tariff", "must name a currency")
    if tariff.kind > max(Kind):
        raise Rejected("unknown_kind", "Tariff", "kind must be 0, 1 or 2", str(tariff.kind))
    if tariff.tax_bps and not tariff.tax_included:
        raise Rejected(
            "tax_not_included", "Tariff", "a tax rate must be included in the price", f"{tariff.tax_bps} bps"
        )
    if tariff.notice > LONGEST_NOTICE:
        raise Rejected("notice_too_long", "Tariff", "notice", f"{tariff.notice} s > {LONGEST_NOTICE} s")
    covered = tariff.permit_validity + tariff.delivery_time
    if tariff.notice < covered:
        raise Rejected("notice_too_short", "Tariff", "notice", f"{tariff.notice} s < {covered} s")
    needed = 2 * tariff.max_charge_per_hour * tariff.delivery_time
    if tariff.hold_target * SECONDS_PER_HOUR < needed:
        raise Rejected(
            "hold_target_too_low", "Tariff", "holdTarget × 3600", f"{tariff.hold_target * SECONDS_PER_HOUR} < {needed}"
        )


def terms_hash(terms: object) -> Bytes32:
    """keccak256 of the canonical JSON (RFC 8785) of the published terms."""
    return keccak(wire.canonical_json(terms))


def _attribute(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)
