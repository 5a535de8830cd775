"""When a reading is sealed for the chain."""

import pytest

from oracle.domain.lifecycle import SealReason, seal_reason
from oracle.domain.readings import NO_FLAGS, Flag
from tests.oracle.domain.support import reading

NOW = 1_767_225_600


def reason(flags=NO_FLAGS, sequence=5, seen=100, settled=100, settled_sequence=4, hold=1_000, last=NOW - 60, **more):
    return seal_reason(
        reading(flags=flags, sequence=sequence), seen, settled, settled_sequence, hold, last, NOW, **more
    )


def test_in_the_middle_of_a_session_a_reading_waits():
    assert reason(seen=599) is None


def test_the_end_of_a_session_is_sealed():
    assert reason(flags=Flag.SESSION_END) is SealReason.SESSION_END


def test_a_final_reading_is_sealed():
    assert reason(flags=Flag.FINAL | Flag.SESSION_END) is SealReason.FINAL


@pytest.mark.parametrize(
    ("seen", "expected"), [(599, None), (600, SealReason.HALF_HOLD), (1_500, SealReason.HALF_HOLD)]
)
def test_half_the_hold_is_sealed(seen, expected):
    assert reason(seen=seen) is expected


def test_an_odd_hold_is_halved_exactly():
    assert reason(seen=102, hold=5) is None
    assert reason(seen=103, hold=5) is SealReason.HALF_HOLD


@pytest.mark.parametrize(("age", "expected"), [(86_399, None), (86_400, SealReason.DAILY)])
def test_at_latest_daily(age, expected):
    assert reason(last=NOW - age) is expected


def test_another_interval_can_be_agreed():
    assert reason(last=NOW - 3_600, interval=3_600) is SealReason.DAILY


@pytest.mark.parametrize("sequence", [3, 4])
@pytest.mark.parametrize("flags", [Flag(0), Flag.SESSION_END, Flag.FINAL])
def test_what_is_settled_is_not_sealed_again(sequence, flags):
    assert reason(flags=flags, sequence=sequence, last=0) is None


def test_arrears_are_completed_once_a_hold_can_pay_them():
    assert reason(sequence=4, seen=700, hold=0, flags=Flag.SESSION_END, last=0) is None
    assert reason(sequence=4, seen=700, hold=600) is SealReason.HALF_HOLD
    assert reason(sequence=4, seen=700, hold=600, flags=Flag.SESSION_END) is SealReason.SESSION_END


def test_an_empty_hold_alone_seals_nothing():
    assert reason(seen=700, hold=0) is None
