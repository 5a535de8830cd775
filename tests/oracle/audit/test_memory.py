"""An audit holds state, not history: four times the readings of the same agreements need no more memory."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator, Sequence

import pytest
from coincurve import PrivateKey

from oracle.audit.abi import unhex
from oracle.audit.calldata import pack_reading, parse_reading
from oracle.audit.onlooker import Onlooker, Settlements
from oracle.audit.rpc import Node
from oracle.audit.signatures import Domain, domain
from oracle.audit.stream import Sizes
from oracle.audit.verify import audit
from oracle.chain.node import LocalNode, NodeOptions
from tests.oracle.audit.beginning import REPAIRER, meter
from tests.oracle.audit.conftest import BEGINNING
from tests.oracle.audit.economy import Teller
from tests.oracle.audit.support import HOUR, Platform, batch

BLOCKS, IN_A_BLOCK = 20, 25
SMALL = Sizes(headers=5, blocks=4)
"""So that a few blocks fill a window, as thousands of blocks fill the usual one."""
MARGIN = 1.3
"""Python keeps up to 2,000 freed tuples of each size for reuse, which the first, shorter audit does not fill."""
AGREEMENT, ASSET, TARIFF = 3, 3, 1


class Meter:
    """Signs ever the next readings of one agreement, with the auditor's own digest: thousands a second."""

    def __init__(self, platform: Platform) -> None:
        self._key = PrivateKey(bytes(meter(ASSET).key))
        self._domain: Domain = domain(platform.web3.eth.chain_id, unhex(platform.addresses["UsageAgreements"]))
        self._sequence = 0

    def readings(self, count: int, now: int) -> list[tuple[tuple[object, ...], bytes]]:
        return [self._reading(now) for _ in range(count)]

    def _reading(self, now: int) -> tuple[tuple[object, ...], bytes]:
        self._sequence += 1
        values = (AGREEMENT, ASSET, self._sequence, now, self._sequence, 0, 0, 0, 0, 0, bytes(32))
        digest = self._domain.digest(parse_reading(pack_reading(values)).struct_hash)
        signature = self._key.sign_recoverable(digest, hasher=None)
        return values, signature[:64] + bytes((27 + signature[64],))


class Chain:
    """A platform of its own, on which batches of readings are settled."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._teller = Teller(Platform(url))
        self.platform = self._teller.on
        for step in ("currencies", "tariffs", "assets", "meters", "offers", "accounts", "openings"):
            getattr(self._teller, step)()
        self.platform.later(2 * HOUR)
        self._meter = Meter(self.platform)

    def settle(self, blocks: int) -> None:
        for _ in range(blocks):
            packed = batch((TARIFF, self._meter.readings(IN_A_BLOCK, self.platform.now)))
            self._teller.send(REPAIRER, "UsageAgreements", "settle", packed)

    def audit_peak(self, *onlookers: Onlooker) -> tuple[int, int]:
        """Readings audited, and the most bytes that the audit held at once."""
        node = Node(self.url)
        gc.collect()
        tracemalloc.start()
        try:
            result = audit(node, unhex(self.platform.directory), onlookers=onlookers, sizes=SMALL)
            return self._settled(result.findings.figures, result.clean), tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            node.close()

    @staticmethod
    def _settled(figures: dict[str, int], clean: bool) -> int:
        assert clean
        assert figures["readings settled again"] == figures["signatures of readings checked"]
        return figures["readings settled again"]


@pytest.fixture(scope="module")
def peaks() -> Iterator[Sequence[tuple[int, int]]]:
    """Of n readings, of four times as many, and of those again while somebody keeps every one of them."""
    with LocalNode(NodeOptions(timestamp=BEGINNING)) as node:
        chain = Chain(node.url)
        chain.settle(BLOCKS)
        # What is loaded and cached once is not counted to the first audit.
        chain.audit_peak()
        few = chain.audit_peak()
        chain.settle(3 * BLOCKS)
        many = chain.audit_peak()
        yield few, many, chain.audit_peak(Settlements(lambda *_: True))


def test_four_times_the_readings_need_no_more_memory(peaks: Sequence[tuple[int, int]]) -> None:
    few, many, _ = peaks
    assert (few[0], many[0]) == (BLOCKS * IN_A_BLOCK, 4 * BLOCKS * IN_A_BLOCK)
    assert many[1] < few[1] * MARGIN


def test_whoever_keeps_every_reading_is_seen_to(peaks: Sequence[tuple[int, int]]) -> None:
    """The measure can fail."""
    _, many, kept = peaks
    assert kept[1] > many[1] * MARGIN
