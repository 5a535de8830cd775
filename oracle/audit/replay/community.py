"""The community account again: what decisions spend, and dividends by member to the unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from oracle.audit.abi import Value
from oracle.audit.replay.members import Membership
from oracle.audit.replay.traces import Trace
from oracle.audit.replay.world import Call, Handler, Module, Path, Refused, World, struct_storage

PERIOD: Final = 30 * 86_400
MOST_BPS, ALL_BPS = 2_500, 10_000


class Community(Module):
    CONTRACT = "CommunityAccount"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.set_aside: defaultdict[bytes, int] = defaultdict(int)
        self.periods: dict[bytes, tuple[int, int]] = {}
        self.indexes: defaultdict[bytes, Trace] = defaultdict(Trace)
        self.claimed: defaultdict[tuple[int, bytes], int] = defaultdict(int)

    def handlers(self) -> dict[str, Handler]:
        return {
            "spend": self.spend, "declareDividend": self.declare_dividend, "claim": self.claim,
            "setAuthority": self.set_authority,
        }  # fmt: skip

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        self.begin_managed(call, arguments[0])
        self.membership = self.world.modules.get(arguments[2])

    def spend(self, call: Call, currency: bytes, to: bytes, amount: int, purpose: bytes) -> None:
        self.require_role(call, "spend")
        self.refuse_unless(to != self.address, "nothing is spent on the account itself")
        self._take(call, currency, amount)
        self.emit(call, "Spent", currency, to, amount, purpose)
        self._pay(call, currency, to, amount)

    def declare_dividend(self, call: Call, currency: bytes, amount: int) -> None:
        self.require_role(call, "declareDividend")
        members = self._members().books.sharers.at(call.now - 1)
        each = amount // members if members else 0
        self.refuse_unless(each > 0, "nothing to share, or nobody to share it with")
        self._take(call, currency, each * members)
        self.set_aside[currency] += each * members
        index = self.indexes[currency]
        index.push(call.now, index.latest + each)
        self.emit(call, "DividendDeclared", currency, each, members)

    def claim(self, call: Call, number: int, currency: bytes) -> None:
        member = self._members().at(number)
        if member is None or not member.voting_since:
            return
        index = self.indexes[currency]
        until = index.at(member.voting_until) if member.voting_until else index.latest
        paid = until - index.at(member.voting_since) - self.claimed[number, currency]
        if paid == 0:
            return
        self.claimed[number, currency] += paid
        self.set_aside[currency] -= paid
        self.emit(call, "DividendClaimed", number, currency, member.holder, paid)
        self._pay(call, currency, member.holder, paid)

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield from self.managed_storage()
        for currency, amount in self.set_aside.items():
            yield ("setAside", currency), amount
        for currency, (since, left) in self.periods.items():
            yield from struct_storage(("_periods", currency), {"since": since, "left": left})
        for currency, index in self.indexes.items():
            yield from index.storage(("_indexes", currency))
        for (number, currency), amount in self.claimed.items():
            yield ("_claimed", number, currency), amount

    def _take(self, call: Call, currency: bytes, amount: int) -> None:
        since, left = self.periods.get(currency, (0, 0))
        if call.now >= since + PERIOD:
            balance = self.world.accounts.balance(self.address, currency)
            since, left = call.now, (balance - self.set_aside[currency]) * MOST_BPS // ALL_BPS
        self.refuse_unless(amount <= left, "more than a quarter in 30 days")
        self.periods[currency] = since, left - amount

    def _pay(self, call: Call, currency: bytes, to: bytes, amount: int) -> None:
        self.world.accounts.transfer(call.by(self.address), to, int.from_bytes(currency, "big"), amount)

    def _members(self) -> Membership:
        if not isinstance(self.membership, Membership):
            raise Refused("the account asks no membership of this platform")
        return self.membership
