"""The beginning that both endings share: a machine with a floor under its price, a round that buys it, ten months."""

from datetime import UTC, datetime

from oracle.demo.laundry import terms
from oracle.demo.laundry.cast import HOUSEHOLDS, Role, meter_key
from oracle.demo.laundry.machine import WashingMachine
from oracle.demo.laundry.months import behind_plan, pass_month
from oracle.demo.laundry.terms import EUR, MACHINE_PRICE, STAKES, TRANCHES
from oracle.demo.laundry.world import Household, Life, Use, World
from oracle.demo.service.steps import give, owner_of
from oracle.domain.rounds import RoundState
from oracle.formats import passport
from oracle.parties import agreements, assets, guarantees, round_views, rounds, tariffs
from oracle.parties.circular import Paper, make_offerable
from oracle.types import AssetId, BaseUnits, GuaranteeId, RoundId, Seconds, TariffId, UnixTime

GOOD_MONTHS, BAD_MONTHS_SHARED = 6, 4
"""The bad half year begins the same; how it goes on is what the endings differ in."""
AS_USUAL: Use = {}
BAD: Use = dict.fromkeys(HOUSEHOLDS, 0.4)
FAR = UnixTime((1 << 40) - 1)


def begin(world: World) -> Life:
    asset, guarantee = _deliver(world)
    round_id, tariff = _open(world, asset, guarantee)
    _invest(world, round_id)
    life = _start(world, round_id, asset, guarantee, tariff)
    _move_in(world, life)
    _first_months(world, life)
    return life


def _deliver(world: World) -> tuple[AssetId, GuaranteeId]:
    world.stage.scene("1 · A machine with a floor under its price")
    maker, laundry = world.wallet(Role.MAKER), world.wallet(Role.LAUNDRY)
    asset, _ = assets.register(maker, terms.MODEL, "W-0001", maker.address)
    assets.declare_odometer_rate(maker, asset, terms.CYCLES_PER_DAY)
    give(maker, asset, laundry.address)
    assets.bind_meter(laundry, asset, meter_key())
    document = passport.read(passport.shipped("washing-machine"), datetime.now(UTC).date())
    make_offerable(maker, laundry, asset, Paper(passport.passport_hash(document), ""))
    world.deposit(Role.MAKER, terms.COLLATERAL)
    floor, points = terms.buyback(world.currency, asset, world.now())
    guarantee, _ = guarantees.give(maker, floor, points, BaseUnits(terms.COLLATERAL))
    world.say(
        f"The maker delivers {terms.MODEL} on account, {world.text(MACHINE_PRICE)}, and guarantees to buy it back:"
        f" {world.text(points[0].price)} after two years, {world.text(points[1].price)} after five, all of it put up."
    )
    return asset, guarantee


def _open(world: World, asset: AssetId, guarantee: GuaranteeId) -> tuple[RoundId, TariffId]:
    world.stage.scene("2 · A round in three tranches; one of the customers invests")
    laundry = world.wallet(Role.LAUNDRY)
    round_id, _ = rounds.open_round(laundry, terms.request(world.currency, asset, guarantee, world.now()))
    view = round_views.round_view(world.client, world.platform, round_id)
    rounds.prepare(laundry, view)
    tariff, _ = tariffs.publish(laundry, terms.tariff(world.currency))
    assets.put_in_service(laundry, asset)
    assets.offer(laundry, asset, tariff, False, FAR)
    world.say(
        f"Round {round_id} of the laundry's: "
        + ", ".join(f"{one.name} {world.text(one.size)} at {one.rate_bps / 100:g} %" for one in TRANCHES)
        + f"; {terms.ROUND_SHARE} % of the fees are the round's. The title stands under its lien."
    )
    world.claims.refused(
        "I-11: a pledged title does not move",
        "Assets_UnderLien",
        lambda: give(laundry, asset, Role.DEALER.address),
    )
    return round_id, tariff


def _invest(world: World, round_id: RoundId) -> None:
    view = round_views.round_view(world.client, world.platform, round_id)
    room = [one.size for one in TRANCHES]
    for (role, tranche), units in STAKES.items():
        world.deposit(role, units)
        accepted, _ = rounds.invest(world.wallet(role), view, tranche, BaseUnits(units))
        expected = min(units, room[tranche])
        world.claims.equal(f"the {TRANCHES[tranche].name} tranche takes of {role.label}", expected, accepted)
        room[tranche] -= accepted
        cut = f", cut to {world.text(accepted)}: there is no more room" if accepted < units else ""
        world.say(f"{role.label} puts {world.text(units)} into the {TRANCHES[tranche].name} tranche{cut}.")
    world.claims.refused(
        "a full round takes no more",
        "Financing_Full",
        lambda: rounds.invest(world.wallet(Role.NEIGHBOUR), view, 1, BaseUnits(10 * EUR)),
    )


def _start(world: World, round_id: RoundId, asset: AssetId, guarantee: GuaranteeId, tariff: TariffId) -> Life:
    before = world.balance(Role.LAUNDRY)
    done = rounds.start(world.wallet(Role.LAUNDRY), round_id)
    world.claims.equal("the round pays the price to the laundry", MACHINE_PRICE, world.balance(Role.LAUNDRY) - before)
    world.pay(Role.LAUNDRY, Role.MAKER, MACHINE_PRICE)
    world.say(f"Full: the round pays the laundry {world.text(MACHINE_PRICE)}, and the laundry pays the maker.")
    started = world.client.block(done.block).time
    machine = WashingMachine(asset, world.platform.domains, world.seed)
    world.claims.equal("the title is the laundry's", Role.LAUNDRY.address, owner_of(world.wallet(Role.LAUNDRY), asset))
    return Life(machine, asset, guarantee, tariff, round_id, started)


def _move_in(world: World, life: Life) -> None:
    world.stage.scene("3 · Washed, paid by the wash, and repaid from it")
    for role in HOUSEHOLDS:
        join(world, life, role)
    names = ", ".join(role.label for role in HOUSEHOLDS)
    prices = ", ".join(
        f"{name} {world.text(price)}" for name, price in zip(("eco", "cotton", "hot"), terms.WASH_PRICES, strict=True)
    )
    world.say(f"{names} prepay {world.text(terms.TOP_UP_TO)} each and wash: {prices}.")


def join(world: World, life: Life, role: Role) -> None:
    """From tokens in a wallet to a machine that may start: two signatures, one transaction."""
    cap, period = BaseUnits(2 * terms.HOLD), Seconds(30 * terms.DAY)
    wish = agreements.Wish(life.asset, life.tariff, False, BaseUnits(terms.HOLD), cap, period)
    world.mint(role, terms.TOP_UP_TO)
    agreement, _ = agreements.fund_and_open(world.wallet(role), world.currency, BaseUnits(terms.TOP_UP_TO), wish)
    life.households.append(Household(role, agreement))


def _first_months(world: World, life: Life) -> None:
    for _ in range(GOOD_MONTHS):
        pass_month(world, life, AS_USUAL)
    received = life.view(world).received
    world.claims.equal("after the good half year the round is", RoundState.ON_PLAN.words, life.states[-1].words)
    world.say(f"Half a year: {world.text(received)} have come in, more than the plan asks. The senior tranche first.")
    for _ in range(BAD_MONTHS_SHARED):
        pass_month(world, life, BAD)
    world.claims.equal("in the bad half year the round falls", RoundState.LATE.words, life.states[-1].words)
    world.say(
        f"A bad half year begins, people wash less than half as often; after month {life.month} the round is"
        f" {behind_plan(world, life)} days behind: late, by rule. Anybody can read it."
    )
