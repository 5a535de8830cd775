"""Scenes in which machines come to be: assembled by their maker, with passports and promises, sold, offered, hired."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from oracle.demo.service import steps, terms
from oracle.demo.service.cast import FIRST_METER, LISTING, REPAIRERS, ROTATION_KEY, SECOND_METER, Role, key
from oracle.demo.service.machine import HOUR_MS, ServedMachine
from oracle.demo.service.scene import World
from oracle.demo.stack import PERMIT_SIGNER
from oracle.domain.signatures import SigningKey
from oracle.domain.tariffs import Tariff
from oracle.errors import Fatal
from oracle.formats import passport
from oracle.parties import accounts, agreements, assets, components, orders, splits, tariffs
from oracle.parties.circular import Paper, make_offerable, promise_take_back
from oracle.parties.keystore import local_account
from oracle.types import (
    Address,
    AgreementId,
    AssetId,
    BaseUnits,
    Bytes32,
    OrderId,
    Seconds,
    ServiceTermsId,
    SplitId,
    TariffId,
    UnixTime,
)

MODEL = "Smart Drill SD-1"
PER_DAY = 24 * HOUR_MS
"""Highest odometer rate: it runs all day."""
EARLIER_HOURS = 150
"""What the second machine had run before this story."""
FAR = UnixTime((1 << 40) - 1)
NO_SPLIT, NO_ORDER = SplitId(0), OrderId(0)


@dataclass(slots=True)
class Drill:
    """A machine of the story; `split` 0 and no agreement as long as it is not offered."""

    asset: AssetId
    motor: AssetId
    served: ServedMachine
    split: SplitId = NO_SPLIT


@dataclass(slots=True)
class Life:
    """What the scenes pass on."""

    first: Drill
    second: Drill
    control: AssetId
    better_control: AssetId
    terms: ServiceTermsId
    tariff: tuple[TariffId, Tariff]
    last_order: OrderId = NO_ORDER


def make(world: World, text_hash: Bytes32) -> Life:
    world.stage.scene("1 · Made out of parts, with a passport and a way back")
    maker, listing = world.wallet(Role.MAKER), world.stack.wallet(LISTING)
    for worker in (*REPAIRERS, Role.COLLECTOR):
        steps.admit_worker(listing, worker.address)
    first = _assemble(world, "SN-1", FIRST_METER, Role.OWNER, "control")
    second = _assemble(world, "SN-2", SECOND_METER, Role.SECOND_OWNER)
    better, _ = assets.register(maker, "control 2", "C-2", maker.address)
    published, _ = tariffs.publish(world.wallet(Role.OWNER), terms.tariff(world.currency))
    service = terms.service_terms(world.currency, text_hash)
    prices, arbiters = terms.core_prices(world.currency), [Role.ARBITER.address]
    number, _ = orders.publish_terms(world.wallet(Role.OWNER), service, prices, arbiters)
    control = AssetId(steps.parts_of(maker, first.asset)[1])
    life = Life(first, second, control, better, number, (published, terms.tariff(world.currency)))
    offer(world, life, first, Role.OWNER, terms.SHARES, "1.0")
    orders.appoint_watcher(world.wallet(Role.OWNER), first.asset, Role.WATCHER.address, True)
    _pledge(world, first)
    world.say(
        f"The maker builds {MODEL} number 1 out of motor {first.motor} and control {control}, publishes what it is made"
        " of, and promises to take it back for ten years."
    )
    world.say("Sold to its owner, who pledges it to a lender: while that lien stands, a sale of the title is refused.")
    return life


def _assemble(world: World, serial: str, meter: int, owner: Role, *parts: str) -> Drill:
    """By the maker, who sells it whole."""
    maker = world.wallet(Role.MAKER)
    machine, _ = assets.register(maker, MODEL, serial, maker.address)
    built = [assets.register(maker, name, f"{serial} {name}", maker.address)[0] for name in ("motor", *parts)]
    for part in built:
        components.attach(maker, part, machine, components.ASSEMBLING)
    assets.declare_odometer_rate(maker, machine, PER_DAY)
    steps.give(maker, machine, world.wallet(owner).address)
    own = world.wallet(owner)
    assets.bind_meter(own, machine, key(meter))
    domains, folder = world.stack.platform.domains, world.folder / f"machine-{machine}"
    began = 0 if owner is Role.OWNER else EARLIER_HOURS * HOUR_MS
    served = ServedMachine(machine, key(meter), domains, folder, world.clock, began, seed=machine)
    world.claims.equal(f"parts of machine {machine}", built, steps.parts_of(maker, machine))
    return Drill(machine, built[0], served)


def offer(world: World, life: Life, drill: Drill, owner: Role, shares: Mapping[Role, int], version: str) -> None:
    """With its design version's passport: take-back, permit signer, terms of service, a split with a share for the
    machine's own service, offer."""
    own, maker, machine = world.wallet(owner), world.wallet(Role.MAKER), drill.asset
    paper = Paper(passport.passport_hash(_passport(version)), "")
    if version == "1.0":
        make_offerable(maker, own, machine, paper)
    else:
        own.send(own.platform.assets.functions.setPassport(machine, paper.hash, paper.uri))
        promise_take_back(maker, machine, UnixTime(world.now() + 10 * 365 * terms.DAY))
    rotation = key(ROTATION_KEY)
    reset = drill.served.reset(world.now())
    meters = own.platform.meters.functions
    own.send(meters.setRotationKey(machine, rotation.address, reset.form.values(), reset.signature))
    assets.appoint_permit_signer(own, machine, rotation, Address(local_account(PERMIT_SIGNER).address))
    orders.choose_terms(own, machine, life.terms)
    reserve = orders.reserve_of(own.client, own.platform, machine)
    payees = [splits.Payee(role.address, share) for role, share in shares.items()]
    drill.split, _ = splits.create(own, [*payees, splits.Payee(reserve, terms.RESERVE_SHARE)], [world.currency.address])
    splits.point(own, machine, drill.split)
    assets.put_in_service(own, machine)
    assets.offer(own, machine, life.tariff[0], True, FAR)


