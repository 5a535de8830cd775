"""Every way a booking ends, and where its deposit goes."""

from __future__ import annotations

import pytest

from tests.contracts.market.booking import (
    ARBITRATION,
    CANCELLED,
    CHECKED_IN,
    CONTEST,
    CONTESTED,
    DEPOSIT,
    DOCUMENT,
    HOUR,
    NO_SHOW,
    RETURNED,
    RULED,
    UNRULED,
    edge,
)
from tests.fixtures.economy import DAY, WEALTH
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

NOTHING = "0x" + "00" * 20
FORFEITED = DEPOSIT * 2_500 // 10_000


@pytest.fixture(scope="module")
def start(desk):
    return edge(30)


@pytest.fixture
def booking(desk, start):
    """Two hours of Anna's."""
    return desk.book(start, start + 2 * HOUR)


@pytest.fixture
def used(desk, start, booking):
    clock.next_block_at(start + 60)
    desk.contract.checkIn(booking, {"from": desk.anna})
    return booking


def ended(desk, booking, stage, by, to_asset, account=NOTHING):
    return event(
        "ReservationEnded", reservation=booking, stage=stage, by=by, toCustomer=DEPOSIT - to_asset, toAsset=to_asset,
        assetAccount=account,
    )  # fmt: skip


# Cancelling


def test_the_customer_cancels_in_time(desk, start, booking):
    clock.next_block_at(start - 6 * HOUR)
    done = desk.contract.cancel(booking, {"from": desk.anna})
    assert_events(done, ended(desk, booking, CANCELLED, desk.anna, 0), of=desk.contract)
    assert desk.economy.balance(desk.anna) == WEALTH


def test_the_customer_does_not_cancel_late_and_the_provider_may(desk, economy, start, booking):
    clock.next_block_at(start - 6 * HOUR + 1)
    with typed_error("Reservations_TooLate", booking, start - 6 * HOUR):
        desk.contract.cancel(booking, {"from": desk.anna})
    with typed_error("Reservations_NotParty", booking, desk.bert):
        desk.contract.cancel(booking, {"from": desk.bert})
    desk.contract.cancel(booking, {"from": economy.provider})
    assert economy.balance(desk.anna) == WEALTH


def test_the_provider_cancels_until_the_end(desk, economy, start, booking):
    clock.next_block_at(start + 2 * HOUR + 1)
    with typed_error("Reservations_TooLate", booking, start + 2 * HOUR):
        desk.contract.cancel(booking, {"from": economy.provider})


# Coming


def test_the_customer_checks_in_within_the_booking(desk, start, booking):
    clock.next_block_at(start - 1)
    with typed_error("Reservations_TooEarly", booking, start):
        desk.contract.checkIn(booking, {"from": desk.anna})
    clock.next_block_at(start)
    with typed_error("Reservations_NotCustomer", booking, desk.bert, desk.anna):
        desk.contract.checkIn(booking, {"from": desk.bert})
    done = desk.contract.checkIn(booking, {"from": desk.anna})
    assert_events(done, event("CheckedIn", reservation=booking, agreement=0))
    assert desk.stage(booking) == CHECKED_IN


def test_nobody_checks_in_after_the_end(desk, start, booking):
    clock.next_block_at(start + 2 * HOUR)
    with typed_error("Reservations_TooLate", booking, start + 2 * HOUR):
        desk.contract.checkIn(booking, {"from": desk.anna})


@pytest.fixture
def hired(desk, economy, start):
    """Bert's agreement on the drill, and his booking with it."""
    priced = economy.publish()
    economy.offer(desk.drill, priced, exclusive=False)
    economy.allow(desk.bert, WEALTH)
    hire = economy.open(desk.bert, desk.drill, priced, exclusive=False)
    economy.use(hire, 1, 1_000)
    return hire, desk.book(start, start + 2 * HOUR, desk.bert, hire.id)


def test_a_reading_within_the_booking_proves_use(desk, economy, start, hired):
    hire, booking = hired
    clock.next_block_at(start + HOUR + 60)
    economy.use(hire, 2, 2_000, time=start + HOUR)
    done = desk.contract.proveUse(booking, {"from": economy.stranger})
    assert_events(done, event("CheckedIn", reservation=booking, agreement=hire.id))


