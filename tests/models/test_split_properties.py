"""I-7, Q-12 and Q-13 on the reference model of the split, over shares and receipts of any size."""

from hypothesis import given
from hypothesis import strategies as st

from tests.models.split import entitlement, pay_out

shares = st.lists(st.integers(1, 2**96 - 1), min_size=1, max_size=32)
receipts = st.lists(st.integers(0, 2**128 - 1) | st.integers(0, 20), max_size=30)


def distribute_each(share_list: list[int], incoming: list[int]) -> tuple[list[int], int, int]:
    """What each payee has, T, and what the sub-account holds, after a distribution behind every receipt."""
    got = [0] * len(share_list)
    total = balance = 0
    for amount in incoming:
        balance += amount
        payout = pay_out(total, balance, share_list)
        total = payout.total
        balance -= payout.paid
        got = [had + more for had, more in zip(got, payout.amounts, strict=True)]
    return got, total, balance


@given(shares, receipts)
def test_i7_received_is_paid_and_undistributed(share_list: list[int], incoming: list[int]) -> None:
    got, total, balance = distribute_each(share_list, incoming)
    assert sum(got) + balance == sum(incoming) == total


@given(shares, receipts)
def test_q12_remainder_is_less_than_one_unit_per_payee(share_list: list[int], incoming: list[int]) -> None:
    _, _, balance = distribute_each(share_list, incoming)
    assert 0 <= balance < len(share_list)


@given(shares, receipts)
def test_i7_each_payee_is_within_one_unit_of_its_part(share_list: list[int], incoming: list[int]) -> None:
    got, total, _ = distribute_each(share_list, incoming)
    for share, amount in zip(share_list, got, strict=True):
        assert 0 <= total * share - amount * sum(share_list) < sum(share_list)


@given(shares, receipts)
def test_q13_slicing_pays_what_one_shot_pays(share_list: list[int], incoming: list[int]) -> None:
    got, _, _ = distribute_each(share_list, incoming)
    assert got == list(pay_out(0, sum(incoming), share_list).amounts)


@given(shares, receipts, st.data())
def test_distributions_that_pay_nothing_may_be_left_out(
    share_list: list[int], incoming: list[int], data: st.DataObject
) -> None:
    small = [amount % 3 for amount in incoming]
    got = [0] * len(share_list)
    total = balance = 0
    for amount in small:
        balance += amount
        payout = pay_out(total, balance, share_list)
        if payout.paid == 0 or data.draw(st.booleans()):
            continue
        total, balance = payout.total, balance - payout.paid
        got = [had + more for had, more in zip(got, payout.amounts, strict=True)]
    last = pay_out(total, balance, share_list)
    got = [had + more for had, more in zip(got, last.amounts, strict=True)]
    assert got == distribute_each(share_list, small)[0]


@given(st.integers(0, 2**256 - 1), shares)
def test_entitlements_never_fall_as_more_comes_in(total: int, share_list: list[int]) -> None:
    for share in share_list:
        assert entitlement(total + 1, share, sum(share_list)) >= entitlement(total, share, sum(share_list))
