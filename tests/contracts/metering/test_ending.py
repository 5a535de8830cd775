"""Every agreement can be ended by either side after notice and minimum term; a final reading brings the end forward."""

from __future__ import annotations

import pytest

from oracle.domain.readings import Flag
from tests.contracts.metering.expected import reading_settled, slot
from tests.fixtures.economy import DAY, HOLD_TARGET, MONTH
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

FINAL = Flag.FINAL


def end(economy, hire, by=None):
    return economy.agreements.end(hire.id, {"from": by or hire.customer})


def end_at(economy, hire):
    return int(economy.agreements.endingOf(hire.id)[0])


@pytest.mark.parametrize("party", ["customer", "provider"])
def test_either_party_ends_after_the_notice(economy, hire, party):
    by = hire.customer if party == "customer" else economy.provider
    now = clock.next_block_at(hire.opened_at + 500)
    assert_events(end(economy, hire, by), event("EndAnnounced", agreement=hire.id, by=by, endAt=now + DAY))
    assert economy.agreements.endingOf(hire.id) == (now + DAY, False, False, False, 0, 0, False)
    assert economy.agreements.stateOf(hire.id) == slot(hire, special=True)


def test_nobody_else_ends(economy, hire):
    with typed_error("Agreements_NotParty", hire.id, economy.stranger):
        end(economy, hire, economy.stranger)


def test_an_unknown_agreement_is_not_ended(economy, hire):
    with typed_error("Agreements_Unknown", hire.id + 1):
        economy.agreements.end(hire.id + 1, {"from": hire.customer})


def test_an_end_is_announced_once(economy, hire):
    end(economy, hire)
    with typed_error("Agreements_AlreadyEnding", hire.id, end_at(economy, hire)):
        end(economy, hire, economy.provider)


def test_a_closed_agreement_is_not_ended(economy, hire):
    end(economy, hire)
    clock.next_block_in(DAY)
    economy.agreements.close(hire.id, {"from": economy.stranger})
    with typed_error("Agreements_AlreadyClosed", hire.id):
        end(economy, hire)


@pytest.mark.parametrize("party", ["customer", "provider"])
def test_the_minimum_term_holds_both_parties(economy, party):
    hire = economy.hire(minimum_term=MONTH)
    end(economy, hire, hire.customer if party == "customer" else economy.provider)
    assert end_at(economy, hire) == hire.opened_at + MONTH


@pytest.mark.parametrize("before", [1, 0])
def test_late_in_the_minimum_term_the_notice_is_what_counts(economy, before):
    hire = economy.hire(minimum_term=MONTH)
    now = clock.next_block_at(hire.opened_at + MONTH - DAY - before)
    end(economy, hire)
    assert end_at(economy, hire) == now + DAY + before == hire.opened_at + MONTH


def test_settled_and_hold_stay_covered_until_the_close(economy, hire):
    """A permit issued a second before the end was announced still pays."""
    end(economy, hire)
    assert_events(
        economy.use(hire, 1, HOLD_TARGET), reading_settled(hire, 1, HOLD_TARGET, special=True), of=economy.agreements
    )


def test_a_final_reading_brings_the_end_forward_to_its_time(economy, hire):
    end(economy, hire)
    clock.next_block_at(hire.opened_at + 1_000)
    settled = economy.use(hire, 9, 50, time=hire.opened_at + 700, flags=FINAL)
    assert_events(
        settled,
        reading_settled(hire, 9, 750, elapsed=700, special=True),
        event("FinalReadingAccepted", agreement=hire.id, sequence=9),
        of=economy.agreements,
    )
    assert economy.agreements.endingOf(hire.id)[:2] == (hire.opened_at + 700, True)


def test_a_final_reading_without_a_clock_ends_now(economy, hire):
    end(economy, hire)
    now = clock.next_block_at(hire.opened_at + 1_000)
    economy.use(hire, 9, 50, flags=FINAL | Flag.CLOCK_NOT_SYNCHRONISED)
    assert economy.agreements.endingOf(hire.id)[:2] == (now, True)


def test_a_late_final_reading_does_not_put_the_end_off(economy, hire):
    end(economy, hire)
    announced = end_at(economy, hire)
    late = clock.next_block_at(announced + DAY)
    economy.use(hire, 9, 50, time=late, flags=FINAL)
    assert economy.agreements.endingOf(hire.id)[:2] == (announced, True)


def test_no_signature_ends_what_nobody_ended(economy, hire):
    """A meter cannot end an agreement: without an announced end `final` means nothing."""
    settled = economy.use(hire, 9, 50, flags=FINAL)
    assert_events(settled, reading_settled(hire, 9, 50), of=economy.agreements)
    assert economy.agreements.endingOf(hire.id) == (0, False, False, False, 0, 0, False)
    economy.use(hire, 10, 60)
    assert economy.state(hire).settled == 60


def test_a_reading_without_the_flag_ends_nothing(economy, hire):
    end(economy, hire)
    announced = end_at(economy, hire)
    economy.use(hire, 9, 50)
    assert economy.agreements.endingOf(hire.id)[:2] == (announced, False)


def test_readings_on_the_way_arrive_in_any_order_before_the_final_one(economy, hire):
    end(economy, hire)
    economy.settle(hire, economy.signed(hire, 8, 40), economy.signed(hire, 7, 30))
    economy.use(hire, 9, 50, flags=FINAL)
    assert economy.state(hire).settled == 50


def test_the_final_reading_itself_completes_its_charge_after_the_fact(economy):
    """Sent again it takes nothing more, and does not end the agreement a second time."""
    hire = economy.hire()
    end(economy, hire)
    signed = economy.signed(hire, 9, HOLD_TARGET + 5, flags=FINAL)
    economy.settle(hire, signed)
    before = economy.agreements.endingOf(hire.id)
    economy.settle(hire, signed)
    assert economy.agreements.endingOf(hire.id) == before
    assert economy.state(hire).settled == HOLD_TARGET
