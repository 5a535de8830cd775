"""Scenes of the way back: the end of use, collection and core, the decision, and three next lives of one machine."""

from oracle.demo.processes import wait_until
from oracle.demo.service import making, steps, terms
from oracle.demo.service.cast import Role
from oracle.demo.service.machine import HOUR_MS
from oracle.demo.service.making import EARLIER_HOURS, Life
from oracle.demo.service.scene import SETTLE_SECONDS, World
from oracle.domain.hand_overs import CoreGrade
from oracle.domain.hashing import keccak
from oracle.parties import agreements, assets, collections, components, next_use, orders, reserves
from oracle.parties.next_use import Fate, NextUse
from oracle.types import AgreementId, BaseUnits

SECOND_HOURS = 20
SECOND_SHARES = {Role.SECOND_OWNER: 5_000, Role.MAKER: 1_500, Role.COMMUNITY: 300}
REPAYMENT, PRICE_OF_MOTOR = "40", "9"
MOTOR = (("copper", 200), ("Nd-Fe-B", 60), ("steel", 240))
"""Grams of it by material, of the passport's."""
FATES = {
    "steel": (Fate.RECYCLED, 1_000), "copper": (Fate.RECYCLED, 1_000), "aluminium": (Fate.RECYCLED, 1_000),
    "PA66-GF30": (Fate.RECYCLED, 750), "circuit boards": (Fate.RECYCLED, 800), "TPE": (Fate.ENERGY, 1_000),
}  # fmt: skip
"""Of what the recycler has left: so much permille that way, the rest lost."""


def end_use(world: World, life: Life) -> None:
    world.stage.scene("6 · Use ends; the machine is collected, graded, and its core is paid")
    end(world, life.first.served.agreement, life)
    _repay(world, life)
    owner, machine, reserve = world.wallet(Role.OWNER), life.first.asset, world.reserve(life.first.asset)
    order = world.open(Role.OWNER, machine, orders.Kind.COLLECT, "6", "collect from the customer")
    life.last_order = order
    world.bid(order, {Role.COLLECTOR: terms.COLLECT_BID})
    orders.accept(owner, order, Role.COLLECTOR.address)
    customer, collector = world.wallet(Role.CUSTOMER), world.wallet(Role.COLLECTOR)
    world.clock.skip(4 * terms.HOUR)
    steps.hand_over(order, customer, collector, CoreGrade.NONE, "complete, scratched")
    world.claims.refused(
        "a collection is not done before the machine is back",
        "Market_NotReturned",
        lambda: world.deliver(Role.COLLECTOR, order, None, "delivered"),
    )
    steps.hand_over(order, collector, owner, CoreGrade.B, "scratched, gearbox worn")
    world.deliver(Role.COLLECTOR, order, None, "delivered")
    orders.approve(owner, order)
    core, before = world.currency.parse(terms.CORE_PRICES[CoreGrade.B - 1]), world.balance(Role.CUSTOMER)
    world.claims.equal("the core's price by its grade", core, collections.pay_core(owner, order)[0])
    world.claims.equal("the core is paid to who gave the machine", core, world.balance(Role.CUSTOMER) - before)
    world.claims.refused("a core is paid once", "Market_CoreAlreadyPaid", lambda: collections.pay_core(owner, order))
    price = world.order(order).price
    world.claims.equal("collection and core left the reserve", reserve - price - core, world.reserve(machine))
    world.say(
        f"Two hand-overs, each signed by both hands: customer → collector → owner, grade B. The collector has"
        f" {world.text(price)}, the customer {world.text(core)} for the core."
    )


def end(world: World, agreement: AgreementId, life: Life) -> None:
    """Notice, final reading, the rest of the hold back; the last fees are shared out."""
    client, platform = world.stack.client, world.stack.platform
    customer = world.wallet(Role.CUSTOMER)
    drill = life.first if life.first.served.agreement == agreement else life.second
    agreements.end(customer, agreement)
    world.seen.wait()
    drill.served.finish()
    accepted = lambda: agreements.agreement_view(client, platform, agreement).final_accepted  # noqa: E731
    wait_until(accepted, SETTLE_SECONDS, "the final reading's settlement", world.stack.oracle)
    returned, _ = agreements.close(customer, agreement)
    world.distribute(drill.split)
    world.say(
        f"Agreement {agreement} ends with {drill.served.hours} hours on the machine; {world.text(returned)} of the hold"
        " are back at once."
    )


def _repay(world: World, life: Life) -> None:
    paid = world.pay(Role.OWNER, Role.LENDER, REPAYMENT)
    steps.release_lien(world.wallet(Role.LENDER), life.first.asset)
    world.say(f"The owner pays {world.text(paid)} of what the machine earned to the lender, who releases the lien.")


