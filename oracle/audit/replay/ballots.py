"""RoundBallots again: what holders decide, counted by principal with locked positions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from oracle.audit.abi import Value
from oracle.audit.replay.positions import DEFAULTED, IMPAIRED, ON_PLAN, position_id
from oracle.audit.replay.services import padded
from oracle.audit.replay.world import Call, Handler, Module, Path, Refused, World, struct_storage

DAY: Final = 86_400
DEFAULT: Final = padded("default")
VOTING_TIME: Final = 7 * DAY
GO_ON_TIME: Final = 30 * DAY


@dataclass(slots=True)
class Ballot:
    """`bases`: what of each tranche was outstanding at the opening. `counted`: units by (position, holder)."""

    number: int
    subject: bytes
    closes_at: int
    bases: tuple[int, ...]
    decided: bool = False
    result: bool = False
    said: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})

    @property
    def weight(self) -> int:
        return sum(self.bases)

    def is_open(self, now: int) -> bool:
        return not self.decided and now < self.closes_at

    def members(self) -> dict[str, Value]:
        return {
            "number": self.number, "closesAt": self.closes_at, "decided": self.decided, "result": self.result,
            "subject": self.subject, "weight": self.weight, "yes": self.said[True], "no": self.said[False],
        }  # fmt: skip


class RoundBallots(Module):
    CONTRACT = "RoundBallots"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.ballots: dict[int, Ballot] = {}
        self.consents: set[tuple[int, bytes]] = set()
        self.locks: dict[tuple[int, bytes], tuple[int, int]] = {}

    def handlers(self) -> dict[str, Handler]:
        return {
            "proposeConsent": self.propose_consent,
            "openDefault": self.open_default,
            "proposeWriteOff": self.propose_write_off,
            "vote": self.vote,
            "decide": self.decide,
        }

    def propose_consent(self, call: Call, number: int, account: bytes, tranche: int) -> None:
        found = self.world.rounds.known(number)
        self.refuse_unless(ON_PLAN <= found.state <= IMPAIRED, "the round is not running well enough")
        if call.sender != found.provider:
            self._check_holder(call, number, tranche)
        standing = self.ballots.get(number)
        self.refuse_unless(standing is None or not standing.is_open(call.now), "one question at a time")
        self._open(call, number, account.rjust(32, b"\0"))

    def open_default(self, call: Call, number: int) -> None:
        self.refuse_unless(call.sender == self.world.collateral.address, "only the collateral asks that")
        self._open(call, number, DEFAULT)

    def propose_write_off(self, call: Call, number: int, tranche: int) -> None:
        unsettled = self.world.collateral.unsettled[number]
        found = self.world.rounds.known(number)
        self.refuse_unless(found.state == DEFAULTED and unsettled == 0, "not an innovation in default")
        self._check_holder(call, number, tranche)
        ballot = self._of(number)
        waited = ballot.decided and call.now >= ballot.closes_at + GO_ON_TIME
        self.refuse_unless(waited, "too early to ask again")
        self._open(call, number, DEFAULT)

    def vote(self, call: Call, number: int, tranche: int, yes: bool) -> None:
        """With what the holder has and has not counted yet; slices weigh what the whole weighs."""
        ballot = self._of(number)
        self.refuse_unless(ballot.is_open(call.now), "no open ballot")
        token = position_id(number, tranche)
        held, counted = self.world.rounds.balance_of(token, call.sender), self.locked(call, token, call.sender)
        self.refuse_unless(held > counted, "no position that has not voted")
        self.locks[token, call.sender] = (ballot.number, held)
        invested, base = self.world.rounds.known(number).tranches[tranche].invested, ballot.bases[tranche]
        weight = held * base // invested - counted * base // invested
        ballot.said[yes] += weight
        self.emit(call, "Voted", number, ballot.number, call.sender, tranche, yes, weight)
        self.world.findings.count("votes counted again")

    def decide(self, call: Call, number: int) -> None:
        ballot = self._of(number)
        self.refuse_unless(not ballot.decided, "decided already")
        yes, no = ballot.said[True], ballot.said[False]
        carried = 2 * yes > ballot.weight
        clear = carried or 2 * no > ballot.weight
        self.refuse_unless(clear or call.now >= ballot.closes_at, "votes may still come")
        if ballot.subject == DEFAULT:
            carried = yes > no
        elif carried:
            self.consents.add((number, ballot.subject[12:]))
        ballot.decided, ballot.result, ballot.closes_at = True, carried, call.now
        self.emit(call, "BallotDecided", number, ballot.number, ballot.subject, carried)

    # Reading

    def decision(self, number: int) -> tuple[int, bool]:
        """When the holders decided what follows the default, and whether yes."""
        ballot = self.ballots.get(number)
        if ballot is None or not ballot.decided or ballot.subject != DEFAULT:
            raise Refused("the holders have not decided")
        return ballot.closes_at, ballot.result

    def is_consented(self, number: int, account: bytes) -> bool:
        return (number, account) in self.consents

    def locked(self, call: Call, token: int, holder: bytes) -> int:
        number, amount = self.locks.get((token, holder), (0, 0))
        ballot = self.ballots.get(token >> 8)
        return amount if ballot and ballot.number == number and ballot.is_open(call.now) else 0

    def storage(self) -> Iterator[tuple[Path, Value]]:
        for number, ballot in self.ballots.items():
            yield from struct_storage(("_ballots", number), ballot.members())
            for tranche, base in enumerate(ballot.bases):
                yield ("_bases", position_id(number, tranche)), base
        for (token, holder), (number, amount) in self.locks.items():
            yield from struct_storage(("_locks", token, holder), {"ballot": number, "amount": amount})
        for number, account in self.consents:
            yield ("isConsented", number, account), True

    # Internals

    def _open(self, call: Call, number: int, subject: bytes) -> None:
        last = self.ballots.get(number)
        bases = tuple(tranche.outstanding for tranche in self.world.rounds.known(number).tranches)
        made = Ballot(last.number + 1 if last else 1, subject, call.now + VOTING_TIME, bases)
        self.ballots[number] = made
        self.emit(call, "BallotOpened", number, made.number, subject, made.closes_at, made.weight)

    def _of(self, number: int) -> Ballot:
        if (ballot := self.ballots.get(number)) is None:
            raise Refused(f"round {number} has no ballot")
        return ballot

    def _check_holder(self, call: Call, number: int, tranche: int) -> None:
        held = self.world.rounds.balance_of(position_id(number, tranche), call.sender)
        self.refuse_unless(held > 0, "no holder of that tranche")
