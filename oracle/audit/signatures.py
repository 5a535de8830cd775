"""EIP-712 of the platform, built by hand from the published type strings, and recovery of who signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from oracle.audit import p256
from oracle.audit.abi import Value
from oracle.audit.blocks import recover
from oracle.audit.keccak import keccak, word

READING: Final = (
    "Reading(uint64 agreementId,uint64 assetId,uint32 sequence,uint40 time,uint48 register0,uint48 register1,"
    "uint48 register2,uint48 register3,uint48 odometer,uint8 flags,bytes32 telemetryRoot)"
)
STATUS: Final = "Status(uint64 assetId,uint32 sequence,uint40 time,uint8 state,uint16 faultCode,uint48 odometer)"
METER_BINDING: Final = (
    "MeterBinding(uint64 assetId,bytes signer,uint8 curve,uint32 epoch,uint48 odometer,bytes32 registersHash,"
    "uint40 effectiveAt)"
)
PERMIT_SIGNER: Final = "PermitSigner(uint64 assetId,address signer,uint32 epoch,uint40 validFrom)"
PERMIT: Final = (
    "Permit(uint64 agreementId,uint64 assetId,uint32 tariffId,address starter,bytes32 challenge,uint80 chargeLimit,"
    "uint40 openedAt,uint40 issuedAt,uint40 validUntil,uint64 blockNumber)"
)
START: Final = "Start(uint64 agreementId,uint64 assetId,bytes32 challenge,uint40 validUntil)"
REGISTER: Final = "Register(address maker,bytes32 model,bytes32 serialHash,address owner,uint256 nonce,uint40 deadline)"
OPEN_AGREEMENT: Final = (
    "OpenAgreement(address customer,uint64 assetId,uint32 tariffId,bool exclusive,uint80 hold,uint80 capPerPeriod,"
    "uint32 period,uint256 nonce,uint40 deadline)"
)
END_AGREEMENT: Final = "EndAgreement(uint64 agreementId,uint256 nonce,uint40 deadline)"
SUSPEND: Final = "Suspend(uint64 agreementId,bool on,uint256 nonce,uint40 deadline)"
SET_CAP: Final = "SetCap(uint64 agreementId,uint80 capPerPeriod,uint32 period,uint256 nonce,uint40 deadline)"
ALLOW: Final = "Allow(address owner,address spender,address currency,uint256 amount,uint256 nonce,uint40 deadline)"
WITHDRAW: Final = "Withdraw(address owner,address currency,uint256 amount,address to,uint256 nonce,uint40 deadline)"

HAND_OVER: Final = (
    "HandOver(uint64 orderId,address giver,address taker,uint8 grade,bytes32 conditionHash,uint256 giverNonce,"
    "uint256 takerNonce,uint40 deadline)"
)
JOIN_POOL: Final = (
    "JoinPool(uint64 poolId,address account,uint64 assetId,bytes32 rulesHash,uint80 credit,uint256 nonce,"
    "uint40 deadline)"
)
SPARE_HAND_OVER: Final = (
    "SpareHandOver(uint64 claimId,uint64 assetId,address giver,address taker,uint8 grade,bytes32 conditionHash,"
    "uint256 giverNonce,uint256 takerNonce,uint40 deadline)"
)

ACCEPT_CODE: Final = "AcceptCode(address member,bytes32 codeHash,uint256 nonce,uint40 deadline)"

TYPEHASHES: Final[Mapping[str, bytes]] = MappingProxyType(
    {
        form: keccak(form.encode())
        for form in (
            READING, STATUS, METER_BINDING, PERMIT_SIGNER, PERMIT, START, REGISTER, OPEN_AGREEMENT, END_AGREEMENT,
            SUSPEND, SET_CAP, ALLOW, WITHDRAW, HAND_OVER, SPARE_HAND_OVER, JOIN_POOL, ACCEPT_CODE,
        )
    }
)  # fmt: skip
READING_TYPEHASH: Final = TYPEHASHES[READING]

_DOMAIN: Final = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_NAME: Final = keccak(b"CISE")
_VERSION: Final = keccak(b"1")
_PARITY_BIT: Final = 1 << 255

SECP256K1: Final = 0
P256: Final = 1
ERC1271: Final = 2
"""What kinds of keys a meter may have."""
CURVES: Final = ("secp256k1", "P-256", "ERC-1271")
GRADES: Final = ("attester", "software_key", "secure_element")
"""How far a meter is to be trusted, by rising trust."""


@dataclass(frozen=True, slots=True)
class Domain:
    """One verifying contract on one chain; the digests it will accept."""

    prefix: bytes

    def digest(self, struct_hash: bytes) -> bytes:
        return keccak(self.prefix + struct_hash)


def domain(chain_id: int, contract: bytes) -> Domain:
    return Domain(b"\x19\x01" + keccak(_DOMAIN + _NAME + _VERSION + word(chain_id) + bytes(12) + contract))


def struct_hash(form: str, values: Sequence[Value]) -> bytes:
    """Hash of a flat form; values in the order of its type string, integers, flags, addresses (20 bytes), bytes."""
    words = [TYPEHASHES[form]]
    kinds = (field.split(" ")[0] for field in form[form.index("(") + 1 : -1].split(","))
    for kind, value in zip(kinds, values, strict=True):
        if kind == "bytes":
            words.append(keccak(value))
        elif kind == "address":
            words.append(bytes(12) + value)
        elif kind == "bytes32":
            words.append(value)
        else:
            words.append(word(int(value)))
    return keccak(b"".join(words))


def recover_65(digest: bytes, signature: bytes) -> bytes | None:
    """Signer of r ‖ s ‖ v with v 27 or 28 and low s; None otherwise."""
    if len(signature) != 65 or signature[64] not in (27, 28):
        return None
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    return recover(digest, r, s, signature[64] - 27)


def recover_compact(digest: bytes, r: int, parity_and_s: int) -> bytes | None:
    """Signer of an EIP-2098 signature as it stands in a packed batch."""
    return recover(digest, r, parity_and_s & (_PARITY_BIT - 1), parity_and_s >> 255)


def plain_signer(digest: bytes, signature: bytes) -> bytes | None:
    """Signer of a signature in any form that needs no contract: EIP-2098, r ‖ s ‖ v, or P-256 with its key."""
    match len(signature):
        case 64:
            return recover_compact(digest, int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
        case p256.SIGNATURE_BYTES:
            return p256.signer(digest, signature)
        case _:
            return recover_65(digest, signature)
