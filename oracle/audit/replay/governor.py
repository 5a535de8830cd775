"""NetworkGovernor again: who proposed what, every vote at its weight, the quorum of its time, and what was executed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from oracle.audit.abi import Value
from oracle.audit.keccak import keccak
from oracle.audit.replay.deciding import Batch, Decisions, Timelock, salt_of
from oracle.audit.replay.members import Membership
from oracle.audit.replay.traces import Trace
from oracle.audit.replay.world import ZERO, Call, Handler, Module, Path, Refused, World, struct_storage

AGAINST, FOR, ABSTAIN = 0, 1, 2
PENDING, ACTIVE, CANCELED, DEFEATED, SUCCEEDED, QUEUED, EXPIRED, EXECUTED = range(8)
FEWEST: Final = 3
VOTES: Final = ("againstVotes", "forVotes", "abstainVotes")


@dataclass(slots=True)
class Proposal:
    proposer: bytes
    start: int
    duration: int
    votes: list[int] = field(default_factory=lambda: [0, 0, 0])
    voters: set[bytes] = field(default_factory=set)
    extended: int = 0
    eta: int = 0
    operation: bytes = bytes(32)
    executed: bool = False
    canceled: bool = False

    @property
    def deadline(self) -> int:
        return max(self.start + self.duration, self.extended)


class Governor(Module):
    CONTRACT = "NetworkGovernor"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.proposals: dict[int, Proposal] = {}
        self.quorums = Trace()
        self.settings = {"delay": 0, "period": 0, "extension": 0, "threshold": 0}
        # Calls of its own that a decision is executing: OpenZeppelin's queue, of which begin and end stay.
        self._begun, self._ended = 0, 0
        self._own_calls: defaultdict[int, bytes] = defaultdict(bytes)
        self._data = b""
        self.timelock_at = ZERO

    def handlers(self) -> dict[str, Handler]:
        def setter(name: str, event: str) -> Handler:
            return lambda call, value: self._set(call, name, event, value)

        return {
            "propose": self.propose, "castVote": self.cast_vote, "castVoteWithReason": self.cast_vote,
            "queue": self.queue, "execute": self.execute, "cancel": self.cancel, "setQuorum": self.set_quorum,
            "setVotingDelay": setter("delay", "VotingDelaySet"),
            "setVotingPeriod": setter("period", "VotingPeriodSet"),
            "setLateQuorumVoteExtension": setter("extension", "LateQuorumVoteExtensionSet"),
            "setProposalThreshold": setter("threshold", "ProposalThresholdSet"),
        }  # fmt: skip

    def run(self, call: Call, data: bytes) -> None:
        """A decision about the governor itself is known by the hash of its call."""
        self._data = data
        super().run(call, data)

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        members, self.timelock_at, decisions, settings = arguments
        self._members, self._list = self.world.modules.get(members), self.world.modules.get(decisions)
        delay, period, extension, threshold, quorum = settings
        for name, event, value in (
            ("delay", "VotingDelaySet", delay), ("period", "VotingPeriodSet", period),
            ("threshold", "ProposalThresholdSet", threshold),
            ("extension", "LateQuorumVoteExtensionSet", extension),
        ):  # fmt: skip
            self.settings[name] = value
            self.emit(call, event, 0, value)
        self.emit(call, "TimelockChange", ZERO, self.timelock_at)
        self._push_quorum(call, quorum)

    # A proposal's way

    def propose(
        self, call: Call, targets: Sequence[bytes], values: Sequence[int], payloads: Sequence[bytes], because: str
    ) -> None:
        weight = self.members.votes_at(call.sender, call.now - 1)
        self.refuse_unless(weight >= self.settings["threshold"], "who proposes has no vote")
        self.refuse_unless(len(targets) == len(values) == len(payloads) > 0, "lists of different lengths")
        if not isinstance(self._list, Decisions):
            raise Refused("the governor knows no list of this platform")
        self._list.check(call, (targets, values, payloads))
        number = self._number((targets, values, payloads), keccak(because.encode("utf-8", "surrogateescape")))
        self.refuse_unless(number not in self.proposals, "proposed before")
        made = Proposal(call.sender, call.now + self.settings["delay"], self.settings["period"])
        self.proposals[number] = made
        nothing = ("",) * len(targets)
        told = (targets, values, nothing, payloads, made.start, made.start + made.duration, because)
        self.emit(call, "ProposalCreated", number, call.sender, *told)

    def cast_vote(self, call: Call, number: int, support: int, reason: str = "") -> None:
        found = self._in(number, call.now, ACTIVE)
        self.refuse_unless(call.sender not in found.voters and support in (AGAINST, FOR, ABSTAIN), "voted, or no vote")
        weight = self.members.votes_at(call.sender, found.start)
        found.voters.add(call.sender)
        found.votes[support] += weight
        self.emit(call, "VoteCast", call.sender, number, support, weight, reason)
        if found.extended == 0 and self._has_quorum(found):
            until = call.now + self.settings["extension"]
            if until > found.deadline:
                self.emit(call, "ProposalExtended", number, until)
            found.extended = until

    def queue(
        self, call: Call, targets: Sequence[bytes], values: Sequence[int], payloads: Sequence[bytes], reason: bytes
    ) -> None:
        batch = (targets, values, payloads)
        number = self._number(batch, reason)
        found = self._in(number, call.now, SUCCEEDED)
        delay, salt = self.timelock.delay, salt_of(self.address, reason)
        found.operation = self.timelock.operation(batch, bytes(32), salt)
        self.timelock.schedule_batch(call.by(self.address), *batch, bytes(32), salt, delay)
        found.eta = call.now + delay
        self.emit(call, "ProposalQueued", number, found.eta)

    def execute(
        self, call: Call, targets: Sequence[bytes], values: Sequence[int], payloads: Sequence[bytes], reason: bytes
    ) -> None:
        batch = (targets, values, payloads)
        number = self._number(batch, reason)
        found = self._in(number, call.now, QUEUED)
        found.executed = True
        for target, payload in zip(targets, payloads, strict=True):
            if target == self.address:
                self._own_calls[self._ended] = keccak(payload)
                self._ended += 1
        salt = salt_of(self.address, reason)
        self.timelock.execute_batch(call.by(self.address), *batch, bytes(32), salt)
        found.operation = bytes(32)
        if self._begun != self._ended:
            self._begun = self._ended = 0
        self.emit(call, "ProposalExecuted", number)

    def cancel(
        self, call: Call, targets: Sequence[bytes], values: Sequence[int], payloads: Sequence[bytes], reason: bytes
    ) -> None:
        number = self._number((targets, values, payloads), reason)
        found = self._in(number, call.now, PENDING)
        self.refuse_unless(call.sender == found.proposer, "only who proposed it takes it back")
        found.canceled = True
        self.emit(call, "ProposalCanceled", number)

    def set_quorum(self, call: Call, heads: int) -> None:
        self._require_decided(call)
        most = self.members.books.total.at(call.now - 1)
        self.refuse_unless(FEWEST <= heads <= most, "a quorum out of reach")
        self._push_quorum(call, heads)

    # Internals

    def _set(self, call: Call, name: str, event: str, value: int) -> None:
        self._require_decided(call)
        self.refuse_unless(name != "period" or value > 0, "a vote without time")
        self.refuse_unless(name != "extension" or value <= self.settings["period"], "longer than a vote")
        self.emit(call, event, self.settings[name], value)
        self.settings[name] = value

    def _push_quorum(self, call: Call, heads: int) -> None:
        self.quorums.push(call.now, heads)
        self.emit(call, "QuorumSet", heads)

    def _require_decided(self, call: Call) -> None:
        self.refuse_unless(call.sender == self.timelock_at, "only a decision does that")
        wanted, found = keccak(self._data), b""
        while found != wanted:
            self.refuse_unless(self._begun < self._ended, "no decision is executing this call")
            found = self._own_calls.pop(self._begun)
            self._begun += 1

    def _state(self, found: Proposal, now: int) -> int:
        if found.executed:
            return EXECUTED
        if found.canceled:
            return CANCELED
        if now <= found.start:
            return PENDING
        if now <= found.deadline:
            return ACTIVE
        if not self._has_quorum(found) or found.votes[FOR] <= found.votes[AGAINST]:
            return DEFEATED
        if found.eta == 0:
            return SUCCEEDED
        return QUEUED if self.timelock.is_pending(found.operation) else CANCELED

    def _in(self, number: int, now: int, state: int) -> Proposal:
        if (found := self.proposals.get(number)) is None:
            raise Refused("there is no such proposal")
        self.refuse_unless(self._state(found, now) == state, "the proposal does not stand there")
        return found

    def _has_quorum(self, found: Proposal) -> bool:
        return self.quorums.at(found.start) <= found.votes[FOR] + found.votes[ABSTAIN]

    def _number(self, batch: Batch, reason: bytes) -> int:
        encoded: bytes = self.abi.by_name["hashProposal"].encode(*batch, reason)
        return int.from_bytes(keccak(encoded[4:]), "big")

    @property
    def members(self) -> Membership:
        if not isinstance(self._members, Membership):
            raise Refused("the governor knows no membership of this platform")
        return self._members

    @property
    def timelock(self) -> Timelock:
        found = self.world.modules.get(self.timelock_at)
        if not isinstance(found, Timelock):
            raise Refused("the governor knows no timelock of this platform")
        return found

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield ("_name",), "CISE"
        yield ("_timelock",), self.timelock_at
        yield ("_votingDelay",), self.settings["delay"]
        yield ("_votingPeriod",), self.settings["period"]
        yield ("_voteExtension",), self.settings["extension"]
        yield ("_proposalThreshold",), self.settings["threshold"]
        yield ("_governanceCall", "_begin"), self._begun
        yield ("_governanceCall", "_end"), self._ended
        yield from self.quorums.storage(("_quorums",))
        for number, found in self.proposals.items():
            core = {
                "proposer": found.proposer, "voteStart": found.start, "voteDuration": found.duration,
                "executed": found.executed, "canceled": found.canceled, "etaSeconds": found.eta,
            }  # fmt: skip
            yield from struct_storage(("_proposals", number), core)
            yield ("_extendedDeadlines", number), found.extended
            yield ("_timelockIds", number), found.operation
            yield from struct_storage(("_proposalVotes", number), dict(zip(VOTES, found.votes, strict=True)))
            for voter in found.voters:
                yield ("_proposalVotes", number, "hasVoted", voter), True
