"""Pools of spares: who shares them, on which rules, and what members decide and pay.

Claims and loans are in `oracle/parties/spare_loans.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from web3.contract import Contract

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import POOLS, SPARE_STOCK, Platform
from oracle.parties.module_calls import allow, entrust_title, module, told
from oracle.parties.wallet import Done, Wallet
from oracle.types import (
    Address,
    AssetId,
    BaseUnits,
    Bytes32,
    MemberId,
    PoolId,
    ProposalId,
    Seconds,
    ServiceTermsId,
    UnixTime,
)

MODEL_CONTRACT = Bytes32(bytes.fromhex("ed7f38b5c529e44f6f62e747a3740dbc86bb8502329bc0a05aa95f8017eff368"))
"""keccak256 of `docs/model-pool-contract.md`, which members of a pool accept unless its rules name another text."""


@dataclass(frozen=True, slots=True)
class PoolTerms:
    """In the order of the contract's struct. Amounts in base units of `currency`."""

    currency: Address
    dues: BaseUnits
    least_grade: int
    vouched: bool
    entry: BaseUnits
    deposit: BaseUnits
    claim_fee: BaseUnits
    fee_per_day: BaseUnits
    late_fee_per_day: BaseUnits
    period: Seconds
    waiting_time: Seconds
    fresh_time: Seconds
    longest_loan: Seconds
    collect_time: Seconds
    defective_time: Seconds
    rest_time: Seconds
    voting_time: Seconds
    bidding_time: Seconds
    work_time: Seconds
    service_terms: ServiceTermsId
    terms_hash: Bytes32

    def values(self) -> tuple[int | str | bytes, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class PoolModel:
    """A model that the pool serves, in the order of the contract's struct. `price`: of keeping a spare, and the most
    that is paid for one."""

    maker: Address
    price: BaseUnits
    model: Bytes32
    exchange_fee: BaseUnits
    repair_ceiling: BaseUnits

    @property
    def name(self) -> str:
        return self.model.rstrip(b"\0").decode(errors="replace")

    def values(self) -> tuple[int | str | bytes, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class PoolView:
    """`heir`: who left last, once it is closed. `cash` is the pool's own, `held` its members'."""

    id: PoolId
    terms: PoolTerms
    models: tuple[PoolModel, ...]
    maker: Address
    keeper: Address
    members: int
    heir: Address | None
    held: BaseUnits
    cash: BaseUnits
    contributed: BaseUnits
    rules_hash: Bytes32


@dataclass(frozen=True, slots=True)
class MemberView:
    """One machine in one pool. `arrears` in base units; `refund`: what leaving now would pay."""

    id: MemberId
    account: Address
    pool: PoolId
    asset: AssetId
    model: int
    joined_at: UnixTime
    covered_from: UnixTime
    has_left: bool
    contributed: BaseUnits
    credit: BaseUnits
    deposit: BaseUnits
    dues_until: UnixTime
    arrears: BaseUnits
    refund: BaseUnits


class ProposalKind(IntEnum):
    PURCHASE = 1
    RETIREMENT = 2
    KEEPER = 3


@dataclass(frozen=True, slots=True)
class ProposalView:
    """`account`: seller, taker or new keeper."""

    id: ProposalId
    pool: PoolId
    kind: ProposalKind
    is_done: bool
    closes_at: UnixTime
    asset: AssetId | None
    account: Address
    price: BaseUnits
    voters: tuple[MemberId, ...]


# Opening and joining


def open_pool(
    wallet: Wallet, terms: PoolTerms, models: Sequence[PoolModel], keeper: Address
) -> tuple[PoolId, Done]:  # fmt: skip
    book = pools_book(wallet.client, wallet.platform)
    done = wallet.send(book.functions.open(terms.values(), [model.values() for model in models], keeper))
    return PoolId(told(book, done, "PoolOpened")["pool"]), done


def join(wallet: Wallet, pool: PoolView, asset: AssetId, credit: BaseUnits) -> tuple[MemberId, Done]:
    """Allows exactly entry, deposit and credit, and joins with a machine of the wallet's under the rules as viewed."""
    terms = pool.terms
    allow(wallet, POOLS, terms.currency, BaseUnits(terms.entry + terms.deposit + credit))
    book = pools_book(wallet.client, wallet.platform)
    done = wallet.send(book.functions.join(pool.id, asset, pool.rules_hash, credit))
    return MemberId(told(book, done, "MemberJoined")["member"]), done


def vouch(wallet: Wallet, by: MemberId, candidate: Address) -> Done:
    return _send(wallet, "vouch", by, candidate)


def change_machine(wallet: Wallet, member: MemberId, asset: AssetId) -> Done:
    return _send(wallet, "changeMachine", member, asset)


# Money of members


def pay_in(wallet: Wallet, member: MemberId, currency: Address, amount: BaseUnits) -> Done:
    """Anyone, for a member."""
    allow(wallet, POOLS, currency, amount)
    return _send(wallet, "payIn", member, amount)


def pay_out(wallet: Wallet, member: MemberId, amount: BaseUnits) -> Done:
    return _send(wallet, "payOut", member, amount)


def restore_deposit(wallet: Wallet, member: MemberId) -> Done:
    """Out of the member's credit."""
    return _send(wallet, "restoreDeposit", member)


def draw_dues(wallet: Wallet, member: MemberId) -> Done:
    return _send(wallet, "drawDues", member)


# Votes


def propose_purchase(wallet: Wallet, pool: PoolId, asset: AssetId, price: BaseUnits) -> tuple[ProposalId, Done]:
    """The title's owner; lets the contract take the title once members have said yes."""
    entrust_title(wallet, SPARE_STOCK, asset)
    return _propose(wallet, "proposePurchase", pool, asset, price)


def propose_retirement(wallet: Wallet, by: MemberId, unit: AssetId, taker: Address) -> tuple[ProposalId, Done]:
    return _propose(wallet, "proposeRetirement", by, unit, taker)


def propose_keeper(wallet: Wallet, by: MemberId, keeper: Address) -> tuple[ProposalId, Done]:
    return _propose(wallet, "proposeKeeper", by, keeper)


def vote(wallet: Wallet, proposal: ProposalId, by: MemberId) -> Done:
    return wallet.send(stock_book(wallet.client, wallet.platform).functions.vote(proposal, by))


def carry_out(wallet: Wallet, proposal: ProposalId) -> Done:
    """Anyone, once more than half have said yes."""
    return wallet.send(stock_book(wallet.client, wallet.platform).functions.carryOut(proposal))


# Leaving


def leave(wallet: Wallet, member: MemberId) -> tuple[BaseUnits, Done]:
    """The member. Returns what was paid."""
    return _left(wallet, "quit", member)


def expel(wallet: Wallet, member: MemberId) -> tuple[BaseUnits, Done]:
    """Anyone, once arrears exceed the deposit. Returns what was paid."""
    return _left(wallet, "expel", member)


# Views


def pools_book(client: ChainClient, platform: Platform) -> Contract:
    return module(client, platform, POOLS)


def stock_book(client: ChainClient, platform: Platform) -> Contract:
    return module(client, platform, SPARE_STOCK)


def pool_count(client: ChainClient, platform: Platform) -> int:
    return int(client.call(pools_book(client, platform).functions.poolCount()))


def member_count(client: ChainClient, platform: Platform) -> int:
    """Of all pools, those included who have left."""
    return int(client.call(pools_book(client, platform).functions.memberCount()))


def pool_view(client: ChainClient, platform: Platform, pool: PoolId) -> PoolView:
    """Raises CallReverted where there is none."""
    functions = pools_book(client, platform).functions
    stock = stock_book(client, platform).functions
    views = (
        functions.poolOf(pool), functions.termsOf(pool), functions.cashOf(pool), stock.modelsOf(pool),
        stock.keeperOf(pool),
    )  # fmt: skip
    found, terms, cash, models, keeper = client.call_many(views, client.head())
    maker, members, is_closed, heir, held, contributed, rules_hash = found
    currency, *figures = terms
    return PoolView(
        pool,
        PoolTerms(checksummed(currency), *figures),
        tuple(PoolModel(checksummed(maker), *rest) for maker, *rest in models),
        checksummed(maker),
        checksummed(keeper),
        members,
        checksummed(heir) if is_closed else None,
        BaseUnits(held),
        BaseUnits(cash),
        BaseUnits(contributed),
        Bytes32(rules_hash),
    )


def member_view(client: ChainClient, platform: Platform, member: MemberId) -> MemberView:
    """Raises CallReverted where there is none."""
    functions = pools_book(client, platform).functions
    found = client.call(functions.memberOf(member))
    account, joined, covered, model, has_left, pool, asset, contributed, credit, deposit, dues_until, _ = found
    arrears = refund = 0
    if not has_left:
        (_, arrears), refund = client.call_many(
            (functions.arrearsOf(member), functions.refundOf(member)), client.head()
        )
    return MemberView(
        member, checksummed(account), PoolId(pool), AssetId(asset), model, UnixTime(joined), UnixTime(covered),
        has_left, BaseUnits(contributed), BaseUnits(credit), BaseUnits(deposit), UnixTime(dues_until),
        BaseUnits(arrears), BaseUnits(refund),
    )  # fmt: skip


def members_of(client: ChainClient, platform: Platform, pool: PoolId) -> list[MemberView]:
    """Those present."""
    count = member_count(client, platform)
    found = (member_view(client, platform, MemberId(number)) for number in range(1, count + 1))
    return [one for one in found if one.pool == pool and not one.has_left]


def proposal_view(client: ChainClient, platform: Platform, proposal: ProposalId) -> ProposalView:
    functions = stock_book(client, platform).functions
    found, voters = client.call_many((functions.proposalOf(proposal), functions.votersOf(proposal)), client.head())
    pool, kind, _, is_done, _, closes_at, asset, account, price = found
    return ProposalView(
        proposal, PoolId(pool), ProposalKind(kind), is_done, UnixTime(closes_at), AssetId(asset) or None,
        checksummed(account), BaseUnits(price), tuple(map(MemberId, voters)),
    )  # fmt: skip


def account_of(client: ChainClient, platform: Platform, pool: PoolId) -> Address:
    """The sub-account that holds all of a pool's money."""
    return checksummed(client.call(pools_book(client, platform).functions.accountOf(pool)))


def _send(wallet: Wallet, function: str, *arguments: object) -> Done:
    return wallet.send(getattr(pools_book(wallet.client, wallet.platform).functions, function)(*arguments))


def _propose(wallet: Wallet, function: str, *arguments: object) -> tuple[ProposalId, Done]:
    book = stock_book(wallet.client, wallet.platform)
    done = wallet.send(getattr(book.functions, function)(*arguments))
    return ProposalId(told(book, done, "Proposed")["proposal"]), done


def _left(wallet: Wallet, function: str, member: MemberId) -> tuple[BaseUnits, Done]:
    done = _send(wallet, function, member)
    found = told(pools_book(wallet.client, wallet.platform), done, "MemberLeft")
    own = found["credit"] + found["deposit"] + found["share"] - found["unpaid"]
    return BaseUnits(own), done
