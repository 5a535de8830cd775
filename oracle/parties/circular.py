"""What lets a machine be offered under the default policy: its material passport and somebody who takes it back."""

from dataclasses import dataclass

from oracle.parties.wallet import Done, Wallet
from oracle.types import ZERO_BYTES32, AssetId, Bytes32, UnixTime

YEAR = 365 * 86_400
TAKE_BACK_YEARS = 10
"""For which a maker promises to take a machine back, unless it says otherwise."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as the chain knows it: keccak of its canonical form, and where it can be read."""

    hash: Bytes32
    uri: str


def set_passport(owner: Wallet, asset: AssetId, passport: Paper) -> Done:
    return owner.send(owner.platform.assets.functions.setPassport(asset, passport.hash, passport.uri))


def promise_take_back(maker: Wallet, asset: AssetId, until: UnixTime, terms_hash: Bytes32 = ZERO_BYTES32) -> Done:
    return maker.send(maker.platform.end_of_life.functions.promiseTakeBack(asset, until, terms_hash))


def waive_take_back(owner: Wallet, asset: AssetId) -> Done:
    """Frees the maker; the default policy then refuses to offer the machine."""
    return owner.send(owner.platform.end_of_life.functions.waiveTakeBack(asset))


def make_offerable(maker: Wallet, owner: Wallet, asset: AssetId, passport: Paper) -> None:
    """Passport by the owner, take-back for ten years by the maker."""
    set_passport(owner, asset, passport)
    now = maker.client.block(maker.client.head()).time
    promise_take_back(maker, asset, UnixTime(now + TAKE_BACK_YEARS * YEAR))
