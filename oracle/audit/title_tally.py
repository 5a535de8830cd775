"""What I-11 needs of the logs: which titles moved, and which of them while a lien stood on them or on their machine."""

from __future__ import annotations

from oracle.audit.told import Told


class TitleTally:
    """Grows with liens and parts. `sender`, `title`: how the registry's Transfer names its members."""

    def __init__(self, sender: str, title: str) -> None:
        self._sender, self._title = sender, title
        self._liens: set[int] = set()
        self._parents: dict[int, int] = {}
        self.moved = 0
        self.moved_under_lien = 0

    def add(self, told: Told) -> None:
        """A log of the registry or of the trees."""
        values = told.values
        match told.event:
            case "LienPlaced":
                self._liens.add(values["asset"])
            case "LienReleased":
                self._liens.discard(values["asset"])
            case "PartAttached":
                self._parents[values["part"]] = values["parent"]
            case "PartDetached":
                self._parents.pop(values["part"], None)
            case "Transfer" if any(values[self._sender]):
                self.moved += 1
                self.moved_under_lien += self._under_lien(values[self._title])

    def _under_lien(self, asset: int) -> bool:
        above: int | None = asset
        seen: set[int] = set()
        while above is not None and above not in seen:
            if above in self._liens:
                return True
            seen.add(above)
            above = self._parents.get(above)
        return False
