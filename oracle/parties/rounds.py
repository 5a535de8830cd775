"""Rounds of co-financing: opened, invested in, started, paid out, claimed, sold on, repaid and brought to their end.

What a wallet shows of them is in round_views.py, votes in ballots.py, sales of titles in auctions.py.
"""

from dataclasses import dataclass

from web3.contract import Contract
from web3.contract.contract import ContractFunction

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import ROUND_BOOK, ROUND_COLLATERAL, ROUNDS, Platform
from oracle.domain.forms import Signed
from oracle.domain.rounds import RoundRequest, RoundState
from oracle.domain.statuses import Status
from oracle.parties.assets import route_of
from oracle.parties.guarantees import NOTHING, encoded
from oracle.parties.module_calls import all_told, allow, module, told
from oracle.parties.round_views import RoundView, buy_out_price, position_id, state_of
from oracle.parties.wallet import Done, Wallet
from oracle.types import ZERO_ADDRESS, Address, AssetId, BaseUnits, GuaranteeId, RoundId, SplitId

YEAR = 31_536_000
HOUR = 3_600


@dataclass(frozen=True, slots=True)
class TranchePaid:
    """What one distribution paid to a tranche."""

    tranche: int
    interest: BaseUnits
    principal: BaseUnits
    residual: BaseUnits


@dataclass(frozen=True, slots=True)
class Payout:
    """What one call distributed; `to_provider`: of what is left once every tranche is repaid."""

    tranches: tuple[TranchePaid, ...]
    to_provider: BaseUnits


# Provider


def open_round(wallet: Wallet, request: RoundRequest) -> tuple[RoundId, Done]:
    """Publishes the terms, for ever, and creates the round's split."""
    book = module(wallet.client, wallet.platform, ROUND_BOOK)
    assets = (
        [one.asset for one in request.assets],
        [one.guarantee or 0 for one in request.assets],
        [(other.account, other.share) for other in request.others],
    )
    tranches = [tranche.values() for tranche in request.tranches]
    plan = [(point.time, point.amount) for point in request.plan]
    done = wallet.send(book.functions.open(request.terms.values(), tranches, plan, assets))
    return RoundId(told(book, done, "RoundOpened")["round"]), done


def place_lien(wallet: Wallet, asset: AssetId) -> Done:
    """The round's lien on a title of the caller's: from now on only RoundCollateral releases it."""
    collateral = wallet.platform.addresses[ROUND_COLLATERAL]
    return wallet.send(wallet.platform.assets.functions.placeLien(asset, collateral))


def repoint(wallet: Wallet, view: RoundView, asset: AssetId) -> Done:
    """Fees of a machine of the caller's go to the round's split from now on."""
    return wallet.send(wallet.platform.assets.functions.repoint(asset, view.split))


def prepare(wallet: Wallet, view: RoundView) -> list[Done]:
    """All that is missing of the caller's own machines before the start: fees to the round's split, then the lien
    where the round is secured."""
    client, assets = wallet.client, wallet.platform.assets.functions
    own = [one.asset for one in view.assets if checksummed(client.call(assets.providerOf(one.asset))) == wallet.address]
    strayed = [asset for asset in own if route_of(client, wallet.platform, asset).split != view.split]
    done = [repoint(wallet, view, asset) for asset in strayed]
    if view.terms.secured:
        free = [asset for asset in own if checksummed(client.call(assets.lienholderOf(asset))) == ZERO_ADDRESS]
        done += [place_lien(wallet, asset) for asset in free]
    return done


def cancel(wallet: Wallet, round_id: RoundId) -> Done:
    """By the provider, before the start."""
    return wallet.send(_money(wallet).functions.cancel(round_id))


def release_lien(wallet: Wallet, asset: AssetId) -> Done:
    """Of a machine of the caller's that no running round has."""
    return wallet.send(_collateral(wallet).functions.release(asset))


def consent_to_repoint(wallet: Wallet, asset: AssetId, to: SplitId) -> Done:
    """Lets a machine of the caller's leave the split of a round that is over."""
    return wallet.send(_collateral(wallet).functions.consentToRepoint(asset, to))


# Funding


