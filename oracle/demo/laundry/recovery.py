"""The first ending: use comes back, the round gets back on plan, and the maker buys the machine back."""

from oracle.demo.laundry.beginning import AS_USUAL, BAD, join
from oracle.demo.laundry.cast import NEWCOMER, Role
from oracle.demo.laundry.leaving import leave
from oracle.demo.laundry.months import behind_plan, bring_to_date, pass_month
from oracle.demo.laundry.terms import BUYBACK_POINTS, PLAN_MONTHS
from oracle.demo.laundry.world import Life, World
from oracle.demo.service.steps import owner_of
from oracle.domain.rounds import RoundState
from oracle.parties import guarantees, rounds
from oracle.types import UnixTime

BAD_MONTHS = 12
"""The bad half year ends with this month."""


def recover(world: World, life: Life) -> None:
    world.stage.scene("4 · First ending: use comes back, and the maker buys the machine back")
    _come_back(world, life)
    leave(world, life, [house.role for house in life.households])
    bring_to_date(world, life, UnixTime(world.now() + 1))
    _pay_off(world, life)
    _sell_back(world, life)


def _come_back(world: World, life: Life) -> None:
    while life.month < BAD_MONTHS:
        pass_month(world, life, BAD)
    world.claims.equal("the bad half year ends", RoundState.LATE.words, life.states[-1].words)
    join(world, life, NEWCOMER)
    world.say(f"After a year the round is {behind_plan(world, life)} days behind. {NEWCOMER.label} moves in.")
    while pass_month(world, life, AS_USUAL) is not RoundState.ON_PLAN and life.month < PLAN_MONTHS:
        continue
    world.claims.equal("and by rule the round comes back", RoundState.ON_PLAN.words, life.states[-1].words)
    world.say(f"Month {life.month}: five households wash, and the round is back on plan.")
    while life.month < PLAN_MONTHS:
        pass_month(world, life, AS_USUAL)
    world.claims.equal("after two years the round is", RoundState.ON_PLAN.words, life.states[-1].words)


def _pay_off(world: World, life: Life) -> None:
    """The laundry has saved its share of the fees: the last instalment, for which the maker will make good."""
    laundry, view = world.wallet(Role.LAUNDRY), life.view(world)
    received, saved = view.received, world.balance(Role.LAUNDRY)
    most = rounds.usual_most(world.client, world.platform, view)
    paid, _ = rounds.buy_out(laundry, view, most)
    world.claims.equal("the round ends", RoundState.REPAID.words, life.view(world).state.words)
    world.claims.true("the last instalment is less than the floor", paid < BUYBACK_POINTS[0][1])
    world.say(
        f"Two years of use have paid {world.text(received)} into the round. The laundry pays the last"
        f" {world.text(paid)} out of the {world.text(saved)} that it has, for the maker stands for more."
    )


def _sell_back(world: World, life: Life) -> None:
    laundry = world.wallet(Role.LAUNDRY)
    view = guarantees.buyback_view(world.client, world.platform, life.guarantee)
    status = life.machine.up(world.now())
    exercised, _ = guarantees.exercise(laundry, view, status, guarantees.usual_least(laundry, view, status))
    world.claims.equal("the maker has its machine back", Role.MAKER.address, owner_of(laundry, life.asset))
    world.claims.equal("the guarantee is paid in full", 0, exercised.owed)
    world.claims.equal("it reads the meter's own odometer", life.machine.meter.odometer, exercised.odometer)
    world.say(
        f"The lien is gone. The meter signs {exercised.odometer:,} washes, fewer than the guarantee includes; the maker"
        f" takes the machine back for {world.text(exercised.paid)}."
    )
