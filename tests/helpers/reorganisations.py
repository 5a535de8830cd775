"""A chain that changes its mind at random, and the question whether the oracle's tables are those of a fresh one.

Everything is drawn from one seed: what happens on the chain, when the oracle looks, how deep the chain goes back.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from oracle.relay.daemon import Daemon
from oracle.store import tables
from oracle.store.batches import OPEN_STAGES
from tests.e2e.steps import settle_directly
from tests.e2e.world import CUSTOMER, EUR, STRANGER, Hire, World

DEEPEST = 64
DERIVED = (
    tables.agreements,
    tables.assets,
    tables.offers,
    tables.tariffs,
    tables.splits,
    tables.balances,
    tables.bookings,
    tables.chain_events,
)


def derived(daemon: Daemon) -> dict[str, list[str]]:
    """Every row of every table that comes from the chain, without the numbers that only the database gives."""
    found = {}
    with daemon.database.reading() as connection:
        for table in DERIVED:
            columns = [column for column in table.columns if (table.name, column.name) != ("chain_events", "id")]
            rows = connection.execute(select(*columns)).mappings()
            found[table.name] = sorted(json.dumps(dict(row), sort_keys=True) for row in rows)
        place = select(tables.checkpoints.c.number, tables.checkpoints.c.hash, tables.checkpoints.c.time)
        found["checkpoints"] = [str(tuple(row)) for row in connection.execute(place)]
    return found


@dataclass
class Drill:
    """One oracle on one chain through any number of reorganisations."""

    world: World
    oracle: Any
    seed: int
    hires: list[tuple[int, Hire]] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    forks: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self._fresh = 0

    def run(self, rounds: int) -> None:
        self.world.mine(DEEPEST)
        self.hire()
        for _ in range(rounds):
            self.live(self.random.randint(2, 8))
            self.reorganise(self.random.randint(1, DEEPEST))
            self.live(self.random.randint(1, 4))
            self.settle()
            self.compare()

    def live(self, steps: int) -> None:
        """Things happen on the chain; now and then the oracle looks."""
        for _ in range(steps):
            self.step()
            if self.random.random() < 0.7:
                self.look("index", "confirm", "settle")

    def step(self) -> None:
        kind = self.random.choice(("use", "use", "direct", "stale", "give", "mine", "hire"))
        hire = self.random.choice(self.hires)[1] if self.hires else None
        if hire is None or kind == "hire":
            if len(self.hires) < 4:
                self.hire()
        elif kind == "use":
            self.oracle.post(hire.use(self.random.randint(1, 200)))
        elif kind == "direct":
            settle_directly(self.world, hire, self.random.randint(1, 200))
        elif kind == "stale":
            hire.sequence -= hire.sequence > 0
            settle_directly(self.world, hire, 0)
        elif kind == "give":
            self.world.give(self.random.choice((CUSTOMER, STRANGER)), self.random.randint(1, EUR))
        self.world.mine(self.random.randint(0, 5))

    def hire(self) -> None:
        self.hires.append((self.world.client.head() + 1, self.world.hire()))
        self.look("index")

    def reorganise(self, depth: int) -> None:
        """The last blocks are replaced by others without any transaction; the pool forgets them too."""
        head = self.world.client.head()
        answer = self.world.client.web3.provider.make_request("anvil_reorg", [depth, []])  # type: ignore[arg-type]
        assert "error" not in answer, answer
        self.world.mine(1, seconds=1)
        self.depths.append(depth)
        self.hires = [(block, hire) for block, hire in self.hires if block <= head - depth]
        for outcome in self.look("index").values():
            if outcome.word == "forked":
                self.forks.append(outcome.detail)

    def settle(self) -> None:
        """Until nothing is due and nothing on its way."""
        for _ in range(30):
            words = {outcome.word for outcome in self.look("index", "confirm", "settle").values()}
            if words == {"nothing"}:
                break
        else:
            raise AssertionError(f"seed {self.seed}: the relay does not come to rest")
        with self.oracle.database.reading() as connection:
            stages = {row.stage for row in connection.execute(select(tables.batches.c.stage))}
        assert not stages & {stage.value for stage in OPEN_STAGES}, f"seed {self.seed}"

    def compare(self) -> None:
        """Raises AssertionError where the tables differ from those of an oracle that has never seen a fork."""
        self._fresh += 1
        fresh = Daemon(self.world.settings(f"fresh-{self.seed}-{self._fresh}"))
        fresh.run_once(("index",))
        expected, found = derived(fresh), derived(self.oracle.daemon)
        fresh.stop()
        fresh.database.close()
        for name, rows in expected.items():
            assert found[name] == rows, f"seed {self.seed}, depths {self.depths}: {name} differs"

    def look(self, *names: str) -> dict[str, Any]:
        outcomes: dict[str, Any] = self.oracle.daemon.run_once(names)
        return outcomes
