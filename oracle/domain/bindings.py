"""Who may sign for an asset: its meter, and the oracle's key that issues permits."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from oracle.domain.curves import Curve
from oracle.domain.forms import Contract, Form, Struct
from oracle.domain.hashing import address_bytes, address_of_public_key, keccak, to_address
from oracle.domain.signatures import MeterKey
from oracle.errors import FieldOutOfBounds
from oracle.types import Address, AgreementId, AssetId, Bytes32, Registers, UnixTime

_SIGNER_BYTES: dict[int, int] = {Curve.SECP256K1: 20, Curve.P256: 64, Curve.ERC1271: 20}


@dataclass(frozen=True, slots=True)
class MeterBinding(Form):
    """Binds a meter key to an asset from a time on. `signer`: 20 bytes of address, for P-256 64 bytes x‖y."""

    STRUCT: ClassVar[Struct] = Struct(
        "MeterBinding(uint64 assetId,bytes signer,uint8 curve,uint32 epoch,uint48 odometer,bytes32 registersHash,"
        "uint40 effectiveAt)"
    )
    VERIFIED_BY: ClassVar[Contract] = Contract.METER_REGISTRY

    asset_id: AssetId
    signer: bytes
    curve: int
    epoch: int
    odometer: int
    registers_hash: Bytes32
    effective_at: UnixTime

    def meter_address(self) -> Address:
        """The address that the asset's route names. Raises FieldOutOfBounds when signer and curve do not fit."""
        if len(self.signer) != _SIGNER_BYTES.get(self.curve):
            raise FieldOutOfBounds(
                "MeterBinding", f"signer does not fit curve {self.curve}", f"{len(self.signer)} bytes"
            )
        return address_of_public_key(self.signer) if self.curve == Curve.P256 else to_address(self.signer)


def signer_bytes(key: MeterKey) -> bytes:
    """How a binding names a plain key: by its address, a P-256 key by itself."""
    return key.public_key if key.curve is Curve.P256 else address_bytes(key.address)


@dataclass(frozen=True, slots=True)
class PermitSigner(Form):
    """Appoints the oracle's hot key for permits on an asset; signed by the provider's cold rotation key."""

    STRUCT: ClassVar[Struct] = Struct("PermitSigner(uint64 assetId,address signer,uint32 epoch,uint40 validFrom)")
    VERIFIED_BY: ClassVar[Contract] = Contract.METER_REGISTRY

    asset_id: AssetId
    signer: Address
    epoch: int
    valid_from: UnixTime


@dataclass(frozen=True, slots=True)
class OpenRegisters:
    """Where the registers of an open agreement stand when a meter is replaced."""

    agreement_id: AgreementId
    sequence: int
    registers: Registers


def registers_hash(open_agreements: Iterable[OpenRegisters]) -> Bytes32:
    """keccak256 over six 32-byte words per open agreement, by rising id, one after the other without a head."""
    ordered = sorted(open_agreements, key=lambda agreement: agreement.agreement_id)
    words = (word for a in ordered for word in (a.agreement_id, a.sequence, *a.registers))
    return keccak(b"".join(word.to_bytes(32) for word in words))
