"""The demo's price list keeps the rules of every price list, however fast the story is told."""

from __future__ import annotations

import pytest

from oracle.cli.demo import FAST
from oracle.demo.cast import NAMES, SHARES
from oracle.demo.prices import FACTOR, Tempo, demo_tariff
from oracle.domain.tariffs import require_publishable, usage_charge
from oracle.tariffs import published_tariff
from oracle.types import Address

EURO = Address("0xB7f8BC63BbcaD18155201308C8f3540b07f84F5e")


@pytest.mark.parametrize("speed", range(1, FAST + 1))
def test_it_can_be_published_and_is_the_published_one_times_a_factor(speed):
    made, published = demo_tariff(EURO, Tempo(speed)), published_tariff("smart-drill").tariff(EURO)
    require_publishable(made)
    assert made.price_per_million == tuple(price * FACTOR * speed for price in published.price_per_million)
    assert made.standing_per_day == published.standing_per_day * FACTOR * speed
    assert made.terms_hash == published.terms_hash


@pytest.mark.parametrize("speed", range(1, FAST + 1))
def test_drilling_at_the_dearest_level_is_plausible(speed):
    made = demo_tariff(EURO, Tempo(speed))
    hour = usage_charge(made, (0, 0, 3_600_000, 0)) + made.standing_per_day // 24
    assert hour <= made.max_charge_per_hour


def test_every_payee_has_a_name_and_there_is_no_platform_among_them():
    assert set(NAMES) == set(SHARES)
    assert sum(SHARES.values()) == 10_000
    assert set(NAMES.values()) == {"owner", "maker", "repairer", "community"}
