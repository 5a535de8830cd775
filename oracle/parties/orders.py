"""Work on machines: terms of service, orders, bids, evidence, disputes."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, cast

from web3.contract.contract import ContractFunction

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import MARKET, Platform
from oracle.domain.forms import Signed
from oracle.domain.statuses import Status
from oracle.errors import Rejected
from oracle.parties.currencies import Currency
from oracle.parties.wallet import Done, Wallet
from oracle.types import (
    ZERO_ADDRESS,
    ZERO_BYTES32,
    Address,
    AgreementId,
    AssetId,
    BaseUnits,
    Bytes32,
    OrderId,
    Seconds,
    ServiceTermsId,
    UnixTime,
)

GRADES = ("A", "B", "C", "D")
_NO_STATUS = ((0, 0, 0, 0, 0, 0), b"")


class Kind(IntEnum):
    """What is to be done, as the chain numbers it."""

    INSPECT = 0
    MAINTAIN = 1
    REPAIR = 2
    UPGRADE = 3
    REFURBISH = 4
    COLLECT = 5
    DISMANTLE = 6


class Stage(IntEnum):
    """Where an order stands; from PAID on it has ended. The drawing is in contracts/README.md."""

    OPEN = 1
    ASSIGNED = 2
    DELIVERED = 3
    DISPUTED = 4
    PAID = 5
    ARBITRATED = 6
    CANCELLED = 7
    ABANDONED = 8
    EXPIRED = 9


@dataclass(frozen=True, slots=True)
class ServiceTerms:
    """Amounts in base units of the currency; shares of 10,000."""

    currency: Address
    rule_ceiling: BaseUnits
    silent_share_bps: int
    rule_budget: BaseUnits
    dispute_bond: BaseUnits
    shortest_bidding: Seconds
    acceptance_time: Seconds
    grace_time: Seconds
    inspection_time: Seconds
    arbitration_time: Seconds
    included_per_year: int
    quorum: int
    own_bids: bool
    status_needed: bool
    terms_hash: Bytes32


@dataclass(frozen=True, slots=True)
class Document:
    """A paper by its hash and where it is; `NOTHING` for none."""

    hash: Bytes32
    uri: str


NOTHING = Document(ZERO_BYTES32, "")


@dataclass(frozen=True, slots=True)
class Need:
    """What an order asks for. `agreement` None: by provider or watcher."""

    asset: AssetId
    kind: Kind
    agreement: AgreementId | None
    ceiling: BaseUnits
    bidding_until: UnixTime
    most_work_time: Seconds
    by_rule: bool
    document: Document


@dataclass(frozen=True, slots=True)
class OrderView:
    """`worker` None: nobody has bid. `price`: the lowest bid, once assigned the chosen one."""

    id: OrderId
    asset: AssetId
    kind: Kind
    stage: Stage
    terms: ServiceTermsId
    opened_at: UnixTime
    bidding_until: UnixTime
    by_rule: bool
    is_included: bool
    opener: Address
    ceiling: BaseUnits
    worker: Address | None
    price: BaseUnits
    deadline: UnixTime
    bond: BaseUnits


@dataclass(frozen=True, slots=True)
class Reputation:
    """Counts of orders: `late` of those done, `lost` rulings below the full price, `failed` given back or expired."""

    done: int
    late: int
    disputed: int
    lost: int
    failed: int


# Terms


def publish_terms(
    wallet: Wallet, terms: ServiceTerms, core_prices: Sequence[BaseUnits], arbiters: Sequence[Address]
) -> tuple[ServiceTermsId, Done]:
    """`core_prices`: what a machine that comes back is worth, for grades A to D."""
    book = wallet.platform.service_terms.functions
    members = _members(book.termsOf(0))
    named = dict(zip(_TERMS, _terms_values(terms), strict=True))
    done = wallet.send(book.publish([named[name] for name in members], list(core_prices), list(arbiters)))
    return ServiceTermsId(done.integer("ServiceTermsPublished", "terms")), done


def choose_terms(wallet: Wallet, asset: AssetId, terms: ServiceTermsId) -> Done:
    return wallet.send(wallet.platform.service_terms.functions.choose(asset, terms))


def appoint_watcher(wallet: Wallet, asset: AssetId, watcher: Address, on: bool) -> Done:
    return wallet.send(wallet.platform.service_terms.functions.appointWatcher(asset, watcher, on))


def terms_currency(client: ChainClient, platform: Platform, terms: ServiceTermsId) -> Address:
    return checksummed(client.call(platform.service_terms.functions.currencyOf(terms)))


def terms_hash(client: ChainClient, platform: Platform, terms: ServiceTermsId) -> Bytes32:
    """Of the terms in words."""
    function = platform.service_terms.functions.termsOf(terms)
    return Bytes32(bytes(dict(zip(_members(function), client.call(function), strict=True))["termsHash"]))


def chosen_terms(client: ChainClient, platform: Platform, asset: AssetId) -> ServiceTermsId:
    """Raises CallReverted where the provider has chosen none."""
    return ServiceTermsId(client.call(platform.service_terms.functions.chosenBy(asset)))


# An order's steps


def open_order(wallet: Wallet, need: Need) -> tuple[OrderId, Done]:
    request = (
        need.asset, int(need.kind), need.agreement or 0, need.ceiling, need.bidding_until, need.most_work_time,
        need.by_rule, need.document.hash, need.document.uri,
    )  # fmt: skip
    done = wallet.send(wallet.platform.market.functions.open(request))
    return OrderId(done.integer("OrderOpened", "order")), done


def bid(wallet: Wallet, order: OrderId, price: BaseUnits, work_time: Seconds) -> Done:
    return wallet.send(wallet.platform.market.functions.bid(order, price, work_time))


def accept(wallet: Wallet, order: OrderId, worker: Address | None) -> Done:
    """A worker's bid by the provider, or None: the lowest by rule, by anyone."""
    market = wallet.platform.market.functions
    return wallet.send(market.acceptLowest(order) if worker is None else market.accept(order, worker))


