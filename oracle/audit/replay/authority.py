"""The AccessManager again: who holds which role, and which role reaches which function."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from oracle.audit.abi import Value
from oracle.audit.keccak import keccak, word
from oracle.audit.replay.world import Call, Handler, Module, Path, World

ADMIN: Final = 0
PUBLIC: Final = 2**64 - 1
MIN_SETBACK: Final = 5 * 86_400
EXPIRATION: Final = 7 * 86_400
SET_AUTHORITY: Final = keccak(b"setAuthority(address)")[:4]


@dataclass(frozen=True, slots=True)
class Delay:
    """A delay that changes at a known time."""

    before: int = 0
    after: int = 0
    effect: int = 0

    def at(self, now: int) -> int:
        return self.after if self.effect <= now else self.before

    def changed(self, to: int, least_setback: int, now: int) -> Delay:
        value = self.at(now)
        return Delay(value, to, now + max(least_setback, value - to, 0))

    @property
    def packed(self) -> int:
        return self.effect << 64 | self.before << 32 | self.after


class Authority(Module):
    CONTRACT = "Authority"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.members: dict[tuple[int, bytes], tuple[int, Delay]] = {}
        self.function_roles: dict[tuple[bytes, bytes], int] = {}
        self.role_admins: dict[int, int] = {}
        self.role_guardians: dict[int, int] = {}
        self.grant_delays: defaultdict[int, Delay] = defaultdict(Delay)
        self.admin_delays: defaultdict[bytes, Delay] = defaultdict(Delay)
        self.closed: dict[bytes, bool] = {}
        self.schedules: dict[bytes, tuple[int, int]] = {}
        self._executing: tuple[bytes, bytes] | None = None

    def handlers(self) -> dict[str, Handler]:
        return {
            "labelRole": self.label_role,
            "grantRole": self.grant_role,
            "revokeRole": self.revoke_role,
            "renounceRole": self.renounce_role,
            "setRoleAdmin": self.set_role_admin,
            "setRoleGuardian": self.set_role_guardian,
            "setGrantDelay": self.set_grant_delay,
            "setTargetFunctionRole": self.set_target_function_role,
            "setTargetAdminDelay": self.set_target_admin_delay,
            "setTargetClosed": self.set_target_closed,
            "schedule": self.schedule,
            "execute": self.execute,
            "cancel": self.cancel,
            "updateAuthority": self.update_authority,
        }

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        self._grant(call, ADMIN, arguments[0], 0, 0)

    # Questions

    def can_call(self, call: Call, target: bytes, selector: bytes) -> bool:
        """At once and without a schedule; `execute` runs its inner call as the authority itself."""
        if self.closed.get(target):
            return False
        if call.sender == self.address:
            return self._executing == (target, selector)
        return self._reach(call.sender, target, selector, call.now) == 0

    def _has_role(self, role: int, account: bytes, now: int) -> bool:
        return role == PUBLIC or (
            (role, account) in self.members and 0 < self.members[role, account][0] <= now
        )  # fmt: skip

    def _reach(self, caller: bytes, target: bytes, selector: bytes, now: int) -> int | None:
        """Delay with which the caller reaches the function, None where it does not."""
        role, delay = self.function_roles.get((target, selector), ADMIN), 0
        if selector == SET_AUTHORITY:
            role, delay = ADMIN, self.admin_delays[target].at(now)
        if not self._has_role(role, caller, now):
            return None
        own = 0 if role == PUBLIC else self.members[role, caller][1].at(now)
        return max(own, delay)

    def _reach_self(self, caller: bytes, data: bytes, now: int) -> int | None:
        role, delay = self._admin_restriction(data, now)
        if not self._has_role(role, caller, now):
            return None
        own = 0 if role == PUBLIC else self.members[role, caller][1].at(now)
        return max(own, delay)

    def _admin_restriction(self, data: bytes, now: int) -> tuple[int, int]:
        function = self.abi.functions.get(data[:4])
        match function.name if function else "":
            case "updateAuthority" | "setTargetClosed" | "setTargetFunctionRole":
                return ADMIN, self.admin_delays[data[16:36]].at(now)
            case "grantRole" | "revokeRole":
                return self.role_admins.get(int.from_bytes(data[4:36], "big"), ADMIN), 0
            case _:
                return ADMIN, 0

    def _authorize(self, call: Call, function: str, *arguments: Value) -> None:
        data = self.abi.by_name[function].encode(*arguments)
        if call.sender == self.address:
            self.refuse_unless(self._executing == (self.address, data[:4]), "not what is being executed")
            return
        delay = self._reach_self(call.sender, data, call.now)
        self.refuse_unless(delay is not None, f"the caller's role does not reach {function}")
        if delay:
            self._consume(call, call.sender, self.address, data)

    # Roles

    def label_role(self, call: Call, role: int, label: str) -> None:
        self._authorize(call, "labelRole", role, label)
        self.refuse_unless(role not in (ADMIN, PUBLIC), "the role is locked")
        self.emit(call, "RoleLabel", role, label)

    def grant_role(self, call: Call, role: int, account: bytes, delay: int) -> None:
        self._authorize(call, "grantRole", role, account, delay)
        self._grant(call, role, account, self.grant_delays[role].at(call.now), delay)

    def revoke_role(self, call: Call, role: int, account: bytes) -> None:
        self._authorize(call, "revokeRole", role, account)
        self._revoke(call, role, account)

    def renounce_role(self, call: Call, role: int, account: bytes) -> None:
        self.refuse_unless(call.sender == account, "only the holder renounces")
        self._revoke(call, role, account)

    def set_role_admin(self, call: Call, role: int, admin: int) -> None:
        self._authorize(call, "setRoleAdmin", role, admin)
        self.refuse_unless(role not in (ADMIN, PUBLIC), "the role is locked")
        self.role_admins[role] = admin
        self.emit(call, "RoleAdminChanged", role, admin)

    def set_role_guardian(self, call: Call, role: int, guardian: int) -> None:
        self._authorize(call, "setRoleGuardian", role, guardian)
        self.refuse_unless(role not in (ADMIN, PUBLIC), "the role is locked")
        self.role_guardians[role] = guardian
        self.emit(call, "RoleGuardianChanged", role, guardian)

    def set_grant_delay(self, call: Call, role: int, delay: int) -> None:
        self._authorize(call, "setGrantDelay", role, delay)
        self.refuse_unless(role != PUBLIC, "the role is locked")
        changed = self.grant_delays[role] = self.grant_delays[role].changed(delay, MIN_SETBACK, call.now)
        self.emit(call, "RoleGrantDelayChanged", role, delay, changed.effect)

    # Targets

    def set_target_function_role(self, call: Call, target: bytes, selectors: tuple[bytes, ...], role: int) -> None:
        self._authorize(call, "setTargetFunctionRole", target, selectors, role)
        for selector in selectors:
            self.refuse_unless(selector != SET_AUTHORITY, "the function is locked")
            self.function_roles[target, selector] = role
            self.emit(call, "TargetFunctionRoleUpdated", target, selector, role)

    def set_target_admin_delay(self, call: Call, target: bytes, delay: int) -> None:
        self._authorize(call, "setTargetAdminDelay", target, delay)
        changed = self.admin_delays[target] = self.admin_delays[target].changed(delay, MIN_SETBACK, call.now)
        self.emit(call, "TargetAdminDelayUpdated", target, delay, changed.effect)

    def set_target_closed(self, call: Call, target: bytes, closed: bool) -> None:
        self._authorize(call, "setTargetClosed", target, closed)
        self.closed[target] = closed
        self.emit(call, "TargetClosed", target, closed)

    def update_authority(self, call: Call, target: bytes, authority: bytes) -> None:
        self._authorize(call, "updateAuthority", target, authority)
        if target in self.world.modules:
            self.world.modules[target].set_authority(call.by(self.address), authority)

    # Schedules

    def schedule(self, call: Call, target: bytes, data: bytes, when: int) -> None:
        delay = self._reach_extended(call, target, data)
        self.refuse_unless(bool(delay), "nothing to schedule: no role, or no delay")
        earliest = call.now + (delay or 0)
        self.refuse_unless(when == 0 or when >= earliest, "scheduled too early")
        operation = _operation(call.sender, target, data)
        timepoint, nonce = self.schedules.get(operation, (0, 0))
        self.refuse_unless(timepoint == 0 or timepoint + EXPIRATION <= call.now, "scheduled already")
        self.schedules[operation] = (max(when, earliest), nonce + 1)
        self.emit(call, "OperationScheduled", operation, nonce + 1, max(when, earliest), call.sender, target, data)

    def execute(self, call: Call, target: bytes, data: bytes) -> None:
        delay = self._reach_extended(call, target, data)
        self.refuse_unless(delay is not None, "the caller's role does not reach it")
        timepoint, _ = self.schedules.get(_operation(call.sender, target, data), (0, 0))
        if delay or (timepoint and timepoint + EXPIRATION > call.now):
            self._consume(call, call.sender, target, data)
        before, self._executing = self._executing, (target, data[:4])
        if target in self.world.modules:
            self.world.modules[target].run(call.by(self.address), data)
        self._executing = before

    def cancel(self, call: Call, caller: bytes, target: bytes, data: bytes) -> None:
        operation = _operation(caller, target, data)
        timepoint, nonce = self.schedules.get(operation, (0, 0))
        self.refuse_unless(timepoint != 0, "nothing is scheduled")
        guardian = self.role_guardians.get(self.function_roles.get((target, data[:4]), ADMIN), ADMIN)
        may = (
            caller == call.sender
            or self._has_role(ADMIN, call.sender, call.now)
            or self._has_role(guardian, call.sender, call.now)
            or (
                target == self.address
                and self._has_role(self._admin_restriction(data, call.now)[0], call.sender, call.now)
            )
        )
        self.refuse_unless(may, "only the scheduler, an admin or a guardian cancels")
        self.schedules[operation] = (0, nonce)
        self.emit(call, "OperationCanceled", operation, nonce)

    def _reach_extended(self, call: Call, target: bytes, data: bytes) -> int | None:
        if target == self.address:
            return self._reach_self(call.sender, data, call.now)
        return None if self.closed.get(target) else self._reach(call.sender, target, data[:4], call.now)

    def _consume(self, call: Call, caller: bytes, target: bytes, data: bytes) -> None:
        operation = _operation(caller, target, data)
        timepoint, nonce = self.schedules.get(operation, (0, 0))
        ready = timepoint != 0 and timepoint <= call.now < timepoint + EXPIRATION
        self.refuse_unless(ready, "not scheduled, too early, or expired")
        self.schedules[operation] = (0, nonce)
        self.emit(call, "OperationExecuted", operation, nonce)

    # Internals

    def _grant(self, call: Call, role: int, account: bytes, grant_delay: int, delay: int) -> None:
        self.refuse_unless(role != PUBLIC, "the role is locked")
        is_new = (role, account) not in self.members
        if is_new:
            since = call.now + grant_delay
            self.members[role, account] = (since, Delay(0, delay, 0))
            told = since
        else:
            since, old = self.members[role, account]
            changed = old.changed(delay, 0, call.now)
            self.members[role, account] = (since, changed)
            told = changed.effect
        self.emit(call, "RoleGranted", role, account, delay, told, is_new)

    def _revoke(self, call: Call, role: int, account: bytes) -> None:
        self.refuse_unless(role != PUBLIC, "the role is locked")
        if self.members.pop((role, account), None) is not None:
            self.emit(call, "RoleRevoked", role, account)

    def storage(self) -> Iterator[tuple[Path, Value]]:
        for (role, account), (since, delay) in self.members.items():
            yield ("_roles", role, "members", account, "since"), since
            yield ("_roles", role, "members", account, "delay"), delay.packed
        for role, admin in self.role_admins.items():
            yield ("_roles", role, "admin"), admin
        for role, guardian in self.role_guardians.items():
            yield ("_roles", role, "guardian"), guardian
        for role, delay in self.grant_delays.items():
            yield ("_roles", role, "grantDelay"), delay.packed
        for (target, selector), role in self.function_roles.items():
            yield ("_targets", target, "allowedRoles", selector), role
        for target, delay in self.admin_delays.items():
            yield ("_targets", target, "adminDelay"), delay.packed
        for target, closed in self.closed.items():
            yield ("_targets", target, "closed"), closed
        for operation, (timepoint, nonce) in self.schedules.items():
            yield ("_schedules", operation, "timepoint"), timepoint
            yield ("_schedules", operation, "nonce"), nonce


def _operation(caller: bytes, target: bytes, data: bytes) -> bytes:
    head = bytes(12) + caller + bytes(12) + target + word(96)
    return keccak(head + word(len(data)) + data + bytes(-len(data) % 32))