def test_no_newer_reading_or_one_of_another_time_proves_nothing(desk, economy, start, hired):
    hire, booking = hired
    with typed_error("Reservations_NotUsed", booking, hire.id):
        desk.contract.proveUse(booking, {"from": economy.stranger})
    economy.use(hire, 2, 2_000, time=clock.now())
    with typed_error("Reservations_NotUsed", booking, hire.id):
        desk.contract.proveUse(booking, {"from": economy.stranger})
    clock.next_block_at(start + 3 * HOUR)
    economy.use(hire, 3, 3_000, time=start + 2 * HOUR + 1)
    with typed_error("Reservations_NotUsed", booking, hire.id):
        desk.contract.proveUse(booking, {"from": economy.stranger})


def test_a_booking_without_agreement_has_no_such_proof(desk, economy, booking):
    with typed_error("Reservations_NotUsed", booking, 0):
        desk.contract.proveUse(booking, {"from": economy.stranger})


# Not coming


def test_a_no_show_pays_its_share_to_the_machines_split(desk, economy, start, booking):
    clock.next_block_at(start + 2 * HOUR + CONTEST)
    with typed_error("Reservations_TooEarly", booking, start + 2 * HOUR + CONTEST + 1):
        desk.contract.forfeit(booking, {"from": economy.stranger})
    account = economy.splitter.accountOf(int(economy.assets.route(desk.drill.id)) >> 32 & (1 << 64) - 1)
    clock.next_block_at(start + 2 * HOUR + CONTEST + 1)
    done = desk.contract.forfeit(booking, {"from": economy.stranger})
    assert_events(done, ended(desk, booking, NO_SHOW, economy.stranger, FORFEITED, account), of=desk.contract)
    assert economy.balance(account) == FORFEITED
    assert economy.balance(desk.anna) == WEALTH - FORFEITED
    assert desk.held() == (0, 0)


def test_after_a_sale_the_booking_stands_and_money_follows_the_machine(desk, economy, start, booking):
    economy.assets.transferFrom(economy.provider, economy.buyer, desk.drill.id, {"from": economy.provider})
    with typed_error("Reservations_NoRules", desk.drill.id):
        desk.contract.presentRulesOf(desk.drill.id)
    clock.next_block_at(start + 2 * HOUR + CONTEST + 1)
    desk.contract.forfeit(booking, {"from": economy.stranger})
    split = int(economy.assets.route(desk.drill.id)) >> 32 & (1 << 64) - 1
    assert economy.splitter.controllerOf(split) == economy.buyer
    assert economy.balance(economy.splitter.accountOf(split)) == FORFEITED


# Bringing back


def test_what_nobody_contests_goes_back_whole(desk, economy, start, used):
    desk.contract.reportReturn(used, DOCUMENT, "ipfs://clean", {"from": desk.anna})
    clock.next_block_at(start + 2 * HOUR + CONTEST)
    with typed_error("Reservations_TooEarly", used, start + 2 * HOUR + CONTEST + 1):
        desk.contract.release(used, {"from": economy.stranger})
    clock.next_block_at(start + 2 * HOUR + CONTEST + 1)
    done = desk.contract.release(used, {"from": economy.stranger})
    assert_events(done, ended(desk, used, RETURNED, economy.stranger, 0), of=desk.contract)
    assert economy.balance(desk.anna) == WEALTH


@pytest.fixture
def contested(desk, economy, start, used):
    clock.next_block_at(start + 2 * HOUR + CONTEST)
    desk.contract.contest(used, 0, DOCUMENT, "ipfs://dent", {"from": economy.provider})
    return used


def test_the_provider_contests_and_an_arbiter_decides(desk, economy, contested):
    assert desk.stage(contested) == CONTESTED
    with typed_error("Reservations_NotArbiter", contested, economy.provider):
        desk.contract.rule(contested, 10_000, DOCUMENT, {"from": economy.provider})
    done = desk.contract.rule(contested, 10_000, DOCUMENT, {"from": desk.arbiter})
    assert desk.stage(contested) == RULED
    assert done.events["ReservationEnded"]["toAsset"] == DEPOSIT
    assert economy.balance(desk.anna) == WEALTH - DEPOSIT
    assert desk.held() == (0, 0)


