"""From what happened to what advice computes on: how each machine and part was used, failed, was built in and ended.

A failure is what the chain shows of one: a machine's own status "down", or a repair delivered on it, at the odometer
recorded last; a part fails when a repair takes it out, by its evidence or by the order or decision that was the reason.
Only an asset's first failure counts: nobody records whether a repair made it as good as new.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from oracle.advice.circularity import Fate
from oracle.formats.happenings import Happening
from oracle.types import ZERO_ADDRESS, Address, AssetId

_DOWN = 1
_REPAIR_ORDER = 2
_REPAIR_DECISION = 2
_RETIRED = 4
_FATES = tuple(Fate)


@dataclass(slots=True)
class Record:
    """`odometer`: its own meter's, as last recorded on chain. `use`: what machines counted while it was in them."""

    asset: AssetId
    model: str
    maker: str
    self_declared: bool
    registered_at: int
    passport_hash: str | None = None
    odometer: int = 0
    use: int = 0
    attachments: int = 0
    parent: AssetId | None = None
    last_parent: AssetId | None = None
    """What it stood in last, or still does."""
    retired: bool = False
    failed_at: int | None = None
    recovered: dict[Fate, int] = field(default_factory=dict)

    @property
    def units(self) -> int:
        """How much it has worked: as a part where it was ever one."""
        return self.use if self.attachments else self.odometer


def records(happenings: Iterable[Happening], end_of_life: Address, market: Address) -> dict[AssetId, Record]:
    """Of every registered asset. `use` of what stands in a machine is up to date only after `bring_up_to`.

    Args:
        end_of_life, market: the contracts whose decisions and orders can be the reason for taking a part out.
    """
    told = _Told(end_of_life, market)
    for one in happenings:
        if (take := _TAKERS.get((one.contract, one.name))) is not None:
            take(told, one.arguments, one)
    return told.found


def bring_up_to(found: Mapping[AssetId, Record], odometer: Mapping[AssetId, int], use: Mapping[AssetId, int]) -> None:
    """What the contracts say now."""
    for asset, record in found.items():
        record.odometer = odometer.get(asset, record.odometer)
        record.use = use.get(asset, record.use)


class _Told:
    def __init__(self, end_of_life: Address, market: Address) -> None:
        self.end_of_life, self.market = end_of_life, market
        self.found: dict[AssetId, Record] = {}
        self.orders: dict[int, tuple[AssetId, int]] = {}
        self.decisions: dict[int, int] = {}
        self.suspected: set[AssetId] = set()
        """Parts that a repair's evidence names as taken out, while they still stand in their machine."""

    def is_repair(self, source: str, step: int) -> bool:
        """Whether the reason for taking a part out was that something had failed."""
        if source == self.end_of_life:
            return self.decisions.get(step) == _REPAIR_DECISION
        return source == self.market and step in self.orders and self.orders[step][1] == _REPAIR_ORDER

    def stood_in(self, part: Record, machine: AssetId) -> bool:
        """Whether the part stands in the machine or stood there last: evidence says nothing about other people's."""
        above = part.last_parent
        while above is not None and above != machine:
            above = self.found[above].parent
        return above == machine


_Arguments = Mapping[str, Any]


def _registered(told: _Told, arguments: _Arguments, one: Happening) -> None:
    asset = AssetId(arguments["asset"])
    model = bytes.fromhex(arguments["model"][2:]).rstrip(b"\0").decode("utf-8", "replace")
    declared = arguments["selfDeclaredBy"] != ZERO_ADDRESS
    told.found[asset] = Record(asset, model, arguments["maker"], declared, one.time)


def _passport(told: _Told, arguments: _Arguments, _: Happening) -> None:
    told.found[AssetId(arguments["asset"])].passport_hash = arguments["passportHash"]


def _lifecycle(told: _Told, arguments: _Arguments, _: Happening) -> None:
    told.found[AssetId(arguments["asset"])].retired = arguments["to"] == _RETIRED


def _status(told: _Told, arguments: _Arguments, _: Happening) -> None:
    record = told.found[AssetId(arguments["asset"])]
    record.odometer = arguments["odometer"]
    if arguments["state"] == _DOWN:
        _fail(record, record.units)


def _opened(told: _Told, arguments: _Arguments, _: Happening) -> None:
    told.orders[arguments["order"]] = (AssetId(arguments["asset"]), arguments["request"]["kind"])


def _delivered(told: _Told, arguments: _Arguments, _: Happening) -> None:
    asset, kind = told.orders[arguments["order"]]
    if kind != _REPAIR_ORDER:
        return
    _fail(told.found[asset], told.found[asset].units)
    for part in arguments["evidence"]["partsOut"]:
        record = told.found.get(AssetId(part))
        if record is None or not told.stood_in(record, asset):
            continue
        if record.parent is None:
            _fail(record, record.use)
        else:
            told.suspected.add(record.asset)


def _attached(told: _Told, arguments: _Arguments, _: Happening) -> None:
    record = told.found[AssetId(arguments["part"])]
    record.attachments += 1
    record.parent = record.last_parent = AssetId(arguments["parent"])
    told.suspected.discard(record.asset)


def _detached(told: _Told, arguments: _Arguments, _: Happening) -> None:
    record = told.found[AssetId(arguments["part"])]
    record.use, record.parent = arguments["use"], None
    if told.is_repair(arguments["source"], arguments["step"]) or record.asset in told.suspected:
        _fail(record, record.use)
    told.suspected.discard(record.asset)


def _decided(told: _Told, arguments: _Arguments, _: Happening) -> None:
    told.decisions[arguments["decision"]] = arguments["use"]


def _recovered(told: _Told, arguments: _Arguments, _: Happening) -> None:
    recovered = told.found[AssetId(arguments["asset"])].recovered
    for line in arguments["materials"]:
        fate = _FATES[line["fate"]]
        recovered[fate] = recovered.get(fate, 0) + line["grams"]


def _fail(record: Record, units: int) -> None:
    if record.failed_at is None:
        record.failed_at = units


_TAKERS: Mapping[tuple[str, str], Callable[[_Told, _Arguments, Happening], None]] = {
    ("AssetRegistry", "AssetRegistered"): _registered,
    ("AssetRegistry", "PassportSet"): _passport,
    ("AssetRegistry", "LifecycleChanged"): _lifecycle,
    ("MeterRegistry", "StatusRecorded"): _status,
    ("ServiceMarket", "OrderOpened"): _opened,
    ("ServiceMarket", "OrderDelivered"): _delivered,
    ("Components", "PartAttached"): _attached,
    ("Components", "PartDetached"): _detached,
    ("EndOfLife", "NextUseDecided"): _decided,
    ("EndOfLife", "MaterialsRecovered"): _recovered,
}
LIVED = frozenset(name for _, name in _TAKERS)
"""Names of the events that lives are made of."""
