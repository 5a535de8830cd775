"""What I-8 and I-9 need of the rounds' logs: each payment is judged as it goes by, beside the replay and without it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from oracle.audit import waterfall
from oracle.audit.findings import Findings
from oracle.audit.told import Told
from oracle.audit.waterfall import UNCAPPED, Tranche

FUNDING, ON_PLAN, LATE, IMPAIRED, DEFAULTED, REPAID, RECOVERED, FAILED = range(1, 9)
AT_WORK: Final = (ON_PLAN, LATE, IMPAIRED)
STEPS: Final = frozenset(
    {(FUNDING, ON_PLAN), (FUNDING, FAILED), (DEFAULTED, ON_PLAN), (DEFAULTED, REPAID), (DEFAULTED, RECOVERED)}
    | {(before, after) for before in AT_WORK for after in (*AT_WORK, DEFAULTED, REPAID) if before != after}
)
TARGET: Final = 3
"""Of the members of a round's terms."""
DEFAULT: Final = b"default".ljust(32, b"\0")
NOBODY: Final = bytes(20)


@dataclass(slots=True)
class Followed:
    """One round by its logs. `forfeited`: (tranche, units burned, index at that moment)."""

    sizes: tuple[int, ...]
    target: int
    tranches: tuple[Tranche, ...]
    state: int = FUNDING
    raised: int = 0
    refunded: int = 0
    to_provider: int = 0
    skimmed: int = 0
    forfeited: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def started(self) -> bool:
        return self.state not in (FUNDING, FAILED)


