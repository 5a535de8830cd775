"""What a wallet shows of rounds: terms, standing against plan, tranches and positions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import ROUND_BOOK, ROUND_COLLATERAL, ROUND_VIEWS, ROUNDS, Platform
from oracle.domain.rounds import (
    ALL_BPS,
    PlanPoint,
    RoundAsset,
    RoundState,
    RoundTerms,
    TrancheTerms,
)
from oracle.errors import Rejected
from oracle.parties.module_calls import module
from oracle.types import Address, AssetId, BaseUnits, GuaranteeId, RoundId, Seconds, SplitId, UnixTime

_NO_CAP = (1 << 32) - 1
_UNLIMITED = (1 << 256) - 1


@dataclass(frozen=True, slots=True)
class RoundView:
    """`received`: all that was ever distributed to the round; `started_at`, `defaulted_at` None: not yet.
    `rate_noted_at`: when receipts were last noted for the present rate."""

    id: RoundId
    state: RoundState
    provider: Address
    split: SplitId
    terms: RoundTerms
    tranches: tuple[TrancheTerms, ...]
    plan: tuple[PlanPoint, ...]
    assets: tuple[RoundAsset, ...]
    received: BaseUnits
    raised: BaseUnits
    started_at: UnixTime | None
    defaulted_at: UnixTime | None
    rate_noted_at: UnixTime

    @property
    def currency(self) -> Address:
        return self.terms.currency

    @property
    def plan_ends_at(self) -> UnixTime | None:
        return None if self.started_at is None else UnixTime(self.started_at + self.plan[-1].time)


@dataclass(frozen=True, slots=True)
class Standing:
    """Plan against receipts at the head's time. `by_rule`: the state that `update_state` would record from what has
    been distributed; `undistributed`: fees in the split, of which the round has its share when somebody distributes."""

    at: UnixTime
    by_rule: RoundState
    behind: Seconds
    expected: BaseUnits
    received: BaseUnits
    owed: BaseUnits
    undistributed: BaseUnits


@dataclass(frozen=True, slots=True)
class TrancheView:
    """`repaid_by` None: never at the present rate of receipts. `coverage_bps`: what that rate brings until the plan's
    end, of what is owed to it and those before it; None: nothing is owed."""

    tranche: int
    invested: BaseUnits
    outstanding: BaseUnits
    interest_due: BaseUnits
    paid: BaseUnits
    repaid: BaseUnits
    written_down: BaseUnits
    repaid_by: UnixTime | None
    coverage_bps: int | None


@dataclass(frozen=True, slots=True)
class PositionView:
    """`earned`: interest and residual, paid or due; `outstanding`: principal still to come back; `locked` by a vote."""

    round: RoundId
    tranche: int
    holder: Address
    put_in: BaseUnits
    earned: BaseUnits
    claimable: BaseUnits
    outstanding: BaseUnits
    locked: BaseUnits


@dataclass(frozen=True, slots=True)
class ClaimView:
    """Of a buyback that fell short: `unpaid` by the guarantor, `collectable` for the round by anybody."""

    round: RoundId
    unpaid: BaseUnits
    collectable: BaseUnits


def count(client: ChainClient, platform: Platform) -> int:
    return int(client.call(module(client, platform, ROUND_BOOK).functions.roundCount()))


def round_view(client: ChainClient, platform: Platform, round_id: RoundId) -> RoundView:
    """Raises Rejected `unknown_round` where there is none."""
    received, raised, started_at, state, _, _, split, provider, *times = _info(client, platform, round_id)
    _, defaulted_at, _, _, rate_noted_at, _ = times
    book = module(client, platform, ROUND_BOOK).functions
    currency, *terms = client.call(book.termsOf(round_id))
    assets = [AssetId(asset) for asset in client.call(book.assetsOf(round_id))]
    guarantees = [client.call(book.guaranteeOf(round_id, asset)) for asset in assets]
    return RoundView(
        round_id,
        RoundState(state),
        checksummed(provider),
        SplitId(split),
        RoundTerms(checksummed(currency), *terms),
        tuple(TrancheTerms(*tranche) for tranche in client.call(book.tranchesOf(round_id))),
        tuple(PlanPoint(Seconds(time), BaseUnits(amount)) for time, amount in client.call(book.planOf(round_id))),
        tuple(
            RoundAsset(asset, GuaranteeId(guarantee) if guarantee else None)
            for asset, guarantee in zip(assets, guarantees, strict=True)
        ),
        BaseUnits(received),
        BaseUnits(raised),
        UnixTime(started_at) if started_at else None,
        UnixTime(defaulted_at) if defaulted_at else None,
        UnixTime(rate_noted_at),
    )


def state_of(client: ChainClient, platform: Platform, round_id: RoundId) -> RoundState:
    """As recorded. Raises Rejected `unknown_round` where there is none."""
    return RoundState(_info(client, platform, round_id)[3])


def round_views(client: ChainClient, platform: Platform) -> list[RoundView]:
    """All that were ever opened, in their order."""
    return [round_view(client, platform, RoundId(number)) for number in range(1, count(client, platform) + 1)]


def standing(client: ChainClient, platform: Platform, view: RoundView) -> Standing:
    money, book = (module(client, platform, name).functions for name in (ROUNDS, ROUND_BOOK))
    now = client.block(client.head()).time
    by_rule, behind = client.call(money.stateByRule(view.id))
    elapsed = 0 if view.started_at is None else now - view.started_at
    return Standing(
        now,
        RoundState(by_rule),
        Seconds(behind),
        BaseUnits(client.call(book.expectedBy(view.id, elapsed))),
        view.received,
        BaseUnits(client.call(money.owedOf(view.id))),
        BaseUnits(client.call(platform.splitter.functions.undistributed(view.split, view.currency))),
    )


def waiting(client: ChainClient, platform: Platform, view: RoundView) -> BaseUnits:
    """What a distribution would hand out now: the round's share of the fees in the split, and what came since."""
    splitter, money = platform.splitter.functions, module(client, platform, ROUNDS).functions
    account = account_of(client, platform, view.id)
    balance = client.call(platform.accounts.functions.balanceOf(account, int(view.currency, 16)))
    unclaimed = sum(client.call(money.trancheInfo(view.id, index))[6] for index in range(len(view.tranches)))
    payees = client.call(splitter.payeesOf(view.split))
    shares = sum(share for payee, share in payees if checksummed(payee) == account)
    undistributed = client.call(splitter.undistributed(view.split, view.currency))
    return BaseUnits(balance - unclaimed + undistributed * shares // sum(share for _, share in payees))


def tranche_view(client: ChainClient, platform: Platform, round_id: RoundId, tranche: int) -> TrancheView:
    """Raises CallReverted where there is none."""
    views = module(client, platform, ROUND_VIEWS).functions
    *amounts, repaid_by, coverage = client.call(views.trancheOf(round_id, tranche))
    invested, outstanding, due, paid, repaid, written_down = map(BaseUnits, amounts)
    return TrancheView(
        tranche, invested, outstanding, due, paid, repaid, written_down,
        UnixTime(repaid_by) if repaid_by else None, None if coverage == _UNLIMITED else coverage,
    )  # fmt: skip


def tranche_views(client: ChainClient, platform: Platform, view: RoundView) -> list[TrancheView]:
    return [tranche_view(client, platform, view.id, index) for index in range(len(view.tranches))]


def position_view(
    client: ChainClient, platform: Platform, round_id: RoundId, tranche: int, holder: Address
) -> PositionView:
    """Raises CallReverted where there is no such tranche; of who holds nothing all is zero."""
    views = module(client, platform, ROUND_VIEWS).functions
    amounts = client.call(views.positionOf(round_id, tranche, holder))
    return PositionView(round_id, tranche, holder, *map(BaseUnits, amounts))


def positions_of(
    client: ChainClient, platform: Platform, holder: Address, rounds: Sequence[RoundView]
) -> list[PositionView]:
    """What an account holds now in these rounds."""
    money = module(client, platform, ROUNDS).functions
    pairs = [(view.id, tranche) for view in rounds for tranche in range(len(view.tranches))]
    tokens = [position_id(*pair) for pair in pairs]
    held = client.call(money.balanceOfBatch([holder] * len(tokens), tokens)) if tokens else []
    return [
        position_view(client, platform, *pair, holder) for pair, balance in zip(pairs, held, strict=True) if balance
    ]


def position_id(round_id: RoundId, tranche: int) -> int:
    """The ERC-1155 id."""
    return round_id << 8 | tranche


def account_of(client: ChainClient, platform: Platform, round_id: RoundId) -> Address:
    """The round's account in the ledger."""
    return checksummed(client.call(module(client, platform, ROUNDS).functions.accountOf(round_id)))


def round_of(client: ChainClient, platform: Platform, asset: AssetId) -> RoundId | None:
    """The running round that has the asset."""
    found = client.call(module(client, platform, ROUND_COLLATERAL).functions.roundOf(asset))
    return RoundId(found) if found else None


def unsettled(client: ChainClient, platform: Platform, round_id: RoundId) -> int:
    """Machines of a defaulted round that are neither sold, bought back nor found unsaleable."""
    return int(client.call(module(client, platform, ROUND_COLLATERAL).functions.unsettledOf(round_id)))


def claim_view(client: ChainClient, platform: Platform, guarantee: GuaranteeId) -> ClaimView | None:
    """What a buyback left owed to a round; None: nothing."""
    round_id, unpaid, collectable = client.call(module(client, platform, ROUND_COLLATERAL).functions.claimOf(guarantee))
    return ClaimView(RoundId(round_id), BaseUnits(unpaid), BaseUnits(collectable)) if round_id else None


def buy_out_price(client: ChainClient, platform: Platform, view: RoundView) -> BaseUnits:
    """What buying out would cost at the head's time, fees in the split not counted: they make it less.

    Raises Rejected `no_buy_out_price` where residual holders have no cap.
    """
    money = module(client, platform, ROUNDS).functions
    price = client.call(money.owedOf(view.id))
    for index in range(len(view.tranches)):
        outstanding, _, _, _, _, _, _, invested, written_down, _, cap_bps, residual_bps = client.call(
            money.trancheInfo(view.id, index)
        )
        if residual_bps == 0 or invested == 0:
            continue
        if cap_bps == _NO_CAP:
            what = f"tranche {index} shares in what is left without a cap, so its part has no price"
            raise Rejected("no_buy_out_price", f"round {view.id}", what)
        due, paid = client.call(money.duesOf(view.id, index))
        had = paid - (invested - outstanding - written_down)
        price += max(invested * cap_bps // ALL_BPS - invested - had, 0) - due
    return BaseUnits(price)


def _info(client: ChainClient, platform: Platform, round_id: RoundId) -> tuple[Any, ...]:
    found: tuple[Any, ...] = client.call(module(client, platform, ROUNDS).functions.roundInfo(round_id))
    if found[3] == 0:
        so_far = f"{count(client, platform)} rounds so far"
        raise Rejected("unknown_round", f"round {round_id}", "there is none", so_far)
    return found
