"""What came into the round and what became of it, read from its contracts' logs: by tranche, by investor, over time."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from oracle.chain.client import checksummed
from oracle.chain.contracts import ROUNDS
from oracle.chain.node_errors import typed_errors
from oracle.demo.laundry.cast import Role
from oracle.demo.laundry.world import Life, World
from oracle.domain.rounds import RoundState
from oracle.parties import round_views
from oracle.parties.module_calls import module
from oracle.parties.round_views import TrancheView
from oracle.types import UnixTime


@dataclass(frozen=True, slots=True)
class Payment:
    """To one tranche, at one moment."""

    time: UnixTime
    tranche: int
    interest: int = 0
    principal: int = 0
    residual: int = 0

    @property
    def amount(self) -> int:
        return self.interest + self.principal + self.residual


@dataclass(frozen=True, slots=True)
class Stake:
    """One investor in one tranche. `principal`: what came back of `put_in`; the rest of `claimed` is earned."""

    role: Role
    tranche: int
    put_in: int
    claimed: int
    principal: int

    @property
    def earned(self) -> int:
        return self.claimed - self.principal

    @property
    def lost(self) -> int:
        return self.put_in - self.principal


@dataclass(slots=True)
class Cash:
    """`changes`: (when, to which state), the start first."""

    started: UnixTime
    ended: UnixTime
    tranches: list[TrancheView]
    payments: list[Payment] = field(default_factory=list)
    to_provider: int = 0
    stakes: list[Stake] = field(default_factory=list)
    changes: list[tuple[UnixTime, RoundState]] = field(default_factory=list)

    def total(self, tranche: int, part: str) -> int:
        return sum(getattr(payment, part) for payment in self.payments if payment.tranche == tranche)

    def paid_to(self, tranche: int) -> int:
        return sum(payment.amount for payment in self.payments if payment.tranche == tranche)

    @property
    def paid(self) -> int:
        return sum(payment.amount for payment in self.payments)


def read_cash(world: World, life: Life) -> Cash:
    """Once the round is over and all positions are burnt."""
    logs = _Logs(world, life)
    views = round_views.tranche_views(world.client, world.platform, life.view(world))
    cash = Cash(life.started, world.now(), views)
    for time, paid in logs.of("TranchePaid"):
        cash.payments.append(Payment(time, paid["tranche"], paid["interest"], paid["principal"]))
    for time, rest in logs.of("RestShared"):
        cash.to_provider += rest["toProvider"]
        shared = [amount for amount in enumerate(rest["toTranches"]) if amount[1]]
        cash.payments += [Payment(time, tranche, residual=amount) for tranche, amount in shared]
    cash.payments.sort(key=lambda payment: (payment.time, payment.tranche))
    cash.changes = [(time, RoundState(change["to"])) for time, change in logs.of("RoundStateChanged")]
    cash.stakes = list(_stakes(logs, views))
    return cash


def _stakes(logs: "_Logs", views: list[TrancheView]) -> Iterator[Stake]:
    """Principal came back to all of a tranche alike: each has the growth of one floor, so that they add up."""
    put_in: Counter[tuple[Role, int]] = Counter()
    claimed: Counter[tuple[Role, int]] = Counter()
    for log in logs.read("Invested"):
        put_in[_role(log["args"]["investor"]), log["args"]["tranche"]] += log["args"]["accepted"]
    burns = logs.read("PositionBurned")
    # A burn claims first: its own amount has that, and the remainder of the tranche for the last one.
    last = {log["transactionHash"] for log in burns}
    claims = [log for log in logs.read("Claimed") if log["transactionHash"] not in last]
    for log in (*claims, *burns):
        claimed[_role(log["args"]["holder"]), log["args"]["tranche"]] += log["args"]["amount"]
    so_far = [0] * len(views)
    for (role, tranche), units in sorted(put_in.items(), key=lambda item: (item[0][1], item[0][0])):
        view, before = views[tranche], so_far[tranche]
        so_far[tranche] += units
        principal = so_far[tranche] * view.repaid // view.invested - before * view.repaid // view.invested
        yield Stake(role, tranche, units, claimed[role, tranche], principal)


class _Logs:
    """Of the contract that has the rounds' money, with the times of their blocks."""

    def __init__(self, world: World, life: Life) -> None:
        self._money = module(world.client, world.platform, ROUNDS)
        self._client, self._round = world.client, life.round
        self._times: dict[int, UnixTime] = {}

    def of(self, event: str) -> Iterator[tuple[UnixTime, dict[str, Any]]]:
        for log in self.read(event):
            yield self._time(log["blockNumber"]), dict(log["args"])

    def read(self, event: str) -> list[Any]:
        with typed_errors(event):
            return list(self._money.events[event]().get_logs(from_block=0, argument_filters={"round": self._round}))

    def _time(self, block: int) -> UnixTime:
        if block not in self._times:
            with typed_errors("eth_getBlockByNumber"):
                self._times[block] = UnixTime(self._client.web3.eth.get_block(block)["timestamp"])
        return self._times[block]


def _role(address: str) -> Role:
    return next(role for role in Role if role.address == checksummed(address))
