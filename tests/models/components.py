"""What a forest of assets must be, in Python: titles of parts follow the root, counts follow the root's odometer."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_LEVELS = 4


@dataclass(slots=True)
class Node:
    owner: int
    parent: int | None = None
    lienholder: int | None = None
    odometer: int = 0
    use: int = 0
    parts: set[int] = field(default_factory=set)


class Forest:
    """Every node counts by itself: each unit of a root's odometer is added to all that stands in it, one by one."""

    def __init__(self) -> None:
        self.nodes: dict[int, Node] = {}

    def add(self, asset: int, owner: int) -> None:
        self.nodes[asset] = Node(owner)

    def above(self, asset: int) -> list[int]:
        """From the parent to the root."""
        parent = self.nodes[asset].parent
        return [] if parent is None else [parent, *self.above(parent)]

    def root(self, asset: int) -> int:
        return (self.above(asset) or [asset])[-1]

    def below(self, asset: int) -> set[int]:
        return {asset}.union(*(self.below(part) for part in self.nodes[asset].parts))

    def levels(self, asset: int) -> int:
        return max((1 + self.levels(part) for part in self.nodes[asset].parts), default=0)

    def run(self, asset: int, distance: int) -> None:
        """A part's own odometer counts for nobody."""
        self.nodes[asset].odometer += distance
        if self.nodes[asset].parent is None:
            for part in self.below(asset) - {asset}:
                self.nodes[part].use += distance

    def why_not_attach(self, part: int, parent: int) -> str | None:
        if self.nodes[part].parent is not None:
            return "Assets_IsPart"
        if part in {parent, *self.above(parent)}:
            return "Components_Circular"
        if len(self.above(parent)) + 1 + self.levels(part) > MOST_LEVELS:
            return "Components_TooManyLevels"
        if any(self.nodes[one].lienholder is not None for one in self.below(part)):
            return "Assets_UnderLien"
        return None

    def attach(self, part: int, parent: int) -> None:
        self.nodes[part].parent = parent
        self.nodes[parent].parts.add(part)
        self._give(part, self.nodes[parent].owner)

    def why_not_detach(self, part: int, to: int) -> str | None:
        if self.nodes[part].parent is None:
            return "Components_NotAPart"
        moves = to != self.nodes[part].owner
        if moves and any(self.nodes[one].lienholder is not None for one in self.below(part)):
            return "Assets_UnderLien"
        if any(self.nodes[one].lienholder is not None for one in self.above(part)):
            return "Assets_UnderLien"
        return None

    def detach(self, part: int, to: int) -> None:
        parent = self.nodes[part].parent
        assert parent is not None
        self.nodes[parent].parts.remove(part)
        self.nodes[part].parent = None
        self._give(part, to)

    def why_not_transfer(self, asset: int) -> str | None:
        if self.nodes[asset].parent is not None:
            return "Assets_IsPart"
        if any(self.nodes[one].lienholder is not None for one in self.below(asset)):
            return "Assets_UnderLien"
        return None

    def transfer(self, asset: int, to: int) -> None:
        self._give(asset, to)

    def why_not_pledge(self, asset: int) -> str | None:
        liens = (self.nodes[one].lienholder for one in (asset, *self.above(asset)))
        return "Assets_UnderLien" if any(lien is not None for lien in liens) else None

    def _give(self, asset: int, to: int) -> None:
        for one in self.below(asset):
            self.nodes[one].owner = to
