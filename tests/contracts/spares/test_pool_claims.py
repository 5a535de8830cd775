"""Which breakdowns count, whose turn it is, and what a false claim costs."""

from __future__ import annotations

import pytest

from oracle.domain.forms import digest
from oracle.domain.signatures import SigningKey
from oracle.domain.statuses import Status
from tests.models.pools import CALLED, CANCELLED, DAY, DOWN, LAPSED, ON_LOAN, RETIREMENT, UP, WAITING, WITHDRAWN
from tests.stateful.pool_world import EUR, LOANS, TERMS


def signed(pool, key: SigningKey, **changes):
    """A "down" of machine 1, as of now."""
    values = {"asset_id": 1, "sequence": 1, "time": pool.chain.now, "state": DOWN, "fault_code": 7, "odometer": 9}
    form = Status(**(values | changes))
    return tuple(form.values()), key.sign(digest(pool.domains.of(form), form))


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"state": UP}, "Loans_NotDown"),
        ({"other": True}, "Loans_StatusOfOther"),
        ({"age": TERMS.fresh + 1}, "Loans_StatusTooOld"),
        ({"age": -300}, "Loans_StatusAhead"),
    ],
)
def test_a_claim_needs_a_breakdown_of_the_own_machine_now(pool, how, error):
    assert not pool.claim(1, **how)
    assert pool.refused == error


def test_a_status_of_another_key_proves_nothing(pool):
    status = signed(pool, pool.meter(2))
    pool.refuse(pool.factories[0], LOANS, "claim", (1, *status), "Loans_StatusForged")


def test_what_the_registry_knows_to_be_outdated_proves_nothing(pool):
    """It has been up again since."""
    time = pool.chain.now
    pool.chain.warp(DAY)
    pool.do(pool.stranger, "MeterRegistry", "recordStatus", *signed(pool, pool.meter(1), state=UP, odometer=0))
    old = signed(pool, pool.meter(1), time=time, odometer=0)
    pool.refuse(pool.factories[0], LOANS, "claim", (1, *old), "Loans_StatusOutdated")


def test_a_meter_below_the_pools_grade_proves_nothing(pool):
    """The pool asks for a software key; an attester signs for machine 1 from now on."""
    key = SigningKey(b"\7" * 32)
    pool.bind(1, key, grade=0, epoch=2)
    pool.refuse(pool.factories[0], LOANS, "claim", (1, *signed(pool, key)), "Loans_GradeTooLow")


def test_only_the_member_claims_and_only_for_what_it_still_owns(pool):
    pool.refuse(pool.stranger, LOANS, "claim", (1, *signed(pool, pool.meter(1))), "Loans_NotMember")
    pool.sell(1, pool.factories[3])
    assert not pool.claim(1)
    assert pool.refused == "Loans_NotOwnMachine"


def test_nobody_claims_in_arrears(pool):
    pool.tend("payOut", 1, pool.model.members[1].credit)
    pool.chain.warp(TERMS.period)
    assert not pool.claim(1)
    assert pool.refused == "Pools_InArrears"
    pool.tend("payIn", 1, EUR)
    assert pool.claim(1)


def test_nobody_claims_within_the_waiting_time_nor_for_what_broke_in_it(pool):
    pool.join(pool.factories[0], 8, EUR)
    assert not pool.claim(5)
    assert pool.refused == "Pools_StillWaiting"
    pool.chain.warp(TERMS.waiting)
    assert not pool.claim(5, age=DAY)
    assert pool.refused == "Loans_BrokeWhileWaiting"
    assert pool.claim(5)


def test_a_claim_needs_its_fee_and_a_whole_deposit(pool):
    pool.tend("payOut", 1, pool.model.members[1].credit - TERMS.claim_fee + 1)
    assert not pool.claim(1)
    assert pool.refused == "Pools_CreditShort"
    pool.claim(2)
    pool.take(1, 5)
    pool.chain.warp(TERMS.defective)
    pool.press("forfeit", 1)
    pool.end("giveBack", 1)
    assert not pool.claim(2)
    assert pool.refused == "Pools_DepositShort"


def test_one_breakdown_gets_one_spare(pool):
    """Until the machine has run again, whatever it signs is still the same breakdown."""
    assert pool.claim(1)
    assert not pool.claim(1, runs=False)
    assert pool.refused == "Loans_AlreadyClaimed"
    pool.take(1, 5)
    assert not pool.claim(1, runs=False)
    assert pool.refused == "Loans_HoldsSpare"
    pool.end("giveBack", 1)
    assert not pool.claim(1, runs=False)
    assert pool.refused == "Loans_SameBreakdown"
    assert pool.claim(1)


