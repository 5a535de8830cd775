"""The chain is away, loses answers, forks, or is another one: nothing is lost, nothing is paid twice."""

import time
from dataclasses import replace

import pytest

from oracle.chain.node import free_port
from oracle.chain.node_errors import WrongChain
from oracle.errors import Fatal
from oracle.relay.confirm import RESEND_SECONDS, confirm
from oracle.relay.daemon import Daemon
from oracle.relay.submit import settle_due
from oracle.store import batches, checkpoints, read_model, readings
from oracle.store.batches import Stage
from tests.e2e.steps import run_out, settle_directly
from tests.e2e.world import CUSTOMER, EUR, HOLD
from tests.helpers.faulty_node import FaultyNode, error


@pytest.fixture
def node(world):
    with FaultyNode(world.node.url) as faulty:
        yield faulty


def stages(oracle):
    with oracle.database.reading() as connection:
        return [batch.stage for batch in reversed(batches.newest(connection))]


def wait_until(condition, seconds=10):
    """Anvil mines a moment after it has answered."""
    limit = time.monotonic() + seconds
    while not condition() and time.monotonic() < limit:
        time.sleep(0.05)
    assert condition()


def test_a_chain_that_is_not_reachable_at_start_says_what_to_do(world):
    settings = world.settings(rpc_url=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Fatal, match=r"not reachable.*CISE_RPC_URL.*cise up"):
        Daemon(settings)


def test_a_directory_that_is_not_there_says_what_to_do(world):
    settings = world.settings(directory_address="0x" + "11" * 20)
    with pytest.raises(Fatal, match="CISE_DIRECTORY_ADDRESS"):
        Daemon(settings)


def test_no_directory_at_all_says_what_to_do(world):
    with pytest.raises(Fatal, match="CISE_DIRECTORY_ADDRESS"):
        Daemon(world.settings(directory_address=None))


def test_the_wrong_chain_is_refused(world):
    with pytest.raises(WrongChain, match="31337, not 1"):
        Daemon(world.settings(chain_id=1))


def test_while_the_chain_is_away_readings_are_taken_and_settled_later(world, start_oracle, node):
    hire = world.hire()
    oracle = start_oracle(rpc_url=node.url)
    node.down = True
    assert oracle.results(hire.use(100), hire.use(200)) == ["accepted", "accepted"]
    assert oracle.cycle("index", "settle", "permits") == {
        "index": "retry",
        "settle": "retry",
        "permits": "nothing",
    }
    node.down = False
    oracle.settle()
    assert world.state(hire).settled == 300


def test_a_lost_answer_to_sending_costs_no_second_transaction(world, start_oracle, node):
    hire = world.hire()
    oracle = start_oracle(rpc_url=node.url)

    def forward_and_drop(_, forward):
        forward()

    node.faults["eth_sendRawTransaction"] = forward_and_drop
    oracle.post(hire.use(100))
    assert oracle.cycle("settle") == {"settle": "retry"}
    assert stages(oracle) == [Stage.SIGNED]
    node.faults.clear()
    oracle.settle()
    assert stages(oracle) == [Stage.FINAL]
    assert world.state(hire).settled == 100


def test_a_transaction_that_never_arrived_is_sent_again_with_the_same_bytes(world, start_oracle, node):
    hire = world.hire()
    oracle = start_oracle(rpc_url=node.url)
    sent = []

    def drop(parameters, _):
        sent.append(parameters[0])

    def keep(parameters, forward):
        sent.append(parameters[0])
        return forward()

    node.faults["eth_sendRawTransaction"] = drop
    oracle.post(hire.use(100))
    oracle.cycle("settle")
    node.faults["eth_sendRawTransaction"] = keep
    oracle.daemon.context.client.check_chain()
    confirm(oracle.daemon.context, 2e9 + RESEND_SECONDS)
    oracle.settle()
    assert world.state(hire).settled == 100
    assert len(sent) == 2
    assert sent[0] == sent[1]


def test_an_error_text_decides_nothing(world, start_oracle, node):
    """The node takes the transaction and answers with an error, as some do for one they know already."""
    hire = world.hire()
    oracle = start_oracle(rpc_url=node.url)

    def take_and_complain(_, forward):
        forward()
        return error(-32003, "transaction already imported")

    node.faults["eth_sendRawTransaction"] = take_and_complain
    oracle.post(hire.use(100))
    assert oracle.cycle("settle") == {"settle": "done"}
    oracle.settle()
    assert stages(oracle) == [Stage.FINAL]


