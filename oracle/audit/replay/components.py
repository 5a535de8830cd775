"""Components again: which asset stands in which, and what a part has counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from oracle.audit.abi import Value
from oracle.audit.keccak import keccak, word
from oracle.audit.replay.world import ZERO, Call, Handler, Module, Path, Refused, World, struct_storage

MOST_PARTS: Final = 32
MOST_LEVELS: Final = 4
MOST_IN_MACHINE: Final = 64
REGISTERED: Final = 0
RETIRED: Final = 4
Reason = tuple[bytes, int]
"""(recorder, step)"""


@dataclass(slots=True)
class Count:
    below: int = 0
    detached: int = 0
    odometer: int = 0
    use: int = 0


class Components(Module):
    CONTRACT = "Components"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.counts: defaultdict[int, Count] = defaultdict(Count)
        self.parts: defaultdict[int, list[int]] = defaultdict(list)
        self.consents: set[bytes] = set()
        self.excluded: dict[tuple[int, int, bytes], bool] = {}

    def handlers(self) -> dict[str, Handler]:
        return {
            "attach": self.attach,
            "detach": self.detach,
            "consentToAttach": self.consent_to_attach,
            "consentToDetach": self.consent_to_detach,
            "excludeFromLien": self.exclude_from_lien,
        }

    def attach(self, call: Call, part: int, parent: int, reason: Reason) -> None:
        assets = self.world.assets
        owner, receiver = assets.known(part).owner, assets.known(parent).owner
        moving = self.with_parts(part)
        root = self._check_fits(part, parent, moving)
        self._check_reason(call, parent, reason)
        step = self._step(part, parent, receiver, reason)
        self._check_consents(call, step, owner, receiver)
        if any(assets.known(one).lienholder != ZERO for one in moving):
            self._check_lienholders(call, step, [*moving, *self.with_above(parent)])
        odometer = self._odometer(root)
        self._rebase(moving[1:], self._odometer(part), odometer)
        self.counts[part].odometer = odometer
        self.parts[parent].append(part)
        for above in self.with_above(parent):
            self.counts[above].below += len(moving)
        self.emit(call, "PartAttached", part, parent, root, odometer, *reason)
        assets.place(call.by(self.address), tuple(moving), parent, receiver)

    def detach(self, call: Call, part: int, receiver: bytes, reason: Reason) -> None:
        assets = self.world.assets
        asset = assets.known(part)
        parent = self._parent(part)
        step = self._step(part, parent, receiver, reason)
        foreclosing = call.sender == asset.lienholder
        if not foreclosing:
            self._check_consents(call, step, asset.owner)
        if not foreclosing or reason[0] != ZERO:
            self._check_reason(call, parent, reason)
        moving = self.with_parts(part)
        if receiver != asset.owner:
            self._check_consents(call, step, receiver)
            self._check_lienholders(call, step, moving)
        for above in self.with_above(parent):
            holder = assets.known(above).lienholder
            free = holder in (ZERO, call.sender) or self.is_excluded(part, holder)
            self.refuse_unless(free, "a lien on the machine covers the part")
        self._take_out(call, moving, parent, reason)
        assets.place(call.by(self.address), tuple(moving), 0, receiver)

    def consent_to_attach(self, call: Call, part: int, parent: int, reason: Reason) -> None:
        self.world.assets.known(part)
        receiver = self.world.assets.known(parent).owner
        self.consents.add(self._consent(self._step(part, parent, receiver, reason), call.sender))
        self.emit(call, "AttachConsented", part, parent, call.sender, *reason)

    def consent_to_detach(self, call: Call, part: int, receiver: bytes, reason: Reason) -> None:
        step = self._step(part, self._parent(part), receiver, reason)
        self.consents.add(self._consent(step, call.sender))
        self.emit(call, "DetachConsented", part, receiver, call.sender, *reason)

    def exclude_from_lien(self, call: Call, part: int, on: bool) -> None:
        self.world.assets.known(part)
        self.excluded[part, self.counts[part].detached, call.sender] = on
        self.emit(call, "PartExcluded", part, call.sender, on)

    # Reading

    def with_parts(self, asset: int) -> list[int]:
        """The asset and all in it, from the top down."""
        found = [asset]
        for one in found:
            found += self.parts.get(one, [])
        return found

    def with_above(self, asset: int) -> list[int]:
        """The asset and what it stands in, up to the root."""
        found = [asset]
        while (parent := self.world.assets.known(found[-1]).parent) != 0:
            found.append(parent)
        return found

    def lien_on(self, asset: int) -> int:
        """The asset whose lien binds this one; 0 for none."""
        for above in self.with_above(asset):
            holder = self.world.assets.known(above).lienholder
            if holder != ZERO and (above == asset or not self.is_excluded(asset, holder)):
                return above
        return 0

    def is_excluded(self, part: int, holder: bytes) -> bool:
        return self.excluded.get((part, self.counts[part].detached, holder), False)

    def storage(self) -> Iterator[tuple[Path, Value]]:
        for asset, count in self.counts.items():
            members = {"below": count.below, "detached": count.detached, "odometer": count.odometer, "use": count.use}
            yield from struct_storage(("_counts", asset), members)
        for asset, parts in self.parts.items():
            yield ("_parts", asset), len(parts)
            for index, part in enumerate(parts):
                yield ("_parts", asset, index), part
        for consent in self.consents:
            yield ("_consents", consent), True
        for (part, detached, holder), on in self.excluded.items():
            yield ("_excluded", part, detached, holder), on

    # Internals

    def _check_fits(self, part: int, parent: int, moving: list[int]) -> int:
        assets = self.world.assets
        self.refuse_unless(assets.known(part).parent == 0, "the part stands in another asset")
        above = self.with_above(parent)
        root = above[-1]
        self.refuse_unless(root != part, "an asset cannot stand in itself")
        retired = RETIRED in (assets.known(part).lifecycle, assets.known(root).lifecycle)
        self.refuse_unless(not retired, "what is retired takes no parts and is none")
        self.refuse_unless(self.world.agreements.open_count(part) == 0, "the part has open agreements")
        self.refuse_unless(len(self.parts[parent]) < MOST_PARTS, "too many parts")
        self.refuse_unless(len(above) + self._levels(part) <= MOST_LEVELS, "too many levels")
        self.refuse_unless(self.counts[root].below + len(moving) <= MOST_IN_MACHINE, "too many parts in all")
        return root

    def _levels(self, asset: int) -> int:
        return max((1 + self._levels(part) for part in self.parts.get(asset, [])), default=0)

    def _check_reason(self, call: Call, parent: int, reason: Reason) -> None:
        source, step = reason
        assets = self.world.assets
        if source == ZERO:
            machine = assets.known(parent)
            by = machine.maker if machine.self_declared_by == ZERO else machine.self_declared_by
            assembling = machine.lifecycle == REGISTERED and call.sender == by
            self.refuse_unless(assembling, "a step without a reason is the assembling maker's")
            return
        self.refuse_unless(assets.recorders.get(source, False), "the reason comes from no recorder")
        knows = getattr(self.world.modules.get(source), "is_step_for", None)
        if knows is None:
            self.world.findings.count("reasons left to recorders outside the platform")
            return
        found = any(knows(above, step) for above in self.with_above(parent))
        self.refuse_unless(found, "the recorder knows no such step")

    def _check_consents(self, call: Call, step: bytes, *parties: bytes) -> None:
        for party in parties:
            agrees = call.sender == party or self._consent(step, party) in self.consents
            self.refuse_unless(agrees, "a consent to the step is missing")

    def _check_lienholders(self, call: Call, step: bytes, assets: list[int]) -> None:
        holders = (self.world.assets.known(one).lienholder for one in assets)
        self._check_consents(call, step, *(holder for holder in holders if holder != ZERO))

    def _take_out(self, call: Call, moving: list[int], parent: int, reason: Reason) -> None:
        part, above = moving[0], self.with_above(parent)
        odometer, count = self._odometer(above[-1]), self.counts[moving[0]]
        count.use += odometer - count.odometer
        count.detached += 1
        self._rebase(moving[1:], odometer, self._odometer(part))
        for one in above:
            self.counts[one].below -= len(moving)
        parts = self.parts[parent]
        parts[parts.index(part)] = parts[-1]
        parts.pop()
        self.emit(call, "PartDetached", part, parent, above[-1], odometer, count.use, *reason)

    def _rebase(self, parts: list[int], before: int, after: int) -> None:
        for part in parts:
            self.counts[part].use += before - self.counts[part].odometer
            self.counts[part].odometer = after

    def _odometer(self, asset: int) -> int:
        return self.world.meters.checkpoint_of(asset)

    def _parent(self, part: int) -> int:
        if (parent := self.world.assets.known(part).parent) == 0:
            raise Refused("the asset is no part")
        return parent

    def _step(self, part: int, parent: int, receiver: bytes, reason: Reason) -> bytes:
        epochs = [self.world.assets.known(one).title_epoch for one in (part, parent)]
        numbers = word(part) + word(self.counts[part].detached) + word(epochs[0]) + word(parent) + word(epochs[1])
        return keccak(numbers + bytes(12) + receiver + bytes(12) + reason[0] + word(reason[1]))

    @staticmethod
    def _consent(step: bytes, by: bytes) -> bytes:
        return keccak(step + bytes(12) + by)