def test_a_pool_without_a_spare_of_the_model_takes_no_claims(pool):
    pool.propose(1, RETIREMENT, 5, pool.seller)
    assert not pool.claim(1)
    assert pool.refused == "Loans_NoSpares"
    assert pool.claim(4)


@pytest.mark.parametrize("by_status", [False, True])
def test_use_after_the_breakdown_cancels_the_claim_and_costs_its_fee(pool, by_status):
    pool.claim(1)
    cash = pool.model.cash
    assert not pool.show_use(1, runs=False, by_status=by_status)
    assert pool.refused == "Loans_NoUseShown"
    assert pool.show_use(1, by_status=by_status)
    assert pool.model.claims[1].stage == CANCELLED
    assert pool.model.cash == cash + TERMS.claim_fee
    assert pool.queue_of_chain(0) == []


def test_use_that_is_shown_during_the_loan_makes_the_spare_due_at_once(pool):
    pool.claim(1)
    pool.take(1, 5)
    pool.chain.warp(DAY)
    assert pool.show_use(1)
    assert not pool.show_use(1)
    assert pool.refused == "Loans_UseAlreadyShown"
    pool.chain.warp(2 * DAY)
    deposit = pool.model.members[1].deposit
    assert pool.end("giveBack", 1)
    assert pool.model.members[1].deposit == deposit - 3 * TERMS.late_fee_per_day


def test_forged_or_foreign_readings_show_nothing(pool):
    pool.claim(1)
    pool.odometers[2] = 99
    other, signature = pool.reading(2)
    pool.refuse(pool.stranger, LOANS, "showUse", (1, other, signature), "Loans_StatusOfOther")
    pool.odometers[1] = 99
    own, _ = pool.reading(1)
    pool.refuse(pool.stranger, LOANS, "showUse", (1, own, signature), "Loans_StatusForged")
    status = signed(pool, pool.meter(2), state=UP, odometer=99)
    pool.refuse(pool.stranger, LOANS, "showUseByStatus", (1, *status), "Loans_StatusForged")


def test_turns_come_in_the_order_of_chain_time(pool):
    for member in (2, 1, 3):
        pool.claim(member)
    assert pool.queue_of_chain(0) == [1, 2, 3]
    assert not pool.take(2, 5)
    assert pool.refused == "Loans_NotNext"
    assert pool.take(1, 5)
    assert not pool.take(2, 6)
    assert pool.refused == "Stock_WrongPlace"


def test_who_was_called_out_and_does_not_come_loses_turn_and_fee(pool):
    pool.claim(1)
    pool.claim(2)
    assert pool.call_out(0)
    assert pool.model.claims[1].stage == CALLED
    assert not pool.take(2, 5)
    assert pool.refused == "Stock_NoneOnShelf"
    assert not pool.press("lapse", 1)
    assert pool.refused == "Loans_TooEarly"
    pool.chain.warp(TERMS.collect)
    assert pool.press("lapse", 1)
    assert pool.model.claims[1].stage == LAPSED
    assert pool.take(2, 5)


def test_ended_claims_are_passed_over_in_pieces(pool):
    """However many somebody makes and withdraws, a turn costs no more."""
    for claim in range(1, 8):
        pool.claim(1)
        pool.press("withdraw", claim, by=pool.factories[0])
    pool.claim(2)
    for most in (3, 0, 9):
        pool.do(pool.stranger, LOANS, "passOver", 1, 0, most)
    assert pool.queue_of_chain(0) == [8]
    assert pool.take(8, 5)


def test_who_had_a_spare_lately_stands_behind_as_the_terms_say(pool):
    pool.claim(1)
    pool.take(1, 5)
    pool.end("giveBack", 1)
    pool.claim(1)
    pool.claim(2)
    assert pool.queue_of_chain(0) == [3, 2]
    pool.press("withdraw", 3, by=pool.factories[1])
    assert pool.model.claims[3].stage == WITHDRAWN
    pool.press("withdraw", 2, by=pool.factories[0])
    pool.chain.warp(TERMS.rest)
    pool.claim(1)
    pool.claim(2)
    assert pool.queue_of_chain(0) == [4, 5]


def test_a_claim_of_a_machine_that_was_sold_is_ended_by_anybody(pool):
    pool.claim(1)
    pool.sell(1, pool.factories[3])
    assert not pool.take(1, 5)
    assert pool.refused == "Loans_NotOwnMachine"
    assert pool.press("lapse", 1)


def test_nobody_else_withdraws_a_claim(pool):
    pool.claim(1)
    assert not pool.press("withdraw", 1)
    assert pool.refused == "Loans_NotMember"
    assert pool.model.claims[1].stage == WAITING
    pool.take(1, 5)
    assert not pool.press("withdraw", 1, by=pool.factories[0])
    assert pool.refused == "Loans_WrongStage"
    assert pool.model.claims[1].stage == ON_LOAN
