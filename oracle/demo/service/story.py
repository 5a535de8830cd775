"""The story of a machine's life, told once on a chain of its own; it checks itself and ends in the audit."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oracle.demo.auditing import run_audit
from oracle.demo.books import Books
from oracle.demo.claims import Claims
from oracle.demo.service import making, serving, terms, way_back
from oracle.demo.service.books import COLUMNS, read_books
from oracle.demo.service.cast import Role
from oracle.demo.service.clock import ChainClock, Seen
from oracle.demo.service.making import Life
from oracle.demo.service.scene import World
from oracle.demo.stack import LocalStack, StackOptions
from oracle.demo.stage import Stage
from oracle.parties import accounts, orders, reserves
from oracle.parties.currencies import Currency, find_currency, token
from oracle.parties.keystore import local_account
from oracle.types import BaseUnits, Bytes32, SplitId

QUICK = ("INDEX", "RELAY", "PERMITS", "REFILL", "SERVICE_WATCH")
CHECKS = ("I-1", "I-2", "I-4", "I-7", "I-11", "I-13")


@dataclass(frozen=True, slots=True)
class Told:
    """How the story ended. `books`: who received what, from the ledger's logs alone."""

    claims: Claims
    books: Books
    figures: Mapping[str, Any]
    audit: Mapping[str, Any]
    currency: Currency
    seconds: float

    @property
    def holds(self) -> bool:
        return not self.claims.failed and bool(self.audit.get("clean"))


def tell(command: Sequence[str], folder: Path, stage: Stage, at_the_end: Callable[[Told], None]) -> Told:
    """`command`: how to start this program. `at_the_end` is called while everything still runs. Raises Fatal."""
    with ExitStack() as stack:
        world, text = _begin(stack, command, folder, stage)
        life = making.make(world, text)
        for scene in (
            serving.serve, serving.repair, serving.disputed_service, serving.upgrade,
            way_back.end_use, way_back.harvest, way_back.remanufacture, way_back.recycle,
        ):  # fmt: skip
            scene(world, life)
        books = _settle_up(world, life)
        audit = _audit(world, command)
        told = Told(world.claims, books, world.figures, audit, world.currency, stage.elapsed)
        at_the_end(told)
    return told


def _begin(stack: ExitStack, command: Sequence[str], folder: Path, stage: Stage) -> tuple[World, Bytes32]:
    """The text of the terms is there before the watcher starts, which reads it once."""
    stage.scene("A chain, an oracle and a watcher of one's own")
    papers = folder / "service-terms"
    text = terms.write_text(papers)
    settings = {f"{name}_EVERY": "0.2" for name in QUICK} | {"DISTRIBUTE_EVERY": "86400", "ACCRUE_EVERY": "86400"}
    settings |= {"SEAL_POLICY": "each_block", "SERVICE_TERMS_DIR": str(papers)}
    settings["WATCHER_KEY"] = local_account(Role.WATCHER).key.hex()
    options = StackOptions(
        folder=folder,
        command=command,
        block_time=None,
        oracle_settings={f"CISE_{name}": value for name, value in settings.items()},
    )
    local = stack.enter_context(LocalStack(options))
    local.await_door()
    currency = find_currency(local.client, local.platform, None)
    stage.show(currency=currency, place=local.door_url + "/")
    clock = ChainClock(local.client)
    seen = Seen(local.client, local.door_url, local.oracle, clock)
    stage.say("Anvil runs, the contracts are deployed, the oracle watches machines for their owners.")
    return World(local, stage, Claims(), currency, clock, seen, folder), text


def _settle_up(world: World, life: Life) -> Books:
    """Everybody takes their money out; what was paid in has come out, but for units that splits keep as remainders."""
    world.stage.scene("10 · Everybody takes their money home")
    client, platform, currency = world.stack.client, world.stack.platform, world.currency
    second = life.second.asset
    owner = world.wallet(Role.SECOND_OWNER)
    kept = world.reserve(second)
    reserves.release(owner, second, currency, BaseUnits(kept), owner.address)
    for role in Role:
        if (amount := world.balance(role)) > 0:
            accounts.withdraw(world.wallet(role), currency, BaseUnits(amount), role.address)
    machines = [life.first.asset, second]
    count = [SplitId(number) for number in range(1, _splits(world) + 1)]
    books = read_books(client, platform, currency, machines, count)
    left = books.remainders
    for name, row in books.people.items():
        world.claims.equal(f"left of the {name} in the ledger", 0, sum(row.values()))
    for name, row in books.pots.items():
        if not name.startswith("split"):
            world.claims.equal(f"left in {name}", 0, sum(row.values()))
    world.claims.equal("paid in = taken out + remainders", books.paid_in, books.taken_out + left)
    held = client.call(token(client, currency.address).functions.balanceOf(platform.addresses["PrepaidAccounts"]))
    world.claims.equal("tokens in custody = remainders", left, held)
    world.claims.true("remainders are fewer units than payees", left < 4 * len(count))
    work = {name: row["escrow"] for name, row in books.people.items() if row["escrow"] > 0}
    ended = platform.market.events.OrderEnded().get_logs(from_block=0)
    world.claims.equal(
        "I-13: what workers have is what orders paid",
        sum(each["args"]["toWorker"] for each in ended),
        sum(work.values()),
    )
    world.claims.equal("no order is left open", 0, _open_orders(world, machines))
    world.figures["books"] = {
        name: {column: str(row[column]) for column in COLUMNS} for name, row in sorted(books.people.items())
    }
    world.figures |= {"paidIn": str(books.paid_in), "takenOut": str(books.taken_out), "remainders": str(left)}
    world.say(f"{world.text(books.paid_in)} came in, {world.text(books.taken_out)} went out, what splits keep: {left}.")
    return books


def _splits(world: World) -> int:
    client, functions = world.stack.client, world.stack.platform.splitter.functions
    number = 0
    while client.call(functions.exists(number + 1)):
        number += 1
    return number


def _open_orders(world: World, machines: Sequence[int]) -> int:
    client, functions = world.stack.client, world.stack.platform.market.functions
    return sum(client.call(functions.openOrdersOf(machine)) for machine in machines)


def _audit(world: World, command: Sequence[str]) -> Mapping[str, Any]:
    world.stage.scene("11 · A stranger recomputes everything")
    world.say("cise audit verify: only a node's address and the Directory's.")
    code, document = run_audit(command, world.stack, world.folder / "auditor")
    world.claims.equal("exit code of the audit", 0, code)
    world.claims.true("audit: all balanced", bool(document.get("clean")))
    looked = {each["check"] for each in document["balanced"]}
    world.claims.equal("the audit looked at", CHECKS, tuple(name for name in CHECKS if name in looked))
    ended = document["figures"].get("I-13 ends of orders compared")
    world.claims.equal(
        "I-13: ends of orders compared", orders.order_count(world.stack.client, world.stack.platform), ended
    )
    moved = [int(each["moved"]) for each in document["balanced"] if each["subject"] == "all titles"]
    world.claims.true("I-11: moves of titles compared", sum(moved) > 0)
    world.say("All balanced." if document.get("clean") else "The audit found something.")
    return document
