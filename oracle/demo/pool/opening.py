"""Scenes before anything breaks: rules that all accept by hash, ten members, two spares bought by vote."""

from functools import partial

from oracle.advice.pools import exact, of_many, rarest
from oracle.chain.contracts import contract
from oracle.demo.pool import terms
from oracle.demo.pool.cast import (
    AS_SURVEYED,
    CHOSEN,
    DEBTOR,
    FACTORIES,
    HARD,
    LISTING,
    REPAIRERS,
    SEED,
    SPARES,
    SURVEY,
    Role,
    address,
)  # fmt: skip
from oracle.demo.pool.figures import Predicted, predict
from oracle.demo.pool.scene import Factory, Motor, World
from oracle.domain.statuses import StatusState
from oracle.parties import assets, orders, pools, spare_loans
from oracle.parties.pools import MODEL_CONTRACT, PoolView
from oracle.types import AssetId, BaseUnits

EVERY_KIND_OF_WORK = (1 << 7) - 1
POCKET = "3000"
"""What each factory has in its prepaid account."""
FIRST_CREDIT = {False: "280", True: "40"}
"""Dues of three years, or of two quarters for the one that forgets."""


def plan(world: World) -> Predicted:
    world.stage.scene("1 · What the planner says before")
    world.say(f"Source: {SURVEY}.")
    rare = exact(AS_SURVEYED, 1)
    often = exact(HARD, SPARES)
    assert rare is not None
    assert often is not None
    years = rarest(AS_SURVEYED, 1, 0.95, of_many)
    world.say(
        f"At that rate one spare for ten serves {rare.fill:.0%} of breakdowns at once with 45 days turnaround, and"
        f" saves 90 % of the capital; for 95 % a motor may fail once in {years:.0f} years (M/G/∞)."
    )
    world.say(f"The story: {CHOSEN}. Then two spares serve {often.fill:.1%} at once, exactly counted, in the long run.")
    predicted = predict(world, SEED)
    many, stood = predicted.breakdowns, predicted.standing_days
    world.say(
        f"For three years it expects {many.mean:.1f} breakdowns ({many.low:.0f} to {many.high:.0f} in nine runs of ten)"
        f" and {stood.mean:.0f} days of waiting ({stood.low:.0f} to {stood.high:.0f}), with"
        f" {world.text(predicted.capital)} tied up in spares and deposits."
    )
    return predicted


def open_pool(world: World) -> PoolView:
    world.stage.scene("2 · Ten factories open a pool and accept its contract by hash")
    maker, keeper = world.wallet(Role.MAKER), world.wallet(Role.KEEPER)
    _admit(world)
    service, _ = orders.publish_terms(
        keeper, terms.service_terms(world.currency), [BaseUnits(0)] * 4, [address(Role.ARBITER)]
    )
    rules, model = terms.pool_terms(world.currency, service), terms.model(world.currency)
    world.pool, _ = pools.open_pool(maker, rules, [model], keeper.address)
    view = pools.pool_view(world.stack.client, world.stack.platform, world.pool)
    world.claims.equal("the terms' hash is the model contract's", MODEL_CONTRACT.hex(), view.terms.terms_hash.hex())
    world.claims.equal("the rules as the chain has them", rules, view.terms)
    for number in range(FACTORIES):
        world.factories.append(_join(world, view, number, number == DEBTOR))
    found = pools.pool_view(world.stack.client, world.stack.platform, world.pool)
    world.claims.equal("members", FACTORIES, found.members)
    world.say(
        f"Pool {world.pool}: {world.text(rules.entry)} entry, {world.text(rules.deposit)} deposit and"
        f" {world.text(rules.dues)} a quarter for each; contract {MODEL_CONTRACT.hex()[:12]}…"
    )
    first = world.factories[0]
    down = first.motor.says(StatusState.DOWN, world.calendar.now())
    world.claims.refused(
        "nobody claims while it waits for its cover",
        "Pools_StillWaiting",
        lambda: spare_loans.claim(first.wallet, first.member, down),
    )
    return found


def stock(world: World, view: PoolView) -> list[AssetId]:
    """By vote, out of the entries."""
    maker = world.wallet(Role.MAKER)
    spares = []
    for number in range(SPARES):
        spare, _ = assets.register(maker, terms.MODEL, f"S-{number}", maker.address)
        proposal, _ = pools.propose_purchase(maker, world.pool, spare, view.models[0].price)
        voters = world.factories[: FACTORIES // 2 + 1]
        for factory in voters[:-1]:
            pools.vote(factory.wallet, proposal, factory.member)
        if number == 0:
            world.claims.refused("half is no majority", "Stock_NotCarried", partial(pools.carry_out, maker, proposal))
        pools.vote(voters[-1].wallet, proposal, voters[-1].member)
        pools.carry_out(maker, proposal)
        spares.append(spare)
    found = spare_loans.stock_of(world.stack.client, world.stack.platform, world.pool, 0)
    world.claims.equal("spares on the shelf", (SPARES, SPARES), (found.total, found.ready))
    world.say(f"Six of ten vote for two new motors at {world.text(view.models[0].price)}; the entries pay for them.")
    return spares


def _admit(world: World) -> None:
    listing = world.wallet(LISTING)
    workers = contract(listing.client.web3, "IWorkerList", listing.platform.addresses["WorkerList"])
    for worker in REPAIRERS:
        listing.send(workers.functions.admit(address(worker), EVERY_KIND_OF_WORK))


def _join(world: World, view: PoolView, number: int, forgets: bool) -> Factory:
    wallet = world.wallet(Role.FACTORY + number)
    maker = world.wallet(Role.MAKER)
    asset, _ = assets.register(maker, terms.MODEL, f"M-{number}", wallet.address)
    motor = Motor(asset, number, world.stack.platform.domains)
    assets.bind_meter(wallet, asset, motor.key)
    world.fund(wallet, world.currency.parse(POCKET))
    member, _ = pools.join(wallet, view, asset, world.currency.parse(FIRST_CREDIT[forgets]))
    return Factory(number, wallet, motor, member)
