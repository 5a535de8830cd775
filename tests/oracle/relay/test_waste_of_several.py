"""Three operators relay one stream: how much is paid for twice. Time is the test's own, so every moment is fixed."""

import time
from dataclasses import replace

import pytest

from oracle.chain.events import EventReader
from oracle.relay.confirm import confirm
from oracle.relay.index import Indexer
from oracle.relay.submit import settle_due
from oracle.relay.turns import Turn
from tests.e2e.world import OTHER_RELAYER, RELAYER, secret_of

OPERATORS = (RELAYER, OTHER_RELAYER, 12)
SECONDS = 120
BLOCK_EVERY, READING_EVERY, LOOK_EVERY = 2, 5, 2


@pytest.fixture
def slow_world(world):
    """Blocks when the test says so."""
    world.client.web3.provider.make_request("evm_setAutomine", [False])
    yield world
    world.client.web3.provider.make_request("evm_setAutomine", [True])


class Since(Turn):
    """Windows are numbered from the test's beginning: the same moments in every run."""

    def __init__(self, base, window, operator):
        super().__init__(window, operator)
        self._base = base

    def has_come(self, now):
        return super().has_come(now - self._base)

    def taken(self, now):
        super().taken(now - self._base)


def relay_together(world, start_oracle, hires, window):
    """Every operator sees every reading. Returns settled readings and those that were paid for in vain."""
    before = world.client.head()
    base = (time.time() // 1_000 + 1) * 1_000
    oracles = [
        start_oracle(f"operator-{window}-{index}", relayer_key=secret_of(index), relay_window=window)
        for index in OPERATORS
    ]
    contexts = [
        replace(oracle.daemon.context, turn=Since(base, window, oracle.daemon.context.sender.address))
        for oracle in oracles
    ]
    indexers = [Indexer(oracle.daemon.context) for oracle in oracles]
    for second in range(SECONDS):
        now = base + second
        if second % READING_EVERY == 0 and second < SECONDS - 40:
            reading = hires[second // READING_EVERY % len(hires)].use(10)
            for oracle in oracles:
                oracle.post(reading)
        for place, (context, indexer) in enumerate(zip(contexts, indexers, strict=True)):
            if second % LOOK_EVERY == place % LOOK_EVERY:
                indexer.run(now)
                confirm(context, now)
                settle_due(context, now)
        if second % BLOCK_EVERY == 0:
            world.mine(1)
    events = [
        event.name
        for stretch in EventReader(world.platform).read(world.client, before + 1, world.client.head(), 1_000)
        for event in stretch.events
    ]
    return events.count("ReadingSettled"), events.count("ReadingSkipped")


@pytest.mark.parametrize(("window", "most"), [(0, 0.75), (30, 0.02)], ids=["together", "in_turns"])
def test_three_relayers_on_one_stream(world, start_oracle, window, most, request):
    hires = [world.hire() for _ in range(4)]
    request.getfixturevalue("slow_world")
    settled, wasted = relay_together(world, start_oracle, hires, window)
    share = wasted / (settled + wasted)
    print(f"window {window} s: {settled} settled, {wasted} paid for twice, {share:.0%}")
    assert [world.state(hire).settled for hire in hires] == [hire.registers[0] for hire in hires]
    assert share <= most
    if window == 0:
        assert share > 0.4, "without turns nearly everything is paid for by all: the test would show nothing"


def test_a_moment_is_in_its_window_and_the_operators_own():
    turns = [Turn(30, f"0x{index:040x}") for index in range(50)]
    for number in (0, 7, 60_000_000):
        moments = [turn.moment(number) for turn in turns]
        assert all(30 * number <= moment < 30 * (number + 1) for moment in moments)
        assert len(set(moments)) == 50


def test_each_window_has_one_turn_and_an_idle_one_is_not_lost():
    turn, taken = Turn(30, "0xaa"), []
    for now in range(600):
        if turn.has_come(now):
            assert turn.has_come(now)
            turn.taken(now)
            taken.append(now)
    moments = [moment for number in range(20) if 0 < (moment := turn.moment(number)) <= 599]
    assert [seen - moment < 1 for seen, moment in zip(taken, moments, strict=True)] == [True] * len(moments)


def test_who_relays_alone_never_waits():
    assert Turn(0, "0xaa").has_come(1.0)