def test_a_nonce_used_by_somebody_else_drops_the_batch_and_a_new_one_goes(world, start_oracle, node):
    hire = world.hire()
    oracle = start_oracle(rpc_url=node.url)
    node.faults["eth_sendRawTransaction"] = lambda _, __: error(-32000, "no")
    oracle.post(hire.use(100))
    oracle.cycle("settle")
    assert stages(oracle) == [Stage.SIGNED]
    world.give(8, 5)  # the relayer's own account sends two transactions elsewhere
    node.faults.clear()
    oracle.settle()
    assert stages(oracle) == [Stage.DROPPED, Stage.FINAL]
    assert world.state(hire).settled == 100


def test_confirmation_waits_for_the_set_depth(world, start_oracle):
    hire = world.hire()
    world.mine(3)
    oracle = start_oracle(confirmations=3)
    oracle.cycle("index")
    oracle.post(hire.use(100))
    oracle.cycle("settle")
    wait_until(lambda: oracle.cycle("confirm") and stages(oracle) == [Stage.MINED])
    world.mine(2)
    oracle.cycle("confirm")
    assert stages(oracle) == [Stage.MINED]
    world.mine(1)
    oracle.cycle("index", "confirm")
    assert stages(oracle) == [Stage.FINAL]
    with oracle.database.reading() as connection:
        assert read_model.agreement(connection, hire.agreement).settled == 100


def test_a_fork_takes_the_read_model_back_and_pays_once(world, start_oracle):
    hire = world.hire()
    oracle = start_oracle()
    before = world.snapshot()
    oracle.post(hire.use(100))
    oracle.settle()
    world.revert(before)
    assert world.state(hire).settled == 0
    world.mine(5)
    assert oracle.cycle("index") == {"index": "forked"}
    with oracle.database.reading() as connection:
        kept = checkpoints.load(connection)
        assert world.client.block(kept.number).hash == kept.hash
        assert read_model.agreement(connection, hire.agreement).settled == 0
    oracle.settle()
    assert world.state(hire).settled == 100
    with oracle.database.reading() as connection:
        assert read_model.agreement(connection, hire.agreement).settled == 100


def test_a_node_that_lags_behind_is_waited_for(world, start_oracle, node):
    world.hire()
    oracle = start_oracle(rpc_url=node.url)
    node.faults["eth_blockNumber"] = lambda _, __: {"result": "0x2"}
    outcome = oracle.daemon.run_once(("index",))["index"]
    assert outcome.word == "retry"
    assert "behind" in outcome.detail["why"]


def test_a_node_that_refuses_a_range_of_logs_is_asked_for_less(world, start_oracle, node):
    hire = world.hire()

    def at_most_seven(parameters, forward):
        wanted = parameters[0]
        if int(wanted["toBlock"], 16) - int(wanted["fromBlock"], 16) >= 7:
            return error(-32005, "query returned more than 10000 results")
        return forward()

    node.faults["eth_getLogs"] = at_most_seven
    oracle = start_oracle(rpc_url=node.url)
    with oracle.database.reading() as connection:
        assert read_model.agreement(connection, hire.agreement).customer == world.wallet(6).address


def test_the_chain_changing_under_the_oracle_stops_it(world, start_oracle, node):
    oracle = start_oracle(rpc_url=node.url)
    node.faults["eth_chainId"] = lambda _, __: {"result": "0x1"}
    assert oracle.cycle("index") == {"index": "fatal"}
    with pytest.raises(WrongChain, match="chain 1, not 31337"):
        oracle.daemon.wait()


def test_a_database_of_another_deployment_is_refused(world, start_oracle):
    oracle = start_oracle()
    settings = oracle.settings
    with oracle.database.writing() as connection:
        checkpoint = checkpoints.load(connection)
        checkpoints.save(connection, replace(checkpoint, directory=world.wallet(7).address))
    oracle.daemon.stop()
    assert Daemon(settings, oracle.database).run_once(("index",))["index"].word == "fatal"


def revert(_, __):
    return {"error": {"code": 3, "message": "execution reverted", "data": "0x"}}


