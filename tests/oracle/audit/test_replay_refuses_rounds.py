"""What the contracts of rounds must refuse, the replay refuses too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from oracle.audit.replay.world import Call, Refused
from oracle.audit.waterfall import UNCAPPED
from tests.oracle.audit.beginning import ANNA, BERT, CLARA, COMMUNITY, FLEET, REPAIRER
from tests.oracle.audit.financed import PURSE, Financed
from tests.oracle.audit.seen import Seen
from tests.oracle.audit.support import DAY, Actor, copied

PAID, FAILED, SOLD, WELL, IN_DEFAULT = 1, 2, 4, 8, 9
"""Rounds as the story leaves them; WELL has an open ballot that ANNA, who holds it all, has voted in."""
PLEDGED, FOR_SALE, UNSOLD = 10, 11, 12
"""Machines of the two last rounds."""
STANDING = 6
"""The auction with a bid."""
PROVIDER = REPAIRER

Act = Callable[[Any, Actor], object]


def opened(world: Any, actor: Actor, **changes: Any) -> None:
    """A sound request, but for the changes: of the terms by name, or of tranches, plan, ids, guarantees and others."""
    terms = world.round_book.of(SOLD)
    number = len(world.assets.assets)
    parts = {"tranches": terms.tranches, "plan": terms.plan, "ids": (number,), "guarantees": (0,), "others": ()}
    parts |= {name: changes.pop(name) for name in list(changes) if name in parts}
    named = terms.named | {"deadline": actor.now + DAY} | changes
    about = (parts["ids"], parts["guarantees"], parts["others"])
    world.assets.known(number).owner = actor.names[PROVIDER]
    world.round_book.open(actor.call(PROVIDER), tuple(named.values()), parts["tranches"], parts["plan"], about)


def by(world: Any, actor: Actor, contract: str, later: int = 0) -> Call:
    """A call that one contract of the platform makes of another."""
    return Call(getattr(world, contract).address, actor.now + later, 1, "0x")


def used(world: Any, actor: Actor, worker: int, kind: int = 1, contract: str = "market") -> None:
    call = by(world, actor, contract)
    world.collateral.use_reserve(call, PLEDGED, kind, actor.names[worker], actor.euro, 1)


def transferred(world: Any, actor: Actor, by_whom: int, token: int, amounts: tuple[int, ...]) -> None:
    names = actor.names
    world.rounds.transfer(actor.call(by_whom), names[ANNA], names[BERT], (token,), amounts)


def without_a_price(world: Any, actor: Actor) -> None:
    world.rounds.rounds[WELL].tranches[0].cap_bps = UNCAPPED
    world.rounds.buy_out(actor.call(PROVIDER), WELL, PURSE)


def late(world: Any, actor: Actor) -> None:
    world.rounds.rounds[WELL].state = 1
    world.rounds.rounds[WELL].tranches[0].invested = 0
    world.rounds.rounds[WELL].raised = 0
    world.rounds.invest(Call(actor.names[ANNA], 1, 1, "0x"), WELL, 0, 7, 8)


def foreign_lien(world: Any, actor: Actor) -> None:
    world.collateral.round_of[PLEDGED] = 0
    world.assets.known(PLEDGED).lienholder = actor.names[BERT]
    world.collateral.pledge(by(world, actor, "rounds"), WELL, actor.names[PROVIDER], world.assets.known(PLEDGED).split)


def too_much(world: Any, actor: Actor) -> None:
    world.round_book.of(WELL).named["monthlyOrders"] = 0
    used(world, actor, CLARA)


TRANCHE = (500_009, 0, 700, 0, 0)
REFUSED: dict[str, tuple[str, Act]] = {
    "no round": ("no round", lambda w, a: w.rounds.distribute(a.call(BERT), 99)),
    "money of a round that is over": ("not running", lambda w, a: w.rounds.distribute(a.call(BERT), PAID)),
    "an investment late": ("another state", lambda w, a: w.rounds.invest(a.call(ANNA), WELL, 0, 5, 0)),
    "an investment cut too far": ("cut below", late),
    "a start twice": ("another state", lambda w, a: w.rounds.start(a.call(BERT), WELL)),
    "a cancel by a stranger": ("another state", lambda w, a: w.rounds.cancel(a.call(BERT), WELL)),
    "an opening past the book": (
        "only the book", lambda w, a: w.rounds.open(a.call(BERT), 10, a.names[BERT], a.euro, 1, ()),
    ),
    "a conclusion by a stranger": ("only the collateral", lambda w, a: w.rounds.conclude(a.call(BERT), IN_DEFAULT)),
    "the surplus of a round that runs": ("not over", lambda w, a: w.rounds.skim_surplus(a.call(BERT), WELL)),
    "a price too high": ("more than the buyer", lambda w, a: w.rounds.buy_out(a.call(PROVIDER), WELL, 1)),
    "a share without a price": ("has no price", without_a_price),
    "a claim twice": ("nothing to claim", lambda w, a: w.rounds.claim(a.call(BERT), SOLD, 0, a.names[ANNA])),
    "a refund of a round that runs": (
        "another state", lambda w, a: w.rounds.refund(a.call(BERT), WELL, 0, a.names[ANNA]),
    ),
    "a refund twice": ("no position", lambda w, a: w.rounds.refund(a.call(BERT), FAILED, 0, a.names[ANNA])),
    "burning too early": ("not over", lambda w, a: w.rounds.burn(a.call(ANNA), WELL, 0)),
    "a position that votes": ("voting", lambda w, a: transferred(w, a, ANNA, WELL << 8, (1,))),
    "another's position": ("holder's doing", lambda w, a: transferred(w, a, BERT, WELL << 8, (1,))),
    "more than the position": ("more than", lambda w, a: transferred(w, a, ANNA, SOLD << 8, (10**9,))),
    "half a batch": ("differ in number", lambda w, a: transferred(w, a, ANNA, SOLD << 8, ())),
    "a vote twice": ("has not voted", lambda w, a: w.ballots.vote(a.call(ANNA), WELL, 0, True)),
    "a vote too late": ("no open ballot", lambda w, a: w.ballots.vote(a.call(ANNA), IN_DEFAULT, 0, True)),
    "a vote without a question": ("no ballot", lambda w, a: w.ballots.vote(a.call(ANNA), FAILED, 0, True)),
    "a decision twice": ("decided already", lambda w, a: w.ballots.decide(a.call(BERT), IN_DEFAULT)),
    "two questions": ("one question", lambda w, a: w.ballots.propose_consent(a.call(ANNA), WELL, a.names[BERT], 0)),
    "a question by a stranger": (
        "no holder", lambda w, a: w.ballots.propose_consent(a.call(FLEET), WELL, a.names[BERT], 0),
    ),
    "a question in default": (
        "not running well", lambda w, a: w.ballots.propose_consent(a.call(ANNA), IN_DEFAULT, a.names[BERT], 0),
    ),
    "a default by word": ("only the collateral", lambda w, a: w.ballots.open_default(a.call(BERT), WELL)),
    "a secured round written off": (
        "innovation", lambda w, a: w.ballots.propose_write_off(a.call(ANNA), IN_DEFAULT, 0),
    ),
    "written off without a vote": ("innovation", lambda w, a: w.collateral.write_off(a.call(ANNA), IN_DEFAULT)),
    "a machine sold twice": ("not for sale", lambda w, a: w.collateral.auction(a.call(BERT), IN_DEFAULT, FOR_SALE)),
    "a machine of a good round sold": (
        "not in default", lambda w, a: w.collateral.auction(a.call(BERT), WELL, PLEDGED),
    ),
    "a sale that never began": (
        "no auction runs", lambda w, a: w.collateral.complete_auction(a.call(BERT), IN_DEFAULT, UNSOLD),
    ),
    "a sale closed early": (
        "still open", lambda w, a: w.collateral.complete_auction(a.call(BERT), IN_DEFAULT, FOR_SALE),
    ),
    "a sale closed by a stranger": (
        "only the collateral", lambda w, a: w.auctions.close(a.call(BERT), STANDING, True, a.names[BERT]),
    ),
    "a bid too low": ("too low", lambda w, a: w.auctions.bid(a.call(BERT), STANDING, 300_008)),
    "a bid too late": ("over", lambda w, a: w.auctions.bid(by(w, a, "rounds", 8 * DAY), STANDING, 10**9)),
    "a bid for nothing": ("no auction 99", lambda w, a: w.auctions.bid(a.call(BERT), 99, 1)),
    "a buyback that nobody voted for": (
        "did not decide", lambda w, a: w.collateral.exercise_buyback(a.call(BERT), IN_DEFAULT, UNSOLD, b""),
    ),
    "a claim that nobody paid": ("nothing was paid", lambda w, a: w.collateral.collect_claim(a.call(BERT), 99)),
    "a lien given back early": ("in a round", lambda w, a: w.collateral.release(a.call(PROVIDER), PLEDGED)),
    "fees led away": ("in a round", lambda w, a: w.collateral.consent_to_repoint(a.call(PROVIDER), PLEDGED, 1)),
    "a pledge by word": ("only CoFinancing", lambda w, a: w.collateral.pledge(a.call(BERT), WELL, a.names[BERT], 1)),
    "a machine in two rounds": (
        "is in a round", lambda w, a: w.collateral.pledge(by(w, a, "rounds"), WELL, a.names[PROVIDER], 1),
    ),
    "another's lien": ("lien alone", foreign_lien),
    "a signer without consent": (
        "consented", lambda w, a: w.collateral.check_permit_signer(PLEDGED, a.names[PROVIDER]),
    ),
    "the reserve by a stranger": ("only ServiceMarket", lambda w, a: used(w, a, BERT, contract="rounds")),
    "the provider's own order": ("with consent", lambda w, a: used(w, a, PROVIDER)),
    "a core from the reserve": ("with consent", lambda w, a: used(w, a, BERT, kind=5)),
    "too many orders in a month": ("a month's", too_much),
    "terms in another currency": ("not admitted", lambda w, a: opened(w, a, currency=a.names[BERT])),
    "a minimum above the target": ("minimum", lambda w, a: opened(w, a, minimum=10**9)),
    "use without a price": ("without a price", lambda w, a: opened(w, a, unbilledBps=1)),
    "terms without a text": ("without a text", lambda w, a: opened(w, a, termsHash=bytes(32))),
    "an absurd rate": ("rate", lambda w, a: opened(w, a, tranches=((500_010, 0, 10_001, 0, 0),))),
    "a cap below the money": ("cap", lambda w, a: opened(w, a, tranches=((500_010, 0, 0, 9_999, 0),))),
    "tranches below the target": ("smaller", lambda w, a: opened(w, a, tranches=(TRANCHE,))),
    "more than all of the rest": ("residuals", lambda w, a: opened(w, a, tranches=((10**6, 0, 0, 0, 10_001),))),
    "a plan that falls": ("amount", lambda w, a: opened(w, a, plan=((1, 5), (2, 4)))),
    "an asset twice": ("twice", lambda w, a: opened(w, a, ids=(4, 4), guarantees=(0, 0))),
    "another's title": ("not the owner", lambda w, a: opened(w, a, ids=(7,))),
    "a guarantee that has ended": ("does not fit", lambda w, a: opened(w, a, guarantees=(1,))),
    "a guarantee that is none": ("no guarantee", lambda w, a: opened(w, a, guarantees=(99,))),
}  # fmt: skip


@pytest.fixture
def world(financed_honest: Seen) -> Any:
    """A copy of the books that a test may spoil."""
    return copied(financed_honest.world)


@pytest.mark.parametrize("case", REFUSED)
def test_the_replay_refuses(world: Any, financed: Financed, case: str) -> None:
    words, act = REFUSED[case]
    with pytest.raises(Refused, match=words):
        act(world, Actor(financed.on))


def test_a_sound_request_is_not_refused(world: Any, financed: Financed) -> None:
    opened(world, Actor(financed.on))
    assert len(world.round_book.terms) == IN_DEFAULT + 1
    assert world.accounts.balances[world.rounds.account_of(IN_DEFAULT + 1), 0] == 0


def test_a_paused_book_takes_nothing_new(world: Any, financed: Financed) -> None:
    world.round_book.paused_until = 2**40
    for act in (lambda: opened(world, Actor(financed.on)), lambda: late(world, Actor(financed.on))):
        with pytest.raises(Refused, match="paused"):
            act()
    world.rounds.distribute(Actor(financed.on).call(COMMUNITY), IN_DEFAULT)
