"""What the other tests of these folders rely on."""

import brownie
import pytest

from tests.fixtures import private_chain

DAY = 86_400
GIFT = 12_345


@pytest.fixture(scope="module")
def gift(accounts):
    """State of the module: stays for all its tests."""
    accounts[1].transfer(accounts[2], GIFT)


@pytest.fixture(scope="module")
def before(gift, accounts):
    return accounts[3].balance(), brownie.chain[-1].timestamp, brownie.chain.height


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_starts_alike(before, accounts, turn):
    assert (accounts[3].balance(), brownie.chain[-1].timestamp, brownie.chain.height) == before
    accounts[2].transfer(accounts[3], 1)
    brownie.chain.mine(timedelta=DAY)
    # Neither a snapshot of the test's own nor what follows it may reach the next test.
    brownie.chain.snapshot()
    accounts[2].transfer(accounts[3], 1)


def test_a_running_node_is_never_attached_to():
    with pytest.raises(private_chain.ForeignNode, match="did not start"):
        brownie.rpc.attach("http://127.0.0.1:8545")
    assert brownie.rpc.is_child()
