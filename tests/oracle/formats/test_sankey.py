"""The drawing is well formed, as wide as what flows, and refuses what cannot be drawn."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from oracle.errors import Rejected
from oracle.formats.sankey import Flow, sankey_svg

SVG = "{http://www.w3.org/2000/svg}"
FLOWS = [
    Flow("customers", "drill", 1_000),
    Flow("drill", "maker", 600),
    Flow("drill", "service reserve", 300),
    Flow("drill", "community", 100),
    Flow("service reserve", "repairer", 290),
]


def drawn(flows=FLOWS, title="A drill's life"):
    return ElementTree.fromstring(sankey_svg(title, flows, lambda amount: f"{amount} EUR"))


def width(outline, far):
    """Of a ribbon where it begins or ends: M x,y C … x,y V y C … x,y Z."""
    begin, *_, end = re.findall(r"[-\d.]+,([-\d.]+)", outline)
    top, bottom = re.search(r",([-\d.]+) V([-\d.]+)", outline).groups()
    return float(bottom) - float(top) if far else float(end) - float(begin)


def test_ribbons_are_as_wide_as_what_flows():
    """At both ends, from the outline's corners."""
    for far in (False, True):
        widths = [width(path.get("d"), far) for path in drawn().iter(f"{SVG}path")]
        assert [round(each / widths[0], 2) for each in widths] == [1, 0.6, 0.3, 0.1, 0.29]


def test_every_place_is_named_with_its_amount():
    labels = [" ".join(text.itertext()) for text in drawn().iter(f"{SVG}text")]
    assert labels == [
        "A drill's life",
        "customers 1000 EUR",
        "drill 1000 EUR",
        "maker 600 EUR",
        "service reserve 300 EUR",
        "community 100 EUR",
        "repairer 290 EUR",
    ]


def test_bars_of_a_column_do_not_overlap():
    boxes = [
        tuple(float(bar.get(name)) for name in ("x", "y", "height"))
        for bar in drawn().iter(f"{SVG}rect")
        if bar.get("x") is not None
    ]
    for x, y, height in boxes:
        for other_x, other_y, _ in boxes:
            assert other_x != x or other_y <= y or other_y >= y + height + 40


def test_names_are_texts_and_not_markup():
    svg = sankey_svg("<b>", [Flow("a & b", "<script>", 1)], str)
    assert "<script>" not in svg
    assert re.search("a &amp; b", svg)


@pytest.mark.parametrize(
    ("flows", "code"),
    [
        ([], "nothing_flows"),
        ([Flow("a", "b", 0)], "nothing_flows"),
        ([Flow("a", "b", 1), Flow("b", "a", 1)], "flows_in_a_circle"),
        ([Flow("a", "a", 1)], "flows_in_a_circle"),
    ],
)
def test_what_cannot_be_drawn_is_refused(flows, code):
    with pytest.raises(Rejected) as refused:
        drawn(flows)
    assert refused.value.code == code
