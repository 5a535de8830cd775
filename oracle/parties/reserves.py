"""A machine's service reserve: what its fees and anyone else pay in, and what pays for work on it."""

from dataclasses import dataclass

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform
from oracle.parties import orders
from oracle.parties.accounts import prepaid
from oracle.parties.currencies import Currency, admitted_currencies
from oracle.parties.wallet import Done, Wallet
from oracle.types import Address, AssetId, BaseUnits


@dataclass(frozen=True, slots=True)
class Reserve:
    """The account that a split may name as payee, and what is in it."""

    account: Address
    balances: tuple[tuple[Currency, BaseUnits], ...]


def reserve(client: ChainClient, platform: Platform, asset: AssetId) -> Reserve:
    account = orders.reserve_of(client, platform, asset)
    found = ((one, prepaid(client, platform, account, one)) for one in admitted_currencies(client, platform))
    return Reserve(account, tuple(found))


def fund(wallet: Wallet, asset: AssetId, currency: Currency, amount: BaseUnits) -> Done:
    """Out of the wallet's prepaid account. By anyone."""
    account = orders.reserve_of(wallet.client, wallet.platform, asset)
    return wallet.send(wallet.platform.accounts.functions.transfer(account, currency.id, amount))


def release(wallet: Wallet, asset: AssetId, currency: Currency, amount: BaseUnits, to: Address) -> Done:
    """By the provider; while a lien stands, by the lienholder only."""
    return wallet.send(wallet.platform.market.functions.releaseReserve(asset, currency.address, amount, to))
