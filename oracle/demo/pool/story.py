"""The story: ten factories, two spare motors, three years; what the planner said, and what the chain says."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from oracle.demo.auditing import run_audit
from oracle.demo.claims import Claims
from oracle.demo.pool import figures, opening, terms, years
from oracle.demo.pool.cast import FACTORIES
from oracle.demo.pool.figures import Predicted, Seen
from oracle.demo.pool.scene import Calendar, Told, World
from oracle.demo.pool.terms import DAY
from oracle.demo.stack import LocalStack, StackOptions
from oracle.demo.stage import Stage
from oracle.parties import accounts, pools
from oracle.parties.currencies import find_currency
from oracle.types import UnixTime

LEAVER = 7


def tell(command: Sequence[str], folder: Path, stage: Stage, at_the_end: Callable[[Told], None]) -> Told:
    with ExitStack() as stack:
        world = _begin(stack, command, folder, stage)
        predicted = opening.plan(world)
        view = opening.open_pool(world)
        spares = opening.stock(world, view)
        world.calendar.begin = UnixTime(world.calendar.now() + terms.WAITING)
        drawn = years.live(world, spares)
        _compare(world, predicted, years.waits_of(drawn))
        _leave(world)
        audit = _audit(world, command)
        told = Told(world.claims, world.figures, audit, world.currency, stage.elapsed)
        at_the_end(told)
    return told


def _begin(stack: ExitStack, command: Sequence[str], folder: Path, stage: Stage) -> World:
    local = LocalStack(StackOptions(folder=folder, command=command, block_time=None))
    stack.callback(local.stop)
    local.start_chain()
    currency = find_currency(local.client, local.platform, None)
    stage.show(currency=currency)
    stage.say("Anvil runs, the contracts are deployed.")
    return World(local, stage, Claims(), currency, Calendar(local.client), folder)


def _compare(world: World, predicted: Predicted, planned: Sequence[float]) -> None:
    world.stage.scene("4 · What the chain tells, beside what the planner had said")
    seen = figures.see(world)
    claims = world.claims
    claims.equal("waits on chain = waits of the planner's run, in hours", _hours(planned), _hours(seen.waits))
    claims.equal("nobody is overtaken: spares go out in the order of claims", sorted(seen.order), list(seen.order))
    claims.true("breakdowns within the planner's range", predicted.breakdowns.holds(seen.breakdowns))
    claims.true("share helped at once within its range", predicted.at_once.holds(seen.at_once / seen.breakdowns))
    claims.true("days of waiting within its range", predicted.standing_days.holds(seen.standing_days))
    claims.equal("false claims caught", 1, seen.false_claims)
    _check_money(world)
    world.figures |= figures.document(predicted, seen)
    _say(world, predicted, seen)


def _say(world: World, predicted: Predicted, seen: Seen) -> None:
    many = predicted.breakdowns
    world.say(
        f"{seen.breakdowns} breakdowns (planned {many.mean:.1f}, nine in ten runs {many.low:.0f} to {many.high:.0f});"
        f" {seen.at_once} found a spare on the shelf, {seen.breakdowns - seen.at_once} waited"
        f" {seen.standing_days:.1f} days together."
    )
    world.say(
        f"Tied up: spares {world.text(seen.spares_value)}, and deposits, credits and cash {world.text(seen.money)} on"
        f" average; ten private spares {world.text(seen.private_value)}: {seen.saved:.0%} saved."
    )


def _check_money(world: World) -> None:
    """I-12's money: the account holds the members' and the pool's, and nothing else."""
    client, platform = world.stack.client, world.stack.platform
    view = pools.pool_view(client, platform, world.pool)
    account = pools.account_of(client, platform, world.pool)
    there = accounts.prepaid(client, platform, account, world.currency)
    world.claims.equal("the pool's account = cash + what is held", there, view.cash + view.held)
    members = pools.members_of(client, platform, world.pool)
    own = sum(one.credit + one.deposit for one in members)
    world.claims.equal("what is held = credits and deposits, with no claim open", view.held, own)


def _leave(world: World) -> None:
    world.stage.scene("5 · One leaves, and takes its part")
    client, platform = world.stack.client, world.stack.platform
    factory = world.factories[LEAVER]
    refund = pools.member_view(client, platform, factory.member).refund
    before = accounts.prepaid(client, platform, factory.wallet.address, world.currency)
    paid, _ = pools.leave(factory.wallet, factory.member)
    after = accounts.prepaid(client, platform, factory.wallet.address, world.currency)
    world.claims.equal("leaving pays what was shown before", (refund, refund), (paid, after - before))
    left = pools.pool_view(client, platform, world.pool).members
    world.claims.equal("members who stay", FACTORIES - 1, left)
    world.say(f"{factory.name} leaves with {world.text(paid)}: credit, deposit, and its part of the cash.")


def _audit(world: World, command: Sequence[str]) -> Mapping[str, Any]:
    world.stage.scene("6 · A stranger recomputes everything")
    world.say("cise audit verify: only a node's address and the Directory's.")
    code, document = run_audit(command, world.stack, world.folder / "auditor")
    world.claims.equal("exit code of the audit", 0, code)
    world.claims.true("audit: all balanced", bool(document.get("clean")))
    world.say("All balanced." if document.get("clean") else "The audit found something.")
    return document


def _hours(waits: Sequence[float]) -> list[int]:
    return [round(wait * DAY / terms.HOUR) for wait in waits]
