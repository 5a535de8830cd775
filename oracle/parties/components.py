"""Machines as trees of assets: parts built in and taken out, by everybody whom it concerns, for a reason."""

from collections.abc import Sequence
from dataclasses import dataclass

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import END_OF_LIFE, Platform
from oracle.parties import next_use
from oracle.parties.wallet import Done, Wallet
from oracle.types import ZERO_ADDRESS, Address, AssetId


@dataclass(frozen=True, slots=True)
class Step:
    """Why parts change: a step that a recorder contract knows; `source` zero: its maker is still assembling it."""

    source: Address
    id: int

    def values(self) -> tuple[str, int]:
        return self.source, self.id


ASSEMBLING = Step(ZERO_ADDRESS, 0)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an asset stands. `parent` None: alone. `use`: what all machines counted while it was in them."""

    asset: AssetId
    parent: AssetId | None
    root: AssetId
    parts: Sequence[AssetId]
    use: int
    lien_on: AssetId | None
    lienholder: Address | None


def attach(wallet: Wallet, part: AssetId, parent: AssetId, step: Step) -> Done:
    """By one owner; the other, and lienholders, have consented to exactly this."""
    return wallet.send(wallet.platform.components.functions.attach(part, parent, step.values()))


def detach(wallet: Wallet, part: AssetId, to: Address, step: Step) -> Done:
    return wallet.send(wallet.platform.components.functions.detach(part, to, step.values()))


def consent_to_attach(wallet: Wallet, part: AssetId, parent: AssetId, step: Step) -> Done:
    return wallet.send(wallet.platform.components.functions.consentToAttach(part, parent, step.values()))


def consent_to_detach(wallet: Wallet, part: AssetId, to: Address, step: Step) -> Done:
    return wallet.send(wallet.platform.components.functions.consentToDetach(part, to, step.values()))


def exclude_from_lien(wallet: Wallet, part: AssetId, on: bool) -> Done:
    """By a lienholder of what the part stands in: its lien does not cover the part."""
    return wallet.send(wallet.platform.components.functions.excludeFromLien(part, on))


def place_of(client: ChainClient, platform: Platform, asset: AssetId) -> Place:
    """Raises CallReverted where there is no such asset."""
    client.call(platform.assets.functions.providerOf(asset))
    tree = platform.components.functions
    on, lienholder = client.call(tree.lienOn(asset))
    holder = checksummed(lienholder)
    return Place(
        asset,
        AssetId(client.call(platform.assets.functions.parentOf(asset))) or None,
        AssetId(client.call(tree.rootOf(asset))),
        [AssetId(part) for part in client.call(tree.partsOf(asset))],
        int(client.call(tree.useOf(asset))),
        None if holder == ZERO_ADDRESS else AssetId(on),
        None if holder == ZERO_ADDRESS else holder,
    )


def standing_step(client: ChainClient, platform: Platform, machine: AssetId) -> Step:
    """The decision that stands for the machine or for what it stands in; ASSEMBLING where there is none."""
    above: AssetId | None = machine
    while above is not None:
        if decision := next_use.standing_decision(client, platform, above):
            return Step(platform.addresses[END_OF_LIFE], decision)
        above = AssetId(client.call(platform.assets.functions.parentOf(above))) or None
    return ASSEMBLING