def test_a_transaction_that_fails_on_chain_is_tried_again_after_a_pause(world, start_oracle, node):
    hire = world.hire()
    oracle = start_oracle(rpc_url=node.url)
    node.faults["eth_estimateGas"] = lambda _, __: {"result": hex(10_000)}  # far too little: it runs out of gas
    oracle.post(hire.use(100))
    oracle.cycle("settle")
    wait_until(lambda: oracle.cycle("index", "confirm") and stages(oracle) == [Stage.FAILED])
    node.faults.clear()
    assert oracle.cycle("index", "settle")["settle"] == "nothing"
    settle_due(oracle.daemon.context, time.time() + 61)
    oracle.settle()
    assert stages(oracle) == [Stage.FAILED, Stage.FINAL]
    assert world.state(hire).settled == 100


def test_one_reading_that_cannot_be_settled_stops_no_other(world, start_oracle, node):
    """The batch is halved until the poison is alone; it waits longer each time."""
    hires = [world.hire() for _ in range(4)]
    oracle = start_oracle(rpc_url=node.url)
    poison = hires[2].use(100)
    marked = poison.signature[:32].hex()

    def refuse_poison(parameters, forward):
        return revert(parameters, forward) if marked in parameters[0]["data"] else forward()

    node.faults["eth_call"] = refuse_poison
    oracle.post(*[poison if hire is hires[2] else hire.use(100) for hire in hires])
    oracle.settle()
    assert [world.state(hire).settled for hire in hires] == [100, 100, 0, 100]
    with oracle.database.reading() as connection:
        stored = readings.latest(connection, hires[2].agreement)
        assert (stored.skips, stored.skip_reason) == (1, "call_reverted")
        assert 50 < stored.retry_at - time.time() < 70
    node.faults.clear()
    settle_due(oracle.daemon.context, time.time() + 61)
    oracle.settle()
    assert world.state(hires[2]).settled == 100


def test_refills_and_distributions_that_would_revert_cost_no_gas(world, start_oracle, node):
    hire = world.hire()
    oracle = start_oracle(rpc_url=node.url)
    oracle.post(hire.use(HOLD))
    oracle.settle()
    world.give(CUSTOMER, 2 * EUR)
    oracle.cycle("index")

    def refuse_sending_calls(parameters, forward):
        return revert(parameters, forward) if "from" in parameters[0] else forward()

    node.faults["eth_call"] = refuse_sending_calls
    before = len(stages(oracle))
    found = oracle.daemon.run_once(("refill", "distribute"))
    assert found["refill"].detail == {"sent": 0, "refused": 1}
    assert found["distribute"].detail == {"sent": 0, "refused": 1}
    assert len(stages(oracle)) == before


def test_an_indexer_that_was_overtaken_writes_nothing(world, start_oracle, node):
    """Another process has taken the lease while this one was reading: its events are there once."""
    hire = world.hire()
    oracle = start_oracle(rpc_url=node.url)
    other = Daemon(world.settings("oracle"), oracle.database)
    world.hire(customer=7)
    moved = []

    def overtake(_, forward):
        if not moved:
            run_out(oracle.database)
            moved.append(other.run_once(("index",))["index"].word)
        return forward()

    node.faults["eth_getLogs"] = overtake
    assert oracle.cycle("index") == {"index": "standby"}
    assert moved == ["done"]
    with oracle.database.reading() as connection:
        opened = read_model.events(connection, ["AgreementOpened"])
    assert [event.agreement_id for event in opened] == [hire.agreement, hire.agreement + 1]


def test_before_the_chain_was_read_nothing_is_due(world):
    daemon = Daemon(world.settings("fresh"))
    found = daemon.run_once(("settle", "refill", "accrue", "distribute", "permits"))
    assert {outcome.word for outcome in found.values()} == {"nothing"}
    assert daemon.permits.answers([1], time.time())[1].permit is None


def test_reading_may_begin_at_the_deployment(world, start_oracle):
    deployed = world.client.head()
    hire = world.hire()
    oracle = start_oracle(start_block=deployed)
    with oracle.database.reading() as connection:
        assert read_model.agreement(connection, hire.agreement).hold == HOLD


def test_reading_from_too_late_a_block_is_refused(world):
    hire = world.hire()
    late = Daemon(world.settings("late", start_block=world.client.head()))
    outcome = late.run_once(("index",))["index"]
    assert outcome.word == "fatal"
    assert "CISE_START_BLOCK" in outcome.detail["why"]
    start = world.client.head() + 1
    settle_directly(world, hire, 100)
    later = Daemon(world.settings("later", start_block=start))
    assert later.run_once(("index",))["index"].word == "fatal"
