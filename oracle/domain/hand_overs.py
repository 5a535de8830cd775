"""What both hands sign when a machine passes from one to the other."""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from oracle.domain.forms import Contract, Form, Struct
from oracle.types import Address, Bytes32, OrderId, UnixTime


class CoreGrade(IntEnum):
    """Condition of a machine that comes back, signed by who takes it from the worker; none on the way there."""

    NONE = 0
    A = 1
    B = 2
    C = 3
    D = 4


@dataclass(frozen=True, slots=True)
class HandOver(Form):
    STRUCT: ClassVar[Struct] = Struct(
        "HandOver(uint64 orderId,address giver,address taker,uint8 grade,bytes32 conditionHash,uint256 giverNonce,"
        "uint256 takerNonce,uint40 deadline)"
    )
    VERIFIED_BY: ClassVar[Contract] = Contract.HAND_OVERS

    order_id: OrderId
    giver: Address
    taker: Address
    grade: int
    condition_hash: Bytes32
    giver_nonce: int
    taker_nonce: int
    deadline: UnixTime
