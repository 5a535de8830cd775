"""Readings of one batch whose assets share split and currency move money once; all others move it apart."""

import pytest

from tests.helpers.events import assert_events, event


@pytest.fixture(scope="module")
def franc(economy):
    return economy.new_currency()


@pytest.fixture(scope="module")
def splits(economy, franc):
    """Two, each for both currencies."""
    return [economy.split(currencies=[economy.euro, franc]) for _ in range(2)]


@pytest.fixture(scope="module")
def hires(economy, franc, splits):
    """By (split, currency); two agreements each."""
    made = {}
    for s, split in enumerate(splits):
        for token, name in ((economy.euro, "euro"), (franc, "franc")):
            made[s, name] = [economy.hire(economy.customers[s], token=token, split=split) for _ in range(2)]
    return made


def moved(economy, split, token, amount):
    return event(
        "Transfer", caller=economy.agreements, sender=economy.holds_account(),
        receiver=economy.splitter.accountOf(split), id=economy.id_of(token), amount=amount,
    )  # fmt: skip


def settle(economy, *charges):
    return economy.settle_bytes(economy.batch(*((hire, economy.signed(hire, 1, amount)) for hire, amount in charges)))


def test_one_split_and_currency_is_one_movement(economy, hires, splits):
    a, b = hires[0, "euro"]
    assert_events(settle(economy, (a, 10), (b, 20)), moved(economy, splits[0], economy.euro, 30), of=economy.ledger)


def test_two_splits_are_two_movements(economy, hires, splits):
    settled = settle(economy, (hires[0, "euro"][0], 10), (hires[1, "euro"][0], 20))
    assert_events(
        settled,
        moved(economy, splits[0], economy.euro, 10),
        moved(economy, splits[1], economy.euro, 20),
        of=economy.ledger,
    )


def test_one_split_in_two_currencies_is_two_movements(economy, hires, splits, franc):
    settled = settle(economy, (hires[0, "euro"][0], 10), (hires[0, "franc"][0], 20))
    assert_events(
        settled,
        moved(economy, splits[0], economy.euro, 10),
        moved(economy, splits[0], franc, 20),
        of=economy.ledger,
    )


def test_a_run_that_comes_back_moves_again(economy, hires, splits):
    a, b = hires[0, "euro"]
    settled = settle(economy, (a, 1), (hires[1, "euro"][0], 2), (b, 4))
    assert_events(
        settled,
        moved(economy, splits[0], economy.euro, 1),
        moved(economy, splits[1], economy.euro, 2),
        moved(economy, splits[0], economy.euro, 4),
        of=economy.ledger,
    )


def test_a_run_without_charge_moves_nothing(economy, hires):
    assert_events(settle(economy, (hires[0, "euro"][0], 0)), of=economy.ledger)


def test_a_skipped_reading_does_not_break_a_run(economy, hires, splits):
    a, b = hires[0, "euro"]
    stranger = hires[1, "franc"][0]
    forged = economy.sign(economy.reading(stranger, 1, 5), a.drill.meter)
    settled = economy.settle_bytes(
        economy.batch((a, economy.signed(a, 1, 10)), (stranger, forged), (b, economy.signed(b, 1, 20)))
    )
    assert_events(settled, moved(economy, splits[0], economy.euro, 30), of=economy.ledger)


def test_I5_holds_and_splits_add_up_in_both_currencies(economy, hires, splits, franc):
    """In whatever order runs come, each split has its own agreements' charges and holds shrink by as much."""
    before = {token: economy.balance(economy.holds_account(), token) for token in (economy.euro, franc)}
    order = [hires[k][i] for i in (0, 1) for k in hires]
    settle(economy, *((hire, 100 + i) for i, hire in enumerate(order)))
    charge = {id(hire): 100 + i for i, hire in enumerate(order)}
    for s, split in enumerate(splits):
        for token, name in ((economy.euro, "euro"), (franc, "franc")):
            expected = sum(charge[id(hire)] for hire in hires[s, name])
            assert economy.balance(economy.splitter.accountOf(split), token) == expected
    for token, name in ((economy.euro, "euro"), (franc, "franc")):
        taken = sum(charge[id(hire)] for s in (0, 1) for hire in hires[s, name])
        held = economy.balance(economy.holds_account(), token)
        assert held == before[token] - taken == economy.agreements.heldIn(token)
