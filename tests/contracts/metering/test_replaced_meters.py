"""Replacing a meter under a running agreement, between keys of either curve.

No loss for a live one, at most what had not settled at cut-off for a dead one, never a double charge.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from oracle.domain.readings import SignedReading
from oracle.domain.signatures import Curve, MeterKey
from tests.fixtures.economy import DAY, Economy, Hire
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.models.agreements import Skip

CURVES = (Curve.SECP256K1, Curve.P256)


@pytest.fixture(
    scope="module", params=itertools.product(CURVES, CURVES), ids=lambda pair: f"{pair[0].name}-{pair[1].name}"
)
def replacement(request: Any, economy: Economy) -> tuple[Hire, MeterKey]:
    """An agreement of which 500 is settled, and the key that shall replace its meter's."""
    old, new = request.param
    hire = economy.hire(economy.customers[CURVES.index(old) * 2 + CURVES.index(new)], curve=old)
    economy.use(hire, 1, 500)
    return hire, economy.meter_key(hire.drill.id, epoch=2, curve=new)


def hand_over(economy: Economy, hire: Hire, new: MeterKey) -> Hire:
    """With the old key's consent; the hire as metered from now on."""
    economy.announce(hire.drill.id, new, epoch=2, old=hire.drill.meter)
    return replace(hire, drill=replace(hire.drill, meter=new))


def announce_for_a_dead_meter(economy: Economy, hire: Hire, new: MeterKey) -> int:
    """Without the old key; returns the cut-off."""
    effective_at = clock.now() + hire.priced.tariff.notice + 60
    economy.announce(hire.drill.id, new, epoch=2, effective_at=effective_at)
    return effective_at


def activate(economy: Economy, hire: Hire, new: MeterKey) -> Hire:
    economy.meters.activate(hire.drill.id, {"from": economy.stranger})
    return replace(hire, drill=replace(hire.drill, meter=new))


def skips(transaction: Any) -> list[int]:
    return [item["reason"] for item in transaction.events if item.name == "ReadingSkipped"]


def test_a_live_meter_hands_over_without_loss(economy, replacement):
    """Its last reading settles before it signs the consent; the new one goes on from there."""
    hire, new = replacement
    economy.use(hire, 2, 900)
    metered = hand_over(economy, hire, new)
    assert skips(economy.use(metered, 3, 1_000)) == []
    assert economy.state(hire).settled == 1_000


def test_what_the_old_meter_signed_is_worth_nothing_after_it_handed_over(economy, replacement):
    """So the relay settles first; a reading kept back cannot be charged beside the new meter's."""
    hire, new = replacement
    kept_back = economy.signed(hire, 2, 900)
    hand_over(economy, hire, new)
    assert skips(economy.settle(hire, kept_back)) == [Skip.INVALID_SIGNATURE]
    with typed_error("Agreements_ReadingRefused", hire.id, 2, int(Skip.INVALID_SIGNATURE)):
        economy.settle_signed(kept_back)
    assert economy.state(hire).settled == 500


def test_a_meter_thought_dead_settles_until_the_new_one_is_activated(economy, replacement):
    hire, new = replacement
    cut_off = announce_for_a_dead_meter(economy, hire, new)
    assert skips(economy.use(hire, 2, 800)) == []
    clock.next_block_at(cut_off + 10)
    assert skips(economy.use(hire, 3, 900)) == []
    activate(economy, hire, new)
    assert skips(economy.use(hire, 4, 1_000)) == [Skip.INVALID_SIGNATURE]
    assert economy.state(hire).settled == 900


def test_the_new_meter_counts_for_nothing_before_it_is_activated(economy, replacement):
    hire, new = replacement
    cut_off = announce_for_a_dead_meter(economy, hire, new)
    early = economy.sign(economy.reading(hire, 2, 800), new)
    assert skips(economy.settle(hire, early)) == [Skip.INVALID_SIGNATURE]
    clock.next_block_at(cut_off - 1)
    with typed_error("Meters_NotYet", hire.drill.id, cut_off, cut_off - 1):
        activate(economy, hire, new)


def test_a_dead_meter_costs_at_most_what_had_not_settled_at_cut_off(economy, replacement):
    """300 of use were in it; the new meter is loaded with the last settled reading, 500, and adds its own 50."""
    hire, new = replacement
    lost = economy.signed(hire, 2, 800)
    clock.next_block_at(announce_for_a_dead_meter(economy, hire, new))
    metered = activate(economy, hire, new)
    assert skips(economy.use(metered, 2, 550)) == []
    assert skips(economy.settle(hire, lost)) == [Skip.INVALID_SIGNATURE]
    assert economy.state(hire).settled == 550


def test_the_same_sequence_of_both_meters_is_charged_once(economy, replacement):
    """The old meter's second reading settled before the cut-off; the new one, loaded too early, signs another."""
    hire, new = replacement
    cut_off = announce_for_a_dead_meter(economy, hire, new)
    economy.use(hire, 2, 800)
    clock.next_block_at(cut_off)
    metered = activate(economy, hire, new)
    below = economy.signed(metered, 2, 550)
    assert skips(economy.settle(metered, below)) == [Skip.STALE]
    assert skips(economy.settle(metered, economy.signed(metered, 3, 560))) == [Skip.CHARGE_FELL]
    assert skips(economy.settle(metered, economy.signed(metered, 3, 850))) == []
    assert economy.state(hire).settled == 850


@pytest.mark.parametrize("seed", range(6))
def test_readings_of_both_meters_in_any_order_charge_each_unit_once(economy, replacement, seed):
    """Whatever the order within a batch, only the present meter's count; the dearest of them is the whole charge."""
    hire, new = replacement
    olds = [economy.signed(hire, sequence, 500 + 100 * sequence) for sequence in (2, 3, 4)]
    metered = hand_over(economy, hire, new)
    news = [economy.signed(metered, sequence, 500 + 10 * sequence) for sequence in (2, 3, 4)]
    orders = list(itertools.permutations(range(6)))
    mixed = [(olds + news)[index] for index in orders[seed * 119]]
    economy.settle_bytes(economy.batch(*[(hire, signed) for signed in mixed]))
    assert economy.state(hire).settled == 540
    assert economy.state(hire).sequence == 4
    replayed: list[SignedReading] = [*mixed, *reversed(mixed)]
    transaction = economy.settle_bytes(economy.batch(*[(hire, signed) for signed in replayed]))
    assert len(skips(transaction)) == len(replayed)
    assert economy.state(hire).settled == 540


def test_what_was_settled_before_is_never_charged_again(economy, replacement):
    hire, new = replacement
    before = economy.balance(hire.customer) + economy.state(hire).hold
    metered = hand_over(economy, hire, new)
    first = economy.signed(metered, 2, 500)
    economy.settle(metered, first)
    economy.settle_signed(economy.signed(metered, 3, 700))
    assert before - economy.balance(hire.customer) - economy.state(hire).hold == 200


def test_time_goes_on_over_a_replacement(economy, replacement):
    """The standing charge is by the agreement's clock, not the meter's."""
    hire, new = replacement
    metered = hand_over(economy, hire, new)
    clock.next_block_at(hire.opened_at + DAY)
    economy.use(metered, 2, 500, time=hire.opened_at + DAY)
    assert economy.state(hire).settled == 500 + DAY
