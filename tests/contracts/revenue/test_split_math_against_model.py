"""SplitMath computes what the reference model computes, up to the largest numbers there are."""

import json
from pathlib import Path

import pytest
from brownie.test import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.fixtures.ledger import deploy
from tests.models.split import entitlement, pay_out

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "split.json"

shares = st.lists(st.integers(1, 2**96 - 1), min_size=1, max_size=32)
money = st.integers(0, 2**128 - 1) | st.integers(0, 50)


@pytest.fixture(scope="module")
def harness():
    return deploy("SplitMathHarness")


@given(total=st.integers(0, 2**160 - 1), share=st.integers(1, 2**96 - 1), others=st.integers(0, 2**101))
@settings(max_examples=40)
def test_entitlement_is_the_floor_of_the_exact_part(harness, total, share, others):
    assert harness.entitlement(total, share, share + others) == entitlement(total, share, share + others)


@given(first=money, second=money, share_list=shares)
@settings(max_examples=40)
def test_payout_equals_the_model(harness, first, second, share_list):
    before = pay_out(0, first, share_list)
    balance = first - before.paid + second
    expected = pay_out(before.total, balance, share_list)
    total, paid, amounts = harness.payout(before.total, balance, share_list)
    assert (total, paid, tuple(amounts)) == (expected.total, expected.paid, expected.amounts)


@given(total=st.integers(0, 2**256 - 2**129), receipt=money, share_list=shares)
@settings(max_examples=40)
def test_payout_equals_the_model_however_much_came_in_before(harness, total, receipt, share_list):
    carried = total - sum(entitlement(total, share, sum(share_list)) for share in share_list)
    expected = pay_out(total, carried + receipt, share_list)
    after, paid, amounts = harness.payout(total, carried + receipt, share_list)
    assert (after, paid, tuple(amounts)) == (expected.total, expected.paid, expected.amounts)


@pytest.mark.parametrize("case", json.loads(VECTORS.read_text())["cases"], ids=lambda case: f"{len(case['shares'])}")
def test_published_vectors_hold(harness, case):
    total = balance = 0
    for step in case["steps"]:
        balance += int(step["total"]) - total
        expected = (int(step["total"]), [int(amount) for amount in step["paid"]])
        total, paid, amounts = harness.payout(total, balance, case["shares"])
        balance -= paid
        assert (total, list(amounts)) == expected
        assert balance == int(step["undistributed"])
