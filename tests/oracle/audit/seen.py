"""An audit with all that went by: what tests look at, and what the auditor itself does not keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oracle.audit.blocks import Block
from oracle.audit.onlooker import Onlooker, Settlements
from oracle.audit.replay.world import World
from oracle.audit.rpc import Node
from oracle.audit.told import Told
from oracle.audit.verify import Audit, audit


@dataclass(frozen=True, slots=True)
class Seen(Audit):
    chain: Sequence[Block]
    told: Sequence[Told]
    kept: Settlements


class _Everything(Onlooker):
    def __init__(self) -> None:
        self.chain: list[Block] = []
        self.told: list[Told] = []

    def block(self, block: Block, told: Sequence[Told], world: World) -> None:
        self.chain.append(block)
        self.told += told


def seen(node: Node, directory: bytes, at: int | None = None) -> Seen:
    everything, kept = _Everything(), Settlements(lambda *_: True)
    result = audit(node, directory, at, onlookers=(everything, kept))
    # Copies of the books would copy all that was seen along.
    result.world.onlookers = ()
    parts = (result.pinned, result.addresses, result.world, result.findings)
    return Seen(*parts, everything.chain, everything.told, kept)
