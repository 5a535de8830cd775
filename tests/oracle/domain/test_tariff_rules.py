"""What TariffBook would refuse, the tariff's JSON, and the published Smart Drill."""

import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

import oracle.tariffs
from oracle.domain.hashing import keccak
from oracle.domain.tariffs import parse_tariff, require_publishable, terms_hash
from oracle.domain.terms import parse_published_tariff
from oracle.errors import FieldOutOfBounds, Malformed, Rejected
from oracle.tariffs import published_tariff
from oracle.types import ZERO_ADDRESS
from tests.oracle.domain.support import CURRENCY, tariff

TARIFFS = Path(oracle.tariffs.__file__).parent
WIDTHS = {
    "standing_per_day": 80,
    "hold_target": 80,
    "max_charge_per_hour": 80,
    "burst": 80,
    "notice": 32,
    "minimum_term": 32,
    "permit_validity": 32,
    "delivery_time": 32,
    "session_cap": 32,
    "idle_stop": 32,
    "unused_days": 32,
    "tax_bps": 16,
    "kind": 8,
}
DOCUMENT = json.loads((files("oracle") / "tariffs" / "smart-drill.json").read_text())
SCHEMA = json.loads((files("oracle") / "schemas" / "tariff.json").read_text())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"currency": ZERO_ADDRESS}, "no_currency"),
        ({"kind": 3}, "unknown_kind"),
        ({"tax_included": False}, "tax_not_included"),
        ({"notice": 30 * 86_400 + 1}, "notice_too_long"),
        ({"notice": 4_199}, "notice_too_short"),
        ({"hold_target": 799_999}, "hold_target_too_low"),
    ],
)
def test_what_the_book_refuses(changes, code):
    with pytest.raises(Rejected) as caught:
        require_publishable(tariff(**changes))
    assert caught.value.code == code


@pytest.mark.parametrize(
    "changes",
    [{}, {"notice": 4_200}, {"notice": 30 * 86_400}, {"hold_target": 800_000}, {"tax_bps": 0, "tax_included": False}],
)
def test_what_the_book_takes_at_the_boundary(changes):
    require_publishable(tariff(**changes))


@pytest.mark.parametrize(("field", "bits"), WIDTHS.items())
def test_widths(field, bits):
    assert getattr(tariff(**{field: 2**bits - 1}), field) == 2**bits - 1
    for wrong in (2**bits, -1, True, None):
        with pytest.raises(FieldOutOfBounds):
            tariff(**{field: wrong})


@pytest.mark.parametrize(
    "changes",
    [
        {"price_per_million": (2**96, 0, 0, 0)},
        {"price_per_million": (0, 0, 0)},
        {"currency": CURRENCY.lower()},
        {"tax_included": 1},
        {"terms_hash": bytes(31)},
    ],
)
def test_other_fields_out_of_bounds(changes):
    with pytest.raises(FieldOutOfBounds):
        tariff(**changes)


def test_json_reads_back_unchanged():
    made = tariff(price_per_million=(2**96 - 1, 0, 1, 2), burst=2**80 - 1)
    assert parse_tariff(json.loads(json.dumps(made.to_json()))) == made


@pytest.mark.parametrize(
    "changes",
    [
        {"pricePerMillion": ["1", "2", "3"]},
        {"pricePerMillion": "1"},
        {"currency": 5},
        {"currency": "0x00"},
        {"taxIncluded": 1},
        {"burst": 1.0},
        {"surprise": 1},
    ],
)
def test_malformed_json_is_refused(changes):
    with pytest.raises(Malformed):
        parse_tariff(tariff().to_json() | changes)


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("file", sorted(TARIFFS.glob("*.json")), ids=lambda file: file.stem)
def test_every_published_tariff_fits_its_schema_and_can_be_published(file):
    jsonschema.validate(json.loads(file.read_text()), SCHEMA)
    require_publishable(published_tariff(file.stem).tariff(CURRENCY))


def test_an_odometer_counts_all_registers_unless_its_terms_name_some():
    assert published_tariff("washing-machine").odometer_registers == (0, 1, 2)
    assert published_tariff("engine").odometer_registers == (0,)


def test_the_smart_drill_has_three_load_levels():
    drill = published_tariff("smart-drill")
    require_publishable(drill.tariff(CURRENCY))
    assert [label.unit for label in drill.registers] == ["millisecond"] * 3
    assert drill.load_levels is not None
    assert drill.load_levels.thresholds_percent == (5, 40, 75)


def test_terms_hash_is_over_the_canonical_terms_alone():
    canonical = json.dumps(DOCUMENT["terms"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    made = published_tariff("smart-drill").tariff(CURRENCY)
    assert made.terms_hash == keccak(canonical) == terms_hash(DOCUMENT["terms"])
    renamed = parse_published_tariff(DOCUMENT | {"name": "Another name"})
    assert renamed.tariff(CURRENCY).terms_hash == made.terms_hash
    other = DOCUMENT["terms"] | {"includedServicesPerYear": 2}
    assert terms_hash(other) != made.terms_hash


@pytest.mark.parametrize(
    "changes",
    [
        {"name": 5},
        {"tariff": []},
        {"terms": {}},
        {"terms": DOCUMENT["terms"] | {"registers": []}},
        {"terms": DOCUMENT["terms"] | {"registers": [{"unit": "metre", "label": 1}]}},
        {"terms": DOCUMENT["terms"] | {"loadLevels": {}}},
        {"terms": DOCUMENT["terms"] | {"odometer": {"unit": "millisecond"}}},
        {"terms": DOCUMENT["terms"] | {"odometer": DOCUMENT["terms"]["odometer"] | {"registers": []}}},
        {"terms": DOCUMENT["terms"] | {"odometer": DOCUMENT["terms"]["odometer"] | {"registers": [1, 0]}}},
        {"terms": DOCUMENT["terms"] | {"odometer": DOCUMENT["terms"]["odometer"] | {"registers": [3]}}},
    ],
)
def test_a_malformed_published_document_is_refused(changes):
    with pytest.raises(Malformed):
        parse_published_tariff(DOCUMENT | changes)


@pytest.mark.parametrize("name", ["no-such-machine", "../schemas/tariff"])
def test_only_published_names_are_read(name):
    with pytest.raises(Rejected) as caught:
        published_tariff(name)
    assert caught.value.code == "unknown_tariff"
