"""Material passports: what is sound, and every way not to be."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from oracle.errors import Malformed, Rejected
from oracle.formats import passport
from tests.environment import ROOT

TODAY = date(2026, 11, 21)
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def document() -> dict[str, Any]:
    return json.loads(passport.shipped("smart-drill"))


def faults(document: object) -> list[str]:
    return [str(problem) for problem in passport.problems(document, TODAY)]


def test_the_example_is_sound_and_adds_up(document):
    assert faults(document) == []
    assert passport.summary(document) == passport.Summary(2400, 2879, 83, 4, 5)


def test_the_hash_is_of_the_meaning_and_not_of_the_layout(document):
    first = passport.passport_hash(passport.read(passport.shipped("smart-drill"), TODAY))
    turned = dict(reversed(document.items()))
    assert passport.passport_hash(passport.read(json.dumps(turned, indent=7).encode(), TODAY)) == first
    document["materials"][0]["grams"] += 1
    assert passport.passport_hash(document) != first


def material(number: int, **changes: Any) -> Change:
    return lambda document: document["materials"][number].update(changes)


UNSOUND: list[tuple[str, Change, str]] = [
    (
        "mass",
        material(0, grams=1_980),
        "materials: do not add up to the mass (3400 g, the mass is 2400 g, 1 % allowed)",
    ),
    ("twice", material(1, name="steel"), "materials: 'steel' is listed more than once (2)"),
    (
        "recycled",
        material(0, recycledPreConsumerBps=8_000),
        "steel: more than all of it is recycled (110 %)",
    ),
    ("renewable", material(0, renewableBps=9_000), "steel: more than all of it is recycled or renewable (125 %)"),
    (
        "future",
        lambda d: d["product"].update(madeOn="2026-11-22"),
        "product.madeOn: lies in the future (2026-11-22, today is 2026-11-21)",
    ),
    (
        "no day",
        lambda d: d["product"].update(madeOn="2026-02-30"),
        "product.madeOn: is no day of the calendar (2026-02-30)",
    ),
    (
        "take-back",
        lambda d: d["takeBack"].update(until="2026-01-15"),
        "takeBack.until: lies before the machine was made (2026-01-15, made on 2026-01-15)",
    ),
    (
        "cas",
        lambda d: d["substancesOfConcern"][0].update(cas="7439-92-2"),
        "lead: its CAS number has a wrong check digit (7439-92-2, expected 1)",
    ),
    ("form", lambda d: d.pop("designLife"), "passport: 'designLife' is a required property"),
    (
        "share",
        material(2, recycledPostConsumerBps=10_001),
        "materials[2].recycledPostConsumerBps: 10001 is greater than",
    ),
    ("name", material(2, name="x" * 33), "materials[2].name: "),
    ("grams", material(2, grams=0), "materials[2].grams: 0 is less than the minimum of 1"),
    ("more", lambda d: d.update(carbon=3), "passport: Additional properties are not allowed"),
    ("fastening", lambda d: d["disassembly"]["steps"][0].update(fastening="magic"), "disassembly.steps[0].fastening: "),
]


@pytest.mark.parametrize(("change", "fault"), [case[1:] for case in UNSOUND], ids=[case[0] for case in UNSOUND])
def test_every_fault_says_where_what_and_how_much(document, change, fault):
    change(document)
    (found,) = faults(document)
    assert found.startswith(fault)


def test_all_faults_are_named_and_reading_names_the_first(document):
    material(0, grams=1_980, recycledPreConsumerBps=8_000)(document)
    assert len(faults(document)) == 2
    with pytest.raises(Rejected, match="do not add up to the mass, and 1 more") as caught:
        passport.read(json.dumps(document).encode(), TODAY)
    assert caught.value.code == "passport_unsound"


def test_the_sum_may_miss_by_the_tolerance_and_no_more(document):
    document["materials"][0]["grams"] += 24
    assert faults(document) == []
    document["materials"][0]["grams"] += 1
    assert len(faults(document)) == 1


@pytest.mark.parametrize("raw", [b"", b"[", b'{"a": 1.5}', b'{"a": 1, "a": 2}'])
def test_what_is_no_json_is_malformed(raw):
    with pytest.raises(Malformed):
        passport.read(raw, TODAY)


@pytest.mark.parametrize("name", ["no-such", "../passport"])
def test_an_unknown_example(name):
    with pytest.raises(Rejected, match="not among the examples"):
        passport.shipped(name)


# The mapping


def leaves(schema: dict[str, Any], definitions: dict[str, Any], path: str = "") -> Iterator[str]:
    for name, each in schema["properties"].items():
        if "$ref" in each and "document" not in each["$ref"]:
            each = definitions[each["$ref"].rpartition("/")[2]]
        inner = each.get("items", each)
        if "properties" in inner:
            yield from leaves(inner, definitions, f"{path}{name}.")
        else:
            yield path + name


def test_the_mapping_has_every_field_and_no_other():
    schema = json.loads((ROOT / "oracle" / "schemas" / "passport.json").read_text())
    table = (ROOT / "docs" / "passport-mapping.md").read_text()
    mapped = re.findall(r"^\| `([\w.]+)` \|", table, re.MULTILINE)
    own = {"$schema", "format", "note"}
    assert sorted(mapped) == sorted(set(leaves(deepcopy(schema), schema["$defs"])) - own)
