"""What Components, EndOfLife and Reservations must refuse, the replay refuses too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from oracle.audit.replay.world import ZERO, Refused
from oracle.audit.verify import Audit
from tests.oracle.audit.beginning import ANNA, BERT, CLARA, FLEET, OWNER, REPAIRER
from tests.oracle.audit.economy import Story
from tests.oracle.audit.support import Actor, copied

MACHINE, MOTOR, DRUM, SEAL, OTHER = range(4, 9)
"""As the story leaves them: the machine is Bert's and retired, the drum stands in it, the seal in Clara's motor."""
WORD = b"\x01" * 32
NO_REASON = (ZERO, 0)
RETIRED, RECYCLE = 4, 7

Act = Callable[[Any, Actor], None]


def last(world: Any) -> int:
    """The booking that still stands."""
    return len(world.reservations.bookings)


REFUSED: dict[str, tuple[str, Act]] = {
    "a part twice": ("stands in another", lambda w, a: w.components.attach(a.call(CLARA), SEAL, OTHER, NO_REASON)),
    "a circle": ("in itself", lambda w, a: w.components.attach(a.call(CLARA), MOTOR, SEAL, NO_REASON)),
    "a part of what is retired": (
        "retired",
        lambda w, a: w.components.attach(a.call(OWNER), OTHER, MACHINE, NO_REASON),
    ),
    "a step without a reason": (
        "assembling maker",
        lambda w, a: w.components.attach(a.call(CLARA), OTHER, MOTOR, NO_REASON),
    ),
    "a reason of nobody": (
        "no recorder",
        lambda w, a: w.components.detach(a.call(CLARA), SEAL, a.names[CLARA], (a.names[ANNA], 1)),
    ),
    "a step that is none": (
        "no such step",
        lambda w, a: w.components.detach(a.call(CLARA), SEAL, a.names[CLARA], (w.end_of_life.address, 1)),
    ),
    "without the owner": ("consent", lambda w, a: w.components.detach(a.call(ANNA), SEAL, a.names[ANNA], NO_REASON)),
    "taking out what is no part": (
        "no part",
        lambda w, a: w.components.detach(a.call(CLARA), MOTOR, a.names[CLARA], NO_REASON),
    ),
    "a part under the machine's lien": ("lien on the machine", lambda w, a: _pledged(w, a)),
    "a second lien": ("lien", lambda w, a: _second_lien(w, a)),
    "a part alone": (
        "moves with its machine",
        lambda w, a: w.assets.transfer_from(a.call(CLARA), a.names[CLARA], a.names[ANNA], SEAL),
    ),
    "placing by anybody": ("components", lambda w, a: w.assets.place(a.call(CLARA), (SEAL,), 0, a.names[CLARA])),
    "offering a part": ("part", lambda w, a: w.assets.require_offerable(a.call(CLARA), SEAL)),
    "offering without take-back": ("policy", lambda w, a: w.assets.require_offerable(a.call(OWNER), OTHER)),
    "retiring undecided": ("decided", lambda w, a: w.assets.set_lifecycle(a.call(OWNER), OTHER, RETIRED, WORD)),
    "another's promise": ("maker", lambda w, a: w.end_of_life.promise_take_back(a.call(ANNA), OTHER, 2**40 - 1, WORD)),
    "a shorter promise": (
        "longer",
        lambda w, a: w.end_of_life.promise_take_back(a.call(REPAIRER), 1, 2**40 - 2, b"terms".ljust(32, b"\0")),
    ),
    "a decision about a part": (
        "count on",
        lambda w, a: w.end_of_life.decide(a.call(CLARA), SEAL, RECYCLE, ZERO, WORD, ""),
    ),
    "acceptance by another": ("awaits", lambda w, a: w.end_of_life.accept_title(a.call(ANNA), MACHINE)),
    "recovery of nothing": ("lines", lambda w, a: w.end_of_life.record_recovery(a.call(BERT), MACHINE, (), WORD)),
    "recovery undecided": (
        "decided",
        lambda w, a: w.end_of_life.record_recovery(a.call(OWNER), OTHER, ((WORD, 1, 0),), WORD),
    ),
    "a booking without rules": ("no rules", lambda w, a: w.reservations.book(a.call(ANNA), 3, 0, 3_600, 0)),
    "rules of another": ("provider", lambda w, a: w.reservations.stop_booking(a.call(ANNA), 3)),
    "a slot that is taken": ("taken", lambda w, a: _again(w, a)),
    "a check-in by another": ("customer", lambda w, a: w.reservations.check_in(a.call(CLARA), last(w))),
    "a forfeit too early": ("proved", lambda w, a: w.reservations.forfeit(a.call(CLARA), last(w))),
    "an end that has been": ("elsewhere", lambda w, a: w.reservations.cancel(a.call(ANNA), 1)),
    "no reservation": ("no reservation", lambda w, a: w.reservations.release(a.call(ANNA), 99)),
    "no deposits to skim": ("surplus", lambda w, a: w.reservations.skim_surplus(a.call(ANNA), a.euro)),
}


def _pledged(world: Any, actor: Actor) -> None:
    decision = world.end_of_life
    decision.decide(actor.call(CLARA), MOTOR, RECYCLE, actor.names[CLARA], WORD, "")
    world.assets.assets[MOTOR].lienholder = actor.names[ANNA]
    step = (decision.address, len(decision.decisions))
    world.components.detach(actor.call(CLARA), SEAL, actor.names[CLARA], step)


def _second_lien(world: Any, actor: Actor) -> None:
    world.assets.place_lien(actor.call(CLARA), MOTOR, actor.names[ANNA])
    world.assets.place_lien(actor.call(CLARA), SEAL, actor.names[BERT])


def _again(world: Any, actor: Actor) -> None:
    booking = world.reservations.bookings[-1]
    world.reservations.present[3].provider = actor.names[FLEET]
    world.reservations.book(actor.call(ANNA), 3, booking.begin, booking.until, 0)


@pytest.fixture
def world(honest: Audit) -> Any:
    """A copy of the books that a test may spoil."""
    return copied(honest.world)


@pytest.mark.parametrize("case", REFUSED)
def test_the_replay_refuses(world: Any, story: Story, case: str) -> None:
    words, act = REFUSED[case]
    with pytest.raises(Refused, match=words):
        act(world, Actor(story.platform))
