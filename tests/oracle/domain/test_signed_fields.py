"""What is signed cannot be changed: no field, no bit, no chain, no contract."""

import dataclasses

import pytest

from oracle.domain.batching import Group, Record, decode_batch, encode_batch
from oracle.domain.forms import Contract, Domains, Signed, digest
from oracle.domain.hashing import address_bytes, to_address
from oracle.domain.signatures import Curve, recover, to_compact
from oracle.errors import BadSignature, Rejected
from oracle.types import ChainId
from tests.oracle.domain.support import DOMAINS, FORMS, KEY, OTHER_KEY, reading, sign, signed_reading, vectors

READING_BYTES = 88


def changed(value):
    match value:
        case bool():
            return not value
        case int():
            return value ^ 1
        case bytes():
            return bytes([value[0] ^ 1]) + value[1:] if value else b"\x01"
        case str():
            raw = address_bytes(value)
            return to_address(raw[:-1] + bytes([raw[-1] ^ 1]))


@pytest.mark.parametrize("name", sorted(FORMS))
def test_every_field_is_signed(name):
    case = next(c for c in vectors("eip712")["cases"][2::4] if c["form"] == name)
    form = FORMS[name].parse(case["message"])
    signature = sign(form)
    assert Signed(form, signature).signer(DOMAINS) == KEY.address
    values = form.values()
    for index, (field, _) in enumerate(form.STRUCT.fields):
        other = form.from_values((*values[:index], changed(values[index]), *values[index + 1 :]))
        assert digest(DOMAINS.of(form), other) != digest(DOMAINS.of(form), form), field
        with pytest.raises(BadSignature):
            Signed(other, signature).require_signer(DOMAINS, KEY.address)


def test_every_bit_of_a_reading_and_its_signature_counts():
    signed = signed_reading()
    batch = encode_batch([Group(Curve.SECP256K1, 1, (Record(signed.reading, to_compact(signed.signature)),))])
    start = len(batch) - READING_BYTES - 64
    for bit in range(8 * start, 8 * len(batch)):
        flipped = bytearray(batch)
        flipped[bit // 8] ^= 1 << bit % 8
        record = decode_batch(bytes(flipped))[0].records[0]
        with pytest.raises(BadSignature):
            Signed(record.reading, record.signature).require_signer(DOMAINS, KEY.address)


def test_every_bit_of_a_long_signature_counts():
    made = reading()
    signature = sign(made)
    for bit in range(8 * len(signature)):
        flipped = bytearray(signature)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadSignature):
            Signed(made, bytes(flipped)).require_signer(DOMAINS, KEY.address)


@pytest.mark.parametrize("contract", list(Contract))
def test_another_chain_or_contract_takes_nothing(contract):
    names = ("Reading", "Status", "Register", "Allow", "HandOver", "SpareHandOver", "AcceptCode")
    addresses = [DOMAINS.of(FORMS[name]).verifying_contract for name in names]
    elsewhere = [
        to_address(b"\xee" * 20) if index == list(Contract).index(contract) else a for index, a in enumerate(addresses)
    ]
    form = next(f for f in FORMS.values() if contract == f.VERIFIED_BY)
    made = form.parse(next(c for c in vectors("eip712")["cases"][2::4] if c["form"] == form.STRUCT.name)["message"])
    signature = sign(made)
    for domains in (Domains(ChainId(1), *addresses), Domains(DOMAINS.chain_id, *elsewhere)):
        with pytest.raises(BadSignature):
            Signed(made, signature).require_signer(domains, KEY.address)


def test_another_key_is_named_in_the_error():
    made = reading()
    with pytest.raises(Rejected, match=f"{OTHER_KEY.address}, expected {KEY.address}") as caught:
        Signed(made, sign(made, OTHER_KEY)).require_signer(DOMAINS, KEY.address)
    assert caught.value.code == "bad_signature"


def test_a_signed_reading_knows_its_signer():
    signed = signed_reading()
    assert signed.signer(DOMAINS) == KEY.address
    signed.require_signer(DOMAINS, KEY.address)
    with pytest.raises(BadSignature, match="reading 5 of agreement 7 on asset 3"):
        signed.require_signer(DOMAINS, OTHER_KEY.address)


def test_a_changed_reading_recovers_somebody_else():
    made = reading()
    other = dataclasses.replace(made, odometer=made.odometer + 1)
    assert recover(digest(DOMAINS.of(other), other), sign(made)) != KEY.address
