"""Scenes of a working life: use that fills the reserve, a repair that the machine asked for, a dispute, an upgrade."""

from functools import partial

from oracle.demo.service import steps, terms
from oracle.demo.service.cast import Role
from oracle.demo.service.machine import HOUR_MS
from oracle.demo.service.making import Life, hire
from oracle.demo.service.scene import World
from oracle.parties import components, orders
from oracle.types import OrderId, Seconds

WHOLE = 10_000
FIRST_WEEKS, WEARING, UNTIL_SERVICE, AFTER_UPGRADE = 30, 25, 60, 40
"""Hours of running."""
WEAR = 40
"""Permille of vibration more for each hour, while the bearing wears."""


def serve(world: World, life: Life) -> None:
    world.stage.scene("2 · It serves, and puts aside for its own service")
    paid = hire(world, life, life.first, "220")
    world.say(f"A customer pays in {world.text(paid)} and hires it, {world.text(life.tariff[1].hold_target)} held.")
    used = world.work(life.first.served, FIRST_WEEKS)
    _fill(world, life, used, f"{FIRST_WEEKS} hours of signed readings")


def repair(world: World, life: Life) -> None:
    world.stage.scene("3 · It asks for a repair by itself; three repairers bid")
    machine, served = life.first.asset, life.first.served
    served.drill.wear = WEAR
    used = world.work(served, WEARING)
    _fill(world, life, used, f"{WEARING} hours more, and the bearing wears")
    order = world.await_order(machine, life.last_order, orders.Kind.REPAIR)
    life.last_order = order
    why = _why(world, order)
    world.claims.true("the repair's reason is a trend with the root that it was seen in", "; seen in " in why)
    world.say(f"Order {order}, opened by the watcher that the owner appointed: {why}")
    world.bid(order, terms.REPAIR_BIDS)
    arbiter, low = world.wallet(Role.ARBITER), world.currency.parse("1")
    world.claims.refused(
        "an arbiter may not bid",
        "Market_WorkerIsArbiter",
        lambda: orders.bid(arbiter, order, low, Seconds(terms.DAY)),
    )
    reserve = world.reserve(machine)
    winner = _accept_lowest(world, order, terms.REPAIR_BIDS)
    price = world.order(order).price
    world.claims.equal("the price leaves the reserve", reserve - price, world.reserve(machine))
    before = world.balance(winner)
    world.clock.skip(6 * terms.HOUR)
    served.drill.mend()
    world.deliver(winner, order, served, "bearing replaced, spindle balanced")
    world.say("Repaired; the meter itself signs that the machine is up. Nobody objects within two days.")
    world.clock.skip(2 * terms.DAY + terms.HOUR)
    orders.end(world.wallet(Role.CUSTOMER), order, give_up=False)
    world.claims.equal("silence accepts: the worker has the price", price, world.balance(winner) - before)
    for name in ("release", "approve"):
        again = partial(_pay_again, world, order, name)
        world.claims.refused(f"I-13: {name} pays no second time", "Market_WrongStage", again)
    world.claims.equal("and has it once", price, world.balance(winner) - before)
    world.say(f"{winner.label} is paid {world.text(price)}, once: a second try is refused.")


def disputed_service(world: World, life: Life) -> None:
    world.stage.scene("4 · A service is disputed, and an arbiter decides")
    machine, served = life.first.asset, life.first.served
    used = world.work(served, UNTIL_SERVICE)
    _fill(world, life, used, f"{UNTIL_SERVICE} hours since the repair")
    order = world.await_order(machine, life.last_order, orders.Kind.MAINTAIN)
    life.last_order = order
    world.say(f"Order {order}, by the watcher again: {_why(world, order)}")
    world.bid(order, terms.SERVICE_BIDS)
    winner = _accept_lowest(world, order, terms.SERVICE_BIDS)
    world.clock.skip(5 * terms.HOUR)
    world.deliver(winner, order, served, "greased, filter changed")
    owner, arbiter = world.wallet(Role.OWNER), world.wallet(Role.ARBITER)
    bond = world.currency.parse(terms.BOND)
    orders.allow(owner, world.currency, bond)
    before = world.balance(Role.OWNER), world.balance(winner), world.reserve(machine)
    orders.dispute(owner, order, steps.paper("the filter is the old one"))
    world.say(f"The owner disputes it with a bond of {world.text(bond)}: the filter is the old one.")
    world.claims.refused(
        "nothing is accepted behind a dispute", "Market_WrongStage", lambda: orders.approve(owner, order)
    )
    world.clock.skip(terms.DAY)
    orders.rule(arbiter, order, terms.TO_WORKER_BPS, steps.paper("half done"))
    price = world.order(order).price
    to_worker = price * terms.TO_WORKER_BPS // WHOLE
    gained = world.balance(winner) - before[1], world.reserve(machine) - before[2]
    world.claims.equal("the ruling divides the price", (to_worker, price - to_worker), gained)
    world.claims.equal("who was right has the bond back", before[0], world.balance(Role.OWNER))
    marks = orders.reputation(world.stack.client, world.stack.platform, winner.address)
    world.claims.equal("what everybody can read of the worker", (1, 1, 1), (marks.done, marks.disputed, marks.lost))
    world.say(
        f"The arbiter: {terms.TO_WORKER_BPS // 100} %. {winner.label} gets {world.text(to_worker)}, the machine's"
        f" reserve {world.text(price - to_worker)} back, the owner the bond."
    )


