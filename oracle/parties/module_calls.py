"""Contracts beside the read model: found by name, allowed to take an exact amount, their events read from the block."""

from typing import Any

from web3.contract import Contract

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import Platform, contract
from oracle.chain.node_errors import typed_errors
from oracle.errors import Fatal
from oracle.parties.wallet import Done, Wallet
from oracle.types import Address, AssetId, BaseUnits


def module(client: ChainClient, platform: Platform, name: str) -> Contract:
    """Raises Fatal where this deployment does not have it."""
    if name not in platform.addresses:
        remedy = "Deploy this release, or set CISE_DIRECTORY_ADDRESS to a deployment that has it."
        raise Fatal("directory", f"{platform.directory} does not list {name}", remedy)
    return contract(client.web3, f"I{name}", platform.addresses[name])


def allow(wallet: Wallet, name: str, currency: Address, amount: BaseUnits) -> Done:
    """Sets what a module may take out of the caller's account."""
    spender = wallet.platform.addresses[name]
    return wallet.send(wallet.platform.accounts.functions.approve(spender, int(currency, 16), amount))


def entrust_title(wallet: Wallet, name: str, asset: AssetId) -> None:
    """Lets a module move this title of the caller's, where it may not yet; another's the module itself refuses."""
    mover, assets = wallet.platform.addresses[name], wallet.platform.assets.functions
    if checksummed(wallet.client.call(assets.providerOf(asset))) != wallet.address:
        return
    if checksummed(wallet.client.call(assets.getApproved(asset))) != mover:
        wallet.send(assets.approve(mover, asset))


def told(book: Contract, done: Done, event: str) -> dict[str, Any]:
    """The arguments of the transaction's first event of that name. Raises Fatal where there is none."""
    for found in all_told(book, done, event):
        return found
    raise Fatal("module", f"{done.transaction} holds no {event}", "Check that the Directory is the right one.")


def all_told(book: Contract, done: Done, event: str) -> list[dict[str, Any]]:
    """The arguments of each of the transaction's events of that name, in their order."""
    with typed_errors(event):
        found = book.events[event]().get_logs(from_block=done.block, to_block=done.block)
    return [dict(one["args"]) for one in found if one["transactionHash"].to_0x_hex() == done.transaction]
