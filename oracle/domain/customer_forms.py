"""Forms that customers, makers and owners of balances sign."""

from dataclasses import dataclass
from typing import ClassVar

from oracle.domain.forms import Contract, Form, Struct
from oracle.types import Address, AgreementId, AssetId, BaseUnits, Bytes32, Seconds, TariffId, UnixTime


@dataclass(frozen=True, slots=True)
class Register(Form):
    STRUCT: ClassVar[Struct] = Struct(
        "Register(address maker,bytes32 model,bytes32 serialHash,address owner,uint256 nonce,uint40 deadline)"
    )
    VERIFIED_BY: ClassVar[Contract] = Contract.ASSET_REGISTRY

    maker: Address
    model: Bytes32
    serial_hash: Bytes32
    owner: Address
    nonce: int
    deadline: UnixTime


@dataclass(frozen=True, slots=True)
class OpenAgreement(Form):
    STRUCT: ClassVar[Struct] = Struct(
        "OpenAgreement(address customer,uint64 assetId,uint32 tariffId,bool exclusive,uint80 hold,uint80 capPerPeriod,"
        "uint32 period,uint256 nonce,uint40 deadline)"
    )
    VERIFIED_BY: ClassVar[Contract] = Contract.USAGE_AGREEMENTS

    customer: Address
    asset_id: AssetId
    tariff_id: TariffId
    exclusive: bool
    hold: BaseUnits
    cap_per_period: BaseUnits
    period: Seconds
    nonce: int
    deadline: UnixTime


@dataclass(frozen=True, slots=True)
class EndAgreement(Form):
    STRUCT: ClassVar[Struct] = Struct("EndAgreement(uint64 agreementId,uint256 nonce,uint40 deadline)")
    VERIFIED_BY: ClassVar[Contract] = Contract.USAGE_AGREEMENTS

    agreement_id: AgreementId
    nonce: int
    deadline: UnixTime


@dataclass(frozen=True, slots=True)
class Suspend(Form):
    STRUCT: ClassVar[Struct] = Struct("Suspend(uint64 agreementId,bool on,uint256 nonce,uint40 deadline)")
    VERIFIED_BY: ClassVar[Contract] = Contract.USAGE_AGREEMENTS

    agreement_id: AgreementId
    on: bool
    nonce: int
    deadline: UnixTime


@dataclass(frozen=True, slots=True)
class SetCap(Form):
    STRUCT: ClassVar[Struct] = Struct(
        "SetCap(uint64 agreementId,uint80 capPerPeriod,uint32 period,uint256 nonce,uint40 deadline)"
    )
    VERIFIED_BY: ClassVar[Contract] = Contract.USAGE_AGREEMENTS

    agreement_id: AgreementId
    cap_per_period: BaseUnits
    period: Seconds
    nonce: int
    deadline: UnixTime


@dataclass(frozen=True, slots=True)
class Allow(Form):
    """Sets (never adds to) what a spender may move out of the owner's balance."""

    STRUCT: ClassVar[Struct] = Struct(
        "Allow(address owner,address spender,address currency,uint256 amount,uint256 nonce,uint40 deadline)"
    )
    VERIFIED_BY: ClassVar[Contract] = Contract.PREPAID_ACCOUNTS

    owner: Address
    spender: Address
    currency: Address
    amount: BaseUnits
    nonce: int
    deadline: UnixTime


@dataclass(frozen=True, slots=True)
class Withdraw(Form):
    STRUCT: ClassVar[Struct] = Struct(
        "Withdraw(address owner,address currency,uint256 amount,address to,uint256 nonce,uint40 deadline)"
    )
    VERIFIED_BY: ClassVar[Contract] = Contract.PREPAID_ACCOUNTS

    owner: Address
    currency: Address
    amount: BaseUnits
    to: Address
    nonce: int
    deadline: UnixTime
