"""The audit's decoded logs as happenings of one machine, taken up while the chain goes by."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from oracle.audit.blocks import Block
from oracle.audit.keccak import checksum_address
from oracle.audit.onlooker import Onlooker
from oracle.audit.replay.world import World, subaccount
from oracle.audit.told import Told
from oracle.formats.flows import MoneyFlows
from oracle.formats.happenings import Happening, Selection
from oracle.types import Address, AssetId

# Structs come as tuples; those that a life tells of, by their fields (contracts/types/).
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "request": ("asset", "kind"),
        "evidence": ("documentHash", "uri", "partsIn", "partsOut"),
        "materials": ("material", "grams", "fate"),
        "payees": ("account", "share"),
        "terms": ("currency",),
        "content": ("currency",),
    }
)
_LISTS: Final = frozenset(("materials", "payees"))


class LifeOf(Onlooker):
    """Keeps what happened to one asset and in the orders on it."""

    def __init__(self, asset: AssetId) -> None:
        self._selection = Selection(asset)
        self.happenings: list[Happening] = []

    def block(self, block: Block, told: Sequence[Told], world: World) -> None:
        for one in told:
            happening = _happening(one, block.header.timestamp)
            if self._selection.concerns(happening):
                self.happenings.append(happening)


class FlowsOf(Onlooker):
    """Follows the money of one machine."""

    def __init__(self, asset: AssetId) -> None:
        self.money = MoneyFlows(asset)

    def block(self, block: Block, told: Sequence[Told], world: World) -> None:
        for one in told:
            self.money.see(_happening(one, block.header.timestamp))

    def reserve(self, world: World) -> Address:
        """The machine's service reserve."""
        market = next(address for address, module in world.modules.items() if module.CONTRACT == "ServiceMarket")
        return Address(checksum_address(subaccount(market, self.money.asset.to_bytes(32))))


def _happening(told: Told, time: int) -> Happening:
    arguments = {name: _plain(name, value) for name, value in told.values.items()}
    return Happening(told.contract, told.event, arguments, told.transaction.name, told.log.index, time)


def _plain(name: str, value: Any) -> Any:
    if name in _LISTS:
        return [_struct(name, one) for one in value]
    # Other events have a number under the same name.
    if name in _FIELDS and isinstance(value, tuple):
        return _struct(name, value)
    return _text(value)


def _struct(name: str, value: Sequence[Any]) -> dict[str, Any]:
    return {field: _text(part) for field, part in zip(_FIELDS[name], value, strict=False)}


def _text(value: Any) -> Any:
    return "0x" + value.hex() if isinstance(value, bytes) else value
