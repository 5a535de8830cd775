"""Ending an agreement: notice, minimum term, final reading, and readings on the way."""

from dataclasses import replace

import pytest

from oracle.domain.customer_forms import EndAgreement
from tests.fixtures.economy import DAY, EUR, FAR_FUTURE, HOLD_TARGET, other_domain
from tests.helpers import clock
from tests.helpers.agreement_events import reading_settled
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event
from tests.models.agreements import CLOCK_NOT_SYNCHRONISED, FINAL


def end(economy, hire, by=None):
    return economy.agreements.end(hire.id, {"from": by or hire.customer})


def end_at(economy, hire):
    return int(economy.agreements.endingOf(hire.id)[0])


@pytest.mark.parametrize("party", ["customer", "provider"])
def test_either_party_ends_with_notice(economy, hire, party):
    by = hire.customer if party == "customer" else economy.provider
    now = clock.next_block_in(10)
    assert_events(end(economy, hire, by), event("EndAnnounced", agreement=hire.id, by=by, endAt=now + DAY))
    assert end_at(economy, hire) == now + DAY
    assert economy.state(hire).special


def test_the_seller_of_the_title_no_longer_ends_but_the_buyer_does(economy, hire):
    economy.assets.transferFrom(economy.provider, economy.buyer, hire.drill.id, {"from": economy.provider})
    with typed_error("Agreements_NotParty", hire.id, economy.provider):
        end(economy, hire, economy.provider)
    end(economy, hire, economy.buyer)


def test_a_stranger_does_not_end(economy, hire):
    with typed_error("Agreements_NotParty", hire.id, economy.stranger):
        end(economy, hire, economy.stranger)


def test_an_end_is_announced_once(economy, hire):
    end(economy, hire)
    with typed_error("Agreements_AlreadyEnding", hire.id, end_at(economy, hire)):
        end(economy, hire, economy.provider)


def test_an_unknown_agreement_has_no_end(economy):
    with typed_error("Agreements_Unknown", 99):
        economy.agreements.end(99, {"from": economy.stranger})


def test_a_suspended_agreement_can_end(economy, hire):
    economy.agreements.suspend(hire.id, True, {"from": hire.customer})
    end(economy, hire)
    assert end_at(economy, hire) != 0


# Minimum term


@pytest.fixture(scope="module")
def bound(economy):
    """For thirty days at least."""
    return economy.hire(economy.customers[1], minimum_term=30 * DAY)


@pytest.mark.parametrize("party", ["customer", "provider"])
def test_nobody_ends_before_the_minimum_term(economy, bound, party):
    end(economy, bound, bound.customer if party == "customer" else economy.provider)
    assert end_at(economy, bound) == bound.opened_at + 30 * DAY


def test_near_the_minimum_term_the_notice_counts(economy, bound):
    now = clock.next_block_at(bound.opened_at + 30 * DAY - 100)
    end(economy, bound)
    assert end_at(economy, bound) == now + DAY


def lower_the_grade(economy, hire):
    """The provider replaces the meter by an attester, with the old key's consent."""
    meter = economy.meter_key(hire.drill.id, epoch=2)
    economy.announce(hire.drill.id, meter, epoch=2, grade=0, old=hire.drill.meter)


def test_a_less_trusted_meter_frees_the_customer_of_the_minimum_term(economy, bound):
    lower_the_grade(economy, bound)
    now = clock.next_block_in(10)
    end(economy, bound)
    assert end_at(economy, bound) == now + DAY


def test_a_less_trusted_meter_does_not_free_the_provider(economy, bound):
    lower_the_grade(economy, bound)
    end(economy, bound, economy.provider)
    assert end_at(economy, bound) == bound.opened_at + 30 * DAY


# Readings on the way and the final one


def test_readings_on_the_way_settle_during_the_notice_and_after_the_end(economy, hire):
    end(economy, hire)
    economy.use(hire, 1, 100)
    clock.pass_time(2 * DAY)
    economy.use(hire, 2, 300)
    assert economy.state(hire).settled == 300