def invest(
    wallet: Wallet, view: RoundView, tranche: int, amount: BaseUnits, least: BaseUnits = NOTHING
) -> tuple[BaseUnits, Done]:
    """Allows exactly the amount and invests what there is room for, which is returned; refused below `least`."""
    allow(wallet, ROUNDS, view.currency, amount)
    money = _money(wallet)
    done = wallet.send(money.functions.invest(view.id, tranche, amount, least))
    return BaseUnits(told(money, done, "Invested")["accepted"]), done


def start(wallet: Wallet, round_id: RoundId) -> Done:
    return wallet.send(start_call(wallet.client, wallet.platform, round_id))


def start_call(client: ChainClient, platform: Platform, round_id: RoundId) -> ContractFunction:
    return module(client, platform, ROUNDS).functions.start(round_id)


def fail(wallet: Wallet, round_id: RoundId) -> Done:
    return wallet.send(fail_call(wallet.client, wallet.platform, round_id))


def fail_call(client: ChainClient, platform: Platform, round_id: RoundId) -> ContractFunction:
    return module(client, platform, ROUNDS).functions.fail(round_id)


def refund(wallet: Wallet, round_id: RoundId, tranche: int, holder: Address) -> tuple[BaseUnits, Done]:
    """Of a failed round; the money goes to the holder, whoever calls."""
    money = _money(wallet)
    done = wallet.send(money.functions.refund(round_id, tranche, holder))
    return BaseUnits(told(money, done, "Refunded")["amount"]), done


# Running


def distribute(wallet: Wallet, round_id: RoundId) -> tuple[Payout, Done]:
    done = wallet.send(distribute_call(wallet.client, wallet.platform, round_id))
    return _payout(wallet, done), done


def distribute_call(client: ChainClient, platform: Platform, round_id: RoundId) -> ContractFunction:
    return module(client, platform, ROUNDS).functions.distribute(round_id)


def update_state(wallet: Wallet, round_id: RoundId) -> tuple[RoundState, Done]:
    """Distributes, then records the state that follows by rule, which is returned."""
    done = wallet.send(update_state_call(wallet.client, wallet.platform, round_id))
    return state_of(wallet.client, wallet.platform, round_id), done


def update_state_call(client: ChainClient, platform: Platform, round_id: RoundId) -> ContractFunction:
    return module(client, platform, ROUNDS).functions.updateState(round_id)


def state_after_update(client: ChainClient, platform: Platform, round_id: RoundId) -> RoundState:
    """What `update_state` would record now, all fees in the split counted; nothing is sent."""
    return RoundState(client.call(update_state_call(client, platform, round_id)))


def repay(wallet: Wallet, view: RoundView, amount: BaseUnits) -> tuple[BaseUnits, Done]:
    """Allows exactly the amount and pays what is owed of it, which is returned."""
    allow(wallet, ROUNDS, view.currency, amount)
    money = _money(wallet)
    done = wallet.send(money.functions.repay(view.id, amount))
    return BaseUnits(told(money, done, "Repaid")["amount"]), done


def buy_out(wallet: Wallet, view: RoundView, most: BaseUnits) -> tuple[BaseUnits, Done]:
    """Allows `most` and ends the round for its price, which is returned; 0 where the fees in the split ended it."""
    allow(wallet, ROUNDS, view.currency, most)
    money = _money(wallet)
    done = wallet.send(money.functions.buyOut(view.id, most))
    return BaseUnits(sum(one["amount"] for one in all_told(money, done, "Repaid"))), done


def usual_most(client: ChainClient, platform: Platform, view: RoundView) -> BaseUnits:
    """The price of a buy-out now, with an hour's interest, for it grows until the transaction is mined."""
    price = buy_out_price(client, platform, view)
    growth = sum(tranche.size * tranche.rate_bps for tranche in view.tranches) * HOUR // (YEAR * 10_000)
    return BaseUnits(price + growth + len(view.tranches))


# Positions


def claim(wallet: Wallet, round_id: RoundId, tranche: int, holder: Address) -> tuple[BaseUnits, Done]:
    """What the holder's position has earned, into the holder's account, whoever calls. Refused where it is nothing."""
    done = wallet.send(_money(wallet).functions.claim(round_id, tranche, holder))
    return _claimed(wallet, done, tranche, holder), done


