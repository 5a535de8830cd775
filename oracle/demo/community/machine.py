"""A drill that a member offers, whose fees give the community its share, and one customer's agreement on it."""

from dataclasses import dataclass

from oracle.demo.community.cast import Role
from oracle.demo.community.scene import DAY, EUR, HOUR, World
from oracle.domain.batching import Group, Record, encode_batch
from oracle.domain.forms import digest
from oracle.domain.hashing import keccak
from oracle.domain.readings import Flag, Reading
from oracle.domain.signatures import Curve, SigningKey, to_compact
from oracle.domain.tariffs import Tariff
from oracle.parties import accounts, agreements, assets, splits, tariffs
from oracle.parties.circular import Paper, make_offerable
from oracle.parties.splits import Payee
from oracle.types import ZERO_BYTES32, AgreementId, AssetId, BaseUnits, Seconds, SplitId, TariffId, UnixTime

NO_AGREEMENT = AgreementId(0)
YEARS = 3 * 365 * DAY
SHARES = (70, 10, 20)
"""Provider, maker, community: a payee like any other."""


@dataclass
class Drill:
    asset: AssetId
    key: SigningKey
    tariff: TariffId
    split: SplitId
    agreement: AgreementId = NO_AGREEMENT
    sequence: int = 0
    used: int = 0


def build(world: World) -> Drill:
    """Everything but the offer: that the policy decides."""
    provider, maker = world.wallet(Role.PROVIDER), world.wallet(Role.MAKER)
    asset, _ = assets.register(maker, "Smart Drill", "community 1", provider.address)
    key = SigningKey(keccak(b"meter of the community's drill"))
    assets.bind_meter(provider, asset, key)
    make_offerable(maker, provider, asset, Paper(keccak(b"passport"), ""))
    people = (provider.address, maker.address, world.platform.addresses["CommunityAccount"])
    payees = [Payee(account, share) for account, share in zip(people, SHARES, strict=True)]
    split, _ = splits.create(provider, payees, [world.currency.address])
    splits.point(provider, asset, split)
    tariff, _ = tariffs.publish(provider, _tariff(world))
    return Drill(asset, key, tariff, split)


def offer(world: World, drill: Drill) -> None:
    until = UnixTime(world.now + YEARS)
    assets.offer(world.wallet(Role.PROVIDER), drill.asset, drill.tariff, True, until)


def hire(world: World, drill: Drill) -> None:
    customer = world.wallet(Role.CUSTOMER)
    accounts.allow(customer, world.currency, BaseUnits(500 * EUR))
    wish = agreements.Wish(
        drill.asset, drill.tariff, True, BaseUnits(100 * EUR), BaseUnits(400 * EUR), Seconds(30 * DAY)
    )
    drill.agreement, _ = agreements.open_agreement(customer, wish)


def use(world: World, drill: Drill, amount: int) -> None:
    """A signed reading, carried by somebody who has nothing to do with it."""
    drill.sequence, drill.used = drill.sequence + 1, drill.used + amount
    reading = Reading(
        drill.agreement, drill.asset, drill.sequence, UnixTime(world.now), (drill.used, 0, 0, 0), drill.used, Flag(0),
        ZERO_BYTES32,
    )  # fmt: skip
    signature = to_compact(drill.key.sign(digest(world.platform.domains.of(reading), reading)))
    batch = encode_batch([Group(Curve.SECP256K1, drill.tariff, (Record(reading, signature),))])
    world.wallet(Role.CARRIER).send(world.platform.settle(batch))


def _tariff(world: World) -> Tariff:
    return Tariff(
        currency=world.currency.address,
        price_per_million=(BaseUnits(EUR), BaseUnits(0), BaseUnits(0), BaseUnits(0)),
        standing_per_day=BaseUnits(0),
        hold_target=BaseUnits(100 * EUR),
        max_charge_per_hour=BaseUnits(50 * EUR),
        burst=BaseUnits(200 * EUR),
        notice=Seconds(HOUR),
        minimum_term=Seconds(0),
        permit_validity=Seconds(600),
        delivery_time=Seconds(60),
        session_cap=Seconds(0),
        idle_stop=Seconds(0),
        unused_days=0,
        tax_bps=1_900,
        tax_included=True,
        kind=1,
        terms_hash=keccak(b"terms"),
    )