@pytest.mark.parametrize("bps", [0, 1, 3_333, 9_999])
def test_a_ruling_divides_to_the_unit(desk, economy, contested, bps):
    done = desk.contract.rule(contested, bps, DOCUMENT, {"from": desk.arbiter}).events["ReservationEnded"]
    assert (done["toAsset"], done["toCustomer"] + done["toAsset"]) == (DEPOSIT * bps // 10_000, DEPOSIT)


def test_a_ruling_is_no_more_than_all(desk, contested):
    with typed_error("Reservations_OutOfRange", b"toAssetBps".ljust(32, b"\0"), 10_001, 0, 10_000):
        desk.contract.rule(contested, 10_001, DOCUMENT, {"from": desk.arbiter})


def test_silent_arbiters_cost_the_customer_nothing(desk, economy, contested):
    deadline = desk.contract.reservationOf(contested)[5]
    with typed_error("Reservations_TooEarly", contested, deadline + 1):
        desk.contract.release(contested, {"from": economy.stranger})
    clock.next_block_at(deadline + 1)
    with typed_error("Reservations_TooLate", contested, deadline):
        desk.contract.rule(contested, 1, DOCUMENT, {"from": desk.arbiter})
    done = desk.contract.release(contested, {"from": economy.stranger})
    assert_events(done, ended(desk, contested, UNRULED, economy.stranger, 0), of=desk.contract)


def test_the_next_user_contests(desk, start, used):
    other = desk.book(start + 5 * HOUR, start + 6 * HOUR, desk.bert)
    desk.contract.contest(used, other, DOCUMENT, "", {"from": desk.bert})
    assert desk.stage(used) == CONTESTED


def test_others_do_not_contest(desk, economy, start, used):
    late = desk.book(start + 16 * HOUR, start + 17 * HOUR, desk.bert)
    gone = desk.book(start + 12 * HOUR, start + 13 * HOUR, desk.bert)
    desk.contract.cancel(gone, {"from": economy.provider})
    for other in (0, used, late, gone):
        with typed_error("Reservations_NotParty", used, desk.bert):
            desk.contract.contest(used, other, DOCUMENT, "", {"from": desk.bert})


def test_a_contest_has_a_document_and_its_time(desk, economy, start, used):
    with typed_error("Reservations_ZeroDocument", used):
        desk.contract.contest(used, 0, bytes(32), "", {"from": economy.provider})
    clock.next_block_at(start + 2 * HOUR + CONTEST + 1)
    with typed_error("Reservations_TooLate", used, start + 2 * HOUR + CONTEST):
        desk.contract.contest(used, 0, DOCUMENT, "", {"from": economy.provider})


def test_without_arbiters_there_is_no_contest(desk, economy, start):
    desk.set_rules([])
    booking = desk.book(start + 3 * HOUR, start + 4 * HOUR)
    clock.next_block_at(start + 3 * HOUR)
    desk.contract.checkIn(booking, {"from": desk.anna})
    with typed_error("Reservations_NoArbiters", booking):
        desk.contract.contest(booking, 0, DOCUMENT, "", {"from": economy.provider})


# Ends are ends


@pytest.mark.parametrize("step", ["cancel", "checkIn", "proveUse", "forfeit"])
def test_what_has_ended_stays_ended(desk, economy, start, booking, step):
    desk.contract.cancel(booking, {"from": economy.provider})
    with typed_error("Reservations_WrongStage", booking, CANCELLED, 1):
        getattr(desk.contract, step)(booking, {"from": desk.anna})
    with typed_error("Reservations_WrongStage", booking, CANCELLED, CHECKED_IN):
        desk.contract.release(booking, {"from": desk.anna})
    with typed_error("Reservations_Unknown", booking + 1):
        desk.contract.release(booking + 1, {"from": desk.anna})


def test_gifts_to_the_deposits_go_to_the_community(desk, economy, booking):
    with typed_error("Reservations_NoSurplus", economy.euro):
        desk.contract.skimSurplus(economy.euro, {"from": economy.stranger})
    economy.ledger.transfer(desk.account, economy.id_of(), 7, {"from": desk.bert})
    assert desk.held() == (DEPOSIT, DEPOSIT + 7)
    before = economy.balance(economy.community)
    desk.contract.skimSurplus(economy.euro, {"from": economy.stranger})
    assert economy.balance(economy.community) == before + 7
    assert desk.held() == (DEPOSIT, DEPOSIT)


def test_arbiters_have_their_time_in_full(desk, contested):
    assert desk.contract.reservationOf(contested)[5] == clock.now() + ARBITRATION
    assert ARBITRATION == 5 * DAY
