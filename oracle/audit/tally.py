"""What the invariants need of the logs: sums by account, split and agreement, not the logs themselves."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Final

from oracle.audit.findings import Findings, Place
from oracle.audit.guarantee_tally import GuaranteeTally
from oracle.audit.member_tally import MemberTally
from oracle.audit.order_tally import OrderTally
from oracle.audit.pool_tally import PoolTally
from oracle.audit.replay.world import World
from oracle.audit.round_tally import RoundTally
from oracle.audit.title_tally import TitleTally
from oracle.audit.told import Told

MASK_80: Final = 2**80 - 1
STATE_EVENTS: Final = frozenset(
    ("AgreementOpened", "ReadingSettled", "StandingAccrued", "HoldRefilled", "AgreementClosed")
)

Held = tuple[bytes, bytes]
"""(account, currency)"""
Version = tuple[bytes, int, bytes]
"""(account of a split, version of its shares, currency)"""


@dataclass(frozen=True, slots=True)
class State:
    """The one slot of an agreement."""

    sequence: int
    last_elapsed: int
    settled: int
    hold: int

    @classmethod
    def of(cls, word: int) -> State:
        return cls(word >> 224 & 0x7FFFFFFF, word >> 160 & 0xFFFFFFFF, word >> 80 & MASK_80, word & MASK_80)


class Tally:
    """Grows with accounts and agreements, never with readings. The steps of I-3 and I-6 are checked as they go by."""

    def __init__(self, world: World, findings: Findings) -> None:
        self._splits, self._findings = world.splits, findings
        _, self._sender, self._receiver, *_ = world.accounts.abi.event_names["Transfer"].names
        self.credited: Counter[bytes] = Counter()
        self.withdrawn: Counter[bytes] = Counter()
        self.decreases = 0
        self.states: dict[int, State] = {}
        self.steps = 0
        self.received: Counter[Held] = Counter()
        self.paid: Counter[Held] = Counter()
        self.got: defaultdict[Version, Counter[bytes]] = defaultdict(Counter)
        self.totals: dict[tuple[int, int, bytes], tuple[int, Place]] = {}
        self._versions: dict[bytes, int] = {}
        self._orders = OrderTally(findings)
        self.guarantees = GuaranteeTally(findings)
        self.rounds = RoundTally(findings)
        self.pools = PoolTally(findings)
        self.members = MemberTally()
        seller, _, title, *_ = world.assets.abi.event_names["Transfer"].names
        self.titles = TitleTally(seller, title)

    def add(self, told: Told) -> None:
        match told.contract, told.event:
            case "UsageAgreements", event if event in STATE_EVENTS:
                self._step(told)
            case "PrepaidAccounts", "Transfer":
                self._move(told)
            case "ServiceMarket", _:
                self._orders.add(told)
            case (("BuybackGuarantees" | "AvailabilityGuarantees"), _):
                self.guarantees.add(told)
            case (("RoundBook" | "CoFinancing" | "RoundCollateral" | "RoundBallots"), _):
                self.rounds.add(told)
            case (("SparePools" | "SpareLoans" | "SpareStock"), _):
                self.pools.add(told)
            case (("Membership" | "NetworkGovernor" | "CommunityAccount"), _):
                self.members.add(told)
            case "AssetRegistry" | "Components", _:
                self.titles.add(told)
            case "PrepaidAccounts", "Deposited":
                self.credited[told.values["currency"]] += told.values["amount"]
            case "PrepaidAccounts", "Withdrawn":
                self.withdrawn[told.values["currency"]] += told.values["amount"]
            case "FeeSplitter", "Distributed":
                number, version = told.values["split"], told.values["version"]
                self._versions[self._splits.account_of(number)] = version
                self.totals[number, version, told.values["currency"]] = (told.values["total"], told.place)

    def _move(self, told: Told) -> None:
        values = told.values
        sender, receiver, amount = values[self._sender], values[self._receiver], values["amount"]
        currency = values["id"].to_bytes(32, "big")[12:]
        self.received[receiver, currency] += amount
        if any(sender):
            self.decreases += 1
            self.paid[sender, currency] += amount
            if (version := self._versions.get(sender)) is not None:
                self.got[sender, version, currency][receiver] += amount

    def _step(self, told: Told) -> None:
        number, state = told.values["agreement"], State.of(told.values["state"])
        before = self.states.get(number)
        self.states[number] = state
        if before is None:
            return
        self.steps += 1
        taken = state.settled - before.settled
        if taken < 0 or state.sequence < before.sequence or state.last_elapsed < before.last_elapsed:
            self._findings.add("I-3", told.place, "settled, sequence or elapsed fell")
        if told.event in ("ReadingSettled", "StandingAccrued") and taken != before.hold - state.hold:
            self._findings.add("I-3", told.place, f"{taken} settled, {before.hold - state.hold} left the hold")
        if told.event == "HoldRefilled" and state.hold - before.hold != told.values["amount"]:
            self._findings.add("I-3", told.place, "the hold did not grow by the refill")
        if told.event != "AgreementClosed" and state.settled + state.hold < before.settled + before.hold:
            self._findings.add("I-6", told.place, "settled + hold fell: a permit may be uncovered")
