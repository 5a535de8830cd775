"""Titles sold for ledger money."""

from dataclasses import dataclass

from web3.contract import Contract

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import Platform
from oracle.parties.module_calls import allow, entrust_title, module, told
from oracle.parties.wallet import Done, Wallet
from oracle.types import ZERO_ADDRESS, Address, AssetId, BaseUnits, SaleId, SplitId, UnixTime

SALES = "TitleSales"


@dataclass(frozen=True, slots=True)
class SaleView:
    """`buyer` None: anyone. `split`: the one that goes with the machine; None: the buyer's choice."""

    id: SaleId
    asset: AssetId
    seller: Address
    buyer: Address | None
    currency: Address
    price: BaseUnits
    until: UnixTime
    split: SplitId | None


def offer(
    wallet: Wallet, asset: AssetId, buyer: Address | None, currency: Address, price: BaseUnits, until: UnixTime,
    split: SplitId | None = None,
) -> tuple[SaleId, Done]:  # fmt: skip
    """Lets the contract move the title, and offers it; an earlier offer is replaced. `price` in base units."""
    book = _book(wallet.client, wallet.platform)
    entrust_title(wallet, SALES, asset)
    done = wallet.send(book.functions.offer(asset, buyer or ZERO_ADDRESS, currency, price, until, split or 0))
    return SaleId(told(book, done, "TitleOffered")["sale"]), done


def withdraw(wallet: Wallet, sale: SaleId) -> Done:
    return wallet.send(_book(wallet.client, wallet.platform).functions.withdraw(sale))


def buy(wallet: Wallet, sale: SaleView, split: SplitId | None = None) -> Done:
    """Allows exactly the price and buys. `split`: where fees go from then on; None: as the offer says, else a new
    one."""
    allow(wallet, SALES, sale.currency, sale.price)
    book = _book(wallet.client, wallet.platform)
    return wallet.send(book.functions.buy(sale.id, split or sale.split or 0))


def standing_sale(client: ChainClient, platform: Platform, asset: AssetId) -> SaleView | None:
    number = client.call(_book(client, platform).functions.standingOf(asset))
    return sale_view(client, platform, SaleId(number)) if number else None


def sale_view(client: ChainClient, platform: Platform, sale: SaleId) -> SaleView:
    """Raises CallReverted where the offer does not stand."""
    asset, _, until, price, seller, buyer, currency, split = client.call(_book(client, platform).functions.saleOf(sale))
    return SaleView(
        sale,
        AssetId(asset),
        checksummed(seller),
        None if checksummed(buyer) == ZERO_ADDRESS else checksummed(buyer),
        checksummed(currency),
        BaseUnits(price),
        UnixTime(until),
        SplitId(split) if split else None,
    )


def _book(client: ChainClient, platform: Platform) -> Contract:
    return module(client, platform, SALES)
