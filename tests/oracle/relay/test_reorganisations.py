"""After any reorganisation the tables are those of an oracle that never saw it (the long form is in tests/chaos)."""

import pytest

from oracle.store import batches, checkpoints, undo
from oracle.store.batches import Stage
from tests.e2e.steps import settle_directly
from tests.helpers.reorganisations import DEEPEST, Drill, derived


@pytest.mark.parametrize("seed", range(5))
def test_the_tables_equal_a_fresh_index(own_world, start_own, seed):
    drill = Drill(own_world, start_own(f"oracle-{seed}"), seed)
    drill.run(2)
    assert len(drill.depths) == 2


def test_the_deepest_comes_back_step_by_step(own_world, start_own):
    hire = own_world.hire()
    oracle = start_own("deep")
    for _ in range(DEEPEST):
        own_world.mine(1)
        oracle.cycle("index")
    oracle.post(hire.use(100))
    oracle.settle()
    drill = Drill(own_world, oracle, 0)
    head = own_world.client.head()
    drill.reorganise(DEEPEST)
    (fork,) = drill.forks
    assert fork["kept"] == head - DEEPEST
    assert fork["batches"] == 1
    oracle.settle()
    assert own_world.state(hire).settled == 100
    drill.compare()


def test_below_all_that_is_remembered_the_chain_is_read_again(own_world, start_own):
    hire = own_world.hire()
    own_world.mine(5)
    oracle = start_own("shallow")
    with oracle.database.writing() as connection:
        undo.forget(connection)
    oracle.post(hire.use(100))
    oracle.settle()
    with oracle.database.writing() as connection:
        undo.forget(connection)
    drill = Drill(own_world, oracle, 0)
    drill.reorganise(2)
    assert [fork["kept"] for fork in drill.forks] == [None]
    oracle.settle()
    assert own_world.state(hire).settled == 100
    drill.compare()


def test_what_is_remembered_stays_bounded(own_world, start_own):
    hire = own_world.hire()
    oracle = start_own("bounded")
    for number in range(undo.DEEPEST + 20):
        settle_directly(own_world, hire, 1) if number % 10 == 0 else own_world.mine(1)
        oracle.cycle("index")
    with oracle.database.reading() as connection:
        kept, head = undo.steps(connection), checkpoints.load(connection).number
    assert kept[0].number == head
    assert head - kept[-1].number == undo.DEEPEST


def test_a_batch_that_was_final_is_open_again_and_ends_once_more(own_world, start_own):
    hire = own_world.hire()
    oracle = start_own("final")
    own_world.mine(3)
    oracle.cycle("index")
    oracle.post(hire.use(100))
    oracle.settle()
    drill = Drill(own_world, oracle, 0)
    before = derived(oracle.daemon)
    drill.reorganise(3)
    with oracle.database.reading() as connection:
        assert [batch.stage for batch in batches.newest(connection)] == [Stage.SENT]
    assert derived(oracle.daemon) != before
    oracle.settle()
    with oracle.database.reading() as connection:
        assert [batch.stage for batch in batches.newest(connection)] == [Stage.FINAL]
    assert own_world.state(hire).settled == 100


def test_a_shorter_chain_is_a_fork_when_it_disagrees_and_lag_when_it_does_not(own_world, start_own):
    oracle = start_own("shorter")
    for _ in range(6):
        own_world.mine(1)
        oracle.cycle("index")
    before = own_world.snapshot()
    own_world.mine(3)
    oracle.cycle("index")
    own_world.revert(before)
    assert oracle.cycle("index") == {"index": "retry"}
    own_world.mine(3, seconds=5)
    assert oracle.cycle("index") == {"index": "forked"}
    for _ in range(3):
        oracle.cycle("index")
        own_world.mine(1)
    oracle.cycle("index")
    own_world.client.web3.provider.make_request("anvil_rollback", [2])
    own_world.mine(1, seconds=7)
    assert oracle.cycle("index") == {"index": "forked"}
    assert oracle.cycle("index") == {"index": "done"}
