"""What a header's hash commits to: everything, and on a QBFT chain everything but round and seals."""

from __future__ import annotations

from typing import Any

import pytest

from oracle.audit import rlp
from oracle.audit.blocks import header_hash, unsealed_hash

VANITY, VALIDATORS, SEAL = bytes(32), [bytes((n,)) * 20 for n in range(1, 5)], b"\x07" * 65


def header(extra: bytes) -> dict[str, Any]:
    words = ("parentHash", "sha3Uncles", "stateRoot", "transactionsRoot", "receiptsRoot", "mixHash", "requestsHash")
    numbers = ("number", "gasLimit", "gasUsed", "timestamp", "difficulty", "baseFeePerGas")
    return {
        **{name: "0x" + bytes((at,)).hex() * 32 for at, name in enumerate(words)},
        **{name: hex(at) for at, name in enumerate(numbers)},
        "miner": "0x" + "0a" * 20,
        "logsBloom": "0x" + "00" * 256,
        "nonce": "0x0000000000000000",
        "extraData": "0x" + extra.hex(),
    }


def qbft(round_: int, seals: list[bytes], validators: list[bytes] = VALIDATORS) -> dict[str, Any]:
    return header(rlp.encode([VANITY, validators, [], rlp.number(round_), seals]))


def test_nodes_with_other_seals_have_the_same_block():
    decided = header_hash(qbft(0, []))
    for told in (qbft(0, [SEAL] * 3), qbft(2, [SEAL] * 4)):
        assert unsealed_hash(told) == decided
        assert header_hash(told) != decided


@pytest.mark.parametrize("name", [name for name in header(b"") if name != "extraData"])
def test_every_other_field_is_in_the_hash(name):
    told = qbft(1, [SEAL] * 3)
    digits = told[name]
    changed = told | {name: digits[:-1] + ("1" if digits[-1] != "1" else "2")}
    assert unsealed_hash(changed) != unsealed_hash(told)


def test_validators_are_in_the_hash():
    assert unsealed_hash(qbft(0, [SEAL], VALIDATORS[:3])) != unsealed_hash(qbft(0, [SEAL]))


@pytest.mark.parametrize("extra", [b"", b"geth", rlp.encode([VANITY, VALIDATORS]), b"\xf8"])
def test_other_extra_data_has_one_hash_only(extra):
    assert unsealed_hash(header(extra)) is None
