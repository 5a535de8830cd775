"""EndOfLife and CircularEligibility again: take-backs, decisions, recovered masses, and the policy that asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from oracle.audit.abi import Value
from oracle.audit.findings import Place
from oracle.audit.replay.governance import Eligibility
from oracle.audit.replay.member_policies import MemberProviders
from oracle.audit.replay.world import ZERO, Call, Handler, Module, Path, World, struct_storage

REUSE_ELSEWHERE: Final = 1
REPURPOSE: Final = 5
HARVEST: Final = 6
LAST_USE: Final = 8
MOST_MATERIALS: Final = 64
FATES: Final = ("reused", "recycled", "energy", "lost")


@dataclass(slots=True)
class TakeBack:
    promisor: bytes
    until: int
    terms_hash: bytes
    waived: bool = False
    declined: bool = False


@dataclass(slots=True)
class Decision:
    asset: int
    use: int
    holder: bytes
    decided_at: int
    taker: bytes
    reason_hash: bytes


class EndOfLife(Module):
    CONTRACT = "EndOfLife"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.take_backs: dict[int, TakeBack] = {}
        self.decisions: list[Decision] = []
        self.latest: dict[int, int] = {}
        self.recovered: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])

    def handlers(self) -> dict[str, Handler]:
        return {
            "promiseTakeBack": self.promise_take_back,
            "promiseTakeBacks": self.promise_take_backs,
            "waiveTakeBack": self.waive_take_back,
            "decide": self.decide,
            "acceptTitle": self.accept_title,
            "decline": self.decline,
            "recordRecovery": self.record_recovery,
        }

    def promise_take_back(self, call: Call, asset: int, until: int, terms_hash: bytes) -> None:
        machine = self.world.assets.known(asset)
        by = machine.maker if machine.self_declared_by == ZERO else machine.self_declared_by
        self.refuse_unless(call.sender == by, "only the maker promises")
        self.refuse_unless(until > call.now, "the promise ends in the past")
        if self.take_back_by(call, asset) != ZERO:
            running = self.take_backs[asset]
            kept = until >= running.until and terms_hash == running.terms_hash
            self.refuse_unless(kept, "a running promise is only made longer")
        self.take_backs[asset] = TakeBack(call.sender, until, terms_hash)
        self.emit(call, "TakeBackPromised", asset, call.sender, until, terms_hash)

    def promise_take_backs(self, call: Call, assets: tuple[int, ...], until: int, terms_hash: bytes) -> None:
        for asset in assets:
            self.promise_take_back(call, asset, until, terms_hash)

    def waive_take_back(self, call: Call, asset: int) -> None:
        self._check_owner(call, asset)
        self.refuse_unless(self.take_back_by(call, asset) != ZERO, "no promise runs")
        self.take_backs[asset].waived = True
        self.emit(call, "TakeBackWaived", asset, call.sender)

    def decide(self, call: Call, asset: int, use: int, taker: bytes, reason_hash: bytes, uri: str) -> None:
        self._check_owner(call, asset)
        self.refuse_unless(0 < use <= LAST_USE and any(reason_hash), "a decision has a use and a reason")
        machine = self.world.assets.known(asset)
        free = machine.parent == 0 and machine.lienholder == ZERO
        self.refuse_unless(free and self.world.agreements.open_count(asset) == 0, "others count on the machine")
        if taker == ZERO:
            promisor = self.take_back_by(call, asset)
            taker = call.sender if promisor == ZERO else promisor
        self.decisions.append(Decision(asset, use, call.sender, call.now, taker, reason_hash))
        self.latest[asset] = len(self.decisions)
        self.emit(call, "NextUseDecided", asset, len(self.decisions), call.sender, use, taker, reason_hash, uri)

    def accept_title(self, call: Call, asset: int) -> None:
        number = self._awaited(call, asset)
        owner = self.decisions[number - 1].holder
        self.decisions[number - 1].holder = call.sender
        self.emit(call, "TitleAccepted", asset, number, call.sender)
        self.world.assets.transfer_from(call.by(self.address), owner, call.sender, asset)

    def decline(self, call: Call, asset: int, reason_hash: bytes) -> None:
        number = self._awaited(call, asset)
        self.decisions[number - 1].taker = ZERO
        if call.sender == self.take_back_by(call, asset):
            self.take_backs[asset].declined = True
        self.emit(call, "TitleDeclined", asset, number, call.sender, reason_hash)

    def record_recovery(
        self, call: Call, asset: int, materials: tuple[tuple[bytes, int, int], ...], evidence_hash: bytes
    ) -> None:
        self._check_owner(call, asset)
        number = self.standing(asset)
        self.refuse_unless(number != 0 and self.decisions[number - 1].use >= HARVEST, "nothing to recover is decided")
        self.refuse_unless(0 < len(materials) <= MOST_MATERIALS, "no lines, or too many")
        for material, grams, fate in materials:
            self.refuse_unless(any(material) and grams > 0 and fate < len(FATES), "an empty line")
            self.recovered[asset][fate] += grams
        self.emit(call, "MaterialsRecovered", asset, number, call.sender, materials, evidence_hash)

    # Reading

    def take_back_by(self, call: Call, asset: int) -> bytes:
        """Who owes a take-back now."""
        given = self.take_backs.get(asset)
        runs = given is not None and not given.waived and not given.declined and given.until >= call.now
        return given.promisor if given is not None and runs else ZERO

    def standing(self, asset: int) -> int:
        number = self.latest.get(asset, 0)
        stands = number and self.decisions[number - 1].holder == self.world.assets.known(asset).owner
        return number if stands else 0

    def may_retire(self, asset: int) -> bool:
        number = self.standing(asset)
        decision = self.decisions[number - 1] if number else None
        return decision is not None and decision.use >= REPURPOSE and decision.taker == decision.holder

    def is_step_for(self, asset: int, step: int) -> bool:
        return step != 0 and step == self.standing(asset) and self.decisions[step - 1].use > REUSE_ELSEWHERE

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield ("decisionCount",), len(self.decisions)
        for asset, given in self.take_backs.items():
            members = {
                "promisor": given.promisor,
                "until": given.until,
                "waived": given.waived,
                "declined": given.declined,
                "termsHash": given.terms_hash,
            }
            yield from struct_storage(("_takeBacks", asset), members)
        for number, decision in enumerate(self.decisions, 1):
            members = {
                "asset": decision.asset,
                "use": decision.use,
                "holder": decision.holder,
                "decidedAt": decision.decided_at,
                "taker": decision.taker,
                "reasonHash": decision.reason_hash,
            }
            yield from struct_storage(("_decisions", number), members)
        for asset, number in self.latest.items():
            yield ("_latest", asset), number
        for asset, grams in self.recovered.items():
            yield from struct_storage(("_recovered", asset), dict(zip(FATES, grams, strict=True)))

    # Internals

    def _check_owner(self, call: Call, asset: int) -> None:
        self.refuse_unless(call.sender == self.world.assets.known(asset).owner, "only the title owner does that")

    def _awaited(self, call: Call, asset: int) -> int:
        number = self.standing(asset)
        decision = self.decisions[number - 1] if number else None
        awaited = decision is not None and call.sender == decision.taker != decision.holder
        self.refuse_unless(awaited, "no decision awaits the caller")
        return number


class CircularEligibility(Module):
    CONTRACT = "CircularEligibility"

    def handlers(self) -> dict[str, Handler]:
        return {}

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        """Its providers are a list of governance's, or the members of that class."""
        self.providers = self.world.modules.get(arguments[0])
        if not isinstance(self.providers, (Eligibility, MemberProviders)):
            place = Place(block=call.block, transaction=call.transaction, contract=self.CONTRACT, address=self.address)
            self.world.findings.add("contract references", place, "it asks no list of providers of this platform")

    def refuses(self, call: Call, number: int) -> bool:
        asset = self.world.assets.known(number)
        if isinstance(self.providers, MemberProviders):
            admitted = not self.providers.refuses_provider(call, asset.owner)
        else:
            admitted = isinstance(self.providers, Eligibility) and asset.owner in self.providers.admitted
        promised = self.world.end_of_life.take_back_by(call, number) != ZERO
        return not (admitted and any(asset.passport_hash) and promised)

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield from ()
