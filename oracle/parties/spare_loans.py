"""Claims on a pool's spares that the broken machine proves, and loans that both hands sign."""

from dataclasses import dataclass
from enum import IntEnum

from web3.contract import Contract

from oracle.chain.client import ChainClient
from oracle.chain.contracts import SPARE_LOANS, SPARE_STOCK, Platform
from oracle.domain.forms import Signed
from oracle.domain.hand_overs import CoreGrade, SpareHandOver, SparePaper
from oracle.domain.readings import SignedReading
from oracle.domain.statuses import Status
from oracle.errors import Rejected
from oracle.parties import pools
from oracle.parties.module_calls import entrust_title, module, told
from oracle.parties.orders import Document
from oracle.parties.wallet import Done, Wallet, fresh_nonce
from oracle.types import AssetId, BaseUnits, Bytes32, ClaimId, MemberId, OrderId, PoolId, UnixTime


class ClaimStage(IntEnum):
    """From RETURNED on it has ended."""

    WAITING = 1
    CALLED = 2
    LENT = 3
    RETURNED = 4
    EXCHANGED = 5
    BOUGHT_OUT = 6
    WRITTEN_OFF = 7
    WITHDRAWN = 8
    LAPSED = 9
    CANCELLED = 10


class Place(IntEnum):
    """Where a unit is; only the first three are in the pool's custody."""

    SHELF = 1
    LENT = 2
    REPAIR = 3
    BOUGHT_OUT = 4
    RETIRED = 5


@dataclass(frozen=True, slots=True)
class ClaimView:
    """`asset` broke down at `odometer`; `unit` is the spare. `deadline`: to collect it, or its latest return."""

    id: ClaimId
    member: MemberId
    pool: PoolId
    stage: ClaimStage
    model: int
    is_behind: bool
    has_arrived: bool
    odometer: int
    asset: AssetId
    unit: AssetId | None
    claimed_at: UnixTime
    lent_at: UnixTime | None
    deadline: UnixTime | None

    @property
    def is_open(self) -> bool:
        return self.stage <= ClaimStage.LENT


@dataclass(frozen=True, slots=True)
class StockView:
    """Spares of one model: all, on the shelf, and of those kept for who was called out."""

    total: int
    ready: int
    kept: int


@dataclass(frozen=True, slots=True)
class UnitView:
    """`place` None: it has never been in a pool."""

    id: AssetId
    pool: PoolId
    place: Place | None
    order: OrderId | None


# Claims


def claim(wallet: Wallet, member: MemberId, status: Signed[Status]) -> tuple[ClaimId, Done]:
    """With a "down" of the member's own machine."""
    done = _send(wallet, "claim", member, status.form.values(), status.signature)
    return ClaimId(told(loans_book(wallet.client, wallet.platform), done, "Claimed")["claim"]), done


def withdraw(wallet: Wallet, claim: ClaimId) -> Done:
    return _send(wallet, "withdraw", claim)


def show_use(wallet: Wallet, claim: ClaimId, proof: Signed[Status] | SignedReading) -> Done:
    """Anyone: what the machine's meter signed, with a higher odometer than at the breakdown."""
    if isinstance(proof, SignedReading):
        return _send(wallet, "showUse", claim, proof.reading.values(), proof.signature)
    return _send(wallet, "showUseByStatus", claim, proof.form.values(), proof.signature)


def call_out(wallet: Wallet, pool: PoolId, model: int) -> tuple[ClaimId, Done]:
    """Anyone: the next in the queue is to collect what lies on the shelf."""
    done = _send(wallet, "callOut", pool, model)
    return ClaimId(told(loans_book(wallet.client, wallet.platform), done, "CalledOut")["claim"]), done


def lapse(wallet: Wallet, claim: ClaimId) -> Done:
    """Anyone: called out and not collected in time, or the machine was sold."""
    return _send(wallet, "lapse", claim)


# Hand-overs


def draft(
    client: ChainClient, platform: Platform, view: ClaimView, asset: AssetId, grade: CoreGrade, condition: Bytes32,
    deadline: UnixTime,
) -> SparePaper:  # fmt: skip
    """From keeper to member, or, once the spare is lent, the other way; with fresh nonces."""
    keeper = pools.pool_view(client, platform, view.pool).keeper
    member = pools.member_view(client, platform, view.member).account
    giver, taker = (member, keeper) if view.stage is ClaimStage.LENT else (keeper, member)
    nonces = fresh_nonce(), fresh_nonce()
    return SparePaper(SpareHandOver(view.id, asset, giver, taker, int(grade), condition, *nonces, deadline))


