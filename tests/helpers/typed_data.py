"""EIP-712 by eth_account alone, from the type strings as published: shares no code with contracts or oracle."""

from __future__ import annotations

from typing import Any

import brownie
from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_utils import keccak

PUBLISHED = """
Reading(uint64 agreementId,uint64 assetId,uint32 sequence,uint40 time,uint48 register0,uint48 register1,\
uint48 register2,uint48 register3,uint48 odometer,uint8 flags,bytes32 telemetryRoot)
Status(uint64 assetId,uint32 sequence,uint40 time,uint8 state,uint16 faultCode,uint48 odometer)
MeterBinding(uint64 assetId,bytes signer,uint8 curve,uint32 epoch,uint48 odometer,bytes32 registersHash,\
uint40 effectiveAt)
PermitSigner(uint64 assetId,address signer,uint32 epoch,uint40 validFrom)
Permit(uint64 agreementId,uint64 assetId,uint32 tariffId,address starter,bytes32 challenge,uint80 chargeLimit,\
uint40 openedAt,uint40 issuedAt,uint40 validUntil,uint64 blockNumber)
Start(uint64 agreementId,uint64 assetId,bytes32 challenge,uint40 validUntil)
Register(address maker,bytes32 model,bytes32 serialHash,address owner,uint256 nonce,uint40 deadline)
OpenAgreement(address customer,uint64 assetId,uint32 tariffId,bool exclusive,uint80 hold,uint80 capPerPeriod,\
uint32 period,uint256 nonce,uint40 deadline)
EndAgreement(uint64 agreementId,uint256 nonce,uint40 deadline)
SetCap(uint64 agreementId,uint80 capPerPeriod,uint32 period,uint256 nonce,uint40 deadline)
Suspend(uint64 agreementId,bool on,uint256 nonce,uint40 deadline)
Allow(address owner,address spender,address currency,uint256 amount,uint256 nonce,uint40 deadline)
Withdraw(address owner,address currency,uint256 amount,address to,uint256 nonce,uint40 deadline)
HandOver(uint64 orderId,address giver,address taker,uint8 grade,bytes32 conditionHash,uint256 giverNonce,\
uint256 takerNonce,uint40 deadline)
"""

# Struct name → [(type, field name)] in published order.
STRUCTS: dict[str, list[tuple[str, str]]] = {}
for line in PUBLISHED.split("\n")[1:-1]:
    struct_name, _, fields_text = line.rstrip(")").partition("(")
    STRUCTS[struct_name] = [(kind, name) for kind, name in (field.split(" ") for field in fields_text.split(","))]


def message(struct: str, values: tuple[Any, ...], contract: Any, chain_id: int | None = None) -> SignableMessage:
    """`values` in the struct's order; `contract` is the verifying one (an address or a brownie contract)."""
    fields = STRUCTS[struct]
    domain = {
        "name": "CISE",
        "version": "1",
        "chainId": brownie.chain.id if chain_id is None else chain_id,
        "verifyingContract": _address(contract),
    }
    types = {struct: [{"name": name, "type": kind} for kind, name in fields]}
    named = {name: _address(value) for (_, name), value in zip(fields, values, strict=True)}
    return encode_typed_data(domain, types, named)


def struct_hash(signable: SignableMessage) -> bytes:
    return bytes(signable.body)


def digest(signable: SignableMessage) -> bytes:
    return bytes(keccak(b"\x19" + signable.version + signable.header + signable.body))


def sign(signer: Any, struct: str, values: tuple[Any, ...], contract: Any, chain_id: int | None = None) -> bytes:
    """65 bytes r ‖ s ‖ v; `signer` is a brownie LocalAccount."""
    return bytes(Account.sign_message(message(struct, values, contract, chain_id), signer.private_key).signature)


def sign_permit(signer: Any, token: Any, spender: Any, amount: int, deadline: int) -> tuple[int, bytes, bytes]:
    """ERC-2612 permit for the token's present nonce: v, r, s."""
    names = {
        "Permit": [
            {"name": "owner", "type": "address"},
            {"name": "spender", "type": "address"},
            {"name": "value", "type": "uint256"},
            {"name": "nonce", "type": "uint256"},
            {"name": "deadline", "type": "uint256"},
        ]
    }
    domain = {
        "name": token.name(),
        "version": "1",
        "chainId": brownie.chain.id,
        "verifyingContract": token.address,
    }
    values = {
        "owner": signer.address,
        "spender": _address(spender),
        "value": amount,
        "nonce": token.nonces(signer),
        "deadline": deadline,
    }
    signed = Account.sign_message(encode_typed_data(domain, names, values), signer.private_key)
    return signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")


def _address(value: Any) -> Any:
    return getattr(value, "address", value)
