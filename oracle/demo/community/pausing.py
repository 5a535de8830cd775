"""A pause of everything that can be paused: new obligations stop, every exit goes on, and it ends by itself."""

from oracle.demo.community import machine
from oracle.demo.community.cast import FOUNDERS, STRANGERS, Role
from oracle.demo.community.machine import Drill
from oracle.demo.community.scene import EUR, World
from oracle.parties import accounts, agreements, governing, splits
from oracle.types import BaseUnits

MORE = 6 * EUR


def pause(world: World, drill: Drill) -> None:
    world.stage.scene("5 · A pause that no exit feels")
    everything = governing.pausable(world.platform)
    first, second = world.wallet(Role.GUARDIAN), world.wallet(Role.SECOND_GUARDIAN)
    world.claims.refused(
        "a pause by a founder", "Guardian_NotGuardian", lambda: governing.pause(world.wallet(3), everything)
    )
    governing.pause(first, everything)
    world.claims.equal("paused by one guardian", [], governing.paused(world.client, world.platform))
    governing.pause(second, everything)
    paused = governing.paused(world.client, world.platform)
    world.claims.equal("paused by two", list(governing.PAUSABLE), paused)
    customer = world.wallet(Role.CUSTOMER)
    deposit = accounts.deposit
    world.claims.refused("a deposit", "EnforcedPause", lambda: deposit(customer, world.currency, BaseUnits(EUR)))
    world.claims.refused("an offer", "EnforcedPause", lambda: machine.offer(world, drill))
    _leave(world, drill)
    world.wait(13)
    world.claims.equal("still paused after 13 days", paused, governing.paused(world.client, world.platform))
    world.wait(1.01)
    world.claims.equal("paused after 14", [], governing.paused(world.client, world.platform))
    world.fund(Role.CUSTOMER, EUR)
    world.claims.refused("the next pause", "Guardian_PauseTooSoon", lambda: governing.pause(first, everything))
    world.say(
        "Deposits and offers stopped for 14 days; the agreement settled, ended, closed and paid out all the same."
    )


def _leave(world: World, drill: Drill) -> None:
    """Use settles, the agreement ends and closes, fees are distributed, the money is taken home."""
    customer = world.wallet(Role.CUSTOMER)
    machine.use(world, drill, MORE)
    agreements.end(customer, drill.agreement)
    world.wait(0.1)
    agreements.close(world.wallet(Role.CARRIER), drill.agreement)
    splits.distribute(world.wallet(Role.CARRIER), drill.split, world.currency)
    kept = world.balance(Role.CUSTOMER)
    before = _wallet(world)
    accounts.withdraw(customer, world.currency, BaseUnits(kept), customer.address)
    world.claims.equal("taken home while everything is paused", kept, _wallet(world) - before)
    world.claims.equal("left in the customer's account", 0, world.balance(Role.CUSTOMER))


def settle_up(world: World) -> None:
    """I-14: what is left in the ledger at the end is the community's, to the unit."""
    world.stage.scene("7 · Everybody takes their money home")
    for who in (*FOUNDERS, Role.ANNA, Role.CUSTOMER, *range(Role.STRANGERS, Role.STRANGERS + STRANGERS)):
        if (amount := world.balance(who)) > 0:
            accounts.withdraw(world.wallet(who), world.currency, BaseUnits(amount), world.address(who))
    supply = world.platform.accounts.functions.totalSupply(int(world.currency.address, 16))
    held = governing.community(world.client, world.platform, world.currency)
    total = world.client.call(supply)
    world.claims.equal("left in the ledger: what belongs to all", held.free + held.set_aside, total)
    world.figures["left"] = str(total)
    world.say(f"{world.currency.text(total)} stay: the community's, until members decide.")


def _wallet(world: World) -> int:
    found = accounts.balances(world.client, world.platform, world.address(Role.CUSTOMER), world.currency)
    return int(found.wallet)
