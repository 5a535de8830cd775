"""When service is due, by the rule in published terms; and what is no rule."""

from __future__ import annotations

import pytest

from oracle.advice.service_due import Reason, ServiceRule, Wear, due, parse_rule
from oracle.errors import Rejected

RULE = ServiceRule(100, True, 5_000_000, 24 * 3_600, 72 * 3_600)
DOCUMENT = {"odometerBetween": 100, "onMeterError": True, "ceiling": "5000000", "biddingHours": 24, "workHours": 72}


def test_a_rule_reads_back():
    assert parse_rule({"name": "x", "service": DOCUMENT}) == RULE
    assert parse_rule({"service": DOCUMENT | {"odometerBetween": None}}).odometer_between is None


@pytest.mark.parametrize("document", [{}, {"name": "x"}, [], "service"])
def test_terms_without_a_rule_ask_for_nothing(document):
    assert parse_rule(document) is None


@pytest.mark.parametrize(
    "change",
    [
        {"odometerBetween": 0},
        {"odometerBetween": "many"},
        {"onMeterError": 1},
        {"ceiling": "0"},
        {"ceiling": "0.5"},
        {"biddingHours": -1},
        {"more": 1},
    ],
)
def test_a_malformed_rule_is_refused(change):
    with pytest.raises(Rejected):
        parse_rule({"service": DOCUMENT | change})


@pytest.mark.parametrize(
    ("wear", "reason"),
    [
        (Wear(0, 0, False), None),
        (Wear(99, 0, False), None),
        (Wear(100, 0, False), Reason.USED),
        (Wear(199, 100, False), None),
        (Wear(200, 100, False), Reason.USED),
        (Wear(0, 0, True), Reason.METER_ERROR),
        (Wear(200, 0, True), Reason.METER_ERROR),
    ],
)
def test_use_and_errors_make_service_due(wear, reason):
    assert due(RULE, wear) is reason


def test_a_rule_may_leave_out_either():
    assert due(ServiceRule(None, True, 1, 1, 1), Wear(10**9, 0, False)) is None
    assert due(ServiceRule(100, False, 1, 1, 1), Wear(0, 0, True)) is None
