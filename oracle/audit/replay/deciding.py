"""What stands around a decision again: the list of what may be decided, the wait, and the guardian who may stop it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from oracle.audit.abi import Value
from oracle.audit.keccak import keccak, word
from oracle.audit.replay.members import Membership
from oracle.audit.replay.world import PAUSE, ZERO, Call, Handler, Module, Path, Refused, World, struct_storage

DAY: Final = 86_400
REST, YEAR, AGREED_FOR = 30 * DAY, 365 * DAY, 7 * DAY
FEWEST, MOST = 3, 9
DONE: Final = 1
ADMIN: Final = bytes(32)
PROPOSER, EXECUTOR, CANCELLER = (keccak(name) for name in (b"PROPOSER_ROLE", b"EXECUTOR_ROLE", b"CANCELLER_ROLE"))
EXPEL: Final = keccak(b"expel(address,bytes32)")[:4]

Batch = tuple[Sequence[bytes], Sequence[int], Sequence[bytes]]
"""Targets, values, payloads."""
Rule = tuple[bytes, bytes, Sequence[tuple[int, bool, int, int]]]
"""Target, selector, and bounds: word, outside the founding contracts, least, most."""


class Decisions(Module):
    CONTRACT = "Decisions"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.rules: list[Rule] = []
        self.founding: set[bytes] = set()
        self.timelock = self.membership = ZERO

    def handlers(self) -> dict[str, Handler]:
        return {"add": self.add}

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        self.timelock, self.membership, founding, rules = arguments
        self.founding = set(founding)
        for rule in rules:
            self._add(call, rule)

    def add(self, call: Call, rule: Rule) -> None:
        self.refuse_unless(call.sender == self.timelock, "only a decision adds to the list")
        self.refuse_unless(rule[0] not in self.founding, "a founding contract")
        self._add(call, rule)

    def check(self, call: Call, batch: Batch) -> None:
        """Refuses a proposal that does more than may be decided."""
        for target, value, payload in zip(*batch, strict=True):
            self.refuse_unless(value == 0 and len(payload) >= 4, "a value, or no function")
            rule = next((one for one in self.rules if one[:2] == (target, payload[:4])), None)
            if rule is None:
                raise Refused("a function that is not on the list")
            for place, outside, least, most in rule[2]:
                given = _word(payload, place)
                if outside:
                    self.refuse_unless(word(given)[12:] not in self.founding, "a founding contract")
                else:
                    self.refuse_unless(least <= given <= most, "beyond its bounds")
            if (target, payload[:4]) == (self.membership, EXPEL):
                self._require_heard(call, word(_word(payload, 0))[12:])

    def _require_heard(self, call: Call, account: bytes) -> None:
        members = self.world.modules.get(self.membership)
        heard = isinstance(members, Membership) and members.is_heard(account, call.now)
        self.refuse_unless(heard, "nobody is put to the vote unheard")

    def _add(self, call: Call, rule: Rule) -> None:
        target, selector, bounds = rule
        self.refuse_unless(all(one[:2] != (target, selector) for one in self.rules), "listed already")
        self.rules.append(rule)
        self.emit(call, "RuleAdded", target, selector, bounds)

    def storage(self) -> Iterator[tuple[Path, Value]]:
        for one in self.founding:
            yield ("isFounding", one), True
        yield ("_rules",), len(self.rules)
        for index, (target, selector, bounds) in enumerate(self.rules):
            yield from struct_storage(("_rules", index), {"target": target, "selector": selector})
            yield ("_places", target, selector), index + 1
            yield ("_rules", index, "bounds"), len(bounds)
            for place, (position, outside, least, most) in enumerate(bounds):
                members = {"word": position, "isOutside": outside, "least": least, "most": most}
                yield from struct_storage(("_rules", index, "bounds", place), members)


class Timelock(Module):
    CONTRACT = "Timelock"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.delay = 0
        self.holders: set[tuple[bytes, bytes]] = set()
        self.timestamps: dict[bytes, int] = {}

    def handlers(self) -> dict[str, Handler]:
        return {
            "scheduleBatch": self.schedule_batch, "executeBatch": self.execute_batch, "cancel": self.cancel,
            "updateDelay": self.update_delay, "renounceRole": self.renounce_role,
        }  # fmt: skip

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        self.delay, governor, guardian = arguments
        grants = (
            (ADMIN, self.address), (PROPOSER, governor), (CANCELLER, governor), (EXECUTOR, governor),
        )  # fmt: skip
        for role, account in grants:
            self._grant(call, role, account)
        self.emit(call, "MinDelayChange", 0, self.delay)
        self._grant(call, CANCELLER, guardian)

    def operation(self, batch: Batch, predecessor: bytes, salt: bytes) -> bytes:
        encoded: bytes = self.abi.by_name["hashOperationBatch"].encode(*batch, predecessor, salt)
        return keccak(encoded[4:])

    def is_pending(self, operation: bytes) -> bool:
        return self.timestamps.get(operation, 0) > DONE

    def schedule_batch(
        self, call: Call, targets: Sequence[bytes], values: Sequence[int], payloads: Sequence[bytes],
        predecessor: bytes, salt: bytes, delay: int,
    ) -> None:  # fmt: skip
        self._require(call, PROPOSER)
        operation = self.operation((targets, values, payloads), predecessor, salt)
        self.refuse_unless(self.timestamps.get(operation, 0) == 0, "scheduled before")
        self.refuse_unless(delay >= self.delay, "too short a wait")
        self.timestamps[operation] = call.now + delay
        for index, each in enumerate(zip(targets, values, payloads, strict=True)):
            self.emit(call, "CallScheduled", operation, index, *each, predecessor, delay)
        if any(salt):
            self.emit(call, "CallSalt", operation, salt)

    def execute_batch(
        self, call: Call, targets: Sequence[bytes], values: Sequence[int], payloads: Sequence[bytes],
        predecessor: bytes, salt: bytes,
    ) -> None:  # fmt: skip
        self._require(call, EXECUTOR)
        operation = self.operation((targets, values, payloads), predecessor, salt)
        self.refuse_unless(DONE < self.timestamps.get(operation, 0) <= call.now, "not scheduled, or too early")
        self.refuse_unless(not any(predecessor), "the governor names no predecessor")
        for index, (target, value, payload) in enumerate(zip(targets, values, payloads, strict=True)):
            if target in self.world.modules:
                self.world.modules[target].run(call.by(self.address), payload)
            self.emit(call, "CallExecuted", operation, index, target, value, payload)
        self.timestamps[operation] = DONE

    def cancel(self, call: Call, operation: bytes) -> None:
        self._require(call, CANCELLER)
        self.refuse_unless(self.is_pending(operation), "nothing waits under this number")
        del self.timestamps[operation]
        self.emit(call, "Cancelled", operation)

    def update_delay(self, call: Call, delay: int) -> None:
        self.refuse_unless(call.sender == self.address, "only by itself")
        self.emit(call, "MinDelayChange", self.delay, delay)
        self.delay = delay

    def renounce_role(self, call: Call, role: bytes, account: bytes) -> None:
        self.refuse_unless(call.sender == account, "only one's own")
        if (role, account) in self.holders:
            self.holders.remove((role, account))
            self.emit(call, "RoleRevoked", role, account, call.sender)

    def _require(self, call: Call, role: bytes) -> None:
        self.refuse_unless((role, call.sender) in self.holders, "the caller lacks the role")

    def _grant(self, call: Call, role: bytes, account: bytes) -> None:
        self.holders.add((role, account))
        self.emit(call, "RoleGranted", role, account, call.sender)

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield ("_minDelay",), self.delay
        for role, account in self.holders:
            yield ("_roles", role, "hasRole", account), True
        for operation, timestamp in self.timestamps.items():
            yield ("_timestamps", operation), timestamp


class Guardian(Module):
    CONTRACT = "Guardian"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.people: list[bytes] = []
        self.quorum = self.set = self.last_pause = self.pause_before = 0
        self.polls: dict[bytes, tuple[int, int]] = {}
        self.timelock = self.governor = ZERO
        self._data = b""

    def handlers(self) -> dict[str, Handler]:
        return {
            "pause": self.pause_all, "lift": self.lift, "cancel": self.cancel, "replace": self.replace,
            "setAuthority": self.set_authority,
        }  # fmt: skip

    def run(self, call: Call, data: bytes) -> None:
        """Guardians agree to the same call, byte by byte."""
        self._data = data
        super().run(call, data)

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        authority, self.timelock, self.governor, people, quorum = arguments
        self.begin_managed(call, authority)
        self._replace(call, people, quorum)

    def pause_all(self, call: Call, targets: Sequence[bytes]) -> None:
        earliest = self.last_pause + PAUSE + REST if self.last_pause else 0
        if self.pause_before:
            earliest = max(earliest, self.pause_before + YEAR)
        self.refuse_unless(call.now >= earliest, "too soon after the last pauses")
        if self._agree(call):
            self.pause_before, self.last_pause = self.last_pause, call.now
            self._tell(call, targets, b"pause()")
            self.emit(call, "Paused", targets, call.now + PAUSE)

    def lift(self, call: Call, targets: Sequence[bytes]) -> None:
        if self._agree(call):
            self._tell(call, targets, b"unpause()")
            self.emit(call, "Lifted", targets)

    def cancel(
        self, call: Call, targets: Sequence[bytes], values: Sequence[int], payloads: Sequence[bytes], reason: bytes
    ) -> None:
        timelock = self.world.modules.get(self.timelock)
        if not isinstance(timelock, Timelock):
            raise Refused("the guardian knows no timelock of this platform")
        operation = timelock.operation((targets, values, payloads), bytes(32), salt_of(self.governor, reason))
        self.refuse_unless(self.address not in targets, "a decision about the guardian itself")
        if self._agree(call):
            self.emit(call, "Cancelled", operation)
            timelock.cancel(call.by(self.address), operation)

    def replace(self, call: Call, people: Sequence[bytes], quorum: int) -> None:
        self.require_role(call, "replace")
        self._replace(call, people, quorum)

    def _replace(self, call: Call, people: Sequence[bytes], quorum: int) -> None:
        fits = FEWEST <= len(people) <= MOST and len(people) < 2 * quorum <= 2 * len(people)
        self.refuse_unless(fits and len(set(people)) == len(people), "a set of guardians that is none")
        self.people, self.quorum = list(people), quorum
        self.set += 1
        self.emit(call, "Replaced", people, quorum)

    def _agree(self, call: Call) -> bool:
        self.refuse_unless(call.sender in self.people, "no guardian")
        data = self._data
        action = keccak(word(self.set) + word(64) + word(len(data)) + data + bytes(-len(data) % 32))
        since, agreed = self.polls.get(action, (0, 0))
        if call.now > since + AGREED_FOR:
            since, agreed = call.now, 0
        place = 1 << self.people.index(call.sender)
        self.refuse_unless(not agreed & place, "agreed already")
        self.polls[action] = since, agreed | place
        heads = (agreed | place).bit_count()
        self.emit(call, "Agreed", action, call.sender, heads)
        if heads < self.quorum:
            return False
        del self.polls[action]
        return True

    def _tell(self, call: Call, targets: Sequence[bytes], function: bytes) -> None:
        for target in targets:
            if target in self.world.modules:
                self.world.modules[target].run(call.by(self.address), keccak(function)[:4])

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield from self.managed_storage()
        yield ("_guardians",), len(self.people)
        for index, account in enumerate(self.people):
            yield ("_guardians", index), account
        yield ("_quorum",), self.quorum
        yield ("_set",), self.set
        yield ("_lastPause",), self.last_pause
        yield ("_pauseBefore",), self.pause_before
        for action, (since, agreed) in self.polls.items():
            yield from struct_storage(("_polls", action), {"since": since, "agreed": agreed})


def salt_of(governor: bytes, reason: bytes) -> bytes:
    """The governor's address in front, so that no other governor's decision has the same number."""
    return bytes(a ^ b for a, b in zip(governor + bytes(12), reason, strict=True))


def _word(payload: bytes, place: int) -> int:
    start = 4 + 32 * place
    if len(payload) < start + 32:
        raise Refused("a payload that is cut short")
    return int.from_bytes(payload[start : start + 32], "big")
