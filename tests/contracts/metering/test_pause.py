"""A paused OfferBook stops offering, opening and refilling, and nothing else (promise 5, I-15)."""

import pytest

from tests.fixtures.economy import DAY, EUR, FAR_FUTURE, HOLD_TARGET
from tests.helpers import clock
from tests.helpers.agreement_events import reading_settled, refill_short
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events
from tests.models.agreements import Short


@pytest.fixture(scope="module")
def paused(economy, hire):
    economy.offers.pause({"from": economy.guardian})


def test_only_the_guardian_pauses(economy, hire):
    with typed_error("AccessManagedUnauthorized", economy.stranger):
        economy.offers.pause({"from": economy.stranger})


def test_paused_nothing_is_offered(economy, hire, paused):
    with typed_error("EnforcedPause"):
        economy.offer(hire.drill, hire.priced)


def test_paused_nothing_is_opened(economy, hire, paused):
    with typed_error("EnforcedPause"):
        economy.open(economy.endow(economy.customers[1]), hire.drill, hire.priced)


def test_paused_nothing_is_refilled(economy, hire, paused):
    settled = economy.use(hire, 1, HOLD_TARGET - 10)
    assert_events(
        settled,
        reading_settled(hire.id, economy.state(hire)),
        refill_short(hire.id, HOLD_TARGET - 10, 0, Short.PAUSED),
        of=economy.agreements,
    )
    assert_events(
        economy.agreements.refill(hire.id, {"from": economy.stranger}),
        refill_short(hire.id, HOLD_TARGET - 10, 0, Short.PAUSED),
    )


def test_paused_an_offer_is_withdrawn(economy, hire, paused):
    economy.offers.withdrawOffer(hire.drill.id, hire.priced.id, True, {"from": economy.provider})


def test_paused_settlement_and_every_exit_go_on(economy, hire, paused):
    agreements, customer = economy.agreements, hire.customer
    economy.use(hire, 1, 1_000)
    assert economy.state(hire).settled == 1_000
    agreements.accrue(hire.id, {"from": economy.stranger})
    agreements.setCap(hire.id, EUR, DAY, {"from": customer})
    agreements.suspend(hire.id, True, {"from": customer})
    agreements.nameDelegate(hire.id, economy.stranger, {"from": customer})
    agreements.end(hire.id, {"from": customer})
    economy.use(hire, 2, 3_000)
    clock.pass_time(DAY)
    agreements.close(hire.id, {"from": economy.stranger})
    assert economy.state(hire).hold == 0
    split = economy.assets.route(hire.drill.id) >> 32 & (1 << 64) - 1
    economy.splitter.distribute(split, economy.euro, {"from": economy.stranger})
    economy.ledger.withdraw(economy.euro, economy.balance(customer), customer, {"from": customer})


def test_unpaused_all_goes_on(economy, hire, paused):
    economy.use(hire, 1, HOLD_TARGET - 10)
    economy.offers.unpause({"from": economy.guardian})
    economy.agreements.refill(hire.id, {"from": economy.stranger})
    assert economy.state(hire).hold == HOLD_TARGET
    economy.offers.offer(hire.drill.id, hire.priced.id, True, FAR_FUTURE, {"from": economy.provider})