def collect(wallet: Wallet, round_id: RoundId, tranche: int, holder: Address) -> tuple[BaseUnits, Done]:
    """Distributes and claims in one; of a running round. 0 where there was nothing."""
    done = wallet.send(_money(wallet).functions.collect(round_id, tranche, holder))
    return _claimed(wallet, done, tranche, holder), done


def transfer(wallet: Wallet, round_id: RoundId, tranche: int, to: Address, amount: BaseUnits) -> Done:
    """Principal of the caller's position, to another holder; what it has earned so far is paid to the caller."""
    functions = _money(wallet).functions
    return wallet.send(functions.safeTransferFrom(wallet.address, to, position_id(round_id, tranche), amount, b""))


def burn(wallet: Wallet, round_id: RoundId, tranche: int) -> tuple[BaseUnits, Done]:
    """Once the round is over: the caller's position for the last of what it has earned."""
    money = _money(wallet)
    done = wallet.send(money.functions.burn(round_id, tranche))
    return BaseUnits(told(money, done, "PositionBurned")["amount"]), done


# The end


def exercise_buyback(
    wallet: Wallet, round_id: RoundId, asset: AssetId, status: Signed[Status] | None
) -> tuple[BaseUnits, Done]:
    """After a default, where the holders voted for it: what the guarantee paid. Without a status, at the worst wear."""
    collateral = _collateral(wallet)
    done = wallet.send(collateral.functions.exerciseBuyback(round_id, asset, encoded(status)))
    return BaseUnits(told(collateral, done, "AssetSettled")["proceeds"]), done


def collect_claim(wallet: Wallet, guarantee: GuaranteeId) -> tuple[BaseUnits, Done]:
    """What a guarantor has paid since of a buyback that fell short: into the round that exercised it."""
    collateral = _collateral(wallet)
    done = wallet.send(collect_claim_call(wallet.client, wallet.platform, guarantee))
    return BaseUnits(told(collateral, done, "ClaimCollected")["amount"]), done


def collect_claim_call(client: ChainClient, platform: Platform, guarantee: GuaranteeId) -> ContractFunction:
    return module(client, platform, ROUND_COLLATERAL).functions.collectClaim(guarantee)


def write_off(wallet: Wallet, round_id: RoundId) -> Done:
    """An innovation's round in default, where the holders voted for it."""
    return wallet.send(write_off_call(wallet.client, wallet.platform, round_id))


def write_off_call(client: ChainClient, platform: Platform, round_id: RoundId) -> ContractFunction:
    return module(client, platform, ROUND_COLLATERAL).functions.writeOff(round_id)


def skim_surplus(wallet: Wallet, round_id: RoundId) -> tuple[BaseUnits, Done]:
    """What the account of a round that is over holds beyond its holders' claims, to its provider."""
    money = _money(wallet)
    done = wallet.send(money.functions.skimSurplus(round_id))
    return BaseUnits(told(money, done, "SurplusSkimmed")["amount"]), done


def _money(wallet: Wallet) -> Contract:
    return module(wallet.client, wallet.platform, ROUNDS)


def _collateral(wallet: Wallet) -> Contract:
    return module(wallet.client, wallet.platform, ROUND_COLLATERAL)


def _claimed(wallet: Wallet, done: Done, tranche: int, holder: Address) -> BaseUnits:
    said = all_told(_money(wallet), done, "Claimed")
    return BaseUnits(sum(one["amount"] for one in said if (one["tranche"], one["holder"]) == (tranche, holder)))


def _payout(wallet: Wallet, done: Done) -> Payout:
    money = _money(wallet)
    paid: dict[int, tuple[int, int, int]] = {}
    for one in all_told(money, done, "TranchePaid"):
        paid[one["tranche"]] = (one["interest"], one["principal"], 0)
    to_provider = 0
    for rest in all_told(money, done, "RestShared"):
        to_provider += rest["toProvider"]
        for tranche, amount in enumerate(rest["toTranches"]):
            interest, principal, had = paid.get(tranche, (0, 0, 0))
            if amount:
                paid[tranche] = (interest, principal, had + amount)
    tranches = tuple(TranchePaid(tranche, *map(BaseUnits, amounts)) for tranche, amounts in sorted(paid.items()))
    return Payout(tranches, BaseUnits(to_provider))
