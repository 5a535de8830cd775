"""What the chain tells of one machine, picked out of the events of all contracts."""

from collections.abc import Iterable, Mapping
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


def of_asset(asset: AssetId, happenings: Iterable[Happening]) -> list[Happening]:
    """Those that name the asset, or an order that was opened on it; in the order given."""
    orders: set[int] = set()
    found = []
    for one in happenings:
        if one.name == "OrderOpened" and one.arguments["asset"] == asset:
            orders.add(one.arguments["order"])
        if _names(one, asset) or one.arguments.get("order") in orders:
            found.append(one)
    return found


def _names(one: Happening, asset: AssetId) -> bool:
    if one.contract == _TITLES and one.name == "Transfer":
        return bool(one.arguments["tokenId"] == asset)
    return any(one.arguments.get(name) == asset for name in _OF_THE_ASSET)
