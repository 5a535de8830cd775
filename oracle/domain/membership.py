"""What members are, and what they sign when they accept the code of conduct."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from oracle.domain.forms import Contract, Form, Struct
from oracle.types import Address, Bytes32, UnixTime


class MemberClass(IntEnum):
    """In the contract's order."""

    USER = 0
    PROVIDER = 1
    SERVICE_PROVIDER = 2
    FINANCIER = 3
    OPERATOR = 4
    RECYCLER = 5
    AUDITOR = 6


class Trade(IntEnum):
    """Kinds of orders, in the contract's order."""

    INSPECT = 0
    MAINTAIN = 1
    REPAIR = 2
    UPGRADE = 3
    REFURBISH = 4
    COLLECT = 5
    DISMANTLE = 6


def bits(chosen: Iterable[IntEnum]) -> int:
    """Bit n for the n-th of them."""
    return sum(1 << one for one in set(chosen))


@dataclass(frozen=True, slots=True)
class AcceptCode(Form):
    """Joins, or accepts a code that has changed; anyone may carry it."""

    STRUCT: ClassVar[Struct] = Struct("AcceptCode(address member,bytes32 codeHash,uint256 nonce,uint40 deadline)")
    VERIFIED_BY: ClassVar[Contract] = Contract.MEMBERSHIP

    member: Address
    code_hash: Bytes32
    nonce: int
    deadline: UnixTime
