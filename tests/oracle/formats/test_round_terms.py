"""Terms of a round in a file: the same in JSON and YAML, and every way not to be readable."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from oracle.domain.rounds import OtherPayee, PlanPoint, RoundAsset, TrancheTerms, expected_by
from oracle.errors import Malformed
from oracle.formats import round_terms
from oracle.types import ZERO_ADDRESS, Address, AssetId, UnixTime

CURRENCY = Address("0x" + "22" * 20)
DAY = 86_400


def document(**changes: Any) -> dict[str, Any]:
    return yaml.safe_load(round_terms.example([AssetId(1)])) | changes


def test_json_and_yaml_of_the_same_content_are_one_document():
    text = round_terms.example([AssetId(1), AssetId(7)])
    from_yaml = round_terms.read(text.encode(), is_yaml=True)
    schema = {"$schema": "../schemas/round.json"}
    from_json = round_terms.read(json.dumps(schema | dict(from_yaml), indent=5).encode(), is_yaml=False)
    assert round_terms.terms_hash(from_yaml) == round_terms.terms_hash(from_json)
    asked = round_terms.request(from_json, ZERO_ADDRESS, CURRENCY, UnixTime(1_000))
    assert asked.assets == (RoundAsset(AssetId(1)), RoundAsset(AssetId(7)))
    assert asked.others == (OtherPayee(ZERO_ADDRESS, 10),)
    assert asked.tranches[2] == TrancheTerms(10_000_000, 5_000_000, 1_200, 20_000, 5_000)
    assert (asked.terms.deadline, asked.terms.unbilled_bps) == (1_000 + 30 * DAY, 10_000)


def test_the_plan_is_a_line_from_nothing_and_level_at_its_end():
    plan = (PlanPoint(10, 100), PlanPoint(40, 101))
    assert [expected_by(plan, time) for time in (0, 3, 10, 25, 39, 40, 10**9)] == [0, 30, 100, 100, 100, 101, 101]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (yaml.safe_dump(document(target=1.5)), "target"),
        (yaml.safe_dump(document(fundingDays=30.0)), "canonical JSON"),
        (yaml.safe_dump(document(extra=1)), "document"),
        (yaml.safe_dump(document(assets=[{"asset": 0}])), "assets[0].asset"),
        (yaml.safe_dump(document(tranches=[{"size": 1, "rateBps": 10_001}])), "tranches[0].rateBps"),
        (yaml.safe_dump(document()) + "target: 5\n", "target occurs twice"),
        ("tranches: [", "not readable as YAML"),
        ("? [a]\n: 1", "not readable as YAML"),
        ("\xff", "document"),
    ],
)  # fmt: skip
def test_what_does_not_keep_to_the_form_is_named(text, what):
    with pytest.raises(Malformed) as refused:
        round_terms.read(text.encode(), is_yaml=True)
    assert what in str(refused.value)
