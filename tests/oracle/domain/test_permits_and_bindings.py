"""Permit limits, replaced meters, answers of the door."""

import json

import pytest
from eth_abi import encode
from hypothesis import given
from hypothesis import strategies as st

from oracle.domain.answers import ReadingAnswer, parse_reading_answer
from oracle.domain.bindings import MeterBinding, OpenRegisters, registers_hash
from oracle.domain.customer_forms import Suspend
from oracle.domain.forms import Signed, Struct, parse_signed
from oracle.domain.hashing import address_bytes, address_of_public_key, keccak
from oracle.domain.permits import Permit, permit_limit
from oracle.domain.readings import ReadingResult
from oracle.domain.stop_reasons import StopReason
from oracle.errors import FieldOutOfBounds, Malformed
from oracle.types import ZERO_ADDRESS, ZERO_BYTES32
from tests.oracle.domain.support import KEY, sign

AMOUNTS = st.integers(0, 2**80 - 1)
PERMIT = Permit(7, 3, 2, ZERO_ADDRESS, ZERO_BYTES32, 1_000, 10, 20, 30, 40)
SIGNED_PERMIT = Signed(PERMIT, sign(PERMIT))


@given(settled=AMOUNTS, hold=AMOUNTS)
def test_a_permit_allows_what_is_settled_and_held(settled, hold):
    assert permit_limit(settled, hold) == min(settled + hold, 2**80 - 1)


def binding(signer, curve):
    return MeterBinding(3, signer, curve, 1, 0, ZERO_BYTES32, 0)


def test_a_meters_address_by_curve():
    assert binding(address_bytes(KEY.address), 0).meter_address() == KEY.address
    assert binding(address_bytes(KEY.address), 2).meter_address() == KEY.address
    assert binding(KEY.public_key, 1).meter_address() == KEY.address


@pytest.mark.parametrize(("length", "curve"), [(0, 0), (64, 0), (20, 1), (65, 1), (64, 2), (20, 3), (0, 255)])
def test_a_signer_that_does_not_fit_its_curve_is_refused(length, curve):
    with pytest.raises(FieldOutOfBounds, match=f"does not fit curve {curve}"):
        binding(bytes(length), curve).meter_address()


def test_registers_hash_is_over_abi_words_by_rising_id():
    first, second = OpenRegisters(2, 5, (1, 2, 3, 4)), OpenRegisters(9, 1, (0, 0, 7, 0))
    kinds = ["uint64", "uint32", "uint48", "uint48", "uint48", "uint48"]
    words = encode(kinds, [2, 5, 1, 2, 3, 4]) + encode(kinds, [9, 1, 0, 0, 7, 0])
    assert registers_hash([second, first]) == registers_hash([first, second]) == keccak(words)
    assert registers_hash([]) == keccak(b"")


ANSWERS = [
    ReadingAnswer(7, 5, ReadingResult.ACCEPTED, permit=SIGNED_PERMIT),
    ReadingAnswer(7, 5, ReadingResult.DUPLICATE, stop_reason=StopReason.CAP_REACHED),
    ReadingAnswer(7, 5, ReadingResult.QUARANTINED, "registers_fall", "register0 from 5 to 4"),
    ReadingAnswer(None, None, ReadingResult.REJECTED, "malformed", "must be an object"),
]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.result.value)
def test_answers_read_back_unchanged(answer):
    assert parse_reading_answer(json.loads(json.dumps(answer.to_json()))) == answer


@pytest.mark.parametrize(
    "changes", [{"result": "maybe"}, {"result": 1}, {"reason": 5}, {"permit": 5}, {"stopReason": "tired"}, {"more": 1}]
)
def test_malformed_answers_are_refused(changes):
    with pytest.raises(Malformed):
        parse_reading_answer(ANSWERS[0].to_json() | changes)


def test_a_signed_form_without_its_signature_is_refused():
    with pytest.raises(Malformed, match=r"lacks members \(signature\)"):
        parse_signed(Permit, {"permit": PERMIT.to_json()})
    assert parse_signed(Permit, SIGNED_PERMIT.to_json()) == SIGNED_PERMIT


def test_addresses_may_be_plain_bytes_in_cbor():
    document = PERMIT.to_json() | {"starter": address_bytes(KEY.address)}
    assert Permit.parse(document).starter == KEY.address


@pytest.mark.parametrize("on", [1, "true", None])
def test_a_switch_is_true_or_false(on):
    with pytest.raises(Malformed, match="true or false"):
        Suspend.parse({"agreementId": 1, "on": on, "nonce": 1, "deadline": 1})


@pytest.mark.parametrize("length", [0, 63, 65])
def test_a_public_key_has_64_bytes(length):
    with pytest.raises(Malformed, match="64 bytes"):
        address_of_public_key(bytes(length))


def test_a_type_string_that_is_none_is_a_mistake_in_the_code():
    with pytest.raises(ValueError, match="not an EIP-712 type"):
        Struct("Reading")


def test_every_stop_reason_has_a_sentence():
    assert all(reason.text.endswith(".") for reason in StopReason)
