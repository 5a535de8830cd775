"""One beginning, two endings, on one chain: the second begins where the chain is put back to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform
from oracle.chain.node import LocalNode, NodeOptions
from oracle.demo.auditing import audit_chain
from oracle.demo.bulk import BulkNode
from oracle.demo.claims import Claims
from oracle.demo.laundry import settling
from oracle.demo.laundry.beginning import begin
from oracle.demo.laundry.cast import DEPLOYER, Role
from oracle.demo.laundry.collapse import collapse
from oracle.demo.laundry.plot import cash_svg
from oracle.demo.laundry.recovery import recover
from oracle.demo.laundry.settling import Account, settle_up
from oracle.demo.laundry.world import Life, World
from oracle.demo.stage import Stage
from oracle.deployment.config import read_config
from oracle.deployment.protocol import deploy
from oracle.domain.rounds import PlanPoint
from oracle.parties.currencies import find_currency
from oracle.parties.keystore import local_account
from oracle.types import Address, UnixTime

ACCOUNTS = 20
NEW_YEAR = UnixTime(1_767_225_600)
"""1 January 2026: chain time begins there, so that a run with the same seed is the same to the second."""
CHECKS = ("I-1", "I-2", "I-3", "I-4", "I-6", "I-7", "I-8", "I-9", "I-10", "I-11")
ENDINGS = (
    ("recovered", "Use comes back; the maker buys it back", recover),
    ("defaulted", "Use collapses; the title is auctioned", collapse),
)


@dataclass(frozen=True, slots=True)
class Told:
    """How the story ended, twice. `audits`: by the ending's name."""

    claims: Claims
    accounts: Sequence[Account]
    audits: Mapping[str, Mapping[str, Any]]
    plan: Sequence[PlanPoint]
    seed: int
    seconds: float

    @property
    def holds(self) -> bool:
        return not self.claims.failed and all(audit.get("clean") for audit in self.audits.values())

    @property
    def plot(self) -> str:
        """Cash by tranche over time, as an SVG document."""
        return cash_svg("Cash by tranche over time", self.accounts, self.plan)

    @property
    def figures(self) -> dict[str, Any]:
        return {account.name: settling.figures(account) for account in self.accounts}


def tell(command: Sequence[str], folder: Path, stage: Stage, seed: int, at_the_end: Callable[[Told], None]) -> Told:
    """`command`: how to start this program, for the audit. Raises Fatal."""
    stage.scene("A chain of one's own, whose time is moved forward")
    folder.mkdir(parents=True, exist_ok=True)
    with LocalNode(NodeOptions(accounts=ACCOUNTS, timestamp=NEW_YEAR, log_file=folder / "chain.log")) as node:
        world, directory = _world(node, stage, seed)
        accounts: list[Account] = []
        audits: dict[str, Mapping[str, Any]] = {}
        life = begin(world)
        plan = life.view(world).plan
        for name, title, ending in ENDINGS:
            with world.afterwards_undone():
                account = _end(world, life.twin(), name, title, ending)
                accounts.append(account)
                world.say("cise audit verify: only a node's address and the Directory's.")
                audited = audit_chain(command, node.url, directory, folder / f"auditor-{name}")
                audits[name] = _agree(world, account, *audited)
        world.close()
        told = Told(world.claims, accounts, audits, plan, seed, stage.elapsed)
    at_the_end(told)
    return told


def _world(node: LocalNode, stage: Stage, seed: int) -> tuple[World, Address]:
    client = ChainClient(node.url)
    client.connect()
    line = BulkNode(node.port)
    # Each block a second after the one before, however long this process takes: so every unit of interest is foreseen.
    line.ask("anvil_setBlockTimestampInterval", 1)
    line.close()
    deployment = deploy(client.web3, local_account(DEPLOYER), read_config("local"))
    platform = Platform.locate(client, deployment.directory)
    currency = find_currency(client, platform, None)
    stage.show(currency=currency)
    stage.say(f"Anvil runs, the contracts are deployed. Chance is drawn from seed {seed}.")
    return World(client, platform, node.port, stage, Claims(), currency, seed), deployment.directory


def _end(world: World, life: Life, name: str, title: str, ending: Callable[[World, Life], None]) -> Account:
    ending(world, life)
    account = settle_up(world, life, name, title)
    books, anna = account.books, [stake for stake in account.cash.stakes if stake.role is Role.ANNA]
    world.say(
        f"All go home: {world.text(books.paid_in)} came in, {world.text(books.taken_out)} went out. Anna washed for"
        f" {world.text(-books.people[Role.ANNA.label]['washing'])}; of {world.text(sum(one.put_in for one in anna))}"
        f" put in she has {world.text(sum(one.claimed for one in anna))}."
    )
    return account


def _agree(world: World, account: Account, code: int, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the auditor replayed of the round is what its logs told the story."""
    claims, cash, name = world.claims, account.cash, account.name
    claims.equal(f"{name}: exit code of the audit", 0, code)
    claims.true(f"{name}: audit: all balanced", bool(document.get("clean")))
    looked = {(each["check"], each["subject"]): each for each in document.get("balanced", ())}
    missed = set(CHECKS) - {check for check, _ in looked}
    claims.equal(f"{name}: invariants that the audit did not look at", set(), missed)
    paid = looked.get(("I-8", "1 rounds"), {})
    claims.equal(f"{name}: I-8: claimed, says the audit", str(cash.paid), paid.get("claimed"))
    lost = looked.get(("I-9", "tranches of rounds that started"), {})
    written_down = sum(view.written_down for view in cash.tranches)
    claims.equal(f"{name}: I-9: written down, says the audit", str(written_down), lost.get("written down"))
    return document