def upgrade(world: World, life: Life) -> None:
    world.stage.scene("5 · An upgrade: one part out, a better one in")
    machine, served = life.first.asset, life.first.served
    owner, maker, lender = world.wallet(Role.OWNER), world.wallet(Role.MAKER), world.wallet(Role.LENDER)
    order = world.open(Role.OWNER, machine, orders.Kind.UPGRADE, terms.CEILING, "brushless control")
    life.last_order = order
    world.bid(order, {Role.REPAIRER_3: terms.UPGRADE_BID})
    reason = steps.of_order(owner, order)
    take_out = partial(components.detach, owner, life.control, owner.address, reason)
    world.claims.refused("no part moves before work is promised", "Components_NoSuchStep", take_out)
    orders.accept(owner, order, Role.REPAIRER_3.address)
    world.claims.refused("I-11: a lien on the machine binds its parts", "Assets_UnderLien", take_out)
    components.exclude_from_lien(lender, life.control, True)
    steps.record_status(owner, served.up(world.now()))
    take_out()
    steps.build_in(owner, life.better_control, machine, reason, maker)
    world.deliver(Role.REPAIRER_3, order, served, "control 2 fitted", (life.better_control,), (life.control,))
    orders.approve(owner, order)
    old = steps.use_of(owner, life.control)
    world.claims.equal("the old control has counted what the machine ran", served.meter.odometer, old)
    parts = {life.first.motor, life.better_control}
    world.claims.equal("parts of the machine now", parts, set(steps.parts_of(owner, machine)))
    world.say(
        f"Order {order} is the reason: control {life.control} leaves with {old // HOUR_MS} hours on its record, control"
        f" {life.better_control} comes in; the lender agreed. The work costs {world.text(world.order(order).price)}."
    )
    used = world.work(served, AFTER_UPGRADE)
    _fill(world, life, used, f"{AFTER_UPGRADE} hours with the better control")


def _fill(world: World, life: Life, used: int, what: str) -> None:
    """Fees are distributed; the reserve gets its share to the unit that the splitter's running total gives."""
    before = world.reserve(life.first.asset)
    paid = world.distribute(life.first.split)
    share = world.reserve(life.first.asset) - before
    world.claims.true(f"reserve's share of {used}", abs(share - used * terms.RESERVE_SHARE // WHOLE) <= 1)
    world.say(
        f"{what}: {world.text(used)}. {world.text(paid)} distributed, of it {world.text(share)} into the machine's"
        f" service reserve, which has {world.text(before + share)}."
    )


def _accept_lowest(world: World, order: OrderId, bids: dict[Role, str]) -> Role:
    """When bidding has closed anybody carries it out: here the customer."""
    world.claims.refused(
        f"order {order}: nobody accepts before bidding closes",
        "Market_BiddingOpen",
        lambda: orders.accept(world.wallet(Role.CUSTOMER), order, None),
    )
    world.clock.skip(max(0, world.order(order).bidding_until - world.now()) + 1)
    orders.accept(world.wallet(Role.CUSTOMER), order, None)
    lowest = min(bids, key=lambda worker: world.currency.parse(bids[worker]))
    world.claims.equal(f"order {order} goes to the lowest bid", lowest.address, world.order(order).worker)
    world.say(f"Bidding closes; by rule the lowest, {lowest.label}, has it. The price waits in escrow.")
    return lowest


def _pay_again(world: World, order: OrderId, way: str) -> None:
    owner = world.wallet(Role.OWNER)
    owner.send(owner.platform.market.get_function_by_name(way)(order))


def _why(world: World, order: OrderId) -> str:
    """As the order itself says on chain."""
    events = world.stack.platform.market.events.OrderOpened()
    request = events.get_logs(from_block=0, argument_filters={"order": order})[-1]["args"]["request"]
    return str(request["uri"]).removeprefix("data:,")
