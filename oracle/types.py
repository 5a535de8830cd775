"""Names for the numbers and texts in the oracle, so that a tariff's id is never taken for an asset's."""

from typing import NewType

AssetId = NewType("AssetId", int)
AgreementId = NewType("AgreementId", int)
TariffId = NewType("TariffId", int)
SplitId = NewType("SplitId", int)
OrderId = NewType("OrderId", int)
ServiceTermsId = NewType("ServiceTermsId", int)
SaleId = NewType("SaleId", int)
GuaranteeId = NewType("GuaranteeId", int)
UptimeId = NewType("UptimeId", int)
ReservationId = NewType("ReservationId", int)
RoundId = NewType("RoundId", int)
AuctionId = NewType("AuctionId", int)
PoolId = NewType("PoolId", int)
MemberId = NewType("MemberId", int)
ClaimId = NewType("ClaimId", int)
ProposalId = NewType("ProposalId", int)

BaseUnits = NewType("BaseUnits", int)
"""An amount of one currency in its smallest unit, for instance 1 µEUR."""
Seconds = NewType("Seconds", int)
Milliseconds = NewType("Milliseconds", int)
UnixTime = NewType("UnixTime", int)
"""Seconds since 1970-01-01 UTC."""
BlockNumber = NewType("BlockNumber", int)
ChainId = NewType("ChainId", int)

Address = NewType("Address", str)
"""An account or contract, always with its EIP-55 check sum."""
Bytes32 = NewType("Bytes32", bytes)
TransactionHash = NewType("TransactionHash", str)
"""0x and 64 lower-case hexadecimal digits."""
Registers = tuple[int, int, int, int]
"""The four cumulative counters of an agreement."""

ZERO_ADDRESS = Address("0x" + "00" * 20)
ZERO_BYTES32 = Bytes32(bytes(32))
ZERO_REGISTERS: Registers = (0, 0, 0, 0)
