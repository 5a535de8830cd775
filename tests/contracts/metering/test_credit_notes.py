"""Wrong bills: the provider returns money, the customer records a dispute; settled charges never change."""

import pytest

from tests.fixtures.economy import EUR, WEALTH
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

REASON = b"wrong level".ljust(32, b"\0")
DOCUMENT = b"\x0d" * 32


@pytest.fixture(scope="module")
def billed(economy, hire):
    """800 settled; the provider has money and lets CreditNotes move it."""
    economy.use(hire, 3, 800)
    economy.deposit(economy.provider, EUR)
    economy.allow(economy.provider, EUR, spender=economy.credits)
    return hire


def credit(economy, hire, amount, by=None):
    return economy.credits.creditNote(hire.id, 3, amount, REASON, {"from": by or economy.provider})


def test_a_provider_returns_money(economy, billed):
    before = economy.balance(billed.customer), economy.balance(economy.provider)
    note = credit(economy, billed, 300)
    assert_events(
        note,
        event(
            "CreditNoteIssued", agreement=billed.id, sequence=3, provider=economy.provider,
            customer=billed.customer, amount=300, reason=REASON,
        ),
        event(
            "Transfer", caller=economy.credits, sender=economy.provider, receiver=billed.customer,
            id=economy.id_of(), amount=300,
        ),
    )  # fmt: skip
    assert (economy.balance(billed.customer), economy.balance(economy.provider)) == (before[0] + 300, before[1] - 300)
    assert economy.credits.creditedOf(billed.id) == 300


def test_settled_charges_do_not_change(economy, billed):
    before = economy.agreements.stateOf(billed.id)
    credit(economy, billed, 300)
    assert economy.agreements.stateOf(billed.id) == before


def test_in_sum_never_more_than_was_settled(economy, billed):
    credit(economy, billed, 500)
    with typed_error("Credits_AboveSettled", billed.id, 801, 800):
        credit(economy, billed, 301)
    credit(economy, billed, 300)
    assert economy.credits.creditedOf(billed.id) == 800


def test_nothing_is_no_credit(economy, billed):
    with typed_error("Credits_ZeroAmount", billed.id):
        credit(economy, billed, 0)


@pytest.mark.parametrize("who", ["customer", "stranger", "maker"])
def test_only_the_provider_credits(economy, billed, who):
    by = billed.customer if who == "customer" else getattr(economy, who)
    with typed_error("Credits_NotProvider", billed.id, by, economy.provider):
        credit(economy, billed, 1, by)


def test_after_a_sale_credit_notes_are_the_new_owners(economy, billed):
    economy.assets.transferFrom(economy.provider, economy.buyer, billed.drill.id, {"from": economy.provider})
    with typed_error("Credits_NotProvider", billed.id, economy.provider, economy.buyer):
        credit(economy, billed, 1)
    economy.deposit(economy.buyer, EUR)
    economy.allow(economy.buyer, EUR, spender=economy.credits)
    credit(economy, billed, 1, economy.buyer)
    assert economy.credits.creditedOf(billed.id) == 1


def test_without_the_providers_allowance_nothing_moves(economy, billed):
    """I-2: the contract has only what the provider gave it."""
    economy.allow(economy.provider, 99, spender=economy.credits)
    with typed_error("ERC6909InsufficientAllowance", economy.credits, 99, 100, economy.id_of()):
        credit(economy, billed, 100)
    assert economy.credits.creditedOf(billed.id) == 0


def test_beyond_the_providers_balance_nothing_moves(economy, billed):
    economy.ledger.withdraw(economy.euro, EUR - 99, economy.provider, {"from": economy.provider})
    with typed_error("ERC6909InsufficientBalance", economy.provider, 99, 100, economy.id_of()):
        credit(economy, billed, 100)


def test_in_the_tariffs_currency_only(economy):
    franc = economy.new_currency()
    hire = economy.hire(economy.customers[1], token=franc)
    economy.use(hire, 3, 800)
    economy.deposit(economy.provider, EUR, franc)
    economy.allow(economy.provider, EUR, franc, spender=economy.credits)
    credit(economy, hire, 100)
    assert economy.balance(hire.customer, franc) == WEALTH - hire.hold + 100


def test_an_unknown_agreement_has_no_credit(economy):
    with typed_error("Agreements_Unknown", 99):
        economy.credits.creditNote(99, 0, 1, REASON, {"from": economy.provider})


def test_a_customer_records_a_dispute(economy, billed):
    recorded = economy.credits.recordDispute(billed.id, 3, DOCUMENT, "ipfs://x", {"from": billed.customer})
    assert_events(
        recorded,
        event(
            "DisputeRecorded", agreement=billed.id, sequence=3, customer=billed.customer, documentHash=DOCUMENT,
            uri="ipfs://x",
        ),
    )  # fmt: skip


@pytest.mark.parametrize("who", ["provider", "stranger"])
def test_only_the_customer_records_a_dispute(economy, billed, who):
    by = getattr(economy, who)
    with typed_error("Credits_NotCustomer", billed.id, by, billed.customer):
        economy.credits.recordDispute(billed.id, 3, DOCUMENT, "", {"from": by})


def test_a_dispute_moves_nothing(economy, billed):
    before = economy.agreements.stateOf(billed.id), economy.balance(billed.customer)
    economy.credits.recordDispute(billed.id, 3, DOCUMENT, "", {"from": billed.customer})
    assert (economy.agreements.stateOf(billed.id), economy.balance(billed.customer)) == before
