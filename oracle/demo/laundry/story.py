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
from oracle.parties.currencies import Currency, find_currency
from oracle.parties.keystore import local_account
from oracle.types import Address, UnixTime

ACCOUNTS = 20
NEW_YEAR = UnixTime(1_767_225_600)
"""1 January 2026: chain time begins there, so that a run with the same seed is the same to the second."""
ROUND_CONTRACTS = ("RoundBook", "CoFinancing", "RoundBallots", "RoundCollateral", "TitleAuction")
ENDINGS = (
    ("recovered", "Use comes back; the maker buys it back", recover),
    ("defaulted", "Use collapses; the title is auctioned", collapse),
)


@dataclass(frozen=True, slots=True)
class Told:
    """How the story ended, twice. `audits`: one for each ending."""

    claims: Claims
    accounts: Sequence[Account]
    audits: Sequence[Mapping[str, Any]]
    plan: Sequence[PlanPoint]
    currency: Currency
    seed: int
    seconds: float

    @property
    def holds(self) -> bool:
        return not self.claims.failed

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
        accounts, audits = [], []
        life = begin(world)
        plan = life.view(world).plan
        for name, title, ending in ENDINGS:
            with world.afterwards_undone():
                account = _end(world, life.twin(), name, title, ending)
                accounts.append(account)
                audits.append(_audit(world, command, node.url, directory, folder / f"auditor-{name}"))
        world.close()
        told = Told(world.claims, accounts, audits, plan, world.currency, seed, stage.elapsed)
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


def _audit(world: World, command: Sequence[str], rpc: str, directory: Address, data: Path) -> Mapping[str, Any]:
    world.say("cise audit verify: only a node's address and the Directory's.")
    code, document = audit_chain(command, rpc, directory, data)
    # The auditor does not replay rounds yet: it says so, and cannot follow what rests on them.
    world.claims.equal("exit code of the audit, which says what it does not know", 1, code)
    unknown = {str(each["message"]).removeprefix("not checked: ").split(".")[0] for each in document["notChecked"]}
    world.claims.true("audit: all that it does not know is rounds", unknown <= {*ROUND_CONTRACTS})
    return document
