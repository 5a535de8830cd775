"""Statuses: what a meter says about the machine, with or without an agreement."""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from oracle.domain.forms import Contract, Form, Struct
from oracle.types import AssetId, UnixTime


class StatusState(IntEnum):
    UP = 0
    DOWN = 1
    IN_MAINTENANCE = 2
    MOVED = 3
    SERVICE_RESET = 4


@dataclass(frozen=True, slots=True)
class Status(Form):
    """Signed by the meter; its sequence counts per asset."""

    STRUCT: ClassVar[Struct] = Struct(
        "Status(uint64 assetId,uint32 sequence,uint40 time,uint8 state,uint16 faultCode,uint48 odometer)"
    )
    VERIFIED_BY: ClassVar[Contract] = Contract.METER_REGISTRY

    asset_id: AssetId
    sequence: int
    time: UnixTime
    state: int
    fault_code: int
    odometer: int
