"""Evidence: once, in time, with the meter's own word where the terms ask for it; who gives up loses the order."""

from __future__ import annotations

import pytest

from oracle.domain.statuses import StatusState
from tests.fixtures.bazaar import PAPER, URI, Kind, Reputation, Stage
from tests.fixtures.economy import DAY, EUR
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

NOTHING = bytes(32)


@pytest.fixture(scope="module")
def order(bazaar, machine):
    return bazaar.assigned(machine)


def reason(text: str) -> bytes:
    return text.encode().ljust(32, b"\0")


def test_evidence_says_what_was_done_and_with_which_parts(bazaar, machine, order):
    delivered = bazaar.deliver(order, parts_in=[7, 8], parts_out=[9])
    assert_events(
        delivered,
        event("OrderDelivered", order=order, worker=bazaar.worker, late=False, evidence=(PAPER, URI, [7, 8], [9])),
        event("HistoryRecorded", asset=machine.id, author=bazaar.market, kind=reason("service delivered"),
              documentHash=PAPER, uri=URI),
    )  # fmt: skip
    held = bazaar.order(order)
    assert (held.stage, held.deadline) == (Stage.DELIVERED, delivered.timestamp + machine.terms.inspection_time)
    assert bazaar.reputation() == Reputation(done=1)


def test_evidence_is_given_once(bazaar, order):
    bazaar.deliver(order)
    with typed_error("Market_WrongStage", order, int(Stage.DELIVERED), int(Stage.ASSIGNED)):
        bazaar.deliver(order)
    assert bazaar.reputation() == Reputation(done=1)


def test_only_the_worker_delivers_or_gives_up(bazaar, order):
    for caller in (bazaar.rival, bazaar.provider, bazaar.stranger):
        with typed_error("Market_NotWorker", order, caller, bazaar.worker):
            bazaar.deliver(order, caller)
        with typed_error("Market_NotWorker", order, caller, bazaar.worker):
            bazaar.market.abandon(order, {"from": caller})


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.name)
def test_parts_change_while_work_is_promised_and_only_then(bazaar, machine, kind):
    """The order is the reason that Components asks for; who inspects or collects changes no part."""
    changes = kind not in (Kind.INSPECT, Kind.COLLECT)
    order = bazaar.open(machine, kind=kind)
    is_step = bazaar.market.isStepFor
    assert is_step(machine.id, order) is is_step(machine.id, order + 1) is is_step(0, 0) is False
    bazaar.bid(order)
    bazaar.accept(order)
    assert is_step(machine.id, order) is changes
    assert is_step(machine.id + 1, order) is is_step(machine.id, (1 << 64) + order) is False
    if kind is not Kind.COLLECT:
        bazaar.deliver(order)
        assert is_step(machine.id, order) is False


def test_evidence_names_a_document(bazaar, order):
    with typed_error("Market_ZeroDocument", order):
        bazaar.deliver(order, paper=NOTHING)


@pytest.mark.parametrize(("past", "late"), [(0, False), (1, True)])
def test_work_behind_the_promised_time_is_late(bazaar, order, past, late):
    clock.next_block_at(bazaar.order(order).deadline + past)
    assert bazaar.deliver(order).events["OrderDelivered"]["late"] is late
    assert bazaar.reputation() == Reputation(done=1, late=int(late))


@pytest.mark.parametrize("past", [-1, 0, 1])
def test_behind_the_grace_time_the_order_only_expires(bazaar, machine, order, past):
    until = bazaar.order(order).deadline + machine.terms.grace_time
    clock.next_block_at(until + past)
    if past <= 0:
        bazaar.deliver(order)
    else:
        with typed_error("Market_TooLate", order, until):
            bazaar.deliver(order)


@pytest.mark.parametrize("past", [-1, 0, 1])
def test_an_order_expires_by_anyone_behind_its_grace_time(bazaar, machine, order, past):
    until = bazaar.order(order).deadline + machine.terms.grace_time
    clock.next_block_at(until + past)
    if past <= 0:
        with typed_error("Market_TooEarly", order, until):
            bazaar.market.expire(order, {"from": bazaar.stranger})
    else:
        bazaar.market.expire(order, {"from": bazaar.stranger})
        assert bazaar.reputation() == Reputation(failed=1)


