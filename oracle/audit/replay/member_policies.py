"""The policies that ask the membership who may offer and who may bid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from oracle.audit.abi import Value
from oracle.audit.replay.members import PROVIDER, RECYCLER, SERVICE_PROVIDER, Membership
from oracle.audit.replay.world import Call, Handler, Module, Path, Refused

DISMANTLE: Final = 6


class _AsksMembers(Module):
    """A policy: keeps nothing, and asks the membership that its constructor was given."""

    def handlers(self) -> dict[str, Handler]:
        return {}

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield from ()

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        self.membership = self.world.modules.get(arguments[0])

    def asked(self) -> Membership:
        if not isinstance(self.membership, Membership):
            raise Refused("the policy asks no membership of this platform")
        return self.membership


class MemberProviders(_AsksMembers):
    CONTRACT = "MemberProviders"

    def refuses_provider(self, call: Call, provider: bytes) -> bool:
        return self.asked().refuses(provider, PROVIDER, call.now)


class MemberWorkers(_AsksMembers):
    CONTRACT = "MemberWorkers"

    def refuses_worker(self, call: Call, kind: int, worker: bytes) -> bool:
        members = self.asked()
        if kind == DISMANTLE:
            return members.refuses(worker, RECYCLER, call.now)
        return members.refuses(worker, SERVICE_PROVIDER, call.now) or not members.trades_of(worker) >> kind & 1
