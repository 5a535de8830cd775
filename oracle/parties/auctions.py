"""Titles of a round in default, sold to the highest bid on the ledger."""

from dataclasses import dataclass

from web3.contract.contract import ContractFunction

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import AUCTIONS, ROUND_COLLATERAL, Platform
from oracle.chain.node_errors import typed_errors
from oracle.errors import Rejected
from oracle.parties.module_calls import all_told, allow, module, told
from oracle.parties.wallet import Done, Wallet
from oracle.types import ZERO_ADDRESS, Address, AssetId, AuctionId, BaseUnits, RoundId, UnixTime


@dataclass(frozen=True, slots=True)
class AuctionView:
    """`bidder` None: no bid so far. `least`: what the next bid must bring."""

    id: AuctionId
    asset: AssetId
    currency: Address
    reserve: BaseUnits
    closes_at: UnixTime
    closed: bool
    bidder: Address | None
    amount: BaseUnits
    least: BaseUnits


@dataclass(frozen=True, slots=True)
class Settled:
    """How one asset of a defaulted round ended: `how` is sold, unsold or bought back."""

    asset: AssetId
    to: Address
    proceeds: BaseUnits
    how: str


def start_auction(wallet: Wallet, round_id: RoundId, asset: AssetId) -> tuple[AuctionId, Done]:
    """Anyone, where the vote said so, or nothing was bought back in time."""
    collateral = module(wallet.client, wallet.platform, ROUND_COLLATERAL)
    done = wallet.send(collateral.functions.auction(round_id, asset))
    return AuctionId(told(collateral, done, "AssetAuctioned")["auction"]), done


def start_call(client: ChainClient, platform: Platform, round_id: RoundId, asset: AssetId) -> ContractFunction:
    return module(client, platform, ROUND_COLLATERAL).functions.auction(round_id, asset)


def bid(wallet: Wallet, view: AuctionView, amount: BaseUnits) -> Done:
    """Allows exactly the bid and places it; who is outbid has the money back at once."""
    allow(wallet, AUCTIONS, view.currency, amount)
    return wallet.send(module(wallet.client, wallet.platform, AUCTIONS).functions.bid(view.id, amount))


def settle(wallet: Wallet, round_id: RoundId, asset: AssetId) -> tuple[Settled | None, Done]:
    """Anyone, after the auction's end: title against money. None: no bid, to be auctioned again at half the reserve; or
    the round was paid in full meanwhile and the bidder has the money back."""
    collateral = module(wallet.client, wallet.platform, ROUND_COLLATERAL)
    done = wallet.send(settle_call(wallet.client, wallet.platform, round_id, asset))
    for said in all_told(collateral, done, "AssetSettled"):
        how = bytes(said["how"]).rstrip(b"\0").decode()
        return Settled(AssetId(said["asset"]), checksummed(said["to"]), BaseUnits(said["proceeds"]), how), done
    return None, done


def settle_call(client: ChainClient, platform: Platform, round_id: RoundId, asset: AssetId) -> ContractFunction:
    return module(client, platform, ROUND_COLLATERAL).functions.completeAuction(round_id, asset)


def count(client: ChainClient, platform: Platform) -> int:
    return int(client.call(module(client, platform, AUCTIONS).functions.auctionCount()))


def running(client: ChainClient, platform: Platform, round_id: RoundId, asset: AssetId) -> AuctionId | None:
    """The asset's auction that is not settled yet."""
    found = client.call(module(client, platform, ROUND_COLLATERAL).functions.auctionOf(round_id, asset))
    return AuctionId(found) if found else None


def round_of(client: ChainClient, platform: Platform, view: AuctionView) -> RoundId:
    """Whose asset it sells, from what RoundCollateral said as it began, for a round may be over since."""
    collateral = module(client, platform, ROUND_COLLATERAL)
    with typed_errors("AssetAuctioned"):
        found = collateral.events.AssetAuctioned().get_logs(from_block=0, argument_filters={"asset": view.asset})
    for one in found:
        if one["args"]["auction"] == view.id:
            return RoundId(one["args"]["round"])
    raise Rejected("unknown_auction", f"auction {view.id}", "no round has begun it")


def auction_view(client: ChainClient, platform: Platform, auction: AuctionId) -> AuctionView:
    """Raises CallReverted where there is none."""
    functions = module(client, platform, AUCTIONS).functions
    asset, closes_at, closed, currency, reserve, bidder, amount = client.call(functions.auctionOf(auction))
    return AuctionView(
        auction,
        AssetId(asset),
        checksummed(currency),
        BaseUnits(reserve),
        UnixTime(closes_at),
        closed,
        None if checksummed(bidder) == ZERO_ADDRESS else checksummed(bidder),
        BaseUnits(amount),
        BaseUnits(client.call(functions.leastBid(auction))),
    )
