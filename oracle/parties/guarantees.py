"""Buybacks: a floor under a machine's price that reads signed wear."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from eth_abi.abi import encode
from web3.contract import Contract

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import BUYBACKS, Platform
from oracle.domain.forms import Signed
from oracle.domain.statuses import Status
from oracle.parties.module_calls import allow, entrust_title, module, told
from oracle.parties.wallet import Done, Wallet
from oracle.types import (
    ZERO_ADDRESS,
    ZERO_BYTES32,
    Address,
    AssetId,
    BaseUnits,
    Bytes32,
    GuaranteeId,
    OrderId,
    Seconds,
    UnixTime,
)

UNTIL_COVERED = (1 << 40) - 1
NOTHING = BaseUnits(0)
DAY = 86_400
NEVER = Seconds(0)
_STATUS = "(uint64,uint32,uint40,uint8,uint16,uint48)"


class Stage(IntEnum):
    """As the chain numbers it."""

    LIVE = 1
    EXERCISED = 2
    EXPIRED = 3
    WAIVED = 4


@dataclass(frozen=True, slots=True)
class PricePoint:
    """`age` in seconds since the guarantee's beginning."""

    age: Seconds
    price: BaseUnits


@dataclass(frozen=True, slots=True)
class BuybackTerms:
    """In the order of the contract's struct. Amounts in base units; `deduction_per_million` for 1,000,000 units of the
    odometer above the allowance; `service_every` 0: no service is due."""

    asset: AssetId
    currency: Address
    starts_at: UnixTime
    window_from: UnixTime
    window_until: UnixTime
    cover_bps: int
    least_grade: int = 0
    units_per_year: int = 0
    deduction_per_million: BaseUnits = NOTHING
    service_every: Seconds = NEVER
    missed_service: BaseUnits = NOTHING
    terms_hash: Bytes32 = ZERO_BYTES32

    def values(self) -> tuple[int | str | bytes, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class BuybackView:
    """`waits`: a holder keeps the title until there is collateral. `owed` to `claimant`, None: to nobody."""

    id: GuaranteeId
    terms: BuybackTerms
    points: tuple[PricePoint, ...]
    guarantor: Address
    stage: Stage
    open_until: UnixTime
    waits: bool
    collateral: BaseUnits
    required: BaseUnits
    claimant: Address | None
    owed: BaseUnits

    @property
    def has_ended(self) -> bool:
        return self.stage is not Stage.LIVE and self.owed == 0


@dataclass(frozen=True, slots=True)
class PriceToday:
    """By the asset's chosen guarantee with the largest wear that is possible; `covered` by collateral."""

    guarantee: GuaranteeId
    price: BaseUnits
    covered: BaseUnits


@dataclass(frozen=True, slots=True)
class Exercise:
    """`paid` + `owed` is the price."""

    odometer: int
    price: BaseUnits
    paid: BaseUnits
    owed: BaseUnits


def give(
    wallet: Wallet, terms: BuybackTerms, points: Sequence[PricePoint], collateral: BaseUnits
) -> tuple[GuaranteeId, Done]:
    """Allows exactly the collateral and guarantees."""
    allow(wallet, BUYBACKS, terms.currency, collateral)
    book = _book(wallet.client, wallet.platform)
    line = [(point.age, point.price) for point in points]
    done = wallet.send(book.functions.give(terms.values(), line, collateral))
    return GuaranteeId(told(book, done, "GuaranteeGiven")["guarantee"]), done


def top_up(wallet: Wallet, view: BuybackView, amount: BaseUnits) -> Done:
    allow(wallet, BUYBACKS, view.terms.currency, amount)
    return wallet.send(_book(wallet.client, wallet.platform).functions.topUp(view.id, amount))


def pay_claim(wallet: Wallet, view: BuybackView, amount: BaseUnits) -> Done:
    allow(wallet, BUYBACKS, view.terms.currency, amount)
    return wallet.send(_book(wallet.client, wallet.platform).functions.payClaim(view.id, amount))


def release(wallet: Wallet, guarantee: GuaranteeId, amount: BaseUnits) -> Done:
    return wallet.send(_book(wallet.client, wallet.platform).functions.release(guarantee, amount))


def expire(wallet: Wallet, guarantee: GuaranteeId) -> Done:
    return wallet.send(_book(wallet.client, wallet.platform).functions.expire(guarantee))


def choose(wallet: Wallet, guarantee: GuaranteeId) -> Done:
    return wallet.send(_book(wallet.client, wallet.platform).functions.choose(guarantee))


def demand(wallet: Wallet, guarantee: GuaranteeId, status: Signed[Status] | None) -> Done:
    return wallet.send(_book(wallet.client, wallet.platform).functions.demand(guarantee, encoded(status)))


def prove_service(wallet: Wallet, guarantee: GuaranteeId, order: OrderId) -> Done:
    return wallet.send(_book(wallet.client, wallet.platform).functions.proveService(guarantee, order))


def exercise(
    wallet: Wallet, view: BuybackView, status: Signed[Status] | None, least: BaseUnits = NOTHING
) -> tuple[Exercise, Done]:
    """Lets the contract move the title and sells the machine back, not for less than `least`."""
    book = _book(wallet.client, wallet.platform)
    entrust_title(wallet, BUYBACKS, view.terms.asset)
    done = wallet.send(book.functions.exerciseFor(view.id, encoded(status), least))
    said = told(book, done, "Exercised")
    return Exercise(
        said["odometer"], BaseUnits(said["price"]), BaseUnits(said["paid"]), BaseUnits(said["owed"])
    ), done  # fmt: skip


def usual_least(wallet: Wallet, view: BuybackView, status: Signed[Status] | None) -> BaseUnits:
    """The price now less a thousandth, for it falls until the transaction is mined."""
    client, platform = wallet.client, wallet.platform
    odometer = _largest_odometer(client, platform, view.terms.asset) if status is None else status.form.odometer
    return BaseUnits(client.call(_book(client, platform).functions.priceAt(view.id, odometer)) * 999 // 1_000)


def highest_price(client: ChainClient, platform: Platform, view: BuybackView) -> BaseUnits:
    """What a holder could ask today with a status that shows no more wear than is recorded."""
    *_, odometer, _, _ = client.call(platform.meters.functions.odometerOf(view.terms.asset))
    return BaseUnits(client.call(_book(client, platform).functions.priceAt(view.id, odometer)))


def _largest_odometer(client: ChainClient, platform: Platform, asset: AssetId) -> int:
    """As far as it may have come since the registry's checkpoint."""
    *_, odometer, per_day, since = client.call(platform.meters.functions.odometerOf(asset))
    passed = client.block(client.head()).time - since
    return min(int(odometer + per_day * passed // DAY), (1 << 48) - 1)


def encoded(status: Signed[Status] | None) -> bytes:
    """As the contract takes a signed status; empty for none."""
    return b"" if status is None else encode([_STATUS, "bytes"], [tuple(status.form.values()), status.signature])


def price_now(client: ChainClient, platform: Platform, asset: AssetId) -> PriceToday:
    """Raises CallReverted where nothing is guaranteed."""
    guarantee, price, covered = client.call(_book(client, platform).functions.priceNow(asset))
    return PriceToday(GuaranteeId(guarantee), BaseUnits(price), BaseUnits(covered))


def count(client: ChainClient, platform: Platform) -> int:
    return int(client.call(_book(client, platform).functions.guaranteeCount()))


def buyback_view(client: ChainClient, platform: Platform, guarantee: GuaranteeId) -> BuybackView:
    """Raises CallReverted where there is none."""
    book = _book(client, platform).functions
    terms, guarantor, stage, open_until, _, claimant, owed, _, _ = client.call(book.buybackOf(guarantee))
    asset, currency, *rest = terms
    return BuybackView(
        guarantee,
        BuybackTerms(AssetId(asset), checksummed(currency), *rest),
        tuple(PricePoint(Seconds(age), BaseUnits(price)) for age, price in client.call(book.pointsOf(guarantee))),
        checksummed(guarantor),
        Stage(stage),
        UnixTime(open_until),
        open_until == UNTIL_COVERED,
        BaseUnits(client.call(book.collateralOf(guarantee))),
        BaseUnits(client.call(book.requiredOf(guarantee))),
        None if checksummed(claimant) == ZERO_ADDRESS else checksummed(claimant),
        BaseUnits(owed),
    )


def _book(client: ChainClient, platform: Platform) -> Contract:
    return module(client, platform, BUYBACKS)