def deliver(
    wallet: Wallet,
    order: OrderId,
    document: Document,
    parts_in: Sequence[AssetId] = (),
    parts_out: Sequence[AssetId] = (),
    status: Signed[Status] | None = None,
) -> Done:
    """`status`: the meter's own "up" after the work, where the terms ask for it."""
    evidence = (document.hash, document.uri, list(parts_in), list(parts_out))
    word = _NO_STATUS if status is None else (status.form.values(), status.signature)
    return wallet.send(wallet.platform.market.functions.deliver(order, evidence, *word))


def approve(wallet: Wallet, order: OrderId) -> Done:
    return wallet.send(wallet.platform.market.functions.approve(order))


def dispute(wallet: Wallet, order: OrderId, document: Document) -> Done:
    return wallet.send(wallet.platform.market.functions.dispute(order, document.hash, document.uri))


def rule(wallet: Wallet, order: OrderId, worker_bps: int, document: Document) -> Done:
    return wallet.send(wallet.platform.market.functions.rule(order, worker_bps, document.hash))


def end(wallet: Wallet, order: OrderId, give_up: bool) -> tuple[str, Done]:
    """What ends the order's present stage: by anyone after its time, or (`give_up`) by opener, provider or worker.

    Raises Rejected `order_has_ended` where there is nothing to end.
    """
    stage = order_view(wallet.client, wallet.platform, order).stage
    ways = {
        Stage.OPEN: ("cancel", "lapse"),
        Stage.ASSIGNED: ("abandon", "expire"),
        Stage.DELIVERED: (None, "release"),
        Stage.DISPUTED: (None, "endSilent"),
    }
    way = ways.get(stage, (None, None))[0 if give_up else 1]
    if way is None:
        raise Rejected("nothing_to_end", f"order {order}", f"is {stage.name.lower()}: nothing to end that way", "")
    return way, wallet.send(wallet.platform.market.get_function_by_name(way)(order))


def allow(wallet: Wallet, currency: Currency, amount: BaseUnits) -> Done:
    """Sets what the market may take for top-ups and bonds."""
    market = wallet.platform.addresses[MARKET]
    return wallet.send(wallet.platform.accounts.functions.approve(market, currency.id, amount))


# Views


def order_count(client: ChainClient, platform: Platform) -> int:
    return int(client.call(platform.market.functions.orderCount()))


def order_view(client: ChainClient, platform: Platform, order: OrderId) -> OrderView:
    """Raises CallReverted where there is none."""
    function = platform.market.functions.orderOf(order)
    found = dict(zip(_members(function), client.call(function), strict=True))
    worker = checksummed(found["worker"])
    return OrderView(
        order,
        AssetId(found["asset"]),
        Kind(found["kind"]),
        Stage(found["stage"]),
        ServiceTermsId(found["terms"]),
        UnixTime(found["openedAt"]),
        UnixTime(found["biddingUntil"]),
        bool(found["byRule"]),
        bool(found["isIncluded"]),
        checksummed(found["opener"]),
        BaseUnits(found["ceiling"]),
        None if worker == ZERO_ADDRESS else worker,
        BaseUnits(found["price"]),
        UnixTime(found["deadline"]),
        BaseUnits(found["bond"]),
    )


def reputation(client: ChainClient, platform: Platform, worker: Address) -> Reputation:
    return Reputation(*client.call(platform.market.functions.reputationOf(worker)))


def reserve_of(client: ChainClient, platform: Platform, asset: AssetId) -> Address:
    """The account that a split may name as payee."""
    return checksummed(client.call(platform.market.functions.reserveOf(asset)))


_TERMS = (
    "currency", "ruleCeiling", "silentShareBps", "ruleBudget", "disputeBond", "shortestBidding", "acceptanceTime",
    "graceTime", "inspectionTime", "arbitrationTime", "includedPerYear", "quorum", "ownBids", "statusNeeded",
    "termsHash",
)  # fmt: skip


def _terms_values(terms: ServiceTerms) -> tuple[object, ...]:
    return (
        terms.currency, terms.rule_ceiling, terms.silent_share_bps, terms.rule_budget, terms.dispute_bond,
        terms.shortest_bidding, terms.acceptance_time, terms.grace_time, terms.inspection_time, terms.arbitration_time,
        terms.included_per_year, terms.quorum, terms.own_bids, terms.status_needed, terms.terms_hash,
    )  # fmt: skip


def _members(view: ContractFunction) -> list[str]:
    """The struct's members in the order of the contract, which packs them into slots."""
    abi = cast(Any, view.abi)
    return [part["name"] for part in abi["outputs"][0]["components"]]
