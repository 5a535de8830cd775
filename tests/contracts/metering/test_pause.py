"""I-15: the guardian's pause stops new obligations of the OfferBook; every exit goes on."""

from __future__ import annotations

import pytest

from oracle.domain.customer_forms import OpenAgreement
from tests.contracts.metering.expected import reading_settled, refill_short
from tests.fixtures.economy import DAY, EUR, FAR_FUTURE, HOLD_TARGET, MONTH, USUAL_CAP, WEALTH
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events
from tests.models.agreements import Short


@pytest.fixture(scope="module")
def paused(economy, hire):
    """While one agreement runs, and a second drill is on offer."""
    drill = economy.drill()
    economy.offer(drill, hire.priced)
    economy.offers.pause({"from": economy.guardian})
    return drill


@pytest.mark.parametrize("function", ["pause", "unpause"])
def test_only_the_guardian_pauses(economy, function):
    for caller in (economy.provider, economy.listing, economy.stranger):
        with typed_error("AccessManagedUnauthorized", caller):
            getattr(economy.offers, function)({"from": caller})


def test_the_guardian_lifts_the_pause(economy, hire, paused):
    economy.offers.unpause({"from": economy.guardian})
    assert economy.offers.paused() is False
    economy.open(hire.customer, paused, hire.priced)


def test_nothing_is_offered(economy, hire, paused):
    with typed_error("EnforcedPause"):
        economy.offer(paused, hire.priced)


def test_nothing_is_opened(economy, hire, paused):
    with typed_error("EnforcedPause"):
        economy.open(hire.customer, paused, hire.priced)


def test_nothing_is_opened_by_signature(economy, hire, paused):
    form = OpenAgreement(
        hire.customer.address, paused.id, hire.priced.id, True, HOLD_TARGET, USUAL_CAP, MONTH, 1, FAR_FUTURE
    )
    signature = economy.signature(form, hire.customer)
    with typed_error("EnforcedPause"):
        economy.agreements.openSigned(economy.values(form), signature, {"from": economy.relayer})


def test_nothing_is_refilled(economy, hire, paused):
    economy.use(hire, 1, HOLD_TARGET)
    refilled = economy.agreements.refill(hire.id, {"from": hire.customer})
    assert_events(refilled, refill_short(hire, HOLD_TARGET, 0, Short.PAUSED))
    assert economy.balance(hire.customer) == WEALTH - HOLD_TARGET


def test_a_reading_settles_without_refill(economy, hire, paused):
    settled = economy.use(hire, 1, HOLD_TARGET - 5)
    assert_events(
        settled,
        reading_settled(hire, 1, HOLD_TARGET - 5),
        refill_short(hire, HOLD_TARGET - 5, 0, Short.PAUSED),
        of=economy.agreements,
    )


def test_an_empty_purse_counts_for_nothing_while_paused(economy, hire, paused):
    economy.allow(hire.customer, 0)
    settled = economy.use(hire, 1, HOLD_TARGET)
    assert_events(
        settled,
        reading_settled(hire, 1, HOLD_TARGET),
        refill_short(hire, HOLD_TARGET, 0, Short.PAUSED),
        of=economy.agreements,
    )


def test_standing_charges_accrue(economy, hire, paused):
    clock.next_block_at(hire.opened_at + 1_000)
    economy.agreements.accrue(hire.id, {"from": economy.stranger})
    assert economy.state(hire).settled == 1_000


def test_an_agreement_ends_and_closes(economy, hire, paused):
    economy.agreements.end(hire.id, {"from": hire.customer})
    clock.next_block_in(DAY)
    economy.agreements.close(hire.id, {"from": economy.stranger})
    assert economy.state(hire).hold == 0
    assert economy.balance(hire.customer) == WEALTH - economy.state(hire).settled


def test_customers_change_their_settings(economy, hire, paused):
    economy.agreements.setCap(hire.id, 5 * EUR, DAY, {"from": hire.customer})
    economy.agreements.suspend(hire.id, True, {"from": hire.customer})
    assert economy.agreements.capOf(hire.id)[:2] == (5 * EUR, DAY)
    assert economy.agreements.endingOf(hire.id)[2] is True


def test_fees_are_distributed_and_withdrawn(economy, hire, paused):
    economy.use(hire, 1, 100)
    route = int(economy.assets.route(hire.drill.id))
    economy.splitter.distributeAll(route >> 32 & 0xFFFFFFFFFFFFFFFF, {"from": economy.stranger})
    economy.ledger.withdraw(economy.euro, 80, economy.provider, {"from": economy.provider})
    assert economy.euro.balanceOf(economy.provider) == 80


def test_bills_are_corrected(economy, hire, paused):
    economy.use(hire, 1, 100)
    economy.deposit(economy.provider, 60)
    economy.allow(economy.provider, 60, spender=economy.credits)
    economy.credits.creditNote(hire.id, 1, 60, b"fault".ljust(32, b"\0"), {"from": economy.provider})
    assert economy.credits.creditedOf(hire.id) == 60


def test_an_offer_is_withdrawn(economy, hire, paused):
    economy.offers.withdrawOffer(paused.id, hire.priced.id, True, {"from": economy.provider})
    assert economy.offers.offerOf(paused.id, hire.priced.id, True)[1] == 0
