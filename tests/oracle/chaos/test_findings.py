"""What the kill runs have found, each as a short story."""

from oracle.relay import confirm
from oracle.store import batches
from tests.e2e.world import RELAYER
from tests.helpers.faulty_node import FaultyNode, always, answer_lost


def test_what_is_final_is_not_settled_again_before_the_index_has_read_its_block(world, start_oracle):
    """The confirming cycle saw the receipt, the index had not read the block: the same reading was due once more."""
    hire, oracle = world.hire(), start_oracle()
    oracle.post(hire.use(100))
    oracle.cycle("settle")
    world.mine(blocks=3)
    oracle.cycle("confirm", "settle", "confirm", "settle")
    with oracle.database.reading() as connection:
        assert len(batches.newest(connection)) == 1
    oracle.settle()
    assert world.state(hire).settled == 100


def test_a_gap_is_filled_although_no_sending_is_answered(world, start_oracle, monkeypatch):
    """The batch above the gap was sent again in every cycle, and its lost answer ended the cycle before the gap."""
    monkeypatch.setattr(confirm, "RESEND_SECONDS", 0)
    with FaultyNode(world.node.url) as node:
        hire, oracle = world.hire(), start_oracle(rpc_url=node.url)
        before = world.snapshot()
        world.client.web3.eth.wait_for_transaction_receipt(
            world.client.web3.eth.send_transaction({"from": world.wallet(RELAYER).address, "value": 1})
        )
        oracle.post(hire.use(100))
        node.faults["eth_sendRawTransaction"] = always("0x" + "00" * 32)
        oracle.cycle("settle")
        world.revert(before)
        world.mine(blocks=2)
        node.faults["eth_sendRawTransaction"] = answer_lost()
        for _ in range(4):
            oracle.cycle("index", "confirm")
            world.mine()
    assert world.state(hire).settled == 100
