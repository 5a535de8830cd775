"""What the four members live through. Every scene checks what it says; the first that is not so ends the run."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import requests
from eth_account import Account

from oracle.demo.auditing import audit_chain
from oracle.demo.device_process import DeviceProcess
from oracle.demo.processes import Child
from oracle.errors import Fatal
from oracle.types import BaseUnits
from scripts.consortium.member import Member
from scripts.consortium.network import Network
from scripts.consortium.platform import CISE, Served, deploy_on
from scripts.consortium.programs import CHAIN_ID

DEPOSIT = "20"
SETTLE_SECONDS = 90.0
BLOCKS_WITHOUT_ONE = 6
SECONDS_WITHOUT_TWO = 10.0


class Story:
    """`say` prints one line."""

    def __init__(self, network: Network, folder: Path, say: Callable[[str], None]) -> None:
        self._network, self._folder, self._say = network, folder, say
        self._maker, self._owner, self._repairer, self._recycler = network.members
        self._started = time.monotonic()

    def play(self) -> None:
        self._meet()
        self._pay_nothing_for_gas()
        self._found()
        with self._served.oracle() as oracle:
            self._served.await_door(oracle)
            with self._served.machine() as machine:
                self._settle_and_audit(oracle)
                self._go_on_with_three(oracle)
                self._decide_nothing_with_two()
                self._catch_up()
                self._finish(machine, oracle)
        self._audit(self._recycler)

    def _meet(self) -> None:
        self._scene("Four members, one chain")
        self._network.await_block(1)
        members = ", ".join(member.name for member in self._network.members)
        self._say(f"{members}: each runs a client and a vote of its own. Block 1 is decided, and so final.")
        peers = {member.name: int(str(member.ask("net_peerCount")), 16) for member in self._network.members}
        self._require(set(peers.values()) == {3}, f"each knows the three others: {peers}")

    def _pay_nothing_for_gas(self) -> None:
        self._scene("Gas has no price")
        nobody = Account.create()
        signed = nobody.sign_transaction(
            {
                "to": nobody.address,
                "value": 0,
                "nonce": 0,
                "gas": 21_000,
                "maxFeePerGas": 0,
                "maxPriorityFeePerGas": 0,
                "chainId": CHAIN_ID,
            }
        )
        question = {"jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction"}
        raw = signed.raw_transaction.to_0x_hex()
        sent = requests.post(self._owner.url, json={**question, "params": [raw]}, timeout=5).json()
        self._require("result" in sent, f"a transaction that pays nothing is taken: {sent}")
        known = signed.hash.to_0x_hex()
        self._network.wait(
            lambda: self._recycler.ask("eth_getTransactionReceipt", known) is not None,
            30,
            "receipt of a free transaction",
        )
        self._say("An account without a coin sends a transaction at price zero to the owner's node;")
        self._say("the recycler's node has it in a block.")

    def _found(self) -> None:
        self._scene("The platform, a machine and a customer")
        client, deployment = deploy_on(self._maker.url)
        blocks = (client.web3.eth.get_block(number) for number in range(1, client.head() + 1))
        gas = sum(block["gasUsed"] for block in blocks)
        stand = f"{len(deployment.addresses)} contracts stand at block {client.head()}"
        self._say(f"{stand}, for {gas / 1e6:.1f} million gas; the deployer keeps nothing.")
        self._served = Served(client, deployment, self._maker.url, self._folder)
        self._served.offer()
        self._served.hire(DEPOSIT)
        self._say(f"A drill is offered; a customer pays in {DEPOSIT} EUR and opens an agreement.")

    def _settle_and_audit(self, oracle: Child) -> None:
        self._scene("It runs, the relay settles, a stranger recomputes")
        self._await_settlement(0, oracle)
        self._audit(self._owner)

    def _go_on_with_three(self, oracle: Child) -> None:
        self._scene("One of four loses its power")
        before, height = self._served.settled(), self._height(self._maker)
        self._recycler.kill()
        self._say(f"The recycler's client and vote are killed at block {height}.")
        self._network.await_block(height + BLOCKS_WITHOUT_ONE)
        self._await_settlement(before, oracle)
        self._audit(self._repairer)

    def _decide_nothing_with_two(self) -> None:
        self._scene("A second one: two votes of four decide nothing")
        self._repairer.kill()
        # What three had already voted for may still be decided.
        time.sleep(2)
        height = self._height(self._maker)
        time.sleep(SECONDS_WITHOUT_TWO)
        self._require(self._height(self._maker) == height, "no block is decided by two of four")
        self._say(
            f"For {SECONDS_WITHOUT_TWO:.0f} seconds the chain stands at block {height}: rather no block than two."
        )
        self._network.start(self._repairer)
        self._network.await_block(height + 1)
        self._say("The repairer is back, and blocks are decided again.")

    def _catch_up(self) -> None:
        self._scene("The first one comes back")
        self._network.start(self._recycler)
        begun, stood = time.monotonic(), self._height(self._recycler)
        self._network.wait(
            lambda: self._height(self._recycler) >= self._height(self._maker), SETTLE_SECONDS, "recycler catching up"
        )
        height = self._height(self._recycler)
        self._say(
            f"From block {stood} to {height} in {time.monotonic() - begun:.0f} s, every block executed by itself."
        )
        self._require(self._network.agree_on(height - 1), f"all four have the same block {height - 1}")

    def _finish(self, machine: DeviceProcess, oracle: Child) -> None:
        self._scene("The end")
        before = self._served.settled()
        final = machine.finish()
        self._network.wait(
            lambda: self._is_settled(int(final["sequence"]), oracle), SETTLE_SECONDS, "settlement of the last reading"
        )
        self._require(machine.overrun == 0, "the machine never ran beyond its permit")
        paid = self._served.distribute()
        self._say(f"{self._text(self._served.settled() - before)} more settled; {self._text(paid)} shared out by rule.")
        most, disk = (max(figures) for figures in zip(*(each.takes() for each in self._network.members), strict=True))
        self._say(f"A member's node takes at most {most} MB of memory now, and {disk} MB of disk.")

    def _is_settled(self, sequence: int, oracle: Child) -> bool:
        oracle.require_running()
        return self._served.sequence() >= sequence

    def _await_settlement(self, before: int, oracle: Child) -> None:
        def settled() -> bool:
            oracle.require_running()
            return self._served.settled() > before

        self._network.wait(settled, SETTLE_SECONDS, "settlement")
        self._say(f"Settled so far: {self._text(self._served.settled())}, signed by the drill, carried by the relay.")

    def _audit(self, member: Member) -> None:
        folder = self._folder / f"audit-{time.monotonic_ns()}"
        _, found = audit_chain(CISE, member.url, self._served.deployment.directory, folder)
        asked = f"cise audit verify through the {member.name}'s node"
        self._require(found["clean"], f"{asked}: {[*found['findings'], *found['notChecked']]}")
        self._say(f"{asked}, block {found['block']}: all balanced.")

    def _height(self, member: Member) -> int:
        height = member.height()
        if height is None:
            raise Fatal("consortium", f"the {member.name}'s client does not answer", f"Look at {member.folder}.")
        return height

    def _text(self, amount: int) -> str:
        return self._served.currency.text(BaseUnits(amount))

    def _scene(self, title: str) -> None:
        self._say(f"\n{title}  ({time.monotonic() - self._started:.0f} s)")

    def _require(self, so: bool, what: str) -> None:
        if not so:
            raise Fatal("consortium", f"not so: {what}", f"Look at the logs in {self._folder.parent}.")