def test_a_final_reading_shortens_the_notice(economy, hire):
    end(economy, hire)
    now = clock.next_block_at(hire.opened_at + 5_000)
    final = economy.use(hire, 1, 100, time=now - 40, flags=FINAL)
    assert_events(
        final,
        reading_settled(hire.id, replace_special(economy.state(hire))),
        event("FinalReadingAccepted", agreement=hire.id, sequence=1),
        of=economy.agreements,
    )
    assert economy.agreements.endingOf(hire.id)[:2] == (now - 40, True)


def replace_special(state):
    return replace(state, special=True)


def test_a_final_reading_without_a_clock_ends_when_it_settles(economy, hire):
    end(economy, hire)
    now = clock.next_block_at(hire.opened_at + 5_000)
    economy.use(hire, 1, 100, time=3, flags=FINAL | CLOCK_NOT_SYNCHRONISED)
    assert end_at(economy, hire) == now


def test_a_final_reading_after_the_end_does_not_lengthen_it(economy, hire):
    end(economy, hire)
    before = end_at(economy, hire)
    clock.pass_time(3 * DAY)
    economy.use(hire, 1, 100, time=before + DAY, flags=FINAL)
    assert end_at(economy, hire) == before


def test_a_final_reading_stops_standing_charges(economy, hire):
    end(economy, hire)
    now = clock.next_block_at(hire.opened_at + 5_000)
    economy.use(hire, 1, time=now, flags=FINAL)
    clock.pass_time(DAY)
    economy.agreements.close(hire.id, {"from": economy.stranger})
    assert economy.state(hire).settled == 5_000


def test_no_final_reading_before_an_end_is_requested(economy, hire):
    """A device, or a thief of its key, cannot end an agreement."""
    settled = economy.use(hire, 1, 100, flags=FINAL)
    assert_events(settled, reading_settled(hire.id, economy.state(hire)), of=economy.agreements)
    assert economy.agreements.endingOf(hire.id)[:2] == (0, False)
    economy.use(hire, 2, 200)
    assert economy.state(hire).settled == 200


def test_a_final_reading_does_not_refill(economy, hire):
    end(economy, hire)
    economy.use(hire, 1, HOLD_TARGET, flags=FINAL)
    assert economy.state(hire).hold == 0


def test_readings_before_the_final_one_are_stale_after_it(economy, hire):
    end(economy, hire)
    economy.use(hire, 5, 500, flags=FINAL)
    economy.use(hire, 4, 400)
    assert economy.state(hire).settled == 500


# By signature


@pytest.fixture
def form(hire):
    return EndAgreement(hire.id, 8, FAR_FUTURE)


def carry(economy, hire, form, *, signed=None, signer=None, domain=None):
    signature = economy.signature(signed or form, signer or hire.customer, domain)
    return economy.agreements.endSigned(economy.values(form), signature, {"from": economy.relayer})


def test_a_customer_ends_by_signature(economy, hire, form):
    now = clock.next_block_in(10)
    assert_events(
        carry(economy, hire, form),
        event("NonceUsed", signer=hire.customer, nonce=8),
        event("EndAnnounced", agreement=hire.id, by=hire.customer, endAt=now + DAY),
    )


@pytest.mark.parametrize("change", [{"nonce": 9}, {"deadline": FAR_FUTURE - 1}])
def test_every_field_is_signed(economy, hire, form, change):
    with typed_error("Forms_SignatureInvalid", hire.customer):
        carry(economy, hire, replace(form, **change), signed=form)


def test_the_provider_does_not_end_by_signature(economy, hire, form):
    with typed_error("Forms_SignatureInvalid", hire.customer):
        carry(economy, hire, form, signer=economy.provider)


def test_a_form_of_another_contract(economy, hire, form):
    with typed_error("Forms_SignatureInvalid", hire.customer):
        carry(economy, hire, form, domain=other_domain(contract=economy.ledger.address))


def test_a_form_counts_once(economy, hire, form):
    carry(economy, hire, form)
    with typed_error("Forms_NonceUsed", hire.customer, 8):
        carry(economy, hire, form)


def test_the_hold_is_not_released_by_ending(economy, hire):
    """settled + hold never decreases before close: a permit once issued stays covered (I-6)."""
    end(economy, hire)
    economy.use(hire, 1, EUR, flags=FINAL)
    state = economy.state(hire)
    assert state.settled + state.hold == HOLD_TARGET
