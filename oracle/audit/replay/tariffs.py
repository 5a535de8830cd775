"""TariffBook again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from oracle.audit.abi import Value
from oracle.audit.replay.world import Call, Handler, Module, Path, Refused, World

LONGEST_NOTICE = 30 * 86_400
LONGEST_MINIMUM_TERM = 5 * 365 * 86_400
MOST_BPS = 10_000


@dataclass(frozen=True, slots=True)
class Terms:
    """A published tariff; amounts in base units, durations in seconds except `unused_days`."""

    currency: bytes
    standing_per_day: int
    tax_bps: int
    prices: tuple[int, int, int, int]
    notice: int
    minimum_term: int
    permit_validity: int
    delivery_time: int
    hold_target: int
    max_charge_per_hour: int
    burst: int
    tax_included: bool
    kind: int
    unused_days: int
    terms_hash: bytes


class Tariffs(Module):
    CONTRACT = "TariffBook"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.terms: dict[int, Terms] = {}
        self.published: dict[int, dict[str, Value]] = {}
        self.publishers: dict[int, bytes] = {}

    def handlers(self) -> dict[str, Handler]:
        return {"publish": self.publish}

    def publish(self, call: Call, values: tuple[Value, ...]) -> None:
        named = dict(zip(self._members(), values, strict=True))
        terms = _terms(named)
        self._check(terms)
        number = len(self.terms) + 1
        self.terms[number] = terms
        self.published[number] = named
        self.publishers[number] = call.sender
        self.emit(call, "TariffPublished", number, call.sender, values)

    def of(self, number: int) -> Terms:
        if (terms := self.terms.get(number)) is None:
            raise Refused(f"there is no tariff {number}")
        return terms

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield ("tariffCount",), len(self.terms)
        for number in self.published:
            yield ("publisherOf", number), self.publishers[number]

    def _members(self) -> tuple[str, ...]:
        return self.abi.by_name["publish"].member_names[0]

    def _check(self, terms: Terms) -> None:
        need = self.refuse_unless
        need(any(terms.prices) or terms.standing_per_day > 0, "nothing is charged")
        need(terms.max_charge_per_hour > 0, "no hourly maximum")
        need(terms.standing_per_day <= 24 * terms.max_charge_per_hour, "standing charges above the hourly maximum")
        need(terms.hold_target > 0, "no hold target")
        need(terms.hold_target * 3_600 >= 2 * terms.max_charge_per_hour * terms.delivery_time, "hold target too low")
        need(terms.permit_validity > 0, "permits that are never valid")
        need(terms.permit_validity + terms.delivery_time <= terms.notice <= LONGEST_NOTICE, "notice out of bounds")
        need(terms.minimum_term <= LONGEST_MINIMUM_TERM, "minimum term too long")
        need(terms.tax_bps <= MOST_BPS and (terms.tax_included or not terms.tax_bps), "tax not as published")
        need(terms.kind <= 2, "unknown kind")
        need(any(terms.terms_hash), "no terms")
        need(terms.currency in self.world.accounts.admitted, "the currency is not admitted")


def _terms(named: dict[str, Value]) -> Terms:
    prices = tuple(int(named[f"pricePerMillion{index}"]) for index in range(4))
    return Terms(
        currency=named["currency"],
        standing_per_day=named["standingPerDay"],
        tax_bps=named["taxBps"],
        prices=(prices[0], prices[1], prices[2], prices[3]),
        notice=named["notice"],
        minimum_term=named["minimumTerm"],
        permit_validity=named["permitValidity"],
        delivery_time=named["deliveryTime"],
        hold_target=named["holdTarget"],
        max_charge_per_hour=named["maxChargePerHour"],
        burst=named["burst"],
        tax_included=named["taxIncluded"],
        kind=named["kind"],
        unused_days=named["unusedDays"],
        terms_hash=named["termsHash"],
    )
