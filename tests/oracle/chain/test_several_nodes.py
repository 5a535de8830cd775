"""Two nodes and more: who is asked, who is passed over, and that no answer about logs is believed silently."""

import pytest
from pydantic import SecretStr

from oracle.chain.client import ChainClient
from oracle.chain.endpoints import LONGEST_PAUSE
from oracle.chain.events import EventReader
from oracle.chain.log_check import LogsContradict, bloom_of
from oracle.chain.node import free_port
from oracle.chain.node_errors import NodeNotReachable, NodeRefused, WrongChain
from oracle.chain.transactions import Sender
from tests.e2e.world import RELAYER, secret_of
from tests.helpers.faulty_node import FaultyNode, delay, error, stale_head, truncated_logs, twice, wrong_chain


class Clock:
    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def nodes(world):
    with FaultyNode(world.node.url) as first, FaultyNode(world.node.url) as second:
        yield first, second


@pytest.fixture
def client(nodes):
    found = ChainClient([node.url for node in nodes], 2)
    found._endpoints._clock = Clock()
    return found


def asked(node):
    """How often since the last look."""
    count = node.calls.count("eth_getBalance")
    node.calls.clear()
    return count


def look(client, world):
    return client.balance(world.wallet(RELAYER).address)


def test_the_first_is_asked_and_the_second_when_it_is_away(world, nodes, client):
    first, second = nodes
    client.connect()
    look(client, world)
    assert (asked(first), asked(second)) == (1, 0)
    first.down = True
    look(client, world)
    look(client, world)
    assert (asked(first), asked(second)) == (0, 2)
    assert client.health() == ["away", "healthy"]


def test_it_returns_when_it_is_well_after_a_pause_and_says_its_chain_first(world, nodes, client):
    first, _ = nodes
    client.connect()
    first.down = True
    look(client, world)
    first.down = False
    first.calls.clear()
    look(client, world)
    assert first.calls == []
    client._endpoints._clock.now += LONGEST_PAUSE
    look(client, world)
    assert first.calls == ["eth_chainId", "eth_blockNumber", "eth_getBalance"]
    assert client.health() == ["healthy", "healthy"]


def test_all_wrong_is_said_of_fresh_answers_only(world, nodes, client):
    """Found by the long run of node faults: one had been wrong and rested, the other was wrong now: work stopped."""
    first, second = nodes
    client.connect()
    first.faults["eth_chainId"] = wrong_chain(2)
    first.down = True
    look(client, world)
    first.down = False
    client._endpoints._clock.now += LONGEST_PAUSE
    look(client, world)
    assert client.health() == ["wrong_chain", "healthy"]
    first.faults.clear()
    second.faults["eth_chainId"] = wrong_chain(7)
    second.down = True
    with pytest.raises(NodeNotReachable):
        look(client, world)
    second.down = False
    client._endpoints._all[1].retry_at = 0.0
    assert client._endpoints.survey()
    assert client.health() == ["healthy", "wrong_chain"]


def test_one_that_comes_back_on_another_chain_is_not_used(world, nodes, client):
    first, second = nodes
    client.connect()
    first.down = True
    look(client, world)
    first.down, first.faults["eth_chainId"] = False, wrong_chain(1)
    client._endpoints._clock.now += LONGEST_PAUSE
    asked(first), asked(second)
    look(client, world)
    assert (asked(first), asked(second)) == (0, 1)
    assert client.health() == ["wrong_chain", "healthy"]
    assert client.check_chain() == 31_337


def test_all_on_another_chain_stop_the_oracle(nodes):
    for node in nodes:
        node.faults["eth_chainId"] = wrong_chain(5)
    with pytest.raises(WrongChain, match="5, 5, not 31337"):
        ChainClient([node.url for node in nodes], 2, 31_337).connect()


def test_none_there_is_a_typed_error(world):
    client = ChainClient([f"http://127.0.0.1:{free_port()}" for _ in range(2)], 1)
    with pytest.raises(NodeNotReachable):
        look(client, world)
    with pytest.raises(NodeNotReachable):
        client.check_chain()


