"""The story of a platform that belongs to its users, told on a chain of its own; it checks itself and is audited."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform
from oracle.chain.node import LocalNode, NodeOptions
from oracle.demo.auditing import audit_chain
from oracle.demo.claims import Claims
from oracle.demo.community import deciding, members, pausing
from oracle.demo.community.cast import Role
from oracle.demo.community.scene import World
from oracle.demo.stack import ACCOUNTS, own_anvil
from oracle.demo.stage import Stage
from oracle.deployment.config import read_config
from oracle.deployment.protocol import deploy
from oracle.parties.currencies import currency_at
from oracle.parties.keystore import local_account

NOT_CHECKED = ("Decisions", "Guardian", "NetworkGovernor", "Timelock")
"""Ways to a decision, of which the auditor sees what comes out of them; it says so."""


@dataclass(frozen=True, slots=True)
class Told:
    claims: Claims
    figures: Mapping[str, Any]
    audit: Mapping[str, Any]
    seconds: float

    @property
    def holds(self) -> bool:
        """The audit's own claims are among the others."""
        return not self.claims.failed


def tell(command: Sequence[str], folder: Path, stage: Stage) -> Told:
    """`command`: how to start this program. Raises Fatal."""
    with ExitStack() as stack:
        world = _begin(stack, folder, stage)
        members.found(world)
        drill = members.join(world)
        deciding.dividend(world, drill)
        deciding.refuse(world)
        pausing.pause(world, drill)
        deciding.expel(world, drill)
        pausing.settle_up(world)
        audit = _audit(world, command, folder)
        return Told(world.claims, world.figures, audit, stage.elapsed)


def _begin(stack: ExitStack, folder: Path, stage: Stage) -> World:
    stage.scene("A chain of one's own, deployed as a consortium would")
    folder.mkdir(parents=True, exist_ok=True)
    options = NodeOptions(accounts=ACCOUNTS, binary=own_anvil(), log_file=folder / "chain.log")
    node = stack.enter_context(LocalNode(options))
    client = ChainClient(node.url)
    client.connect()
    deployment = deploy(client.web3, local_account(Role.DEPLOYER), read_config("consortium"))
    platform = Platform(client.web3, client.chain_id, deployment.directory, deployment.addresses)
    currency = currency_at(client, deployment.addresses["MicroEuro"])
    stage.show(currency=currency)
    stage.say(f"Anvil runs, {len(deployment.addresses)} contracts are deployed.")
    return World(node, client, deployment, platform, currency, stage, Claims())


def _audit(world: World, command: Sequence[str], folder: Path) -> Mapping[str, Any]:
    world.stage.scene("8 · A stranger recomputes everything")
    world.say("cise audit verify: only a node's address and the Directory's.")
    code, document = audit_chain(command, world.node.url, world.deployment.directory, folder / "auditor")
    world.claims.equal("findings of the audit", [], document.get("findings"))
    left = [(each["check"], each["place"].get("contract")) for each in document.get("notChecked", [])]
    world.claims.equal("what it leaves unchecked", [("directory", name) for name in NOT_CHECKED], sorted(left))
    names = {each["check"] for each in document.get("balanced", [])}
    world.claims.true("it balanced the ledger", {"I-1", "I-2", "I-4", "I-7"} <= names)
    world.figures["auditExitCode"] = code
    world.say("Memberships, votes and the community's money recomputed; how proposals were counted is said to be not.")
    return document
