"""What the parts of a life do on chain beside serving and repairing: trees, hand-overs, decisions, recovery."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from web3.contract import Contract

from oracle.chain.contracts import MARKET, contract
from oracle.chain.node_errors import typed_errors
from oracle.domain.forms import Signed
from oracle.domain.hand_overs import CoreGrade, HandOver
from oracle.domain.hashing import keccak
from oracle.domain.statuses import Status
from oracle.parties import assets
from oracle.parties.orders import Document
from oracle.parties.wallet import Done, Wallet, fresh_nonce
from oracle.types import ZERO_ADDRESS, Address, AssetId, BaseUnits, Bytes32, OrderId

USES = (
    "none", "reuse elsewhere", "repair", "refurbish", "remanufacture", "repurpose", "harvest", "recycle", "dispose",
)  # fmt: skip
FATES = ("reused", "recycled", "energy", "lost")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a part is built in or taken out: a step that a recorder knows."""

    source: Address
    id: int

    @property
    def values(self) -> tuple[Address, int]:
        return self.source, self.id


ASSEMBLING = Reason(ZERO_ADDRESS, 0)


def components(wallet: Wallet) -> Contract:
    return contract(wallet.client.web3, "IComponents", wallet.platform.addresses["Components"])


def end_of_life(wallet: Wallet) -> Contract:
    return contract(wallet.client.web3, "IEndOfLife", wallet.platform.addresses["EndOfLife"])


def of_order(wallet: Wallet, order: OrderId) -> Reason:
    return Reason(wallet.platform.addresses[MARKET], order)


def admit_worker(listing: Wallet, worker: Address) -> Done:
    every_kind = (1 << 7) - 1
    workers = contract(listing.client.web3, "IWorkerList", listing.platform.addresses["WorkerList"])
    return listing.send(workers.functions.admit(worker, every_kind))


# Trees


def attach(caller: Wallet, part: AssetId, machine: AssetId, reason: Reason, other: Wallet | None = None) -> Done:
    """`other`: the other owner, where there are two."""
    functions = components(caller).functions
    if other is not None:
        other.send(functions.consentToAttach(part, machine, reason.values))
    return caller.send(functions.attach(part, machine, reason.values))


def detach(owner: Wallet, part: AssetId, reason: Reason) -> Done:
    """The part stays its owner's."""
    return owner.send(components(owner).functions.detach(part, owner.address, reason.values))


def use_of(wallet: Wallet, part: AssetId) -> int:
    return int(wallet.client.call(components(wallet).functions.useOf(part)))


def parts_of(wallet: Wallet, machine: AssetId) -> list[int]:
    return list(wallet.client.call(components(wallet).functions.partsOf(machine)))


def record_of(wallet: Wallet, part: AssetId) -> list[tuple[str, int]]:
    """("in" or "out", machine): where a part has stood, in the order of the chain."""
    events = components(wallet).events
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


def set_lifecycle(owner: Wallet, asset: AssetId, to: str, document: bytes) -> Done:
    state = assets.LIFECYCLES.index(to)
    return owner.send(owner.platform.assets.functions.setLifecycle(asset, state, keccak(document)))


# The way back


def hand_over(order: OrderId, giver: Wallet, taker: Wallet, grade: CoreGrade, condition: bytes) -> Done:
    """Signed by both hands; the taker carries it."""
    form = HandOver(
        order,
        giver.address,
        taker.address,
        int(grade),
        keccak(condition),
        fresh_nonce(),
        fresh_nonce(),
        taker.deadline(),
    )
    call = taker.platform.hand_overs.functions.handOver(form.values(), giver.sign(form), taker.sign(form))
    return taker.send(call)


def pay_core(wallet: Wallet, order: OrderId) -> BaseUnits:
    done = wallet.send(wallet.platform.market.functions.payCore(order))
    return BaseUnits(done.integer("CorePaid", "amount"))


def decide(owner: Wallet, asset: AssetId, use: str, reason: str, taker: Address = ZERO_ADDRESS) -> Reason:
    """`taker` zero: who promised to take the machine back, else the owner itself."""
    functions = end_of_life(owner).functions
    text = reason.encode()
    owner.send(functions.decide(asset, USES.index(use), taker, keccak(text), f"data:,{reason}"))
    number = owner.client.call(functions.standingDecisionOf(asset))
    return Reason(owner.platform.addresses["EndOfLife"], int(number))


def accept_title(owner: Wallet, taker: Wallet, asset: AssetId) -> Done:
    """The owner lets go, the taker takes."""
    owner.send(owner.platform.assets.functions.approve(owner.platform.addresses["EndOfLife"], asset))
    return taker.send(end_of_life(taker).functions.acceptTitle(asset))


def record_recovery(owner: Wallet, asset: AssetId, lines: Sequence[tuple[str, int, str]], evidence: bytes) -> Done:
    """(material as in the passport, grams, fate)."""
    rows = [(_short(name), grams, FATES.index(fate)) for name, grams, fate in lines]
    return owner.send(end_of_life(owner).functions.recordRecovery(asset, rows, keccak(evidence)))


def recovered(wallet: Wallet, asset: AssetId) -> Mapping[str, int]:
    """Grams by fate."""
    masses = wallet.client.call(end_of_life(wallet).functions.recoveredOf(asset))
    return dict(zip(FATES, masses, strict=True))


def paper(words: str) -> Document:
    """A text that is short enough to be its own address."""
    return Document(keccak(words.encode()), f"data:,{words}")


def _short(text: str) -> Bytes32:
    return Bytes32(text.encode().ljust(32, b"\0"))
