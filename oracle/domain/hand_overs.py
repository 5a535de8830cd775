"""What both hands sign when a machine passes from one to the other."""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import ClassVar, Generic, Self, TypeVar

from oracle.domain import wire
from oracle.domain.forms import Contract, Domains, Form, Signed, Struct
from oracle.errors import Rejected
from oracle.types import Address, AssetId, Bytes32, ClaimId, OrderId, UnixTime


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


@dataclass(frozen=True, slots=True)
class SpareHandOver(Form):
    """A unit of a pool passes between its keeper and a member; graded where it comes to the keeper."""

    STRUCT: ClassVar[Struct] = Struct(
        "SpareHandOver(uint64 claimId,uint64 assetId,address giver,address taker,uint8 grade,bytes32 conditionHash,"
        "uint256 giverNonce,uint256 takerNonce,uint40 deadline)"
    )
    VERIFIED_BY: ClassVar[Contract] = Contract.SPARE_LOANS

    claim_id: ClaimId
    asset_id: AssetId
    giver: Address
    taker: Address
    grade: int
    condition_hash: Bytes32
    giver_nonce: int
    taker_nonce: int
    deadline: UnixTime


H = TypeVar("H", HandOver, SpareHandOver)


@dataclass(frozen=True, slots=True)
class TwoHands(Generic[H]):
    """The form on its way from hand to hand; a signature is empty until that hand has signed."""

    form: H
    giver_signature: bytes = b""
    taker_signature: bytes = b""

    def signed_by(self, hand: Address, signature: bytes, domains: Domains) -> Self:
        """With this hand's signature. Raises Rejected for a third party, BadSignature."""
        if hand not in (self.form.giver, self.form.taker):
            raise Rejected("neither_hand", "hand-over", "is signed by its giver and its taker", hand)
        Signed(self.form, signature).require_signer(domains, hand)
        if hand == self.form.giver:
            return replace(self, giver_signature=signature)
        return replace(self, taker_signature=signature)

    def require_whole(self) -> None:
        """Raises Rejected while a hand has not signed."""
        hands = (("giver", self.form.giver, self.giver_signature), ("taker", self.form.taker, self.taker_signature))
        for name, hand, signature in hands:
            if not signature:
                raise Rejected("one_hand_only", "hand-over", f"its {name} has not signed", hand)

    def to_json(self) -> dict[str, object]:
        return {
            "handOver": self.form.to_json(),
            "giverSignature": wire.to_hex(self.giver_signature),
            "takerSignature": wire.to_hex(self.taker_signature),
        }


class HandOverPaper(TwoHands[HandOver]):
    """Of a collected machine."""

    __slots__ = ()

    @classmethod
    def parse(cls, document: object) -> Self:
        """Raises Malformed or FieldOutOfBounds."""
        return cls(*_parts(HandOver, document))


class SparePaper(TwoHands[SpareHandOver]):
    """Of a spare, or of the defective unit that it stands in for."""

    __slots__ = ()

    @classmethod
    def parse(cls, document: object) -> Self:
        """Raises Malformed or FieldOutOfBounds."""
        return cls(*_parts(SpareHandOver, document))


def _parts(form: type[H], document: object) -> tuple[H, bytes, bytes]:
    who = "hand-over"
    found = wire.members(document, who, ("handOver", "giverSignature", "takerSignature"))
    giver = wire.byte_string(found["giverSignature"], who, "giverSignature")
    taker = wire.byte_string(found["takerSignature"], who, "takerSignature")
    return form.parse(found["handOver"]), giver, taker
