"""Shares of cumulative totals: exact, fair, indifferent to slicing."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.domain.splits import distribution, undistributed
from oracle.errors import FieldOutOfBounds
from tests.oracle.domain.support import vectors

SHARES = st.lists(st.integers(1, 65_535), min_size=1, max_size=10)


@pytest.mark.parametrize("case", vectors("split")["cases"])
def test_vectors(case):
    total = 0
    for step in case["steps"]:
        paid = distribution(total, int(step["total"]), case["shares"])
        total = int(step["total"])
        assert [str(amount) for amount in paid] == step["paid"]
        assert str(undistributed(total, case["shares"])) == step["undistributed"]


@given(shares=SHARES, receipts=st.lists(st.integers(0, 2**80 - 1), max_size=6))
def test_slicing_pays_what_one_shot_pays(shares, receipts):
    total, paid = 0, [0] * len(shares)
    for receipt in receipts:
        for index, amount in enumerate(distribution(total, total + receipt, shares)):
            assert amount >= 0
            paid[index] += amount
        total += receipt
    assert tuple(paid) == distribution(0, total, shares)
    assert sum(paid) + undistributed(total, shares) == total
    assert 0 <= undistributed(total, shares) < len(shares)
    for share, amount in zip(shares, paid, strict=True):
        assert 0 <= Fraction(total * share, sum(shares)) - amount < 1


@pytest.mark.parametrize(("before", "after", "shares"), [(1, 0, [1]), (-1, 0, [1]), (0, 1, []), (0, 1, [1, 0])])
def test_what_makes_no_sense_is_refused(before, after, shares):
    with pytest.raises(FieldOutOfBounds, match="split"):
        distribution(before, after, shares)
