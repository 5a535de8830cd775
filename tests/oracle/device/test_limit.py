"""A step is run only if it cannot cost more than the permit allows, and no shorter than need be."""

from hypothesis import given
from hypothesis import strategies as st

from oracle.device.limit import charge_after, longest_step_ms
from oracle.domain.tariffs import charge
from tests.oracle.device.support import NOW
from tests.oracle.domain.support import tariff

PRICES = st.tuples(*[st.integers(0, 10**9)] * 4)
REGISTERS = st.tuples(*[st.integers(0, 10**8)] * 4)


def outcomes(duration_ms):
    """Every millisecond at one of four levels."""
    return [tuple(duration_ms * (index == level) for index in range(4)) for level in range(4)]


@given(
    prices=PRICES,
    standing=st.integers(0, 10**9),
    registers=REGISTERS,
    room=st.integers(-1_000, 10**7),
    step=st.integers(0, 5_000),
    level=st.integers(0, 3),
    age=st.integers(0, 10**6),
)
def test_the_longest_step_stays_within_the_limit_and_one_more_millisecond_might_not(
    prices, standing, registers, room, step, level, age
):
    priced = tariff(price_per_million=prices, standing_per_day=standing)
    began = NOW * 1_000 + 123
    opened = NOW - age
    limit = max(charge(priced, registers, age) + room, 0)
    longest = longest_step_ms(priced, limit, registers, outcomes, opened, began, step)
    assert 0 <= longest <= step
    if longest:
        grown = list(registers)
        grown[level] += longest
        elapsed = (began + longest) // 1_000 - opened
        assert charge(priced, tuple(grown), elapsed) <= limit
    if longest < step:
        assert charge_after(priced, registers, outcomes, opened, began, longest + 1) > limit


def test_before_the_opening_no_time_counts():
    priced = tariff(price_per_million=(0, 0, 0, 0), standing_per_day=86_400)
    assert charge_after(priced, (0, 0, 0, 0), outcomes, NOW, (NOW - 50) * 1_000, 1_000) == 0
