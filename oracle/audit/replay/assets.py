"""AssetRegistry again: titles, liens, routes, history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from oracle.audit.abi import Value
from oracle.audit.keccak import keccak, word
from oracle.audit.replay.end_of_life import CircularEligibility
from oracle.audit.replay.governance import Eligibility
from oracle.audit.replay.world import ZERO, Call, Handler, Module, Path, Refused, World, struct_storage
from oracle.audit.signatures import REGISTER

RETIRED: Final = 4
REGISTERED: Final = 0
NAME: Final = "CISE asset title"
SYMBOL: Final = "CISE"


@dataclass(slots=True)
class Asset:
    owner: bytes
    maker: bytes
    self_declared_by: bytes
    registered_at: int
    model: bytes
    serial_hash: bytes
    identity: bytes
    lifecycle: int = REGISTERED
    title_epoch: int = 0
    passport_hash: bytes = bytes(32)
    passport_uri: str = ""
    approved: bytes = ZERO
    lienholder: bytes = ZERO
    meter: bytes = ZERO
    split: int = 0
    meter_epoch: int = 0
    parent: int = 0

    @property
    def route(self) -> int:
        return int.from_bytes(self.meter, "big") << 96 | self.split << 32 | self.meter_epoch


class Assets(Module):
    CONTRACT = "AssetRegistry"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.assets: dict[int, Asset] = {}
        self.by_identity: dict[bytes, int] = {}
        self.operators: set[tuple[bytes, bytes]] = set()
        self.consents: set[bytes] = set()
        self.recorders: dict[bytes, bool] = {}
        self.eligibility = ZERO

    def handlers(self) -> dict[str, Handler]:
        return {
            "register": self.register,
            "registerSigned": self.register_signed,
            "registerSelfDeclared": self.register_self_declared,
            "transferFrom": self.transfer_from,
            "safeTransferFrom": self.transfer_from,
            "approve": self.approve,
            "setApprovalForAll": self.set_approval_for_all,
            "setPassport": self.set_passport,
            "setLifecycle": self.set_lifecycle,
            "repoint": self.repoint,
            "consentToRepoint": self.consent_to_repoint,
            "placeLien": self.place_lien,
            "releaseLien": self.release_lien,
            "recordHistory": self.record_history,
            "setMeter": self.set_meter,
            "place": self.place,
            "setEligibility": self.set_eligibility,
            "appointRecorder": self.appoint_recorder,
            "cancelNonce": self.cancel_nonce,
            "setAuthority": self.set_authority,
            "pause": self.pause,
            "unpause": self.unpause,
        }

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        self.begin_managed(call, arguments[0])

    # Registration

    def register(self, call: Call, model: bytes, serial_hash: bytes, owner: bytes) -> None:
        self.require_running()
        self._register_for_maker(call, call.sender, model, serial_hash, owner)

    def register_signed(self, call: Call, form: tuple[Value, ...], signature: bytes) -> None:
        self.require_running()
        maker, model, serial_hash, owner, _nonce, _deadline = form
        self.consume_form(call, maker, REGISTER, form, signature)
        self._register_for_maker(call, maker, model, serial_hash, owner)

    def register_self_declared(self, call: Call, maker: bytes, model: bytes, serial_hash: bytes, owner: bytes) -> None:
        self.require_running()
        label = b"self-declared"
        head = word(160) + bytes(12) + call.sender + bytes(12) + maker + model + serial_hash
        identity = keccak(head + word(len(label)) + label.ljust(32, b"\0"))
        self._register(call, identity, maker, call.sender, model, serial_hash, owner)

    def _register_for_maker(self, call: Call, maker: bytes, model: bytes, serial_hash: bytes, owner: bytes) -> None:
        identity = keccak(bytes(12) + maker + model + serial_hash)
        self._register(call, identity, maker, ZERO, model, serial_hash, owner)

    def _register(
        self, call: Call, identity: bytes, maker: bytes, by: bytes, model: bytes, serial_hash: bytes, owner: bytes
    ) -> None:
        self.refuse_unless(any(serial_hash), "no serial number")
        self.refuse_unless(identity not in self.by_identity, "the asset is registered already")
        self.refuse_unless(owner != ZERO, "a title needs an owner")
        number = len(self.assets) + 1
        self.by_identity[identity] = number
        self.assets[number] = Asset(owner, maker, by, call.now, model, serial_hash, identity)
        self.emit(call, "Transfer", ZERO, owner, number)
        self.emit(call, "AssetRegistered", number, maker, owner, model, serial_hash, by)

    # Title

    def transfer_from(self, call: Call, sender: bytes, receiver: bytes, number: int, _data: bytes = b"") -> None:
        """Offers and permit signers lapse and the old split is paid out (I-11). A split that the seller controls gives
        way to the buyer's own, unless it backs a lien."""
        asset = self.known(number)
        authorised = call.sender in (asset.owner, asset.approved, asset.lienholder)
        authorised = authorised or (asset.owner, call.sender) in self.operators
        self.refuse_unless(authorised and call.sender != ZERO, "not the title owner's doing")
        self.refuse_unless(receiver != ZERO and sender == asset.owner, "wrong owner, or no receiver")
        self.refuse_unless(asset.parent == 0, "a part moves with its machine")
        moving = self.world.components.with_parts(number)
        for one in moving:
            self.refuse_unless(self.known(one).lienholder in (ZERO, call.sender), "the title is under lien")
        for one in moving:
            self._move_title(call, one, receiver)

    def place(self, call: Call, moving: tuple[int, ...], parent: int, to: bytes) -> None:
        """A part goes under a parent, or out of it (0), and with all in it to another owner."""
        self.refuse_unless(call.sender == self.world.components.address, "only the components contract places parts")
        first = self.known(moving[0])
        first.parent = parent
        if first.owner != to:
            for one in moving:
                self._move_title(call, one, to)

    def _move_title(self, call: Call, number: int, receiver: bytes) -> None:
        asset = self.known(number)
        self.world.findings.count("I-11 moves of titles allowed")
        sender, asset.owner, asset.approved = asset.owner, receiver, ZERO
        self.emit(call, "Transfer", sender, receiver, number)
        asset.title_epoch += 1
        if asset.split == 0:
            return
        splits = self.world.splits
        inner = call.by(self.address)
        splits.distribute_all(inner, asset.split)
        old = splits.known(asset.split)
        if asset.lienholder == ZERO and old.controller == sender:
            splits.create(inner, receiver, ((receiver, 1),), tuple(old.currencies))
            asset.split = len(splits.splits)
            self._tell_route(call, number, asset)

    def approve(self, call: Call, to: bytes, number: int) -> None:
        asset = self.known(number)
        may = call.sender == asset.owner or (asset.owner, call.sender) in self.operators
        self.refuse_unless(may, "only the owner or an operator approves")
        asset.approved = to
        self.emit(call, "Approval", asset.owner, to, number)

    def set_approval_for_all(self, call: Call, operator: bytes, approved: bool) -> None:
        self.refuse_unless(operator != ZERO, "the zero address is no operator")
        (self.operators.add if approved else self.operators.discard)((call.sender, operator))
        self.emit(call, "ApprovalForAll", call.sender, operator, approved)

    def set_passport(self, call: Call, number: int, passport_hash: bytes, uri: str) -> None:
        asset = self._owned(call, number)
        asset.passport_hash, asset.passport_uri = passport_hash, uri
        self.emit(call, "PassportSet", number, passport_hash, uri)

    def set_lifecycle(self, call: Call, number: int, to: int, document_hash: bytes) -> None:
        asset = self._owned(call, number)
        self.refuse_unless(to <= RETIRED and to not in (REGISTERED, asset.lifecycle), "no such step of the life cycle")
        self.refuse_unless(asset.lifecycle != RETIRED, "retired is final")
        if to == RETIRED:
            self.refuse_unless(asset.lienholder == ZERO, "the title is under lien")
            self.refuse_unless(asset.parent == 0, "a part is taken out first")
            self.refuse_unless(self.world.agreements.open_count(number) == 0, "agreements are open")
            self.refuse_unless(self.world.end_of_life.may_retire(number), "its next use is not decided")
            asset.title_epoch += 1
        before, asset.lifecycle = asset.lifecycle, to
        self.emit(call, "LifecycleChanged", number, before, to, document_hash)

    # Splits, liens, history, meter

    def repoint(self, call: Call, number: int, to: int) -> None:
        asset = self._owned(call, number)
        self._check_not_retired(asset)
        splits = self.world.splits
        target = splits.known(to)
        if asset.split != 0:
            source = splits.known(asset.split)
            owners = [source.controller] if source.controller != ZERO else [account for account, _ in source.payees]
            for owner in owners:
                if owner != call.sender:
                    key = self._consent(number, asset, to, owner)
                    self.refuse_unless(key in self.consents, "a consent is missing")
                    self.consents.remove(key)
            self.refuse_unless(set(source.currencies) <= set(target.currencies), "a currency is not listed")
            splits.distribute_all(call.by(self.address), asset.split)
        asset.split = to
        self._tell_route(call, number, asset)

    def consent_to_repoint(self, call: Call, number: int, to: int) -> None:
        self.consents.add(self._consent(number, self.known(number), to, call.sender))
        self.emit(call, "RepointConsented", number, to, call.sender)

    def place_lien(self, call: Call, number: int, lienholder: bytes) -> None:
        asset = self._owned(call, number)
        self._check_not_retired(asset)
        self.refuse_unless(self.world.components.lien_on(number) == 0, "there is a lien")
        self.refuse_unless(lienholder not in (ZERO, asset.owner), "nobody holds a lien on their own title")
        asset.lienholder = lienholder
        self.emit(call, "LienPlaced", number, lienholder)

    def release_lien(self, call: Call, number: int) -> None:
        asset = self.known(number)
        self.refuse_unless(asset.lienholder == call.sender, "only the lienholder releases")
        asset.lienholder = ZERO
        self.emit(call, "LienReleased", number, call.sender)

    def record_history(self, call: Call, number: int, kind: bytes, document_hash: bytes, uri: str) -> None:
        asset = self.known(number)
        authors = (asset.owner, asset.maker, asset.lienholder)
        self.refuse_unless(call.sender in authors or self.recorders.get(call.sender, False), "not an author")
        self.emit(call, "HistoryRecorded", number, call.sender, kind, document_hash, uri)

    def set_meter(self, call: Call, number: int, meter: bytes, epoch: int) -> None:
        self.refuse_unless(call.sender == self.world.meters.address, "only the meter registry sets a meter")
        asset = self.known(number)
        self._check_not_retired(asset)
        asset.meter, asset.meter_epoch = meter, epoch
        self._tell_route(call, number, asset)

    # Governance

    def set_eligibility(self, call: Call, policy: bytes) -> None:
        self.require_role(call, "setEligibility")
        self.emit(call, "EligibilityChanged", self.eligibility, policy)
        self.eligibility = policy

    def appoint_recorder(self, call: Call, recorder: bytes, on: bool) -> None:
        self.require_role(call, "appointRecorder")
        self.recorders[recorder] = on
        self.emit(call, "RecorderAppointed", recorder, on)

    # Reading

    def known(self, number: int) -> Asset:
        if (asset := self.assets.get(number)) is None:
            raise Refused(f"there is no asset {number}")
        return asset

    def require_offerable(self, call: Call, number: int) -> Asset:
        """Refuses what is retired, a part, or against the platform's own policies; others judge for themselves."""
        asset = self.known(number)
        self._check_not_retired(asset)
        self.refuse_unless(asset.parent == 0, "a part is not offered")
        self.refuse_unless(self.eligibility != ZERO, "there is no policy")
        policy = self.world.modules.get(self.eligibility)
        if isinstance(policy, (Eligibility, CircularEligibility)):
            self.refuse_unless(not policy.refuses(call, number), "the policy refuses the asset")
        else:
            self.world.findings.count("offers left to a policy outside the platform")
        return asset

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield from self.managed_storage()
        yield from self.nonce_storage()
        yield from self.pause_storage()
        yield ("_name",), NAME
        yield ("_symbol",), SYMBOL
        yield ("assetCount",), len(self.assets)
        yield ("eligibility",), self.eligibility
        titles: defaultdict[bytes, int] = defaultdict(int)
        for number, asset in self.assets.items():
            titles[asset.owner] += 1
            yield ("_owners", number), asset.owner
            yield ("_tokenApprovals", number), asset.approved
            yield ("route", number), asset.route
            yield ("lienholderOf", number), asset.lienholder
            yield ("parentOf", number), asset.parent
            yield ("_byIdentity", asset.identity), number
            members = {
                "maker": asset.maker,
                "selfDeclaredBy": asset.self_declared_by,
                "lifecycle": asset.lifecycle,
                "registeredAt": asset.registered_at,
                "titleEpoch": asset.title_epoch,
                "model": asset.model,
                "serialHash": asset.serial_hash,
                "passportHash": asset.passport_hash,
                "passportUri": asset.passport_uri,
            }
            yield from struct_storage(("_assets", number), members)
        for owner, count in titles.items():
            yield ("_balances", owner), count
        for owner, operator in self.operators:
            yield ("_operatorApprovals", owner, operator), True
        for consent in self.consents:
            yield ("_consents", consent), True
        for recorder, on in self.recorders.items():
            yield ("isRecorder", recorder), on

    # Internals

    def _consent(self, number: int, asset: Asset, to: int, by: bytes) -> bytes:
        return keccak(word(number) + word(asset.title_epoch) + word(asset.split) + word(to) + bytes(12) + by)

    def _owned(self, call: Call, number: int) -> Asset:
        asset = self.known(number)
        self.refuse_unless(asset.owner == call.sender, "only the title owner does that")
        return asset

    def _check_not_retired(self, asset: Asset) -> None:
        self.refuse_unless(asset.lifecycle != RETIRED, "the asset is retired")

    def _tell_route(self, call: Call, number: int, asset: Asset) -> None:
        self.emit(call, "RouteChanged", number, asset.route)
