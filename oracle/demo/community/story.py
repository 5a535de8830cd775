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


@dataclass(frozen=True, slots=True)
class Told:
    claims: Claims
    figures: Mapping[str, Any]
    audit: Mapping[str, Any]
    seconds: float

    @property
    def holds(self) -> bool:
        return not self.claims.failed and bool(self.audit.get("clean"))


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
    world.claims.equal("exit code of the audit", 0, code)
    world.claims.true("audit: all balanced", bool(document.get("clean")))
    names = {each["check"] for each in document.get("balanced", [])}
    world.claims.true("it balanced the ledger and the votes", {"I-1", "I-2", "I-4", "I-7", "I-20"} <= names)
    world.say("Every vote counted again, every membership, every unit of the community's money.")
    return document
