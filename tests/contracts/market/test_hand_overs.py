"""A machine comes back: two hands sign each hand-over, the last one grades it, and its core is paid once."""

from __future__ import annotations

import pytest

from oracle.domain.forms import Domain, digest
from oracle.domain.hand_overs import CoreGrade, HandOver
from tests.fixtures.bazaar import CORE_PRICES, NOBODY, PAPER, Kind, Stage
from tests.fixtures.economy import FAR_FUTURE
from tests.helpers import clock
from tests.helpers.balances import BalanceChanges
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event


def reason(text: str) -> bytes:
    return text.encode().ljust(32, b"\0")


@pytest.fixture(scope="module")
def order(bazaar, machine):
    return bazaar.assigned(machine, kind=Kind.COLLECT)


@pytest.fixture(scope="module")
def giver(economy):
    """Who has the machine: a customer."""
    return economy.customers[0]


@pytest.fixture
def taken(bazaar, order, giver):
    """The worker has it."""
    bazaar.hand_over(order, giver, bazaar.worker)
    return order


@pytest.fixture
def returned(bazaar, taken):
    bazaar.hand_over(taken, bazaar.worker, bazaar.provider, CoreGrade.B, nonce=2)
    return taken


def refused(order: int, why: str):
    return typed_error("HandOvers_Refused", order, reason(why))


def test_the_digest_is_the_published_one(bazaar, economy):
    form = HandOver(1, NOBODY, bazaar.worker.address, 0, PAPER, 5, 6, 7)
    assert bytes(bazaar.hand_overs.digestOf(form.values())) == digest(economy.domains.of(form), form)


def test_both_hands_sign_and_anyone_carries(bazaar, machine, order, giver):
    handed = bazaar.hand_over(order, giver, bazaar.worker)
    assert_events(
        handed,
        event("HandedOver", order=order, giver=giver, taker=bazaar.worker, grade=0, conditionHash=PAPER),
        event("HistoryRecorded", asset=machine.id, author=bazaar.hand_overs, kind=reason("handed over"),
              documentHash=PAPER, uri=""),
        event("NonceUsed", signer=giver, nonce=1),
        event("NonceUsed", signer=bazaar.worker, nonce=1_001),
    )  # fmt: skip
    assert bazaar.hand_overs.collectionOf(order) == (giver, CoreGrade.NONE)


def test_the_way_back_carries_the_grade(bazaar, returned, giver):
    assert bazaar.hand_overs.collectionOf(returned) == (giver, CoreGrade.B)


@pytest.mark.parametrize("missing", [0, 1])
def test_one_sides_word_alone_counts_nothing(bazaar, order, giver, missing):
    hands = [giver, bazaar.worker]
    signers = list(hands)
    signers[missing] = hands[1 - missing]
    with typed_error("Forms_SignatureInvalid", hands[missing]):
        bazaar.hand_over(order, *hands, signers=tuple(signers))
    assert bazaar.hand_overs.collectionOf(order) == (NOBODY, CoreGrade.NONE)


def test_a_strangers_signature_counts_nothing(bazaar, order, giver):
    with typed_error("Forms_SignatureInvalid", giver):
        bazaar.hand_over(order, giver, bazaar.worker, signers=(bazaar.stranger, bazaar.worker))


def test_what_was_signed_for_another_contract_counts_nothing(bazaar, economy, order, giver):
    form = HandOver(order, giver.address, bazaar.worker.address, 0, PAPER, 1, 2, FAR_FUTURE)
    other = Domain(economy.domains.chain_id, bazaar.market.address)
    signatures = [economy.signature(form, one, other) for one in (giver, bazaar.worker)]
    with typed_error("Forms_SignatureInvalid", giver):
        bazaar.hand_overs.handOver(form.values(), *signatures, {"from": bazaar.stranger})


@pytest.mark.parametrize("past", [-1, 0, 1])
def test_a_form_has_a_last_second(bazaar, order, giver, past):
    deadline = clock.now() + 100
    clock.next_block_at(deadline + past)
    if past <= 0:
        bazaar.hand_over(order, giver, bazaar.worker, deadline=deadline)
    else:
        with typed_error("Forms_Expired", deadline, deadline + past):
            bazaar.hand_over(order, giver, bazaar.worker, deadline=deadline)


def test_a_cancelled_form_counts_nothing(bazaar, order, giver):
    bazaar.hand_overs.cancelNonce(1_001, {"from": bazaar.worker})
    with typed_error("Forms_NonceUsed", bazaar.worker, 1_001):
        bazaar.hand_over(order, giver, bazaar.worker)


def test_the_same_form_twice_moves_nothing(bazaar, taken, giver):
    with refused(taken, "giver is not the worker"):
        bazaar.hand_over(taken, giver, bazaar.worker)


def test_a_used_nonce_signs_no_second_form(bazaar, taken, giver):
    bazaar.hand_overs.cancelNonce(7, {"from": bazaar.worker})
    with typed_error("Forms_NonceUsed", bazaar.worker, 7):
        bazaar.hand_over(taken, bazaar.worker, bazaar.provider, CoreGrade.A, nonce=7)


