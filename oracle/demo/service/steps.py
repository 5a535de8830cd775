"""Steps of a life as scenes take them: what several wallets do together, and what only a story asks."""

from collections.abc import Mapping, Sequence

from oracle.chain.contracts import MARKET, contract
from oracle.chain.node_errors import typed_errors
from oracle.domain.forms import Signed
from oracle.domain.hand_overs import CoreGrade
from oracle.domain.hashing import keccak
from oracle.domain.statuses import Status
from oracle.parties import collections, components, next_use
from oracle.parties.components import Step
from oracle.parties.next_use import Fate, NextUse, Recovered
from oracle.parties.orders import Document
from oracle.parties.wallet import Done, Wallet
from oracle.types import Address, AssetId, OrderId

EVERY_KIND_OF_WORK = (1 << 7) - 1


def admit_worker(listing: Wallet, worker: Address) -> Done:
    workers = contract(listing.client.web3, "IWorkerList", listing.platform.addresses["WorkerList"])
    return listing.send(workers.functions.admit(worker, EVERY_KIND_OF_WORK))


def paper(words: str) -> Document:
    """A text that is short enough to be its own address."""
    return Document(keccak(words.encode()), f"data:,{words}")


# Trees


def of_order(wallet: Wallet, order: OrderId) -> Step:
    return Step(wallet.platform.addresses[MARKET], order)


def build_in(owner: Wallet, part: AssetId, machine: AssetId, step: Step, seller: Wallet) -> Done:
    """The part's owner agrees to exactly this, the machine's does it."""
    components.consent_to_attach(seller, part, machine, step)
    return components.attach(owner, part, machine, step)


def use_of(wallet: Wallet, part: AssetId) -> int:
    return int(wallet.client.call(wallet.platform.components.functions.useOf(part)))


def parts_of(wallet: Wallet, machine: AssetId) -> list[int]:
    return list(wallet.client.call(wallet.platform.components.functions.partsOf(machine)))


def record_of(wallet: Wallet, part: AssetId) -> list[tuple[str, int]]:
    """("in" or "out", machine): where a part has stood, in the order of the chain."""
    events = wallet.platform.components.events
    found = []
    for word, event in (("in", events.PartAttached()), ("out", events.PartDetached())):
        with typed_errors("a part's record"):
            logs = event.get_logs(from_block=0, argument_filters={"part": part})
        found += [(log["blockNumber"], log["logIndex"], word, log["args"]["parent"]) for log in logs]
    return [(word, machine) for _, _, word, machine in sorted(found)]


def record_status(wallet: Wallet, status: Signed[Status]) -> Done:
    """The odometer's checkpoint, from which parts count their share. Anyone may."""
    return wallet.send(wallet.platform.meters.functions.recordStatus(status.form.values(), status.signature))


# Titles


def give(owner: Wallet, asset: AssetId, to: Address) -> Done:
    return owner.send(owner.platform.assets.functions.transferFrom(owner.address, to, asset))


def owner_of(wallet: Wallet, asset: AssetId) -> str:
    return str(wallet.client.call(wallet.platform.assets.functions.ownerOf(asset)))


def place_lien(owner: Wallet, asset: AssetId, lender: Address) -> Done:
    return owner.send(owner.platform.assets.functions.placeLien(asset, lender))


def release_lien(lender: Wallet, asset: AssetId) -> Done:
    return lender.send(lender.platform.assets.functions.releaseLien(asset))


# The way back


def hand_over(order: OrderId, giver: Wallet, taker: Wallet, grade: CoreGrade, condition: str) -> Done:
    """Signed by both hands; the taker carries it."""
    draft = collections.draft(order, giver.address, taker.address, grade, keccak(condition.encode()), taker.deadline())
    return collections.submit(taker, collections.sign(taker, collections.sign(giver, draft)))


def decide(owner: Wallet, asset: AssetId, use: NextUse, reason: str, taker: Address | None = None) -> Step:
    """`taker` None: who promised to take the machine back, else the owner itself."""
    number, _ = next_use.decide(owner, asset, use, taker, paper(reason))
    return Step(owner.platform.addresses["EndOfLife"], number)


def record_recovery(owner: Wallet, asset: AssetId, lines: Sequence[tuple[str, int, Fate]], evidence: str) -> Done:
    """(material as in the passport, grams, fate)."""
    return next_use.record_recovery(owner, asset, [Recovered(*line) for line in lines], keccak(evidence.encode()))


def recovered(wallet: Wallet, asset: AssetId) -> Mapping[str, int]:
    """Grams by fate."""
    masses = wallet.client.call(wallet.platform.end_of_life.functions.recoveredOf(asset))
    return {fate.name.lower(): grams for fate, grams in zip(Fate, masses, strict=True)}
