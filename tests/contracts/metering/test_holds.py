"""The holds' pot: only the agreements move it, gifts go to the community, withdrawals cannot reach it (I-2, I-5)."""

from tests.fixtures.economy import EUR, HOLD_TARGET, WEALTH
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event


def give(economy, amount, token=None):
    """Anyone can send to any account of the ledger."""
    giver = economy.customers[7]
    economy.deposit(giver, amount, token)
    economy.ledger.transfer(economy.holds_account(), economy.id_of(token), amount, {"from": giver})


def skim(economy, token=None):
    return economy.agreements.skimSurplus(token or economy.euro, {"from": economy.stranger})


def test_I5_a_gift_goes_to_the_community_and_leaves_the_holds(economy, hire):
    give(economy, 77)
    assert economy.balance(economy.holds_account()) == HOLD_TARGET + 77
    assert_events(
        skim(economy),
        event("SurplusSkimmed", currency=economy.euro, to=economy.community, amount=77),
        event(
            "Transfer", caller=economy.agreements, sender=economy.holds_account(), receiver=economy.community,
            id=economy.id_of(), amount=77,
        ),
    )  # fmt: skip
    assert economy.balance(economy.holds_account()) == HOLD_TARGET == economy.agreements.heldIn(economy.euro)


def test_I5_holds_are_no_surplus(economy, hire):
    with typed_error("Agreements_ZeroAmount"):
        skim(economy)


def test_I5_a_gift_is_no_surplus_of_another_currency(economy, hire):
    franc = economy.new_currency()
    give(economy, 77, franc)
    with typed_error("Agreements_ZeroAmount"):
        skim(economy)
    skim(economy, franc)
    assert economy.balance(economy.community, franc) == 77


def test_I5_after_settlement_and_refill_the_surplus_is_still_the_gift(economy, hire):
    give(economy, 77)
    economy.use(hire, 1, HOLD_TARGET)
    economy.use(hire, 2, 2 * HOLD_TARGET)
    assert skim(economy).events["SurplusSkimmed"]["amount"] == 77
    assert economy.state(hire).hold == economy.agreements.heldIn(economy.euro) == HOLD_TARGET


def test_I2_a_customer_cannot_withdraw_the_hold(economy, hire):
    free = WEALTH - HOLD_TARGET
    with typed_error("ERC6909InsufficientBalance", hire.customer, free, free + 1, economy.id_of()):
        economy.ledger.withdraw(economy.euro, free + 1, hire.customer, {"from": hire.customer})


def test_I2_I5_withdrawing_all_between_a_reading_and_its_settlement_leaves_it_paid(economy, hire):
    """B1: what the permit allowed is in the hold, wherever the free balance has gone."""
    reading = economy.signed(hire, 1, HOLD_TARGET)
    economy.ledger.withdraw(economy.euro, WEALTH - HOLD_TARGET, hire.customer, {"from": hire.customer})
    economy.settle(hire, reading)
    assert economy.state(hire).settled == HOLD_TARGET
    assert economy.balance(economy.splitter.accountOf(1)) == HOLD_TARGET


def test_I2_revoking_the_allowance_between_a_reading_and_its_settlement_leaves_it_paid(economy, hire):
    reading = economy.signed(hire, 1, HOLD_TARGET)
    economy.allow(hire.customer, 0)
    economy.settle(hire, reading)
    assert economy.state(hire).settled == HOLD_TARGET
    assert economy.balance(hire.customer) == WEALTH - HOLD_TARGET


def test_I2_what_is_free_leaves_at_once_in_any_state(economy, hire):
    """Promise 5, I-15."""
    economy.agreements.suspend(hire.id, True, {"from": hire.customer})
    economy.offers.pause({"from": economy.guardian})
    economy.ledger.pause({"from": economy.guardian})
    economy.ledger.withdraw(economy.euro, WEALTH - HOLD_TARGET, hire.customer, {"from": hire.customer})
    assert economy.euro.balanceOf(hire.customer) == WEALTH - HOLD_TARGET


def test_I2_nobody_else_moves_the_holds(economy, hire):
    """The sub-account is the module's alone: another caller's key names another account."""
    key = b"holds".ljust(32, b"\0")
    other = economy.ledger.subaccount(economy.stranger, key)
    with typed_error("ERC6909InsufficientBalance", other, 0, 1, economy.id_of()):
        economy.ledger.moveFrom(key, economy.stranger, economy.euro, 1, {"from": economy.stranger})


def test_holds_in_two_currencies_are_kept_apart(economy, hire):
    franc = economy.new_currency()
    other = economy.hire(economy.customers[1], token=franc, hold=3 * EUR)
    economy.use(hire, 1, 500)
    economy.use(other, 1, 900)
    assert economy.agreements.heldIn(economy.euro) == economy.balance(economy.holds_account()) == HOLD_TARGET - 500
    assert economy.agreements.heldIn(franc) == economy.balance(economy.holds_account(), franc) == 3 * EUR - 900