@pytest.mark.parametrize(("behind", "word"), [(5, "healthy"), (6, "lagging")])
def test_one_far_behind_is_not_read_from(world, nodes, client, behind, word):
    first, second = nodes
    world.mine(10)
    first.faults["eth_blockNumber"] = stale_head(behind)
    client.connect()
    assert client.health() == [word, "healthy"]
    look(client, world)
    assert asked(second) == (word == "lagging")
    first.faults.clear()
    client.check_chain()
    assert client.health() == ["healthy", "healthy"]


def test_a_page_that_is_not_json_is_no_answer(world, nodes, client):
    client.connect()
    for node in nodes:
        node.page = "<html>502</html>"
    with pytest.raises(NodeNotReachable):
        look(client, world)
    assert client.health() == ["away", "away"]


def test_one_that_hangs_is_looked_at_for_two_seconds_only(world, nodes):
    first, _ = nodes
    first.faults["eth_chainId"] = delay(3)
    client = ChainClient([node.url for node in nodes], 30)
    client.connect()
    assert client.health() == ["away", "healthy"]


def test_a_transaction_goes_to_every_node_that_is_there(world, nodes, client):
    first, second = nodes
    client.connect()
    sender = Sender(world_secret(), 16_000_000, 500)
    nonce = world.client.nonce(sender.address)
    raw, transaction = sender.sign(sender.noop(), world.client.chain_id, nonce, sender.fees(client))
    first.faults["eth_sendRawTransaction"] = lambda _, __: error(-32000, "pool is full")
    second.faults["eth_sendRawTransaction"] = twice()
    with pytest.raises(NodeRefused, match="pool is full"):
        client.send(raw)
    assert client.knows(transaction)
    assert first.calls.count("eth_sendRawTransaction") == second.calls.count("eth_sendRawTransaction") == 1
    second.down = True
    with pytest.raises(NodeRefused, match="pool is full"):
        client.send(raw)
    first.down = True
    with pytest.raises(NodeNotReachable):
        client.send(raw)


def world_secret():
    return SecretStr(secret_of(RELAYER))


def read(world, client):
    head = world.client.head()
    stretches = EventReader(world.platform).read(client, 0, head, 1_000)
    return [event for stretch in stretches for event in stretch.events]


@pytest.mark.parametrize("kept", [0, 1, 7])
def test_truncated_logs_are_completed_from_the_receipts(world, nodes, kept):
    world.hire()
    honest = read(world, world.client)
    first, _ = nodes
    first.faults["eth_getLogs"] = truncated_logs(kept)
    assert read(world, ChainClient(first.url, 5)) == honest
    assert len(honest) > 7


def hide_logs(_, forward):
    """A receipt that lies too."""
    answer = forward()
    answer["result"]["logs"] = []
    return answer


def test_where_the_receipts_lie_too_another_node_is_asked(world, nodes, client):
    world.hire()
    honest = read(world, world.client)
    first, second = nodes
    first.faults |= {"eth_getLogs": truncated_logs(3), "eth_getTransactionReceipt": hide_logs}
    assert read(world, client) == honest
    second.faults |= first.faults
    with pytest.raises(LogsContradict, match="other logs than block"):
        read(world, client)


def test_logs_of_another_fork_are_refused(world, nodes):
    world.hire()
    first, _ = nodes

    def other_hash(_, forward):
        answer = forward()
        for log in answer["result"]:
            log["blockHash"] = "0x" + "77" * 32
        return answer

    first.faults["eth_getLogs"] = other_hash
    with pytest.raises(LogsContradict, match="another fork"):
        read(world, ChainClient(first.url, 5))


def test_blocks_that_do_not_follow_each_other_are_refused(world, nodes):
    first, _ = nodes

    def other_parent(parameters, forward):
        answer = forward()
        if int(parameters[0], 16) == 3:
            answer["result"]["parentHash"] = "0x" + "77" * 32
        return answer

    first.faults["eth_getBlockByNumber"] = other_parent
    with pytest.raises(LogsContradict, match="block 3 on another fork"):
        read(world, ChainClient(first.url, 5))


def test_blooms_are_those_of_the_chain(world):
    """The bits are computed here as the nodes do it (yellow paper, 4.3.1)."""
    world.hire()
    (header,) = world.client.headers(world.client.head(), world.client.head())
    logs = world.client.logs_by_receipts(header)
    made = 0
    for log in logs:
        made |= bloom_of([bytes.fromhex(log["address"][2:]), *map(bytes, log["topics"])])
    assert logs
    assert made == header.bloom