class RoundTally:
    """Grows with rounds, claims on guarantors and burnt positions."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self.rounds: dict[int, Followed] = {}
        self.votes: Counter[tuple[int, int, bool]] = Counter()
        self._weights: dict[tuple[int, int], int] = {}
        self.bought_back = 0
        self.kept: Counter[int] = Counter()
        self.collected: Counter[int] = Counter()

    def add(self, told: Told) -> None:
        """A log of one of the contracts of rounds."""
        values = told.values
        match told.event:
            case "RoundOpened":
                self.rounds[values["round"]] = _opened(values)
            case "AssetSettled" if values["how"].startswith(b"bought back"):
                self.bought_back += values["proceeds"]
            case "ClaimKept":
                self.kept[values["guarantee"]] += values["amount"]
            case "ClaimCollected":
                self.collected[values["guarantee"]] += values["amount"]
            case "BallotOpened":
                self._weights[values["round"], values["ballot"]] = values["weight"]
            case "Voted":
                self.votes[values["round"], values["ballot"], values["yes"]] += values["weight"]
            case "BallotDecided":
                self._decided(told)
            case "TransferSingle" if values["to"] == NOBODY:
                self._burned(values["id"] // 256, values["id"] % 256, values["value"])
            case _ if (followed := self.rounds.get(values.get("round", 0))) is not None:
                self._follow(told, followed)

    def _follow(self, told: Told, followed: Followed) -> None:
        values, count = told.values, len(followed.tranches)
        if values.get("tranche", 0) >= count or len(values.get("toTranches", followed.tranches)) != count:
            self._findings.add("I-8", told.place, f"the round has {count} tranches")
            return
        match told.event:
            case "Invested":
                self._invested(told, followed)
            case "RoundStateChanged":
                self._changed(told, followed)
            case "TranchePaid":
                self._paid(told, followed)
            case "RestShared":
                self._shared(told, followed)
            case "WrittenDown":
                self._written_down(told, followed)
            case "Claimed":
                tranche = followed.tranches[values["tranche"]]
                tranche.taken += values["amount"]
                if tranche.taken > tranche.paid:
                    self._findings.add("I-8", told.place, f"{tranche.taken} taken of {tranche.paid} paid")
            case "Refunded":
                followed.refunded += values["amount"]
            case "SurplusSkimmed":
                followed.skimmed += values["amount"]

    def _invested(self, told: Told, followed: Followed) -> None:
        number, asked = told.values["tranche"], told.values["asked"]
        tranche = followed.tranches[number]
        room = min(followed.sizes[number] - tranche.invested, followed.target - followed.raised)
        if told.values["accepted"] != min(asked, room):
            message = f"{told.values['accepted']} accepted of {asked}, with room for {room}"
            self._findings.add("I-9", told.place, message)
        tranche.invested += told.values["accepted"]
        followed.raised += told.values["accepted"]

    def _changed(self, told: Told, followed: Followed) -> None:
        before, after = told.values["from"], told.values["to"]
        if before != followed.state or (before, after) not in STEPS:
            self._findings.add("I-8", told.place, f"the round stood at {followed.state}, it went {before} → {after}")
        if (before, after) == (FUNDING, ON_PLAN):
            for tranche in followed.tranches:
                tranche.start(told.time)
        followed.state = after

    def _paid(self, told: Told, followed: Followed) -> None:
        """No junior gains while anything of a senior is unpaid, and no principal is paid before its interest."""
        self._findings.count("I-8 payments to tranches judged")
        over = followed.state == RECOVERED
        if over:
            waterfall.reopen(followed.tranches, told.time)
        number, interest, principal = (told.values[name] for name in ("tranche", "interest", "principal"))
        tranche = followed.tranches[number]
        seniors = waterfall.owed_in_all(followed.tranches[:number], told.time)
        due, outstanding = tranche.owed(told.time)
        in_turn = interest <= due and principal <= outstanding and (principal == 0 or interest == due)
        if seniors or not in_turn:
            message = f"{interest} + {principal} paid where {due} + {outstanding} are owed and {seniors} to seniors"
            self._findings.add("I-8", told.place, message)
        tranche.pay(interest, principal, told.time)
        if over:
            waterfall.close_again(followed.tranches)

    def _shared(self, told: Told, followed: Followed) -> None:
        """Only when nothing is owed; of a recovered round, what was lost is owed."""
        gains = told.values["toTranches"]
        over = followed.state == RECOVERED
        if over:
            waterfall.reopen(followed.tranches, told.time)
        owed = waterfall.owed_in_all(followed.tranches, told.time)
        if over:
            waterfall.close_again(followed.tranches)
        within = all(gain <= each.room for gain, each in zip(gains, followed.tranches, strict=True) if gain)
        if owed or not within:
            message = f"{sum(gains)} shared beyond repayment while {owed} are owed, or beyond a cap"
            self._findings.add("I-8", told.place, message)
        for gain, tranche in zip(gains, followed.tranches, strict=True):
            tranche.paid += gain
        followed.to_provider += told.values["toProvider"]

    def _written_down(self, told: Told, followed: Followed) -> None:
        """Losses run up: all below are at nothing."""
        number, principal, interest = (told.values[name] for name in ("tranche", "principal", "interest"))
        tranche = followed.tranches[number]
        below = sum(each.outstanding for each in followed.tranches[number + 1 :])
        if below or (interest, principal) != tranche.owed(told.time):
            message = f"{principal} of {tranche.outstanding} written down while juniors have {below}"
            self._findings.add("I-9", told.place, message)
        tranche.write_down(principal, told.time)

    def _burned(self, number: int, tranche: int, amount: int) -> None:
        """A refund burns as well, but of a round that has paid nothing."""
        followed = self.rounds.get(number)
        if followed is None or not followed.started or tranche >= len(followed.tranches):
            return
        burnt = followed.tranches[tranche]
        followed.forfeited.append((tranche, amount, burnt.index))
        burnt.burn(amount)

    def _decided(self, told: Told) -> None:
        self._findings.count("ballots of rounds counted again")
        ballot = told.values["round"], told.values["ballot"]
        yes, no = self.votes[*ballot, True], self.votes[*ballot, False]
        weight = self._weights.get(ballot, 0)
        carried = yes > no if told.values["subject"] == DEFAULT else 2 * yes > weight
        if told.values["result"] != carried or yes + no > weight:
            message = f"{told.values['result']} with {yes} for it and {no} against, of {weight}"
            self._findings.add("votes", told.place, message)


def _opened(values: Mapping[str, Any]) -> Followed:
    terms, tranches = values["terms"], values["tranches"]
    made = tuple(Tranche(rate, cap or UNCAPPED, residual) for _size, _least, rate, cap, residual in tranches)
    return Followed(tuple(each[0] for each in tranches), terms[TARGET], made)
