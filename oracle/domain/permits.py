"""Permits to run and the customer's presence on shared machines."""

from dataclasses import dataclass
from typing import ClassVar

from oracle.domain.forms import Contract, Form, Struct
from oracle.domain.tariffs import MAX_CHARGE
from oracle.types import (
    Address,
    AgreementId,
    AssetId,
    BaseUnits,
    BlockNumber,
    Bytes32,
    TariffId,
    UnixTime,
)


@dataclass(frozen=True, slots=True)
class Permit(Form):
    """This agreement may run on this asset up to this cumulative charge until this time."""

    STRUCT: ClassVar[Struct] = Struct(
        "Permit(uint64 agreementId,uint64 assetId,uint32 tariffId,address starter,bytes32 challenge,uint80 chargeLimit,"
        "uint40 openedAt,uint40 issuedAt,uint40 validUntil,uint64 blockNumber)"
    )
    VERIFIED_BY: ClassVar[Contract] = Contract.USAGE_AGREEMENTS

    agreement_id: AgreementId
    asset_id: AssetId
    tariff_id: TariffId
    starter: Address
    challenge: Bytes32
    charge_limit: BaseUnits
    opened_at: UnixTime
    issued_at: UnixTime
    valid_until: UnixTime
    block_number: BlockNumber


@dataclass(frozen=True, slots=True)
class Start(Form):
    """The starter's answer to the device's challenge: the customer stands at the machine."""

    STRUCT: ClassVar[Struct] = Struct("Start(uint64 agreementId,uint64 assetId,bytes32 challenge,uint40 validUntil)")
    VERIFIED_BY: ClassVar[Contract] = Contract.USAGE_AGREEMENTS

    agreement_id: AgreementId
    asset_id: AssetId
    challenge: Bytes32
    valid_until: UnixTime


def permit_limit(settled: BaseUnits, hold: BaseUnits) -> BaseUnits:
    """The highest cumulative charge a permit may allow (I-6): what is settled and what the hold still backs."""
    return BaseUnits(min(settled + hold, MAX_CHARGE))
