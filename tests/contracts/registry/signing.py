"""Signed forms of the registries, encoded by eth_account from the published type strings: a second opinion."""

from __future__ import annotations

from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

CHAIN_ID = 31_337
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
PARITY_BIT = 1 << 255

FORMS = {
    "Register": "address maker,bytes32 model,bytes32 serialHash,address owner,uint256 nonce,uint40 deadline",
    "Status": "uint64 assetId,uint32 sequence,uint40 time,uint8 state,uint16 faultCode,uint48 odometer",
    "MeterBinding": "uint64 assetId,bytes signer,uint8 curve,uint32 epoch,uint48 odometer,bytes32 registersHash,"
    "uint40 effectiveAt",
    "PermitSigner": "uint64 assetId,address signer,uint32 epoch,uint40 validFrom",
}


def key(name: str) -> LocalAccount:
    """The same key in every run."""
    return Account.from_key(keccak(text=f"test key: {name}"))


def message(form: str, values: tuple[Any, ...], contract: Any, chain_id: int = CHAIN_ID) -> Any:
    fields = [dict(zip(("type", "name"), field.split(" "), strict=True)) for field in FORMS[form].split(",")]
    document = {field["name"]: getattr(v, "address", v) for field, v in zip(fields, values, strict=True)}
    domain = {"name": "CISE", "version": "1", "chainId": chain_id, "verifyingContract": contract.address}
    return encode_typed_data(domain, {form: fields}, document)


def digest(form: str, values: tuple[Any, ...], contract: Any) -> bytes:
    signable = message(form, values, contract)
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def sign(signer: LocalAccount, form: str, values: tuple[Any, ...], contract: Any, chain_id: int = CHAIN_ID) -> bytes:
    """65 bytes r‖s‖v."""
    return bytes(signer.sign_message(message(form, values, contract, chain_id)).signature)


def compact(signature: bytes) -> bytes:
    """EIP-2098."""
    s = int.from_bytes(signature[32:64]) | (PARITY_BIT if signature[64] == 28 else 0)
    return signature[:32] + s.to_bytes(32)


def with_high_s(signature: bytes) -> bytes:
    """The other signature of the same key over the same digest, which a malleable check would accept."""
    s = ORDER - int.from_bytes(signature[32:64])
    return signature[:32] + s.to_bytes(32) + bytes([55 - signature[64]])
