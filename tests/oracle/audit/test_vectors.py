"""The auditor's own arithmetic, hashing and codec against the golden vectors and libraries that are not its own."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rlp
from eth_abi import encode as eth_abi_encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak as eth_keccak
from hypothesis import given
from hypothesis import strategies as st

from oracle.audit import abi, p256, quote, signatures
from oracle.audit.abi import AbiError, decode_all, encode_all, parse_type, unhex
from oracle.audit.blocks import HALF_ORDER, ORDER, recover
from oracle.audit.calldata import MalformedBatch, pack_reading, parse_batch, parse_reading
from oracle.audit.keccak import checksum_address, create_address, keccak
from oracle.audit.split import payout
from tests.environment import ROOT
from tests.oracle.audit.support import fields

VECTORS = ROOT / "tests" / "vectors"


def vectors(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text())
    return found


def values_of(form: str, message: dict[str, Any]) -> list[Any]:
    texts = ("address", "bytes", "bytes32")
    typed = [(field["type"], message[field["name"]]) for field in fields(form)]
    return [unhex(value) if kind in texts else int(value) for kind, value in typed]


@pytest.mark.parametrize("case", vectors("eip712")["cases"], ids=lambda case: str(case["form"]))
def test_digests_are_the_golden_ones(case: dict[str, Any]) -> None:
    golden = vectors("eip712")
    own = signatures.domain(golden["chainId"], unhex(golden["contracts"][case["contract"]]))
    digest = own.digest(signatures.struct_hash(case["type"], values_of(case["type"], case["message"])))
    assert "0x" + digest.hex() == case["digest"]
    assert signatures.recover_65(digest, unhex(case["signature"])) == unhex(golden["signer"])


@pytest.mark.parametrize("form", sorted(signatures.TYPEHASHES))
def test_digests_are_those_of_eth_account(form: str) -> None:
    key = Account.from_key(keccak(form.encode()))
    samples = {"address": key.address, "bytes32": b"\x07" * 32, "bytes": b"abc", "bool": True}
    message = {field["name"]: samples.get(field["type"], 5) for field in fields(form)}
    own_domain = {"name": "CISE", "version": "1", "chainId": 31_337, "verifyingContract": key.address}
    signed = key.sign_message(encode_typed_data(own_domain, {form[: form.index("(")]: fields(form)}, message))
    own = signatures.domain(31_337, unhex(key.address))
    plain = [unhex(each) if each == key.address else each for each in message.values()]
    digest = own.digest(signatures.struct_hash(form, plain))
    assert signatures.recover_65(digest, bytes(signed.signature)) == unhex(key.address)
    compact = int.from_bytes(signed.signature[32:64], "big") | (signed.v - 27) << 255
    assert signatures.recover_compact(digest, signed.r, compact) == unhex(key.address)


def test_the_packed_reading_hashes_like_the_form() -> None:
    values = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, b"\x0b" * 32)
    reading = parse_reading(pack_reading(values))
    assert reading.struct_hash == signatures.struct_hash(signatures.READING, values)
    assert (reading.agreement, reading.asset, reading.sequence, reading.time) == (1, 2, 3, 4)
    assert (reading.registers, reading.odometer, reading.flags) == ((5, 6, 7, 8), 9, 10)


def test_signatures_that_are_none() -> None:
    digest = keccak(b"digest")
    signed = Account.from_key(b"\x01" * 32).unsafe_sign_hash(digest)
    assert recover(digest, signed.r, signed.s, signed.v - 27) is not None
    assert recover(digest, signed.r, ORDER - signed.s, 28 - signed.v) is None
    assert recover(digest, 0, signed.s, 0) is None
    assert recover(digest, signed.r, 0, 0) is None
    assert recover(digest, signed.r, HALF_ORDER + 1, 0) is None
    assert recover(digest, signed.r, signed.s, 2) is None
    assert recover(digest, 5, 1, 0) is None
    assert signatures.recover_65(digest, b"\0" * 64) is None
    assert signatures.recover_65(digest, b"\0" * 64 + b"\1") is None


@pytest.mark.parametrize("case", vectors("p256")["signatures"], ids=lambda case: str(case["digest"])[:10])
def test_a_p256_signature_names_its_key(case: dict[str, Any]) -> None:
    golden = vectors("p256")
    assert signatures.plain_signer(unhex(case["digest"]), unhex(case["signature"])) == unhex(golden["address"])


@pytest.mark.parametrize("case", vectors("p256")["refused"], ids=lambda case: str(case["why"]))
def test_a_wrong_p256_signature_names_nobody(case: dict[str, Any]) -> None:
    assert p256.signer(unhex(case["digest"]), unhex(case["signature"])) is None


@pytest.mark.parametrize("case", vectors("batch")["cases"], ids=lambda case: str(case["name"]))
def test_batches_are_read_as_written(case: dict[str, Any]) -> None:
    records = parse_batch(unhex(case["bytes"]))
    wanted = [(group["kind"], group["tariffId"], each) for group in case["groups"] for each in group["records"]]
    assert len(records) == len(wanted)
    for number, (record, (kind, tariff, each)) in enumerate(zip(records, wanted, strict=True)):
        reading = each["reading"]
        assert (record.number, record.kind, record.tariff) == (number, kind, tariff)
        assert record.reading.agreement == reading["agreementId"]
        assert record.reading.registers == tuple(reading[f"register{index}"] for index in range(4))
        assert "0x" + record.reading.telemetry_root.hex() == reading["telemetryRoot"]
        assert "0x" + record.signature.hex() == each["signature"] + each.get("publicKey", "0x")[2:]


@pytest.mark.parametrize(
    ("batch", "offset"),
    [
        (b"", 0),
        (b"\x02", 0),
        (b"\x01\x00", 1),
        (b"\x01\x02\0\0\0\1\0\0", 1),
        (b"\x01\x00\0\0\0\1\0\1" + bytes(151), 8),
        (b"\x01\x00\0\0\0\1\0\1" + bytes(153), 160),
    ],
)
def test_bytes_that_are_no_batch(batch: bytes, offset: int) -> None:
    with pytest.raises(MalformedBatch) as refused:
        parse_batch(batch)
    assert refused.value.offset == offset


@pytest.mark.parametrize("case", vectors("tariff")["cases"], ids=lambda case: str(case["name"]))
def test_charges_are_the_golden_ones(case: dict[str, Any]) -> None:
    prices = [int(price) for price in case["pricePerMillion"]]
    per_day, registers, elapsed = int(case["standingPerDay"]), case["registers"], case["elapsed"]
    assert quote.usage(prices, registers) == int(case["usage"])
    assert quote.standing(per_day, elapsed) == int(case["standing"])
    assert quote.charge(prices, per_day, registers, elapsed) == int(case["charge"])


@pytest.mark.parametrize("case", vectors("split")["cases"], ids=lambda case: str(case["shares"]))
def test_payouts_are_the_golden_ones(case: dict[str, Any]) -> None:
    total = left = received = 0
    for step in case["steps"]:
        came, received = int(step["total"]) - received, int(step["total"])
        result = payout(total, left + came, case["shares"])
        assert list(result.amounts) == [int(amount) for amount in step["paid"]]
        total, left = result.total_after, left + came - result.paid
        assert left == int(step["undistributed"])
        assert total == received


@pytest.mark.parametrize(("amount", "bps", "tax"), [(1_190, 1_900, 190), (100, 0, 0), (3, 10_000, 2), (1, 1_900, 0)])
def test_the_tax_inside_an_amount(amount: int, bps: int, tax: int) -> None:
    assert quote.tax_part(amount, bps) == tax


def test_bill_lines_leave_out_what_has_neither_price_nor_units() -> None:
    lines = quote.lines((1_000_000, 0, 5, 0), (3, 2, 0, 0))
    assert [(line.register, line.units, line.exact) for line in lines] == [(0, 3, 3), (1, 2, 0), (2, 0, 0)]


TYPES = ["uint64", "int40", "bool", "address", "bytes4", "bytes32", "bytes", "string", "uint8[]", "bytes[2]"]
VALUES = st.tuples(
    st.integers(0, 2**64 - 1), st.integers(-(2**39), 2**39 - 1), st.booleans(), st.binary(min_size=20, max_size=20),
    st.binary(min_size=4, max_size=4), st.binary(min_size=32, max_size=32), st.binary(max_size=80),
    st.text(max_size=40),
    st.lists(st.integers(0, 255), max_size=5).map(tuple), st.tuples(st.binary(max_size=40), st.binary(max_size=5)),
)  # fmt: skip


@given(VALUES)
def test_the_codec_agrees_with_eth_abi(values: tuple[Any, ...]) -> None:
    types = [parse_type({"type": name}) for name in TYPES]
    others = [
        checksum_address(value) if name == "address" else value for name, value in zip(TYPES, values, strict=True)
    ]
    encoded = encode_all(types, values)
    assert encoded == eth_abi_encode(TYPES, others)
    assert decode_all(types, encoded) == values


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("uint8", (256).to_bytes(32, "big")),
        ("bool", (2).to_bytes(32, "big")),
        ("address", b"\1" * 32),
        ("bytes4", b"\1" * 32),
        ("int8", (200).to_bytes(32, "big")),
        ("uint8", b"\1"),
        ("bytes", (32).to_bytes(32, "big") + (9).to_bytes(32, "big")),
        ("uint8[]", (32).to_bytes(32, "big") + (9).to_bytes(32, "big")),
    ],
)
def test_bytes_that_are_not_of_the_type(kind: str, data: bytes) -> None:
    with pytest.raises(AbiError):
        decode_all([parse_type({"type": kind})], data)


def test_a_number_that_does_not_fit_is_not_encoded() -> None:
    with pytest.raises(AbiError):
        parse_type({"type": "uint8"}).encode(256)


def test_tuples_know_their_members() -> None:
    entry = {"type": "tuple[]", "components": [{"type": "address", "name": "a"}, {"type": "uint96", "name": "b"}]}
    kind = parse_type(entry)
    assert decode_all([kind], encode_all([kind], [((b"\1" * 20, 5), (b"\2" * 20, 6))])) == (
        ((b"\1" * 20, 5), (b"\2" * 20, 6)),
    )


def test_an_event_with_too_few_topics_does_not_decode() -> None:
    event = abi.load("PrepaidAccounts").event_names["Deposited"]
    with pytest.raises(AbiError):
        event.decode([event.topic], b"")


def test_addresses() -> None:
    assert (
        checksum_address(unhex("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"))
        == "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    )
    deployer = unhex("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0")
    assert create_address(deployer, 0).hex() == "cd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"
    assert create_address(deployer, 1).hex() == "343c43a37d37dff08ae8c4a11544c718abb4fcf8"
    for nonce in (127, 128, 256, 70_000):
        assert create_address(deployer, nonce) == eth_keccak(rlp.encode([deployer, nonce]))[12:]


def test_a_text_that_is_no_text_comes_back_byte_for_byte() -> None:
    """Found by a drawn lie: one flipped byte of an event's uri, and encoding it again broke the audit off."""
    told = b"ipfs://\x9c\xff"
    data = word_of(32) + word_of(len(told)) + told.ljust(32, b"\0")
    text = decode_all([parse_type({"type": "string"})], data)
    assert encode_all([parse_type({"type": "string"})], text) == data


def word_of(number: int) -> bytes:
    return number.to_bytes(32, "big")