def test_giving_up_costs_the_order_and_a_mark(bazaar, order):
    bazaar.market.abandon(order, {"from": bazaar.worker})
    assert bazaar.reputation() == Reputation(failed=1)
    assert bazaar.reputation(bazaar.rival) == Reputation()


# The meter's own word


@pytest.fixture(scope="module")
def watched(bazaar):
    bazaar.endow(bazaar.provider)
    return bazaar.machine(status_needed=True)


@pytest.fixture(scope="module")
def needing(bazaar, watched):
    return bazaar.assigned(watched)


def test_the_meters_up_after_the_work_counts(bazaar, watched, needing):
    status = bazaar.status(watched, clock.now())
    bazaar.deliver(needing, status=status[0], signature=status[1])
    assert bazaar.stage(needing) is Stage.DELIVERED


@pytest.mark.parametrize(("apart", "word"), [(-1, "before the work"), (0, None)])
def test_an_up_from_before_the_assignment_does_not_count(bazaar, watched, needing, apart, word):
    status = bazaar.status(watched, bazaar.order(needing).assigned_at + apart)
    if word:
        with typed_error("Market_StatusRefused", needing, reason(word)):
            bazaar.deliver(needing, status=status[0], signature=status[1])
    else:
        bazaar.deliver(needing, status=status[0], signature=status[1])


@pytest.mark.parametrize("ahead", [0, 1])
def test_an_up_from_the_future_does_not_count(bazaar, watched, needing, ahead):
    now = clock.now() + 10
    status = bazaar.status(watched, now + ahead)
    clock.next_block_at(now)
    if ahead:
        with typed_error("Market_StatusRefused", needing, reason("ahead of chain time")):
            bazaar.deliver(needing, status=status[0], signature=status[1])
    else:
        bazaar.deliver(needing, status=status[0], signature=status[1])


@pytest.mark.parametrize("state", [state for state in StatusState if state is not StatusState.UP])
def test_a_machine_that_does_not_run_is_not_done(bazaar, watched, needing, state):
    status = bazaar.status(watched, clock.now(), state)
    with typed_error("Market_StatusRefused", needing, reason("not up")):
        bazaar.deliver(needing, status=status[0], signature=status[1])


def test_another_machines_word_does_not_count(bazaar, watched, needing, machine):
    status = bazaar.status(machine, clock.now())
    with typed_error("Market_StatusRefused", needing, reason("another asset")):
        bazaar.deliver(needing, status=status[0], signature=status[1])


def test_nobody_elses_signature_counts(bazaar, watched, needing, machine):
    for status in (
        bazaar.status(watched, clock.now(), key=machine.drill.meter),
        (bazaar.status(watched, clock.now())[0], b""),
    ):
        with typed_error("Market_StatusRefused", needing, reason("not signed by the meter")):
            bazaar.deliver(needing, status=status[0], signature=status[1])


def test_what_is_taken_apart_says_nothing(bazaar, watched):
    order = bazaar.assigned(watched, kind=Kind.DISMANTLE)
    bazaar.deliver(order)
    assert bazaar.stage(order) is Stage.DELIVERED


# Silence and acceptance


@pytest.mark.parametrize("past", [-1, 0, 1])
def test_silence_behind_the_inspection_accepts(bazaar, machine, order, past):
    bazaar.deliver(order)
    until = bazaar.order(order).deadline
    clock.next_block_at(until + past)
    if past <= 0:
        with typed_error("Market_TooEarly", order, until):
            bazaar.market.release(order, {"from": bazaar.worker})
    else:
        bazaar.market.release(order, {"from": bazaar.worker})
        assert bazaar.stage(order) is Stage.PAID


def test_only_the_provider_approves(bazaar, order):
    bazaar.deliver(order)
    for caller in (bazaar.worker, bazaar.watcher, bazaar.stranger, bazaar.arbiters[0]):
        with typed_error("Market_NotParty", order, caller):
            bazaar.approve(order, caller)
    bazaar.approve(order)


def test_approval_comes_at_any_time(bazaar, order):
    bazaar.deliver(order)
    clock.pass_time(40 * DAY)
    bazaar.approve(order)
    assert bazaar.stage(order) is Stage.PAID
    assert bazaar.balance(bazaar.worker) == 5 * EUR
