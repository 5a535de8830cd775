"""What the contracts must refuse, the replay refuses too: a chain that let it pass would be found out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from oracle.audit.replay.world import Refused
from tests.oracle.audit.beginning import ANNA, CLARA, FLEET, GUARDIAN, LISTING
from tests.oracle.audit.economy import Story
from tests.oracle.audit.seen import Seen
from tests.oracle.audit.support import Actor, copied

FOREVER = 2**40 - 1
TOKEN = b"\x09" * 20
NO_WORD = bytes(32)


@pytest.fixture
def world(honest: Seen) -> Any:
    """A copy of the books that a test may spoil."""
    return copied(honest.world)


Act = Callable[[Any, Actor], None]


REFUSED: dict[str, tuple[str, Act]] = {
    "more than the balance": ("balance", lambda w, a: w.accounts.withdraw(a.call(ANNA), a.euro, 10**30, a.names[0])),
    "nothing": ("nothing", lambda w, a: w.accounts.withdraw(a.call(ANNA), a.euro, 0, a.names[0])),
    "to nobody": ("nobody", lambda w, a: w.accounts.withdraw(a.call(ANNA), a.euro, 1, bytes(20))),
    "a stranger's balance": (
        "allowance",
        lambda w, a: w.accounts.transfer_from(a.call(0), a.names[ANNA], a.names[0], 1, 1),
    ),
    "somebody's sub-account": (
        "balance",
        lambda w, a: w.accounts.move_from(a.call(0), bytes(32), a.names[0], a.euro, 1),
    ),
    "a deposit of an unknown token": ("admitted", lambda w, a: w.accounts.deposit(a.call(0), TOKEN, a.names[0], 1)),
    "the ledger's own account": (
        "no account",
        lambda w, a: w.accounts.transfer(a.call(ANNA), w.accounts.address, 1, 0),
    ),
    "a currency by anybody": ("role", lambda w, a: w.accounts.admit_currency(a.call(0), TOKEN)),
    "a pause by anybody": ("role", lambda w, a: w.offers.pause(a.call(0))),
    "an unsigned form": (
        "not signed",
        lambda w, a: w.accounts.allow(a.call(0), (a.names[ANNA], a.names[0], a.euro, 1, 123, 2**40 - 1), b""),
    ),
    "an expired form": (
        "expired",
        lambda w, a: w.accounts.allow(a.call(0), (a.names[ANNA], a.names[0], a.euro, 1, 123, 5), b""),
    ),
    "a nonce cancelled twice": ("nonce", lambda w, a: w.accounts.cancel_nonce(a.call(CLARA), 6)),
    "another's asset": ("title owner", lambda w, a: w.assets.set_lifecycle(a.call(ANNA), 1, 2, bytes(32))),
    "an unknown asset": ("no asset", lambda w, a: w.assets.release_lien(a.call(ANNA), 77)),
    "another's title": (
        "title owner",
        lambda w, a: w.assets.transfer_from(a.call(ANNA), a.names[FLEET], a.names[ANNA], 1),
    ),
    "retiring what is open": ("open", lambda w, a: w.assets.set_lifecycle(a.call(FLEET), 1, 4, bytes(32))),
    "a meter set by anybody": ("registry", lambda w, a: w.assets.set_meter(a.call(ANNA), 1, a.names[0], 9)),
    "an unknown split": ("no split", lambda w, a: w.splits.distribute(a.call(0), 99, a.euro)),
    "another's split": ("controller", lambda w, a: w.splits.change_shares(a.call(ANNA), 1, ((a.names[0], 1),))),
    "an unknown tariff": ("no tariff", lambda w, a: w.offers.offer(a.call(FLEET), 1, 99, True, 2**40 - 1)),
    "an offer of a retired asset": ("retired", lambda w, a: _retired(w, a)),
    "an unknown agreement": ("no agreement", lambda w, a: w.agreements.accrue(a.call(0), 99)),
    "closing what runs": ("not ended", lambda w, a: w.agreements.close(a.call(0), 3)),
    "closing twice": ("closed", lambda w, a: w.agreements.close(a.call(0), 1)),
    "a refill after the end": ("refill", lambda w, a: w.agreements.refill(a.call(0), 5)),
    "another's cap": ("customer", lambda w, a: w.agreements.set_cap(a.call(0), 3, 1, 1)),
    "a batch that is none": ("version", lambda w, a: w.agreements.settle(a.call(0), b"\x07")),
    "a reading of nobody": (
        "no such agreement",
        lambda w, a: w.agreements.settle_signed(a.call(0), (99, 1, 1, 1, 0, 0, 0, 0, 0, 0, bytes(32)), b""),
    ),
    "a stale reading": (
        "stale",
        lambda w, a: w.agreements.settle_signed(a.call(0), (3, 3, 0, 1, 0, 0, 0, 0, 0, 0, bytes(32)), bytes(64)),
    ),
    "nothing to skim": ("surplus", lambda w, a: w.agreements.skim_surplus(a.call(0), TOKEN)),
    "more credit than settled": ("settled", lambda w, a: w.credits.credit_note(a.call(FLEET), 5, 1, 10**20, bytes(32))),
    "activation of nothing": ("nothing", lambda w, a: w.meters.activate(a.call(0), 2)),
    "a lock": ("locked", lambda w, a: w.authority.label_role(a.call(LISTING), 0, "x")),
    "a schedule without delay": (
        "schedule",
        lambda w, a: w.authority.schedule(a.call(LISTING), w.offers.address, b"1234", 0),
    ),
    "an execution by anybody": ("role", lambda w, a: w.authority.execute(a.call(ANNA), w.offers.address, b"1234")),
    "nothing to cancel": (
        "nothing",
        lambda w, a: w.authority.cancel(a.call(LISTING), a.names[0], w.offers.address, b"1234"),
    ),
    "a closed target": ("role", lambda w, a: _closed(w, a)),
}


def _retired(world: Any, actor: Actor) -> None:
    world.assets.assets[3].lifecycle = 4
    world.offers.offer(actor.call(FLEET), 3, 1, True, 2**40 - 1)


def _closed(world: Any, actor: Actor) -> None:
    world.authority.set_target_closed(actor.call(LISTING), world.assets.address, True)
    world.assets.pause(actor.call(GUARDIAN))


@pytest.mark.parametrize("case", REFUSED)
def test_the_replay_refuses(world: Any, story: Story, case: str) -> None:
    words, act = REFUSED[case]
    with pytest.raises(Refused, match=words):
        act(world, Actor(story.platform))