def harvest(world: World, life: Life) -> None:
    world.stage.scene("7 · What becomes of it: decided, taken back, harvested")
    owner, maker, machine = world.wallet(Role.OWNER), world.wallet(Role.MAKER), life.first.asset
    steps.record_status(owner, life.first.served.up(world.now()))
    kept = world.reserve(machine)
    reserves.release(owner, machine, world.currency, BaseUnits(kept), owner.address)
    world.claims.refused(
        "nothing is retired without a decision",
        "Assets_NotDecided",
        lambda: assets.set_lifecycle(owner, machine, "retired"),
    )
    reason = steps.decide(owner, machine, NextUse.HARVEST, "gearbox worn out, motor sound")
    next_use.accept_title(maker, machine)
    world.claims.equal("the maker took it back, as promised", Role.MAKER.address, steps.owner_of(maker, machine))
    components.detach(maker, life.first.motor, maker.address, reason)
    steps.record_recovery(maker, machine, [(name, grams, Fate.REUSED) for name, grams in MOTOR], "weighed at the maker")
    use = steps.use_of(maker, life.first.motor)
    world.claims.equal("the motor keeps what it has run", life.first.served.meter.odometer, use)
    assets.set_lifecycle(maker, machine, "retired", keccak(b"harvested"))
    world.say(
        f"Reuse? repair? The owner decides: harvest. The maker takes the title, as promised, takes out motor"
        f" {life.first.motor} with {use // HOUR_MS} hours, and retires the rest. The reserve's last"
        f" {world.text(kept)} went to the owner."
    )


def remanufacture(world: World, life: Life) -> None:
    world.stage.scene("8 · The motor lives on in a second machine, made new")
    owner, maker, second, motor = (
        world.wallet(Role.SECOND_OWNER), world.wallet(Role.MAKER), life.second, life.first.motor,
    )  # fmt: skip
    before = steps.use_of(owner, motor)
    steps.record_status(owner, second.served.up(world.now()))
    world.deposit(Role.SECOND_OWNER, PRICE_OF_MOTOR)
    price = world.pay(Role.SECOND_OWNER, Role.MAKER, PRICE_OF_MOTOR)
    assets.set_lifecycle(owner, second.asset, "returned", keccak(b"came back"))
    reason = steps.decide(owner, second.asset, NextUse.REMANUFACTURE, "motor burnt, all else sound", owner.address)
    components.detach(owner, second.motor, owner.address, reason)
    steps.build_in(owner, motor, second.asset, reason, maker)
    world.claims.equal("the motor's title goes with its machine", owner.address, steps.owner_of(owner, motor))
    burnt = steps.use_of(owner, second.motor)
    world.claims.equal("the burnt motor's record", EARLIER_HOURS * HOUR_MS, burnt)
    making.offer(world, life, second, Role.SECOND_OWNER, SECOND_SHARES, "1.0 remanufactured")
    world.say(
        f"Machine {second.asset}, {EARLIER_HOURS} hours old, is remanufactured: its burnt motor out, motor {motor} in,"
        f" bought for {world.text(price)}. New passport, offered again."
    )
    making.hire(world, life, second, "75")
    used = world.work(second.served, SECOND_HOURS)
    end(world, second.served.agreement, life)
    steps.record_status(owner, second.served.up(world.now()))
    ran = second.served.meter.odometer - EARLIER_HOURS * HOUR_MS
    world.claims.equal("the motor counts both machines", before + ran, steps.use_of(owner, motor))
    first, last = life.first.asset, second.asset
    known = [("in", first), ("out", first), ("in", last)]
    world.claims.equal("where the motor has stood, as the chain tells", known, steps.record_of(owner, motor))
    hours = (before // HOUR_MS, ran // HOUR_MS)
    world.figures["motor"] = {"asset": motor, "inFirst": before, "inSecond": ran}
    world.say(f"It earns {world.text(used)} in {hours[1]} hours. The motor's record: {hours[0]} + {hours[1]} hours.")


def recycle(world: World, life: Life) -> None:
    world.stage.scene("9 · The rest is recycled, and weighed")
    maker, recycler, machine = world.wallet(Role.MAKER), world.wallet(Role.RECYCLER), life.first.asset
    steps.decide(maker, machine, NextUse.RECYCLE, "rest without motor", recycler.address)
    next_use.accept_title(recycler, machine)
    lines = _lines()
    steps.record_recovery(recycler, machine, lines, "weighed at the recycler")
    masses, whole = steps.recovered(recycler, machine), sum(making.materials().values())
    world.claims.equal("grams recovered and lost = the passport's materials", whole, sum(masses.values()))
    world.figures["grams"] = dict(masses)
    world.say(
        "By fate, in grams: " + ", ".join(f"{fate} {grams:,}" for fate, grams in masses.items()) + f" of {whole:,}."
    )


def _lines() -> list[tuple[str, int, Fate]]:
    """Every material of the passport but for the motor's share, to the gram."""
    motor = dict(MOTOR)
    lines = []
    for name, grams in making.materials().items():
        left = grams - motor.get(name, 0)
        fate, permille = FATES.get(name, (Fate.LOST, 1_000))
        there = left * permille // 1_000
        lines += [(name, there, fate), (name, left - there, Fate.LOST)]
    return [line for line in lines if line[1]]
