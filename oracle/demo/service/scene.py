"""What every scene of the story stands on: the stack, wallets, clock, claims, and the steps that scenes share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oracle.demo.claims import Claims
from oracle.demo.processes import wait_until
from oracle.demo.service import steps
from oracle.demo.service.cast import Role
from oracle.demo.service.clock import ChainClock, PatientDoor, Seen
from oracle.demo.service.machine import ServedMachine
from oracle.demo.service.terms import DAY, HOUR
from oracle.demo.stack import LocalStack
from oracle.demo.stage import Stage
from oracle.parties import accounts, agreements, orders, splits
from oracle.parties.currencies import Currency
from oracle.parties.wallet import Wallet
from oracle.types import AgreementId, AssetId, BaseUnits, OrderId, Seconds, SplitId, UnixTime

SETTLE_SECONDS = 60.0


@dataclass(slots=True)
class World:
    """`figures`: what the story found, base units as text, for programs."""

    stack: LocalStack
    stage: Stage
    claims: Claims
    currency: Currency
    clock: ChainClock
    seen: Seen
    folder: Path
    figures: dict[str, Any] = field(default_factory=dict)

    def wallet(self, role: Role) -> Wallet:
        return self.stack.wallet(role)

    def say(self, text: str) -> None:
        self.stage.say(text)

    def text(self, amount: int) -> str:
        return self.currency.text(BaseUnits(amount))

    def door(self) -> PatientDoor:
        return PatientDoor(self.stack.door_url, self.seen.wait)

    def now(self) -> UnixTime:
        return self.clock.catch_up()

    def balance(self, role: Role) -> int:
        return accounts.prepaid(self.stack.client, self.stack.platform, role.address, self.currency)

    def reserve(self, machine: AssetId) -> int:
        owner = orders.reserve_of(self.stack.client, self.stack.platform, machine)
        return accounts.prepaid(self.stack.client, self.stack.platform, owner, self.currency)

    def deposit(self, role: Role, amount: str) -> BaseUnits:
        units, wallet = self.currency.parse(amount), self.wallet(role)
        accounts.mint_play_money(wallet, self.currency, units)
        accounts.deposit(wallet, self.currency, units)
        return units

    def pay(self, payer: Role, receiver: Role, amount: str) -> BaseUnits:
        """Between people, inside the ledger (ERC-6909)."""
        units, functions = self.currency.parse(amount), self.stack.platform.accounts.functions
        self.wallet(payer).send(functions.transfer(receiver.address, self.currency.id, units))
        return units

    # Use

    def work(self, machine: ServedMachine, hours: int) -> int:
        """What was settled of it."""
        before = self.settled(machine.agreement)
        machine.work(hours)
        latest = machine.meter.latest(machine.agreement)
        sequence = 0 if latest is None else latest.reading.sequence
        state = self.stack.client, self.stack.platform, machine.agreement
        wait_until(
            lambda: agreements.slot_of(*state).sequence >= sequence, SETTLE_SECONDS, "settlement", self.stack.oracle
        )
        self.claims.equal(f"refusals while machine {machine.asset} worked", "[]", machine.refusals)
        return self.settled(machine.agreement) - before

    def settled(self, agreement: AgreementId) -> int:
        return agreements.slot_of(self.stack.client, self.stack.platform, agreement).settled

    def distribute(self, split: SplitId) -> BaseUnits:
        return splits.distribute(self.wallet(Role.COMMUNITY), split, self.currency)[0]

    # Orders

    def newest_order(self) -> OrderId:
        return OrderId(orders.order_count(self.stack.client, self.stack.platform))

    def order(self, order: OrderId) -> orders.OrderView:
        return orders.order_view(self.stack.client, self.stack.platform, order)

    def await_order(self, machine: AssetId, known: OrderId, kind: orders.Kind) -> OrderId:
        """The one that the watcher opens by itself."""
        wait_until(lambda: self.newest_order() > known, SETTLE_SECONDS, "an order of the machine", self.stack.oracle)
        order = self.order(self.newest_order())
        self.claims.equal(f"order {order.id} is opened by", Role.WATCHER.address, order.opener)
        self.claims.equal(f"order {order.id} is to", kind.name, order.kind.name)
        self.claims.equal(f"order {order.id} is about machine", machine, order.asset)
        return order.id

    def open(self, role: Role, machine: AssetId, kind: orders.Kind, ceiling: str, why: str) -> OrderId:
        until, price = UnixTime(self.now() + HOUR), self.currency.parse(ceiling)
        need = orders.Need(machine, kind, None, price, until, Seconds(2 * DAY), False, steps.paper(why))
        return orders.open_order(self.wallet(role), need)[0]

    def bid(self, order: OrderId, bids: Mapping[Role, str]) -> None:
        for worker, price in bids.items():
            orders.bid(self.wallet(worker), order, self.currency.parse(price), Seconds(DAY))
        self.say(
            "Bids: " + ", ".join(f"{worker.label} {self.text(self.currency.parse(p))}" for worker, p in bids.items())
        )

    def deliver(
        self,
        worker: Role,
        order: OrderId,
        machine: ServedMachine | None,
        report: str,
        parts_in: tuple[AssetId, ...] = (),
        parts_out: tuple[AssetId, ...] = (),
    ) -> None:
        """With the meter's own "up" from after the work, where there is a running machine."""
        status = None if machine is None else machine.up(self.now())
        orders.deliver(self.wallet(worker), order, steps.paper(report), parts_in, parts_out, status)
