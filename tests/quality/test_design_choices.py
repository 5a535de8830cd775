"""The costs that are published follow from the gas that is measured."""

from __future__ import annotations

import json
import re

import pytest

from tests.environment import ROOT

GAS = json.loads((ROOT / "tests" / "gas" / "snapshot.json").read_text())
TEXT = (ROOT / "docs" / "design-choices.md").read_text()
ACTS = re.findall(r"^\| [^|]+ \| `([^`]+)`(?: ÷ (\d+))? \| ([\d,]+) \| ([\d.]+) \| ([\d.]+) \|$", TEXT, re.MULTILINE)
YEAR = re.findall(r"^\| (\d+) \| `([^`]+)`(?: ÷ (\d+))? \| ([\d,]+) \|$", TEXT, re.MULTILINE)
EUR_PER_GAS = {"layer 2": 0.01e-9 * 3_000, "main chain": 1e-9 * 3_000}
TOLERANCE = 0.02
"""The snapshot itself may rise by a hundredth before anybody renews it."""


def whole(text: str) -> int:
    return int(text.replace(",", ""))


@pytest.mark.parametrize(("name", "share", "gas", "layer2", "main"), ACTS, ids=[row[0] for row in ACTS])
def test_a_price_is_the_measured_gas_at_the_assumed_price(name, share, gas, layer2, main):
    measured = GAS[name] / int(share or 1)
    assert whole(gas) == pytest.approx(measured, rel=TOLERANCE)
    assert float(layer2) == pytest.approx(measured * EUR_PER_GAS["layer 2"], abs=0.00006)
    assert float(main) == pytest.approx(measured * EUR_PER_GAS["main chain"], abs=0.02)


def test_a_year_is_the_sum_of_its_acts():
    total = 0.0
    for times, name, share, gas in YEAR:
        measured = int(times) * GAS[name] / int(share or 1)
        assert whole(gas) == pytest.approx(measured, rel=TOLERANCE), name
        total += measured
    said = re.search(
        r"Together ([\d.]+) million gas: 0 EUR in a consortium, ([\d.]+) EUR on a layer 2, (\d+) EUR", TEXT
    )
    assert said is not None
    assert float(said[1]) == pytest.approx(total / 1e6, rel=TOLERANCE)
    assert float(said[2]) == pytest.approx(total * EUR_PER_GAS["layer 2"], rel=TOLERANCE)
    assert float(said[3]) == pytest.approx(total * EUR_PER_GAS["main chain"], rel=TOLERANCE)


def test_the_tables_have_all_rows():
    assert (len(ACTS), len(YEAR)) == (19, 14)