def sign(wallet: Wallet, paper: SparePaper) -> SparePaper:
    return paper.signed_by(wallet.address, wallet.sign(paper.form), wallet.platform.domains)


def submit(wallet: Wallet, paper: SparePaper) -> Done:
    """Anyone carries it. What it does follows from where claim and unit are: the spare goes out, the defective unit
    arrives, or the spare comes back."""
    paper.require_whole()
    view = claim_view(wallet.client, wallet.platform, paper.form.claim_id)
    function = "takeSpare"
    if view.stage is ClaimStage.LENT:
        function = "bringDefective" if paper.form.asset_id == view.asset else "giveBack"
    return _send(wallet, function, paper.form.values(), paper.giver_signature, paper.taker_signature)


# Keeping the spare


def buy_out(wallet: Wallet, claim: ClaimId) -> Done:
    """For the posted price, out of the member's credit."""
    return _send(wallet, "buyOut", claim)


def exchange(wallet: Wallet, view: ClaimView) -> Done:
    """For the exchange fee and the defective unit, whose title the contract is let to take."""
    entrust_title(wallet, SPARE_STOCK, view.asset)
    return _send(wallet, "exchange", view.id)


def forfeit(wallet: Wallet, claim: ClaimId) -> Done:
    """Anyone, where the defective unit has not arrived in time."""
    return _send(wallet, "forfeit", claim)


# Repair


def withhold(wallet: Wallet, unit: AssetId) -> Done:
    """The keeper, from the shelf to repair."""
    return wallet.send(pools.stock_book(wallet.client, wallet.platform).functions.withhold(unit))


def repair(wallet: Wallet, unit: AssetId, document: Document) -> tuple[OrderId, Done]:
    """Anyone: an order under the pool's service terms, paid from its cash."""
    book = pools.stock_book(wallet.client, wallet.platform)
    done = wallet.send(book.functions.repair(unit, document.hash, document.uri))
    return OrderId(told(book, done, "RepairOrdered")["order"]), done


def shelve(wallet: Wallet, unit: AssetId) -> Done:
    """Anyone once the order is paid; the keeper also approves delivered work by it."""
    return wallet.send(pools.stock_book(wallet.client, wallet.platform).functions.shelve(unit))


# Views


def loans_book(client: ChainClient, platform: Platform) -> Contract:
    return module(client, platform, SPARE_LOANS)


def claim_count(client: ChainClient, platform: Platform) -> int:
    return int(client.call(loans_book(client, platform).functions.claimCount()))


def claim_view(client: ChainClient, platform: Platform, claim: ClaimId) -> ClaimView:
    """Raises CallReverted where there is none."""
    found = client.call(loans_book(client, platform).functions.claimOf(claim))
    member, pool, stage, model, is_behind, _, has_arrived, _, odometer, asset, unit, *times = found
    claimed_at, lent_at, deadline = times
    return ClaimView(
        claim, MemberId(member), PoolId(pool), ClaimStage(stage), model, is_behind, has_arrived, odometer,
        AssetId(asset), AssetId(unit) or None, UnixTime(claimed_at), UnixTime(lent_at) or None,
        UnixTime(deadline) or None,
    )  # fmt: skip


def queue_of(client: ChainClient, platform: Platform, pool: PoolId, model: int) -> list[ClaimId]:
    """Those who wait, in the order of their turn."""
    return list(map(ClaimId, client.call(loans_book(client, platform).functions.queueOf(pool, model))))


def stock_of(client: ChainClient, platform: Platform, pool: PoolId, model: int) -> StockView:
    return StockView(*client.call(pools.stock_book(client, platform).functions.stockOf(pool, model)))


def unit_view(client: ChainClient, platform: Platform, unit: AssetId) -> UnitView:
    pool, place, _, _, order = client.call(pools.stock_book(client, platform).functions.unitOf(unit))
    return UnitView(unit, PoolId(pool), Place(place) if place else None, OrderId(order) or None)


def fees_now(client: ChainClient, platform: Platform, claim: ClaimId) -> tuple[BaseUnits, BaseUnits]:
    """Fee for the days, and late fee out of the deposit, if the loan ended now. Raises Rejected where none runs."""
    if claim_view(client, platform, claim).stage is not ClaimStage.LENT:
        raise Rejected("no_loan", f"claim {claim}", "has no spare on loan", "")
    fee, late, _ = client.call(loans_book(client, platform).functions.feesOf(claim))
    return BaseUnits(fee), BaseUnits(late)


def _send(wallet: Wallet, function: str, *arguments: object) -> Done:
    return wallet.send(getattr(loans_book(wallet.client, wallet.platform).functions, function)(*arguments))
