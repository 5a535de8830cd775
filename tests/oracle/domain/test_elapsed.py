"""Elapsed = max(last, clamp(reading time − openedAt, 0, chain time − openedAt, end − openedAt))."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.domain.tariffs import elapsed_seconds
from oracle.errors import Rejected

OPENED = 1_000_000


def test_is_the_time_since_opening():
    assert elapsed_seconds(0, OPENED + 50, OPENED, OPENED + 60) == 50


def test_never_falls_below_the_last():
    assert elapsed_seconds(55, OPENED + 50, OPENED, OPENED + 60) == 55


def test_before_the_opening_counts_as_zero():
    assert elapsed_seconds(0, OPENED - 500, OPENED, OPENED + 60) == 0


@pytest.mark.parametrize("ahead", [1, 120])
def test_a_little_ahead_is_clamped_to_the_chain(ahead):
    assert elapsed_seconds(0, OPENED + 60 + ahead, OPENED, OPENED + 60) == 60


def test_further_ahead_is_refused():
    with pytest.raises(Rejected, match=r"121 s > 120 s") as caught:
        elapsed_seconds(0, OPENED + 60 + 121, OPENED, OPENED + 60)
    assert caught.value.code == "too_far_ahead"


def test_stops_at_the_end():
    assert elapsed_seconds(0, OPENED + 50, OPENED, OPENED + 60, end=OPENED + 40) == 40


@given(time=st.integers(0, 2**40 - 1), last=st.integers(0, 10_000))
def test_an_unsynchronised_clock_leaves_the_last(time, last):
    assert elapsed_seconds(last, time, OPENED, OPENED + 60, clock_synchronised=False) == last


@given(
    last=st.integers(0, 200),
    time=st.integers(OPENED - 100, OPENED + 220),
    chain=st.integers(OPENED + 100, OPENED + 300),
    end=st.none() | st.integers(OPENED, OPENED + 300),
)
def test_is_the_published_formula(last, time, chain, end):
    bounds = [time - OPENED, chain - OPENED] + ([] if end is None else [end - OPENED])
    assert elapsed_seconds(last, time, OPENED, chain, end) == max(last, max(0, min(bounds)))
