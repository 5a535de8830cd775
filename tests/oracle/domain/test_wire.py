"""The strict readers, and the canonical JSON that is hashed."""

import json

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.domain.wire import canonical_json, decode_cbor, decode_json
from oracle.errors import Malformed

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def depth(document):
    inner = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    return 1 + max((depth(item) for item in inner), default=0)


@given(document=PLAIN.filter(lambda d: depth(d) <= 7))
def test_cbor_is_read_as_cbor2_writes_it(document):
    assert decode_cbor(cbor2.dumps(document)) == document


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("", "ends too early"),
        ("1a", "ends too early"),
        ("9bffffffffffffffff", "ends too early"),
        ("5bffffffffffffff00", "ends too early"),
        ("bbffffffffffffffff", "ends too early"),
        ("0101", "after its end"),
        ("9fff", "indefinite"),
        ("7fff", "indefinite"),
        ("c249ffffffffffffffffff", "tag"),
        ("d8236161", "tag"),
        ("f97e00", "float"),
        ("fb3ff0000000000000", "float"),
        ("f7", "simple"),
        ("ff", "simple"),
        ("a2616101616102", "occurs twice"),
        ("a10101", "not text"),
        ("61ff", "UTF-8"),
        ("81" * 9 + "01", "nested"),
        ("81" * 100_000, "nested"),
    ],
)
def test_cbor_that_we_do_not_take(data, why):
    with pytest.raises(Malformed, match=why):
        decode_cbor(bytes.fromhex(data))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "cannot be read"),
        (b"{", "cannot be read"),
        (b"1.5", "not an integer"),
        (b"1e999", "not an integer"),
        (b"NaN", "not an integer"),
        (b"Infinity", "not an integer"),
        (b"9" * 5_000, "cannot be read"),
        (b'{"a":1,"a":2}', "occurs twice"),
        (b"[" * 100_000, "nested"),
        (b'{"a":' * 100_000, "nested"),
        (b"\xff\xfe", "cannot be read"),
        ("[]".encode("utf-16"), "cannot be read"),
        (b"[] []", "cannot be read"),
    ],
)
def test_json_that_we_do_not_take(data, why):
    with pytest.raises(Malformed, match=why):
        decode_json(data)


def test_canonical_json_sorts_names_and_has_no_blanks():
    document = {"b": [1, True, None], "a": {"z": "Grüße\n\u0001", "A": -5}}
    assert canonical_json(document) == '{"a":{"A":-5,"z":"Grüße\\n\\u0001"},"b":[1,true,null]}'.encode()


@given(document=st.dictionaries(st.text("abAB09_", max_size=5), st.integers(-(2**53) + 1, 2**53 - 1) | st.text()))
def test_canonical_json_depends_on_content_alone(document):
    reordered = dict(reversed(list(document.items())))
    assert canonical_json(document) == canonical_json(reordered)
    assert json.loads(canonical_json(document)) == document


@pytest.mark.parametrize("document", [1.5, 2**53, -(2**53), {"é": 1}, {1: 1}, b"", "\ud800", [float("nan")], {"a": ()}])
def test_what_has_no_canonical_form_here_is_refused(document):
    with pytest.raises(Malformed, match="canonical JSON"):
        canonical_json(document)
