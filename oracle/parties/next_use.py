"""What becomes of a machine: the decision, who takes it, and what was recovered from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import END_OF_LIFE, Platform
from oracle.errors import Rejected
from oracle.parties.orders import Document
from oracle.parties.wallet import Done, Wallet
from oracle.types import ZERO_ADDRESS, Address, AssetId, Bytes32, UnixTime


class NextUse(IntEnum):
    """Best first, as the chain numbers them. From REPURPOSE on it is no longer that machine."""

    REUSE_ELSEWHERE = 1
    REPAIR = 2
    REFURBISH = 3
    REMANUFACTURE = 4
    REPURPOSE = 5
    HARVEST = 6
    RECYCLE = 7
    DISPOSE = 8


class Fate(IntEnum):
    """What became of a recovered material."""

    REUSED = 0
    RECYCLED = 1
    ENERGY = 2
    LOST = 3


@dataclass(frozen=True, slots=True)
class Recovered:
    material: str
    grams: int
    fate: Fate


@dataclass(frozen=True, slots=True)
class Outlook:
    """`decision` None: nothing decided, or the title has moved since. `taker` None: declined."""

    asset: AssetId
    decision: int | None
    use: NextUse | None
    holder: Address | None
    taker: Address | None
    decided_at: UnixTime | None
    may_retire: bool
    take_back_by: Address | None
    take_back_until: UnixTime | None
    recovered: dict[Fate, int]


def decide(wallet: Wallet, asset: AssetId, use: NextUse, taker: Address | None, reason: Document) -> tuple[int, Done]:
    """By the title's owner. `taker` None: who promised to take it back, else the owner. Returns the decision's number.

    Where somebody else is to take it the owner approves that at once, so that the taker's word is the last needed.
    """
    book = wallet.platform.end_of_life.functions
    done = wallet.send(book.decide(asset, int(use), taker or ZERO_ADDRESS, reason.hash, reason.uri))
    number = done.integer("NextUseDecided", "decision")
    if _decision(wallet.client, wallet.platform, number).taker not in (None, wallet.address):
        wallet.send(wallet.platform.assets.functions.approve(wallet.platform.addresses[END_OF_LIFE], asset))
    return number, done


def accept_title(wallet: Wallet, asset: AssetId) -> Done:
    return wallet.send(wallet.platform.end_of_life.functions.acceptTitle(asset))


def decline(wallet: Wallet, asset: AssetId, reason: Bytes32) -> Done:
    """The owner decides anew; a maker that declines has broken its promise, for all to see."""
    return wallet.send(wallet.platform.end_of_life.functions.decline(asset, reason))


def record_recovery(wallet: Wallet, asset: AssetId, materials: Sequence[Recovered], evidence: Bytes32) -> Done:
    """By the title's owner under a decision of harvest, recycle or dispose; adds up over calls."""
    lines = [(_short(one.material), one.grams, int(one.fate)) for one in materials]
    return wallet.send(wallet.platform.end_of_life.functions.recordRecovery(asset, lines, evidence))


def standing_decision(client: ChainClient, platform: Platform, asset: AssetId) -> int:
    """Its number, 0 for none."""
    return int(client.call(platform.end_of_life.functions.standingDecisionOf(asset)))


def outlook(client: ChainClient, platform: Platform, asset: AssetId) -> Outlook:
    """Raises CallReverted where there is no such asset."""
    client.call(platform.assets.functions.providerOf(asset))
    book = platform.end_of_life.functions
    number = standing_decision(client, platform, asset)
    standing = _decision(client, platform, number) if number else _Decision(None, None, None, None)
    promisor = _party(client.call(book.takeBackBy(asset)))
    until = UnixTime(client.call(book.takeBackOf(asset))[1])
    return Outlook(
        asset,
        number or None,
        standing.use,
        standing.holder,
        standing.taker,
        standing.decided_at,
        bool(client.call(book.mayRetire(asset))),
        promisor,
        None if promisor is None else until,
        dict(zip(Fate, map(int, client.call(book.recoveredOf(asset))), strict=True)),
    )


@dataclass(frozen=True, slots=True)
class _Decision:
    use: NextUse | None
    holder: Address | None
    decided_at: UnixTime | None
    taker: Address | None


def _decision(client: ChainClient, platform: Platform, number: int) -> _Decision:
    _, use, holder, at, taker, _ = client.call(platform.end_of_life.functions.decision(number))
    return _Decision(NextUse(use), _party(holder), UnixTime(at), _party(taker))


def _party(address: bytes | str) -> Address | None:
    found = checksummed(address)
    return None if found == ZERO_ADDRESS else found


def _short(material: str) -> Bytes32:
    raw = material.encode("ascii", "replace")
    if not 0 < len(raw) <= 32 or b"?" in raw:
        raise Rejected("material_name", material, "must be 1 to 32 ASCII letters, as in the passport", str(len(raw)))
    return Bytes32(raw.ljust(32, b"\0"))
