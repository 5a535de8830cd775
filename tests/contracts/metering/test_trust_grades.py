"""A less trusted meter frees the customer from the minimum term; nobody else, and no other change does."""

from __future__ import annotations

import pytest

from oracle.domain.signatures import Curve
from tests.fixtures.economy import DAY, Economy, Hire
from tests.helpers import clock

ATTESTER, SOFTWARE_KEY, SECURE_ELEMENT = range(3)
TERM = 90 * DAY


@pytest.fixture(scope="module")
def hire(economy: Economy) -> Hire:
    """Ninety days at least, metered by a secure element."""
    hire_ = economy.hire(curve=Curve.P256, minimum_term=TERM)
    assert economy.meters.gradeOf(hire_.drill.id) == SOFTWARE_KEY
    return hire_


@pytest.fixture(scope="module")
def secured(economy: Economy) -> Hire:
    """The same, whose maker had attested the P-256 key as a secure element before the agreement opened."""
    drill = economy.drill(curve=Curve.P256)
    economy.meters.attestGrade(drill.id, 1, SECURE_ELEMENT, {"from": economy.maker})
    priced = economy.publish(minimum_term=TERM)
    economy.offer(drill, priced)
    economy.endow(economy.customers[1])
    return economy.open(economy.customers[1], drill, priced)


def end_at(economy: Economy, hire: Hire, by: object) -> int:
    return int(economy.agreements.end(hire.id, {"from": by}).events["EndAnnounced"]["endAt"])


def replace_meter(economy: Economy, hire: Hire, curve: Curve, grade: int) -> None:
    new = economy.meter_key(hire.drill.id, epoch=2, curve=curve)
    economy.announce(hire.drill.id, new, epoch=2, old=hire.drill.meter, grade=grade)


def test_the_grade_at_the_opening_is_kept_with_the_agreement(economy, secured):
    replace_meter(economy, secured, Curve.SECP256K1, SOFTWARE_KEY)
    assert economy.agreements.agreementOf(secured.id)[4] == SECURE_ELEMENT
    assert economy.meters.gradeOf(secured.drill.id) == SOFTWARE_KEY


def test_with_the_same_grade_the_minimum_term_binds(economy, secured):
    assert end_at(economy, secured, secured.customer) == secured.opened_at + TERM


def test_a_secure_element_replaced_by_a_software_key_frees_the_customer(economy, secured):
    replace_meter(economy, secured, Curve.SECP256K1, SOFTWARE_KEY)
    announced = clock.next_block_in(60)
    assert end_at(economy, secured, secured.customer) == announced + secured.priced.tariff.notice


def test_a_secure_element_replaced_by_attesters_frees_the_customer(economy, secured):
    replace_meter(economy, secured, Curve.ERC1271, ATTESTER)
    announced = clock.next_block_in(60)
    assert end_at(economy, secured, secured.customer) == announced + secured.priced.tariff.notice


def test_the_provider_stays_bound_when_its_meter_became_less_trusted(economy, secured):
    replace_meter(economy, secured, Curve.SECP256K1, SOFTWARE_KEY)
    assert end_at(economy, secured, economy.provider) == secured.opened_at + TERM


def test_a_new_key_of_the_same_grade_frees_nobody(economy, hire):
    replace_meter(economy, hire, Curve.SECP256K1, SOFTWARE_KEY)
    assert end_at(economy, hire, hire.customer) == hire.opened_at + TERM


def test_an_attested_successor_binds_again(economy, secured):
    replace_meter(economy, secured, Curve.SECP256K1, SOFTWARE_KEY)
    economy.meters.attestGrade(secured.drill.id, 2, SECURE_ELEMENT, {"from": economy.maker})
    assert end_at(economy, secured, secured.customer) == secured.opened_at + TERM


def test_an_announced_lower_grade_frees_once_it_counts(economy, hire):
    new = economy.meter_key(hire.drill.id, 2)
    cut_off = clock.next_block_at(hire.opened_at + DAY) + DAY
    economy.announce(hire.drill.id, new, epoch=2, grade=ATTESTER, effective_at=cut_off)
    clock.next_block_at(cut_off)
    economy.meters.activate(hire.drill.id, {"from": economy.stranger})
    announced = clock.next_block_in(60)
    assert end_at(economy, hire, hire.customer) == announced + hire.priced.tariff.notice


def test_an_agreement_opened_under_the_lower_grade_keeps_its_term(economy, secured):
    replace_meter(economy, secured, Curve.SECP256K1, SOFTWARE_KEY)
    end_at(economy, secured, secured.customer)
    successor = economy.open(secured.customer, secured.drill, secured.priced)
    assert end_at(economy, successor, secured.customer) == successor.opened_at + TERM


@pytest.mark.parametrize("party", ["customer", "provider"])
def test_an_end_announced_before_does_not_take_the_freedom_away(economy, secured, party):
    """Else a provider announces an end at the term's last day, and then puts a less trusted meter in."""
    by = secured.customer if party == "customer" else economy.provider
    end_at(economy, secured, by)
    replace_meter(economy, secured, Curve.SECP256K1, SOFTWARE_KEY)
    announced = clock.next_block_in(60)
    assert end_at(economy, secured, secured.customer) == announced + secured.priced.tariff.notice
