"""Three years on the chain: what the seed draws happens, and the contracts decide who gets which spare.

The draws are the planner's own (`history`), so that its queue and the chain's must agree on every wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from oracle.advice.pool_simulation import Happening, What, history
from oracle.demo.pool import terms
from oracle.demo.pool.cast import (
    CHEAT,
    DAYS,
    DEBTOR,
    FALSE_CLAIM_DAY,
    HARD,
    KEPT_AFTER_DAY,
    REPAIRERS,
    SEED,
    SPARES,
    Role,
    address,
)
from oracle.demo.pool.scene import Factory, World
from oracle.demo.pool.terms import DAY
from oracle.domain.hand_overs import CoreGrade
from oracle.domain.hashing import keccak
from oracle.domain.statuses import StatusState
from oracle.errors import Fatal
from oracle.parties import accounts, orders, pools, spare_loans
from oracle.parties.orders import Document
from oracle.parties.spare_loans import ClaimStage, Place
from oracle.types import AssetId, ClaimId, OrderId, Seconds

DEFECTIVE_DAYS = 3.0
"""From the hand-over until the defective unit is with the keeper."""
BEARING = 17
"""The fault code of a motor that has broken down."""


@dataclass(slots=True)
class Years:
    """`claims`: the open one of each factory. `since`: from when a motor runs, for its odometer."""

    spares: list[AssetId]
    claims: dict[int, ClaimId] = field(default_factory=dict)
    since: dict[int, float] = field(default_factory=dict)
    to_bring: list[tuple[float, int]] = field(default_factory=list)
    in_repair: dict[int, tuple[AssetId, OrderId]] = field(default_factory=dict)
    has_kept: bool = False
    has_cheated: bool = False
    has_waited: bool = False


def live(world: World, spares: list[AssetId]) -> list[Happening]:
    world.stage.scene("3 · Three years")
    drawn = history(HARD, SPARES, SEED, DAYS)
    years = Years(spares, since=dict.fromkeys(range(len(world.factories)), -terms.WAITING / DAY))
    for one in drawn:
        _bring_until(world, years, one.day)
        if not years.has_cheated and one.day > FALSE_CLAIM_DAY:
            _cheat(world, years)
        world.calendar.go_to(one.day)
        factory = world.factories[one.place]
        match one.what:
            case What.BREAKS:
                _claim(world, years, factory, one.day)
            case What.HELPED:
                _take(world, years, factory, one.day)
            case What.REPAIRED:
                _end(world, years, factory, one.day)
    world.calendar.go_to(DAYS)
    for factory in world.factories:
        pools.draw_dues(factory.wallet, factory.member)
    return drawn


def _claim(world: World, years: Years, factory: Factory, day: float) -> None:
    factory.motor.run((day - years.since[factory.number]) * DAY)
    down = factory.motor.says(StatusState.DOWN, world.calendar.now(), BEARING)
    if factory.number == DEBTOR:
        _refuse_debtor(world, factory, down)
    _pay_in(world, factory)
    claim, _ = spare_loans.claim(factory.wallet, factory.member, down)
    years.claims[factory.number] = claim
    shelf = spare_loans.stock_of(world.stack.client, world.stack.platform, world.pool, 0).ready
    if shelf == 0:
        _must_wait(world, years, factory, claim, day)


def _must_wait(world: World, years: Years, factory: Factory, claim: ClaimId, day: float) -> None:
    world.say(f"Day {day:.0f}: {factory.name} breaks down, and both spares are out. Claim {claim} waits for its turn.")
    if years.has_waited:
        return
    years.has_waited = True
    other = years.spares[0]
    world.claims.refused(
        "what is out cannot be handed over",
        "Stock_WrongPlace",
        lambda: world.hand_over(claim, factory, other, CoreGrade.NONE, "not there"),
    )
    again = factory.motor.says(StatusState.DOWN, world.calendar.now(), BEARING)
    world.claims.refused(
        "one breakdown, one claim",
        "Loans_AlreadyClaimed",
        lambda: spare_loans.claim(factory.wallet, factory.member, again),
    )


def _refuse_debtor(world: World, factory: Factory, down: object) -> None:
    client, platform = world.stack.client, world.stack.platform
    view = pools.member_view(client, platform, factory.member)
    world.claims.true("the debtor is in arrears", view.arrears > 0)
    world.claims.refused(
        "no claim in arrears",
        "Pools_InArrears",
        lambda: spare_loans.claim(factory.wallet, factory.member, down),  # type: ignore[arg-type]
    )
    pools.pay_in(factory.wallet, factory.member, world.currency.address, world.currency.parse("260"))
    world.figures["arrears"] = str(view.arrears)
    world.say(f"{factory.name} owes {world.text(view.arrears)} of dues: its claim is refused. It pays, and claims.")


def _pay_in(world: World, factory: Factory) -> None:
    """So much that fee and loan are covered."""
    pools.pay_in(factory.wallet, factory.member, world.currency.address, terms.loan_money(world.currency))


def _take(world: World, years: Years, factory: Factory, day: float) -> None:
    claim = years.claims[factory.number]
    unit = _on_shelf(world, years)
    world.hand_over(claim, factory, unit, CoreGrade.NONE, "tested under load")
    years.to_bring.append((day + DEFECTIVE_DAYS, factory.number))


def _bring_until(world: World, years: Years, day: float) -> None:
    """Defective units that arrive before that day."""
    for at, number in sorted(years.to_bring):
        if at <= day:
            years.to_bring.remove((at, number))
            _bring(world, years, world.factories[number], at)


def _bring(world: World, years: Years, factory: Factory, day: float) -> None:
    world.calendar.go_to(day)
    claim = years.claims[factory.number]
    world.hand_over(claim, factory, factory.motor.asset, CoreGrade.C, "bearing worn")
    if day > KEPT_AFTER_DAY and not years.has_kept:
        years.has_kept = True
        _keep(world, years, factory, claim)


def _end(world: World, years: Years, factory: Factory, day: float) -> None:
    """Its own motor is back, or the one that it left to the pool."""
    number = factory.number
    for at, waits in years.to_bring:
        if waits == number:
            years.to_bring.remove((at, waits))
            _bring(world, years, factory, day)
            break
    claim = years.claims.pop(number)
    years.since[number] = day
    if number in years.in_repair:
        _shelve(world, years, factory)
        return
    view = world.view(claim)
    if view.stage is not ClaimStage.LENT:
        spare_loans.withdraw(factory.wallet, claim)
        return
    if view.unit is None:
        raise Fatal("story", f"claim {claim} has no spare", "Look at the loans contract.")
    world.hand_over(claim, factory, view.unit, CoreGrade.B, "used, sound")


# The spare that is kept, and the motor that is made new


def _keep(world: World, years: Years, factory: Factory, claim: ClaimId) -> None:
    money, client, platform = world.currency, world.stack.client, world.stack.platform
    pools.pay_in(factory.wallet, factory.member, money.address, money.parse(terms.EXCHANGE_FEE))
    view = world.view(claim)
    left, kept = view.asset, view.unit
    spare_loans.exchange(factory.wallet, view)
    if kept is None:
        raise Fatal("story", f"claim {claim} has no spare", "Look at the loans contract.")
    world.claims.equal("the defective motor is the pool's, in repair", Place.REPAIR, _place(world, left))
    paper = Document(keccak(b"bearing, winding test"), "data:,bearing")
    order, _ = spare_loans.repair(world.wallet(Role.KEEPER), left, paper)
    for worker, price in terms.BIDS.items():
        orders.bid(world.wallet(worker), order, money.parse(price), Seconds(terms.WORK))
    world.calendar.go_to((world.calendar.now() - world.calendar.begin + terms.BIDDING + 60) / DAY)
    orders.accept(world.wallet(Role.KEEPER), order, None)
    lowest = min(terms.BIDS, key=lambda worker: int(terms.BIDS[worker]))
    chosen = orders.order_view(client, platform, order).worker
    world.claims.equal("the repair goes to the lowest bid", address(lowest), chosen)
    years.spares[years.spares.index(kept)] = left
    years.in_repair[factory.number] = (left, order)
    world.say(
        f"{factory.name} keeps its spare for {money.text(money.parse(terms.EXCHANGE_FEE))} and leaves its motor {left}."
        f" Of {len(REPAIRERS)} bidders {lowest.name.lower().replace('_', ' ')} remanufactures it for"
        f" {money.text(money.parse(terms.BIDS[lowest]))}, out of the pool's cash."
    )


def _shelve(world: World, years: Years, factory: Factory) -> None:
    unit, order = years.in_repair.pop(factory.number)
    view = orders.order_view(world.stack.client, world.stack.platform, order)
    worker = next(role for role in REPAIRERS if address(role) == view.worker)
    orders.deliver(world.wallet(worker), order, Document(keccak(b"new bearings, tested"), "data:,tested"))
    before = accounts.prepaid(world.stack.client, world.stack.platform, address(worker), world.currency)
    spare_loans.shelve(world.wallet(Role.KEEPER), unit)
    after = accounts.prepaid(world.stack.client, world.stack.platform, address(worker), world.currency)
    world.claims.equal("the repairer is paid its bid", view.price, after - before)
    world.claims.equal("the remanufactured motor is on the shelf", Place.SHELF, _place(world, unit))
    world.figures["remanufactured"] = {"unit": unit, "order": order, "price": str(view.price)}
    factory.motor.asset = _cover(world, factory)
    world.say(f"Motor {unit} is back as a spare, as good as new, with its history.")


def _cover(world: World, factory: Factory) -> AssetId:
    return pools.member_view(world.stack.client, world.stack.platform, factory.member).asset


# The claim without a breakdown


def _cheat(world: World, years: Years) -> None:
    years.has_cheated = True
    cheat = world.factories[CHEAT]
    world.calendar.go_to(FALSE_CLAIM_DAY)
    cheat.motor.run((FALSE_CLAIM_DAY - years.since[CHEAT]) * DAY)
    _pay_in(world, cheat)
    down = cheat.motor.says(StatusState.DOWN, world.calendar.now(), BEARING)
    claim, _ = spare_loans.claim(cheat.wallet, cheat.member, down)
    neighbour = world.factories[(CHEAT + 1) % len(world.factories)]
    idle = cheat.motor.says(StatusState.UP, world.calendar.now())
    world.claims.refused(
        "who has not run is not shown to have run",
        "Loans_NoUseShown",
        lambda: spare_loans.show_use(neighbour.wallet, claim, idle),
    )
    world.calendar.go_to(FALSE_CLAIM_DAY + 1)
    cheat.motor.run(DAY / 2)
    years.since[CHEAT] = FALSE_CLAIM_DAY + 1.0
    up = cheat.motor.says(StatusState.UP, world.calendar.now())
    cash = pools.pool_view(world.stack.client, world.stack.platform, world.pool).cash
    spare_loans.show_use(neighbour.wallet, claim, up)
    after = pools.pool_view(world.stack.client, world.stack.platform, world.pool).cash
    world.claims.equal("the false claim is cancelled", ClaimStage.CANCELLED, world.view(claim).stage)
    world.claims.equal("its fee is the pool's", world.currency.parse(terms.CLAIM_FEE), after - cash)
    world.say(
        f"Day {FALSE_CLAIM_DAY}: {cheat.name} switches its sound motor off and claims. A day later the motor's own"
        f" meter has counted half a day more; a neighbour shows it: claim {claim} is cancelled, the fee lost."
    )


def _on_shelf(world: World, years: Years) -> AssetId:
    for unit in years.spares:
        if _place(world, unit) is Place.SHELF:
            return unit
    raise Fatal("story", "no spare is on the shelf", "The chain's queue and the planner's disagree.")


def _place(world: World, unit: AssetId) -> Place | None:
    return spare_loans.unit_view(world.stack.client, world.stack.platform, unit).place


def waits_of(drawn: Sequence[Happening]) -> list[float]:
    """Days from each breakdown to its spare, in the order of hand-overs, as the planner's own run has them."""
    broken: dict[int, float] = {}
    waits = []
    for one in drawn:
        if one.what is What.BREAKS:
            broken[one.place] = one.day
        elif one.what is What.HELPED:
            waits.append(one.day - broken[one.place])
    return waits
