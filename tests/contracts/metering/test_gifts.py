"""I-5: the holds account has at least the sum of all holds; what is more is gifts, for the community alone."""

from __future__ import annotations

import pytest

from tests.contracts.metering.expected import moved
from tests.fixtures.economy import EUR, HOLD_TARGET
from tests.helpers.balances import BalanceChanges
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event


def skim(economy, token=None):
    return economy.agreements.skimSurplus(token or economy.euro, {"from": economy.stranger})


def surplus(economy, token=None):
    return economy.balance(economy.holds_account(), token) - economy.agreements.heldIn(token or economy.euro)


def give(economy, amount, token=None):
    """From an account to the holds account, as anyone can."""
    economy.deposit(economy.buyer, amount, token)
    economy.ledger.transfer(economy.holds_account(), economy.id_of(token), amount, {"from": economy.buyer})


def test_without_gifts_there_is_nothing_to_skim(economy, hire):
    with typed_error("Agreements_ZeroAmount"):
        skim(economy)


def test_a_gift_goes_to_the_community_whoever_asks(economy, hire):
    give(economy, 7)
    with BalanceChanges(economy.balance, economy.community, economy.stranger) as changes:
        skimmed = skim(economy)
    assert changes == {economy.community: 7, economy.stranger: 0}
    assert_events(
        skimmed,
        event("SurplusSkimmed", currency=economy.euro, to=economy.community, amount=7),
        moved(economy, economy.holds_account(), economy.community, 7),
    )


def test_a_deposit_in_the_holds_accounts_name_is_a_gift(economy, hire):
    economy.euro.mint(economy.buyer, 7, {"from": economy.buyer})
    economy.euro.approve(economy.ledger, 7, {"from": economy.buyer})
    economy.ledger.deposit(economy.euro, economy.holds_account(), 7, {"from": economy.buyer})
    assert surplus(economy) == 7


def test_a_gift_changes_no_hold(economy, hire):
    before = economy.state(hire)
    give(economy, 7)
    skim(economy)
    assert economy.state(hire) == before
    assert economy.agreements.heldIn(economy.euro) == economy.balance(economy.holds_account()) == HOLD_TARGET


def test_a_gift_is_skimmed_once(economy, hire):
    give(economy, 7)
    skim(economy)
    with typed_error("Agreements_ZeroAmount"):
        skim(economy)


def test_each_currency_has_its_own_gifts(economy, hire):
    crown = economy.new_currency()
    give(economy, 7, crown)
    with typed_error("Agreements_ZeroAmount"):
        skim(economy)
    skim(economy, crown)
    assert economy.balance(economy.community, crown) == 7


@pytest.mark.parametrize("gift", [0, 7])
def test_i5_the_difference_is_gifts_after_every_movement(economy, hire, gift):
    """Open, settle, refill, run dry, accrue, end, close: the surplus is what was given, to the unit."""
    if gift:
        give(economy, gift)
    other = economy.hire(economy.customers[1], period=0)
    steps = [
        lambda: economy.use(hire, 1, HOLD_TARGET - 1),
        lambda: economy.use(other, 1, 3 * EUR),
        lambda: economy.settle_bytes(
            economy.batch((hire, economy.signed(hire, 2, 3 * EUR)), (other, economy.signed(other, 2, 4 * EUR)))
        ),
        lambda: economy.agreements.accrue(hire.id, {"from": economy.stranger}),
        lambda: economy.agreements.refill(hire.id, {"from": economy.stranger}),
        lambda: economy.agreements.end(other.id, {"from": other.customer}),
        lambda: economy.use(other, 3, 4 * EUR, flags=1),
        lambda: economy.agreements.close(other.id, {"from": economy.stranger}),
    ]
    for step in steps:
        step()
        assert surplus(economy) == gift
        held = economy.state(hire).hold + economy.state(other).hold
        assert economy.agreements.heldIn(economy.euro) == held
