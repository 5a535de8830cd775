"""Hash and signer of every kind of transaction, against eth_account."""

from __future__ import annotations

from typing import Any

import pytest
from eth_account import Account

from oracle.audit.abi import unhex
from oracle.audit.blocks import UnknownFormat, encode_and_recover, encode_transaction
from oracle.audit.keccak import keccak

KEY = Account.from_key(b"\x05" * 32)
TO = "0x" + "ab" * 20
PLAIN = {"nonce": 7, "gas": 21_000, "to": KEY.address, "value": 5, "data": "0x0102"}
FEES = {"maxFeePerGas": 9, "maxPriorityFeePerGas": 2}
LIST = [{"address": KEY.address, "storageKeys": ["0x" + "01" * 32]}]
GRANT = KEY.sign_authorization({"chainId": 31_337, "address": unhex(TO), "nonce": 1})

KINDS: dict[str, dict[str, Any]] = {
    "legacy": PLAIN | {"gasPrice": 3},
    "legacy with its chain": PLAIN | {"gasPrice": 3, "chainId": 31_337},
    "access list": PLAIN | {"gasPrice": 3, "chainId": 31_337, "type": 1, "accessList": LIST},
    "fees": PLAIN | FEES | {"chainId": 31_337, "type": 2, "accessList": LIST},
    "authorisations": PLAIN | FEES | {"chainId": 31_337, "type": 4, "authorizationList": [GRANT]},
}


def told(kind: dict[str, Any], signed: Any) -> dict[str, Any]:
    """As a node tells it."""
    names = {"nonce", "gas", "value", "gasPrice", "chainId", "type", "maxFeePerGas", "maxPriorityFeePerGas"}
    raw: dict[str, Any] = {name: hex(value) for name, value in kind.items() if name in names}
    raw |= {"to": kind["to"], "input": kind["data"], "r": hex(signed.r), "s": hex(signed.s), "v": hex(signed.v)}
    raw["accessList"] = kind.get("accessList")
    raw["authorizationList"] = [
        {
            "chainId": "0x7a69",
            "address": TO,
            "nonce": "0x1",
            "yParity": hex(GRANT.y_parity),
            "r": hex(GRANT.r),
            "s": hex(GRANT.s),
        }
    ]
    return raw


@pytest.mark.parametrize("name", KINDS)
def test_hash_and_signer(name: str) -> None:
    kind = KINDS[name]
    signed = KEY.sign_transaction(kind)
    raw = told(kind, signed)
    encoded, sender = encode_and_recover(raw)
    assert keccak(encoded) == bytes(signed.hash)
    assert encoded == encode_transaction(raw | {"yParity": raw["v"]}) == bytes(signed.raw_transaction)
    assert sender == unhex(KEY.address)


def test_blobs_are_part_of_what_is_hashed() -> None:
    kind = KINDS["fees"]
    raw = told(kind, KEY.sign_transaction(kind)) | {"type": "0x3", "maxFeePerBlobGas": "0x1"}
    one = encode_transaction(raw | {"blobVersionedHashes": ["0x" + "01" * 32]})
    assert one[0] == 3
    assert one != encode_transaction(raw | {"blobVersionedHashes": []})


def test_an_unknown_kind_has_no_hash() -> None:
    with pytest.raises(UnknownFormat):
        encode_transaction({"type": "0x7e", "nonce": "0x0", "gas": "0x0", "value": "0x0", "input": "0x"})
