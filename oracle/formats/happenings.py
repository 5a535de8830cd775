"""What the chain tells of one machine, picked out of the events of all contracts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oracle.types import AssetId

_OF_THE_ASSET = ("asset", "part", "parent")
_TITLES = "AssetRegistry"


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of one contract and when it was mined. Arguments as `oracle.chain.events.Event` has them."""

    contract: str
    name: str
    arguments: Mapping[str, Any]
    transaction: str
    log_index: int
    time: int
    """Chain time in seconds."""


class Selection:
    """Picks, one after the other, what names an asset or an order that was opened on it."""

    def __init__(self, asset: AssetId) -> None:
        self._asset = asset
        self._orders: set[int] = set()

    def concerns(self, one: Happening) -> bool:
        if one.name == "OrderOpened" and one.arguments["asset"] == self._asset:
            self._orders.add(one.arguments["order"])
        return self._is_named(one) or one.arguments.get("order") in self._orders

    def _is_named(self, one: Happening) -> bool:
        if one.contract == _TITLES and one.name == "Transfer":
            return bool(one.arguments["tokenId"] == self._asset)
        return any(one.arguments.get(name) == self._asset for name in _OF_THE_ASSET)
