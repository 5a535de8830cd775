"""Wrong bills: the provider returns at most what was settled; the customer's dispute stays on record."""

from __future__ import annotations

import pytest

from tests.contracts.metering.expected import word
from tests.fixtures.economy import DAY, EUR
from tests.helpers import clock
from tests.helpers.balances import BalanceChanges
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

REASON = b"down time".ljust(32, b"\0")
DOCUMENT = b"photographs".ljust(32, b"\0")


@pytest.fixture(scope="module")
def billed(economy, hire):
    """1,000 units settled, and a provider who can pay them back."""
    economy.use(hire, 4, 1_000)
    economy.deposit(economy.provider, EUR)
    economy.allow(economy.provider, EUR, spender=economy.credits)
    return hire


def credit(economy, hire, amount, by=None, sequence=4):
    return economy.credits.creditNote(hire.id, sequence, amount, REASON, {"from": by or economy.provider})


def test_a_credit_note_moves_the_providers_money(economy, billed):
    before = word(economy, billed)
    with BalanceChanges(economy.balance, economy.provider, billed.customer) as changes:
        noted = credit(economy, billed, 600)
    assert changes == {economy.provider: -600, billed.customer: 600}
    assert_events(
        noted,
        event(
            "CreditNoteIssued", agreement=billed.id, sequence=4, provider=economy.provider, customer=billed.customer,
            amount=600, reason=REASON,
        ),
        event(
            "Transfer", caller=economy.credits, sender=economy.provider, receiver=billed.customer, id=economy.id_of(),
            amount=600,
        ),
    )  # fmt: skip
    assert word(economy, billed) == before


def test_credits_add_up_to_what_was_settled(economy, billed):
    credit(economy, billed, 600)
    credit(economy, billed, 400)
    assert economy.credits.creditedOf(billed.id) == 1_000
    with typed_error("Credits_AboveSettled", billed.id, 1_001, 1_000):
        credit(economy, billed, 1)


def test_not_a_unit_more_than_was_settled(economy, billed):
    with typed_error("Credits_AboveSettled", billed.id, 1_001, 1_000):
        credit(economy, billed, 1_001)


def test_nothing_is_no_credit(economy, billed):
    with typed_error("Credits_ZeroAmount", billed.id):
        credit(economy, billed, 0)


@pytest.mark.parametrize("who", ["customer", "maker", "stranger"])
def test_only_the_provider_credits(economy, billed, who):
    caller = billed.customer if who == "customer" else getattr(economy, who)
    with typed_error("Credits_NotProvider", billed.id, caller, economy.provider):
        credit(economy, billed, 5, caller)


def test_the_title_carries_the_duty_to_correct(economy, billed):
    """After a sale credit notes are the new owner's."""
    economy.assets.transferFrom(economy.provider, economy.buyer, billed.drill.id, {"from": economy.provider})
    with typed_error("Credits_NotProvider", billed.id, economy.provider, economy.buyer):
        credit(economy, billed, 5)
    economy.deposit(economy.buyer, 5)
    economy.allow(economy.buyer, 5, spender=economy.credits)
    credit(economy, billed, 5, economy.buyer)


def test_a_credit_needs_the_providers_allowance(economy, billed):
    economy.allow(economy.provider, 4, spender=economy.credits)
    with typed_error("ERC6909InsufficientAllowance", economy.credits, 4, 5, economy.id_of()):
        credit(economy, billed, 5)


def test_a_credit_needs_the_providers_balance(economy, billed):
    economy.ledger.withdraw(economy.euro, EUR, economy.provider, {"from": economy.provider})
    with typed_error("ERC6909InsufficientBalance", economy.provider, 0, 5, economy.id_of()):
        credit(economy, billed, 5)


def test_a_refused_credit_is_not_counted(economy, billed):
    economy.allow(economy.provider, 0, spender=economy.credits)
    with typed_error("ERC6909InsufficientAllowance", economy.credits, 0, 1_000, economy.id_of()):
        credit(economy, billed, 1_000)
    assert economy.credits.creditedOf(billed.id) == 0


def test_the_bill_is_corrected_after_the_close_too(economy, billed):
    economy.agreements.end(billed.id, {"from": billed.customer})
    clock.next_block_in(DAY)
    economy.agreements.close(billed.id, {"from": economy.stranger})
    credit(economy, billed, 1_000)
    assert economy.credits.creditedOf(billed.id) == 1_000


def test_a_credit_is_in_the_agreements_currency(economy):
    crown = economy.new_currency()
    hire = economy.hire(economy.customers[1], token=crown)
    economy.use(hire, 1, 50)
    economy.deposit(economy.provider, 50, crown)
    economy.allow(economy.provider, 50, crown, spender=economy.credits)
    before = economy.balance(hire.customer, crown)
    credit(economy, hire, 50, sequence=1)
    assert economy.balance(hire.customer, crown) == before + 50


def test_a_dispute_stays_on_record_and_moves_nothing(economy, billed):
    uri = "ipfs://photographs"
    recorded = economy.credits.recordDispute(billed.id, 4, DOCUMENT, uri, {"from": billed.customer})
    assert_events(
        recorded,
        event(
            "DisputeRecorded", agreement=billed.id, sequence=4, customer=billed.customer, documentHash=DOCUMENT, uri=uri
        ),
    )


@pytest.mark.parametrize("who", ["provider", "stranger"])
def test_only_the_customer_disputes(economy, billed, who):
    caller = getattr(economy, who)
    with typed_error("Credits_NotCustomer", billed.id, caller, billed.customer):
        economy.credits.recordDispute(billed.id, 4, DOCUMENT, "", {"from": caller})


def test_an_unknown_agreement_has_no_bill(economy, billed):
    with typed_error("Agreements_Unknown", billed.id + 1):
        economy.credits.creditNote(billed.id + 1, 4, 5, REASON, {"from": economy.provider})
    with typed_error("Agreements_Unknown", billed.id + 1):
        economy.credits.recordDispute(billed.id + 1, 4, DOCUMENT, "", {"from": billed.customer})
