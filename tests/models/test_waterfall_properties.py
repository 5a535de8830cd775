"""I-8, I-9, Q-19 and Q-20 on the reference model of the tranches, over amounts of any size."""

from hypothesis import given
from hypothesis import strategies as st

from tests.models.waterfall import covered_until, expected, interest, run_down, run_up

units = st.integers(0, 2**87) | st.integers(0, 20)
dues = st.lists(st.tuples(units, units), min_size=1, max_size=4)


@given(units, dues)
def test_i8_q19_cash_runs_down_and_nothing_is_lost(cash: int, owed: list[tuple[int, int]]) -> None:
    paid, rest = run_down(cash, owed)
    assert sum(map(sum, paid)) + rest == cash
    buckets = [pair for due, got in zip(owed, paid, strict=True) for pair in zip(due, got, strict=True)]
    short = next((at for at, (due, got) in enumerate(buckets) if got < due), len(buckets))
    assert all(got == 0 for _, got in buckets[short + 1 :])
    assert rest == 0 or short == len(buckets)


@given(units, st.lists(units, min_size=1, max_size=4))
def test_q20_losses_run_up(loss: int, outstanding: list[int]) -> None:
    loss = min(loss, sum(outstanding))
    written = run_up(loss, outstanding)
    assert sum(written) == loss
    for senior, (junior, left) in zip(written, list(zip(written, outstanding, strict=True))[1:], strict=False):
        assert senior == 0 or junior == left


@given(units, st.integers(0, 10_000), st.lists(st.integers(0, 10**9), max_size=8))
def test_interest_is_indifferent_to_when_it_is_asked(outstanding: int, rate: int, waits: list[int]) -> None:
    assert sum(interest(outstanding, rate, wait) for wait in waits) == interest(outstanding, rate, sum(waits))


@given(st.lists(st.tuples(st.integers(1, 10**8), st.integers(0, 10**12)), min_size=1, max_size=8), units)
def test_a_plan_is_covered_until_it_expects_more(steps: list[tuple[int, int]], received: int) -> None:
    plan, time, amount = [], 0, 0
    for wait, growth in steps:
        time, amount = time + wait, amount + growth
        plan.append((time, amount))
    until = covered_until(plan, received)
    assert expected(plan, until) <= received
    assert until == time or expected(plan, until + 1) > received
