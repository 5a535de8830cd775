"""How fees are shared: making splits, pointing assets at them, paying out."""

from collections.abc import Sequence
from dataclasses import dataclass

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import Platform
from oracle.parties.currencies import Currency
from oracle.parties.wallet import Done, Wallet
from oracle.types import ZERO_ADDRESS, Address, AssetId, BaseUnits, SplitId


@dataclass(frozen=True, slots=True)
class Payee:
    account: Address
    share: int


@dataclass(frozen=True, slots=True)
class Split:
    """`controller` None: fixed for ever."""

    id: SplitId
    controller: Address | None
    version: int
    payees: tuple[Payee, ...]
    currencies: tuple[Address, ...]


def create(
    wallet: Wallet, payees: Sequence[Payee], currencies: Sequence[Address], fixed: bool = False
) -> tuple[SplitId, Done]:
    """Controlled by the caller, or by nobody."""
    controller = ZERO_ADDRESS if fixed else wallet.address
    shares = [(payee.account, payee.share) for payee in payees]
    done = wallet.send(wallet.platform.splitter.functions.create(controller, shares, list(currencies)))
    return SplitId(done.integer("SplitCreated", "split")), done


def point(wallet: Wallet, asset: AssetId, split: SplitId) -> Done:
    """Sends the asset's fees to this split from now on."""
    return wallet.send(wallet.platform.assets.functions.repoint(asset, split))


def distribute(wallet: Wallet, split: SplitId, currency: Currency) -> tuple[BaseUnits, Done]:
    """What was paid out. Anyone may."""
    done = wallet.send(wallet.platform.splitter.functions.distribute(split, currency.address))
    return BaseUnits(sum(event.integer("paid") for event in done.events if event.name == "Distributed")), done


def split_of(client: ChainClient, platform: Platform, split: SplitId) -> Split:
    """Raises CallReverted where there is none."""
    functions = platform.splitter.functions
    payees = client.call(functions.payeesOf(split))
    controller = checksummed(client.call(functions.controllerOf(split)))
    return Split(
        split,
        None if controller == ZERO_ADDRESS else controller,
        client.call(functions.versionOf(split)),
        tuple(Payee(checksummed(account), share) for account, share in payees),
        tuple(checksummed(currency) for currency in client.call(functions.currenciesOf(split))),
    )


def undistributed(client: ChainClient, platform: Platform, split: SplitId, currency: Currency) -> BaseUnits:
    return BaseUnits(client.call(platform.splitter.functions.undistributed(split, currency.address)))
