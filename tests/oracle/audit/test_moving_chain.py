"""A chain does not stand still for its audit: blocks come between any two answers, and the pinned one counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from oracle.audit.keccak import checksum_address
from oracle.audit.rpc import Node
from tests.oracle.audit.beginning import ANNA, Beginning
from tests.oracle.audit.economy import Story
from tests.oracle.audit.proxy import LyingNode
from tests.oracle.audit.seen import Seen, seen


class Moving(LyingNode):
    """Lets something happen on the chain after each of its answers, and asks the chain every time anew."""

    def __init__(self, url: str, happens: Callable[[str], None]) -> None:
        super().__init__(url)
        self._happens = happens

    def answer(self, body: bytes) -> bytes:
        self.forget()
        truth = super().answer(body)
        asked = json.loads(body)
        self._happens((asked[0] if isinstance(asked, list) else asked)["method"])
        return truth


@pytest.fixture
def audited(node: Node, directory: bytes, story: Story) -> Iterator[Callable[[Callable[[str], None]], Seen]]:
    """The chain is afterwards as it was."""
    snapshot = node.call("evm_snapshot")
    proxies: list[Moving] = []

    def run(happens: Callable[[str], None]) -> Seen:
        proxies.append(Moving(story.platform.web3.provider.endpoint_uri, happens))
        through = Node(proxies[-1].url)
        try:
            return seen(through, directory)
        finally:
            through.close()

    yield run
    for proxy in proxies:
        proxy.stop()
    node.call("evm_revert", snapshot)


def test_blocks_between_any_two_answers(
    audited: Callable[[Callable[[str], None]], Seen], node: Node, honest: Seen
) -> None:
    result = audited(lambda _: node.call("evm_mine"))
    assert [str(each) for each in result.findings] == []
    # One block may have come between the questions for the chain's number and for its latest block.
    assert honest.pinned.number <= result.pinned.number <= honest.pinned.number + 1
    assert int(node.call("eth_blockNumber"), 16) > result.pinned.number + 10
    assert result.findings.figures["storage words compared"] == honest.findings.figures["storage words compared"]


@pytest.mark.parametrize("when", ["eth_getBlockReceipts", "eth_getStorageAt", "eth_getProof"])
def test_business_goes_on(
    audited: Callable[[Callable[[str], None]], Seen], story: Story, honest: Seen, when: str
) -> None:
    """Money moves into accounts old and new while it is audited: none of it belongs to the pinned block."""
    beginning = Beginning(story.platform)
    stranger = checksum_address(b"\x7e" * 20)

    def business(method: str) -> None:
        if method == when:
            for owner in (beginning.names[ANNA], stranger):
                beginning.send(ANNA, "PrepaidAccounts", "deposit", beginning.euro, owner, 5)

    result = audited(business)
    assert [str(each) for each in result.findings] == []
    assert result.pinned == honest.pinned
    assert result.world.accounts.supplies == honest.world.accounts.supplies
