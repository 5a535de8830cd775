"""The second ending: nobody washes any more, the round defaults, its holders vote, and the title is auctioned."""

from functools import partial

from oracle.demo.laundry.cast import ANYBODY, HOUSEHOLDS, Role
from oracle.demo.laundry.leaving import leave
from oracle.demo.laundry.months import behind_plan, bring_to_date, pass_month
from oracle.demo.laundry.terms import BIDS, STAKES, TRANCHES
from oracle.demo.laundry.world import Life, Use, World
from oracle.demo.service.steps import owner_of
from oracle.domain.rounds import RoundState
from oracle.parties import auctions, ballots, guarantees, rounds
from oracle.parties.auctions import AuctionView
from oracle.types import BaseUnits, UnixTime

LAST_CUSTOMER = Role.DAVID
HARDLY: Use = {LAST_CUSTOMER: 0.2}
MOST_MONTHS = 24


def collapse(world: World, life: Life) -> None:
    world.stage.scene("5 · Second ending: the same ten months, then hardly anybody washes")
    _empty(world, life)
    _vote(world, life)
    leave(world, life, [LAST_CUSTOMER])
    _auction(world, life)


def _empty(world: World, life: Life) -> None:
    leave(world, life, [role for role in HOUSEHOLDS if role is not LAST_CUSTOMER])
    world.say("A laundrette opens across the street. Three households give notice and have their holds back.")
    seen = [life.states[-1]]
    while life.states[-1] is not RoundState.DEFAULTED and life.month < MOST_MONTHS:
        if pass_month(world, life, HARDLY) is not seen[-1]:
            seen.append(life.states[-1])
            days = behind_plan(world, life)
            world.say(f"Month {life.month}: {days} days behind plan: {life.states[-1].words}, by rule.")
    world.claims.equal("by rule", "late, impaired, defaulted", ", ".join(state.words for state in seen))


def _vote(world: World, life: Life) -> None:
    """No is the auction: the maker's floor opens only with the machine's second birthday."""
    view = guarantees.buyback_view(world.client, world.platform, life.guarantee)
    world.claims.true("the guarantee cannot be exercised yet", world.now() < view.terms.window_from)
    weight = 0
    for role, tranche in STAKES:
        weight += ballots.vote(world.wallet(role), life.round, tranche, False)[0]
        if role is Role.ANNA:
            _locked(world, life, tranche)
    ballot = ballots.ballot_view(world.client, world.platform, life.round)
    assert ballot is not None, "a default opens one"
    world.claims.true("all principal has voted, once", 0 <= ballot.weight - weight < len(STAKES))
    carried, _ = ballots.decide(world.wallet(ANYBODY), life.round)
    world.claims.equal("the holders want the buyback", False, carried)
    world.say(
        "The holders vote with their positions locked. The maker's floor opens only after two years: all vote for an"
        " auction."
    )


def _locked(world: World, life: Life, tranche: int) -> None:
    anna, name = world.wallet(Role.ANNA), TRANCHES[tranche].name
    sell = partial(rounds.transfer, anna, life.round, tranche, Role.DEALER.address, BaseUnits(1))
    world.claims.refused(f"{name}: what has voted is not sold before the decision", "Financing_PositionLocked", sell)
    again = partial(ballots.vote, anna, life.round, tranche, True)
    world.claims.refused(f"{name}: nobody votes twice", "Financing_NoPosition", again)


def _auction(world: World, life: Life) -> None:
    bring_to_date(world, life, UnixTime(world.now() + 1))
    number, _ = auctions.start_auction(world.wallet(ANYBODY), life.round, life.asset)
    auction = auctions.auction_view(world.client, world.platform, number)
    for role, units in BIDS:
        world.deposit(role, max(0, units - world.balance(role)))
        auctions.bid(world.wallet(role), auction, BaseUnits(units))
    low = partial(auctions.bid, world.wallet(Role.DEALER), auction, BaseUnits(BIDS[-1][1]))
    world.claims.refused("a bid must be higher than the last", "Auction_BidTooLow", low)
    world.say(
        f"Auction {number} from {world.text(auction.reserve)} on: "
        + ", ".join(f"{role.label} {world.text(units)}" for role, units in BIDS)
        + "."
    )
    _hand_over(world, life, auction)


def _hand_over(world: World, life: Life, auction: AuctionView) -> None:
    winner, price = BIDS[-1]
    world.run([], auction.closes_at)
    settled, _ = auctions.settle(world.wallet(ANYBODY), life.round, life.asset)
    world.claims.equal("the title goes to the highest bid", winner.address, owner_of(world.wallet(winner), life.asset))
    world.claims.equal("for the price", price, None if settled is None else settled.proceeds)
    world.claims.equal("the round ends", RoundState.RECOVERED.words, life.view(world).state.words)
    floor = guarantees.price_now(world.client, world.platform, life.asset)
    world.claims.equal("the guarantee travels with the title", life.guarantee, floor.guarantee)
    world.say(
        f"{winner.label} has the machine for {world.text(price)}, and the maker's guarantee with it. The price runs"
        " down the tranches; what is missing is lost from the bottom up."
    )
