"""Who looks on while an audit goes by. The audit keeps nothing that grows with the readings: whoever needs it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from oracle.audit.blocks import Block, Header

if TYPE_CHECKING:
    from oracle.audit.replay.agreements import Entry
    from oracle.audit.replay.world import World
    from oracle.audit.told import Told


class Onlooker:
    """Sees every movement out of a hold as it is replayed, then its block with the decoded logs of the platform."""

    def entry(self, entry: Entry, world: World) -> None:
        """One reading settled again, or one standing charge accrued."""

    def block(self, block: Block, told: Sequence[Told], world: World) -> None:
        """One block checked and replayed; `world` stands as after it."""


class Settlements(Onlooker):
    """Keeps the movements that bills and receipts are about, and the headers of their blocks."""

    def __init__(self, wanted: Callable[[Entry, World], bool]) -> None:
        self._wanted = wanted
        self.entries: list[Entry] = []
        self.headers: dict[int, Header] = {}

    def entry(self, entry: Entry, world: World) -> None:
        if self._wanted(entry, world):
            self.entries.append(entry)

    def block(self, block: Block, told: Sequence[Told], world: World) -> None:
        if self.entries and self.entries[-1].block == block.header.number:
            self.headers[block.header.number] = block.header

    @classmethod
    def of_agreement(cls, number: int) -> Settlements:
        return cls(lambda entry, _: entry.agreement == number)

    @classmethod
    def of_customer(cls, account: bytes) -> Settlements:
        return cls(lambda entry, world: world.agreements.agreements[entry.agreement].customer == account)
