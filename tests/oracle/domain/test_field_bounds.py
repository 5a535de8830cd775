"""A form holds only what its wire fields can carry; the error says who, what and how much."""

import pytest

from oracle.domain.hashing import parse_address, to_address
from oracle.domain.readings import parse_signed_reading, require_acceptable
from oracle.errors import FieldOutOfBounds, Malformed
from tests.oracle.domain.support import CURRENCY, FORMS, reading, sample, signed_reading, vectors

MAXIMA = {case["form"]: case["message"] for case in vectors("eip712")["cases"][1::4]}


def too_much(kind):
    match kind:
        case "bool":
            return [1, "true", None]
        case "address":
            return [CURRENCY.lower(), b"\x0c" * 20, 12]
        case "bytes32":
            return [bytes(31), bytes(33), "0x" + "00" * 32]
        case "bytes":
            return ["0x", 5, None]
        case _:
            return [2 ** int(kind[4:]), -1, True, 1.0, "1", None]


@pytest.mark.parametrize("name", sorted(FORMS))
def test_no_field_holds_more_than_its_type(name):
    form = FORMS[name].parse(MAXIMA[name])
    values = form.values()
    for index, (_, kind) in enumerate(form.STRUCT.fields):
        for wrong in too_much(kind):
            wrong_values = (*values[:index], wrong, *values[index + 1 :])
            with pytest.raises(FieldOutOfBounds):
                form.STRUCT.check(wrong_values)


def test_the_error_says_who_what_and_how_much():
    with pytest.raises(FieldOutOfBounds) as caught:
        reading(odometer=2**48)
    error = caught.value
    assert (error.code, error.who) == ("field_out_of_bounds", "Reading")
    assert error.what == "odometer does not fit 48 unsigned bits"
    assert error.how_much == str(2**48)
    assert str(error) == f"Reading: odometer does not fit 48 unsigned bits ({2**48})"


@pytest.mark.parametrize("value", [True, 1.0, "1"])
def test_a_signed_number_is_an_integer_too(value):
    with pytest.raises(FieldOutOfBounds, match="latitudeE7 must be an integer"):
        sample(latitude_e7=value)


@pytest.mark.parametrize("sequence", [0, 2**31, 2**32 - 1])
def test_the_door_takes_sequences_from_1_below_2_to_the_31(sequence):
    with pytest.raises(FieldOutOfBounds, match="sequence must be from 1"):
        parse_signed_reading(signed_reading(sequence=sequence).to_json())
    require_acceptable(reading(sequence=1))
    require_acceptable(reading(sequence=2**31 - 1))


@pytest.mark.parametrize("flags", [64, 128, 255])
def test_the_door_refuses_reserved_flags(flags):
    with pytest.raises(FieldOutOfBounds, match="reserved flags"):
        require_acceptable(reading(flags=flags))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "40 hexadecimal"),
        ("0x", "40 hexadecimal"),
        ("0c" * 20, "40 hexadecimal"),
        ("0x" + "0c" * 19, "40 hexadecimal"),
        ("0x" + "0c" * 21, "40 hexadecimal"),
        ("0x" + "0g" * 20, "40 hexadecimal"),
        ("0x" + "٠" * 40, "40 hexadecimal"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", "check sum"),
    ],
)
def test_an_address_that_is_none_is_refused(text, why):
    with pytest.raises(Malformed, match=why):
        parse_address(text)


def test_an_address_is_read_in_any_single_case_and_shown_with_its_check_sum():
    shown = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    assert parse_address(shown.lower()) == parse_address("0x" + shown[2:].upper()) == parse_address(shown) == shown
    with pytest.raises(Malformed, match="20 bytes"):
        to_address(bytes(19))