def test_only_collect_orders_are_handed_over(bazaar, machine, giver):
    repair = bazaar.assigned(machine)
    with refused(repair, "not a collect order"):
        bazaar.hand_over(repair, giver, bazaar.worker)


def test_only_while_the_worker_has_promised(bazaar, machine, giver):
    order = bazaar.open(machine, kind=Kind.COLLECT)
    with refused(order, "not assigned"):
        bazaar.hand_over(order, giver, bazaar.worker)


def test_an_unknown_order_is_handed_over_by_nobody(bazaar, giver):
    unknown = int(bazaar.market.orderCount()) + 1
    with typed_error("Market_UnknownOrder", unknown):
        bazaar.hand_over(unknown, giver, bazaar.worker)


def test_the_first_hand_over_goes_to_the_worker_without_a_grade(bazaar, order, giver):
    with refused(order, "one hand"):
        bazaar.hand_over(order, bazaar.worker, bazaar.worker)
    with refused(order, "taker is not the worker"):
        bazaar.hand_over(order, giver, bazaar.provider)
    with refused(order, "graded on return only"):
        bazaar.hand_over(order, giver, bazaar.worker, CoreGrade.A)


def test_the_second_goes_from_the_worker_with_a_grade_to_the_provider(bazaar, taken, giver):
    with refused(taken, "giver is not the worker"):
        bazaar.hand_over(taken, giver, bazaar.provider, CoreGrade.A, nonce=3)
    with refused(taken, "no grade"):
        bazaar.hand_over(taken, bazaar.worker, bazaar.provider, nonce=3)
    with refused(taken, "taker not named by provider"):
        bazaar.hand_over(taken, bazaar.worker, bazaar.rival, CoreGrade.A, nonce=3)


def test_the_provider_names_another_taker_by_carrying_the_form(bazaar, taken):
    bazaar.hand_over(taken, bazaar.worker, bazaar.rival, CoreGrade.D, nonce=3, by=bazaar.provider)
    assert bazaar.hand_overs.collectionOf(taken)[1] == CoreGrade.D


def test_a_machine_comes_back_once(bazaar, returned):
    with refused(returned, "already returned"):
        bazaar.hand_over(returned, bazaar.worker, bazaar.provider, CoreGrade.A, nonce=3)


# Delivery and core


def test_a_collect_order_is_delivered_when_the_machine_is_back(bazaar, taken):
    with typed_error("Market_NotReturned", taken):
        bazaar.deliver(taken)
    bazaar.hand_over(taken, bazaar.worker, bazaar.provider, CoreGrade.A, nonce=3)
    bazaar.deliver(taken)
    assert bazaar.stage(taken) is Stage.DELIVERED


@pytest.mark.parametrize("grade", list(CoreGrade)[1:], ids=lambda grade: grade.name)
def test_the_core_is_paid_by_its_grade_to_who_gave_it(bazaar, machine, taken, giver, grade):
    bazaar.hand_over(taken, bazaar.worker, bazaar.provider, grade, nonce=3)
    amount = CORE_PRICES[grade - 1]
    with BalanceChanges(bazaar.balance, bazaar.reserve(machine), giver) as changes:
        paid = bazaar.market.payCore(taken, {"from": bazaar.stranger})
    assert changes == {bazaar.reserve(machine): -amount, giver: amount}
    assert_events(paid, event("CorePaid", order=taken, giver=giver, grade=int(grade), amount=amount), of=bazaar.market)
    assert bazaar.market.isCorePaid(taken) is True


def test_a_core_is_paid_once(bazaar, returned):
    bazaar.market.payCore(returned, {"from": bazaar.stranger})
    with typed_error("Market_CoreAlreadyPaid", returned):
        bazaar.market.payCore(returned, {"from": bazaar.stranger})


def test_no_core_before_the_machine_is_back(bazaar, taken):
    with typed_error("Market_NotReturned", taken):
        bazaar.market.payCore(taken, {"from": bazaar.stranger})


def test_a_core_waits_for_the_reserve(bazaar, machine, returned, giver):
    have, price = bazaar.balance(bazaar.reserve(machine)), CORE_PRICES[CoreGrade.B - 1]
    euro = bazaar.economy.euro
    bazaar.market.releaseReserve(machine.id, euro, have - price + 1, bazaar.stranger, {"from": bazaar.provider})
    with typed_error("Market_ReserveShort", machine.id, euro, price, price - 1):
        bazaar.market.payCore(returned, {"from": bazaar.stranger})
    bazaar.fill(machine.id, 1)
    bazaar.market.payCore(returned, {"from": bazaar.stranger})
    assert bazaar.balance(giver) == price


def test_a_core_is_owed_however_the_order_ended(bazaar, returned, giver):
    bazaar.market.abandon(returned, {"from": bazaar.worker})
    bazaar.market.payCore(returned, {"from": bazaar.stranger})
    assert bazaar.balance(giver) == CORE_PRICES[CoreGrade.B - 1]
