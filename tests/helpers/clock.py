"""Chain time, set exactly."""

from __future__ import annotations

import brownie


def now() -> int:
    """Time of the latest block."""
    return int(brownie.chain[-1].timestamp)


def next_block_at(timestamp: int) -> int:
    """The next transaction is mined at exactly this time."""
    answer = brownie.web3.provider.make_request("evm_setNextBlockTimestamp", [timestamp])
    assert "error" not in answer, answer
    return timestamp


def next_block_in(seconds: int) -> int:
    """The next transaction is mined exactly `seconds` after the latest block."""
    return next_block_at(now() + seconds)


def pass_time(seconds: int) -> int:
    """Mines an empty block `seconds` after the latest one."""
    brownie.chain.mine(timestamp=now() + seconds)
    return now()