def _pledge(world: World, drill: Drill) -> None:
    owner = world.wallet(Role.OWNER)
    steps.place_lien(owner, drill.asset, Role.LENDER.address)
    world.claims.refused(
        "I-11: a title under lien does not move",
        "Assets_UnderLien",
        lambda: steps.give(owner, drill.asset, Role.SECOND_OWNER.address),
    )


def hire(world: World, life: Life, drill: Drill, money: str) -> BaseUnits:
    """The customer pays in, opens, and the machine knows whose permits it may trust."""
    customer, paid_in = world.wallet(Role.CUSTOMER), world.currency.parse(money)
    accounts.mint_play_money(customer, world.currency, paid_in)
    number, tariff = life.tariff
    wish = agreements.Wish(
        drill.asset, number, True, tariff.hold_target, world.currency.parse("500"), Seconds(30 * terms.DAY)
    )
    opened, _ = agreements.fund_and_open(customer, world.currency, paid_in, wish)
    _serve(world, life, drill, opened)
    return paid_in


def _serve(world: World, life: Life, drill: Drill, agreement: AgreementId) -> None:
    client, platform = world.stack.client, world.stack.platform
    appointment = assets.appointment(client, platform, drill.asset)
    if appointment is None:
        raise Fatal("story", f"nobody signs permits for machine {drill.asset}", "This is a defect: please report it.")
    rotation: SigningKey = key(ROTATION_KEY)
    drill.served.serve(agreement, life.tariff, rotation.address, appointment, world.door())


def _passport(version: str) -> passport.Document:
    """The shipped example, as this design version. Raises Rejected where it is not sound."""
    today = datetime.now(UTC).date()
    document = passport.read(passport.shipped("smart-drill"), today)
    changed = {**document, "product": {**document["product"], "designVersion": version}}
    if found := passport.problems(changed, today):
        raise Fatal("passport", str(found[0]), "This is a defect: please report it.")
    return changed


def materials() -> Mapping[str, int]:
    """Grams by name, as the passport says."""
    return {each["name"]: each["grams"] for each in _passport("1.0")["materials"]}
