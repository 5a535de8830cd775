"""What joining, voting and executing a decision cost, on a platform of their own where members decide."""

from __future__ import annotations

from typing import Any

import brownie
import pytest

from oracle.deployment.config import read_config
from oracle.deployment.protocol import deploy
from tests.helpers import clock

DAY = 86_400


@pytest.fixture(scope="module")
def members() -> Any:
    deployed = deploy(brownie.web3, brownie.accounts[0].address, read_config("consortium"))
    containers = {container._name: container for container in brownie.project.get_loaded_projects()[0]}
    return {name: containers[name].at(deployed.addresses[name]) for name in ("Membership", "NetworkGovernor")}


def test_a_member_joins_votes_and_executes(members, gas):
    membership, governor = members["Membership"], members["NetworkGovernor"]
    founders, anna = brownie.accounts[3:6], brownie.accounts[9]
    code = membership.code()[1][0]
    gas.check("governance: join", membership.join(code, {"from": anna}))
    gas.check("governance: vouch", membership.vouch(anna, {"from": founders[0]}))
    call = ([governor], [0], [governor.setQuorum.encode_input(4)])
    start = brownie.chain.time() + DAY
    clock.next_block_at(start)
    proposed = governor.propose(*call, "four decide", {"from": founders[0]})
    gas.check("governance: propose", proposed)
    number = proposed.return_value
    for index, founder in enumerate(founders):
        clock.next_block_at(start + 2 * DAY + 1 + index)
        voted = governor.castVote(number, 1, {"from": founder})
    gas.check("governance: vote, the third of three", voted)
    call = (*call, brownie.web3.keccak(text="four decide"))
    clock.next_block_at(start + 10 * DAY)
    gas.check("governance: queue", governor.queue(*call, {"from": anna}))
    clock.next_block_at(start + 41 * DAY)
    gas.check("governance: execute", governor.execute(*call, {"from": anna}))
    assert governor.quorum(clock.now()) == 4
