"""One run: many kills on one chain and one database, each followed by a restart and by rest."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from oracle.chain.node import free_port
from oracle.points import Point
from tests.chaos.kill.books import Row, checkpoint, open_count, outbox
from tests.chaos.kill.checks import Broken, Checks
from tests.chaos.kill.devices import Fleet
from tests.chaos.kill.nursery import Nursery, Victim
from tests.chaos.kill.plan import Kill, Mode, Stage
from tests.chaos.kill.scene import Scene
from tests.chaos.kill.wire import Wire

PATIENCE = 30.0
"""Seconds until a point that should be passed has been passed."""
GOAL = 60.0
"""Most seconds from a restart to rest."""
PAUSE = 0.03
LOOK_BACK = 50
"""Kills between two looks at the whole chain and for secrets."""


@dataclass
class Done:
    kill: Kill
    recovery: float | None = None
    """None where the next kill came before rest."""


@dataclass
class Run:
    scene: Scene
    nursery: Nursery
    chance: random.Random
    seed: int
    defect: str | None = None
    done: list[Done] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.fleet = Fleet(self.scene.devices, f"http://127.0.0.1:{self.scene.port}", self.chance)
        self.checks = Checks(self.scene, self.fleet)
        self.checks.begin()
        self.settings = self.scene.settings(**self.settings)
        self.victim: Victim | None = None

    def all(self, kills: Iterable[Kill], tell: Callable[[str], None]) -> None:
        """Kill after kill, then the whole chain once more. Raises Broken with seed and round."""
        began = time.monotonic()
        for number, kill in enumerate(kills, 1):
            try:
                self._one(kill)
                if number % LOOK_BACK == 0:
                    self._rest()
                    self.checks.whole_chain()
                    self.checks.secrets()
                    tell(f"{number} kills in {time.monotonic() - began:.0f} s")
            except AssertionError as error:
                raise Broken(f"seed {self.seed}, kill {number}, {kill}: {error}") from error
        try:
            self._end()
        except AssertionError as error:
            raise Broken(f"seed {self.seed}, at the end: {error}") from error

    def _end(self) -> None:
        self._rest()
        self.checks.whole_chain()
        self._until_indexed()
        self.checks.derived()
        self.checks.audited()
        self.checks.secrets()
        assert self.victim is not None
        self.nursery.kill(self.victim)
        self.fleet.close()

    def _until_indexed(self) -> None:
        """The chain stands still until the oracle has read it."""
        victim, began = self.victim, time.monotonic()
        assert victim is not None
        while time.monotonic() - began < PATIENCE:
            with self.scene.books.live() as connection:
                if checkpoint(connection) == self.scene.chain.head() - self.settings["confirmations"]:
                    return
            self._require_alive(victim)
            self.nursery.wait(lambda: not victim.alive, PAUSE)
        raise Broken("the index does not come to the end of the chain")

    def _one(self, kill: Kill) -> None:
        if kill.early and self.victim is None and self.done:
            self.victim = self._start(arm=(kill.point, kill.nth))
            self.scene.tap.wire = kill.wire
        else:
            self._rest()
            assert self.victim is not None
        first_block = self.scene.chain.head() + 1
        self._lead_to_death(kill)
        self.scene.tap.wire = Wire.WELL
        self.victim = None
        rows = self.checks.after_kill()
        self._node_has(rows, kill.mode, first_block)
        self.done.append(Done(kill))

    def _start(self, arm: tuple[Point, int] | None = None) -> Victim:
        return self.nursery.start(self.settings, arm, self.defect)

    def _rest(self) -> None:
        """Alive, everything acknowledged, settled and final; then all checks."""
        began = time.monotonic()
        restarted = self.victim is None
        if restarted:
            self.victim = self._start()
        victim = self.victim
        assert victim is not None
        while True:
            self._require_alive(victim)
            if victim.ready:
                self.fleet.send()
            self.scene.chain.mine()
            if victim.ready and self.fleet.pending == 0 and self._is_quiet() and not self.checks.settled_as_owed():
                break
            if time.monotonic() - began > GOAL:
                raise Broken(f"no rest after {GOAL:.0f} s: {self._why_not()}")
            self.nursery.wait(lambda: not victim.alive, PAUSE)
        seconds = time.monotonic() - began
        if restarted and self.done:
            self.done[-1].recovery = seconds + self.nursery.imports
        self.checks.at_rest()

    def _is_quiet(self) -> bool:
        with self.scene.books.live() as connection:
            return open_count(connection) == 0

    def _why_not(self) -> str:
        with self.scene.books.live() as connection:
            return (
                f"{open_count(connection)} open batches, {self.fleet.pending} readings, {self.checks.settled_as_owed()}"
            )

    def _lead_to_death(self, kill: Kill) -> None:
        victim = self.victim
        assert victim is not None
        match kill.stage:
            case Stage.TRAFFIC | Stage.MINING | Stage.STUCK:
                if not kill.early or victim.ready:
                    self._arm(kill, victim)
            case Stage.FORK:
                self._arm(kill, victim)
                self.scene.chain.reorg(self.chance.randint(6, 14))
            case Stage.GAP:
                self._free_a_nonce(kill, victim)
            case Stage.STANDBY:
                victim = self._stand_by(kill, victim)
        began = time.monotonic()
        while victim.alive:
            if time.monotonic() - began > PATIENCE:
                raise Broken(f"{kill.point} was not passed in {PATIENCE:.0f} s of {kill.stage}")
            if time.monotonic() - began > PATIENCE / 3:
                # After a kill in the middle all may be on its way already: over a dead wire nothing new is sealed.
                self.scene.tap.wire = Wire.WELL
            if victim.ready and self.fleet.pending < 20:
                self.fleet.measure(3, self.scene.chain.time() - 1)
            self.fleet.send()
            if kill.stage is not Stage.STUCK:
                self.scene.chain.mine()
            self.nursery.wait(lambda: not victim.alive, PAUSE)
        self._require_right_end(victim, kill)

    def _free_a_nonce(self, kill: Kill, victim: Victim) -> None:
        """A nonce that another program used, with one of ours above it, and then a fork without the other's."""
        chain, relayer = self.scene.chain, self.scene.relayer
        nonce = chain.nonce(relayer.address)
        foreign = chain.foreign(relayer, nonce, self.scene.world.client.chain_id)
        chain.mine(2)
        self.fleet.measure(3, chain.time() - 1)
        began = time.monotonic()
        while not self._has_row(nonce + 1):
            self._require_alive(victim)
            if time.monotonic() - began > PATIENCE:
                raise Broken(f"nothing was signed on nonce {nonce + 1}")
            self.fleet.send()
            self.nursery.wait(lambda: not victim.alive, PAUSE)
        self._arm(kill, victim)
        chain.forget([foreign])

    def _has_row(self, nonce: int) -> bool:
        with self.scene.books.live() as connection:
            return any(row.nonce == nonce for row in outbox(connection))

    def _stand_by(self, kill: Kill, leader: Victim) -> Victim:
        """A second process, which waits for the lease; then the first is killed wherever it happens to be."""
        port = free_port()
        second = self.nursery.start(self.settings | {"port": port}, (kill.point, kill.nth), self.defect)
        if not self.nursery.wait(lambda: second.ready or not second.alive, PATIENCE):
            raise Broken("the second process does not start")
        self._require_alive(second)
        self.fleet.measure(3, self.scene.chain.time() - 1)
        self.fleet.send()
        self.nursery.kill(leader)
        return second

    def _arm(self, kill: Kill, victim: Victim) -> None:
        self.scene.tap.wire = kill.wire
        self.nursery.arm(victim, kill.point, kill.nth)

    def _node_has(self, rows: list[Row], mode: Mode, first_block: int) -> None:
        """Puts the node into the state of the mode, whatever the wire did."""
        if mode is Mode.TOOK:
            for row in rows:
                if row.is_open and not any(self.scene.chain.has(version.hash) for version in row.versions):
                    self.scene.chain.give(row.raws[-1])
            return
        recent = [row for row in rows if row.is_open or (row.block or 0) >= first_block]
        self.scene.chain.forget(version.hash for row in recent for version in row.versions)

    def _require_alive(self, victim: Victim) -> None:
        if not victim.alive:
            raise Broken(f"the oracle ended by itself with code {victim.code}: {_tail(victim)}")

    def _require_right_end(self, victim: Victim, kill: Kill) -> None:
        if (victim.code, victim.reached) != (-9, kill.point.value):
            raise Broken(f"ended with code {victim.code} at {victim.reached}: {_tail(victim)}")


def _tail(victim: Victim) -> str:
    return victim.log.read_text(errors="replace")[-3_000:]
