"""The published document of a tariff: prices, and the terms whose hash TariffBook stores.

Read from the package's `tariffs/` or from wherever a provider publishes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from oracle.domain import wire
from oracle.domain.load_levels import LoadLevelRule, parse_load_level_rule
from oracle.domain.tariffs import Tariff, parse_tariff, terms_hash
from oracle.errors import Malformed
from oracle.types import Address


@dataclass(frozen=True, slots=True)
class RegisterLabel:
    """What one register counts and how a bill calls it."""

    unit: str
    label: str


@dataclass(frozen=True, slots=True)
class PublishedTariff:
    """A tariff document. `prices` are the members of `Tariff` without currency and terms hash.

    `odometer_registers`: the odometer grows with these, at least as much as they do.
    """

    name: str
    prices: Mapping[str, object]
    terms: Mapping[str, object]
    registers: tuple[RegisterLabel, ...]
    odometer_registers: tuple[int, ...]
    load_levels: LoadLevelRule | None

    def tariff(self, currency: Address) -> Tariff:
        """The tariff to publish in TariffBook in this currency."""
        digest = wire.to_hex(terms_hash(self.terms))
        return parse_tariff({**self.prices, "currency": currency, "termsHash": digest})


def parse_published_tariff(document: object) -> PublishedTariff:
    """Reads the decoded document (schema: `schemas/tariff.json`). Raises Malformed or FieldOutOfBounds."""
    who = "published tariff"
    found = wire.members(document, who, ("name", "tariff", "terms"), ("$schema",))
    name, prices = found["name"], found["tariff"]
    if not isinstance(name, str) or not isinstance(prices, dict):
        raise Malformed(who, "name must be text and tariff an object")
    terms = wire.members(found["terms"], who, ("registers", "odometer", "includedServicesPerYear"), ("loadLevels",))
    labels = tuple(_label(register) for register in wire.items(terms["registers"], who))
    if not 1 <= len(labels) <= 4:
        raise Malformed(who, "an agreement has one to four registers", str(len(labels)))
    rule = parse_load_level_rule(terms["loadLevels"]) if "loadLevels" in terms else None
    return PublishedTariff(name, prices, terms, labels, _odometer_registers(terms["odometer"], len(labels)), rule)


def _odometer_registers(document: object, count: int) -> tuple[int, ...]:
    """All registers unless the terms name some."""
    who = "odometer"
    found = wire.members(document, who, ("unit", "label"), ("registers",))
    _label({name: found[name] for name in ("unit", "label")})
    if "registers" not in found:
        return tuple(range(count))
    named = tuple(wire.integer(index, who, "registers") for index in wire.items(found["registers"], who))
    if not named or not wire.rising(named) or not set(named) <= set(range(count)):
        raise Malformed(who, f"counts rising register numbers below {count}", str(named))
    return named


def _label(document: object) -> RegisterLabel:
    found = wire.members(document, "register", ("unit", "label"))
    unit, label = found["unit"], found["label"]
    if not isinstance(unit, str) or not isinstance(label, str):
        raise Malformed("register", "unit and label must be text")
    return RegisterLabel(unit, label)
