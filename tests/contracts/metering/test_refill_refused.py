"""No refill after an end, while suspended, after the close, or of what does not exist."""

from __future__ import annotations

import pytest

from tests.contracts.metering.expected import HALF, reading_settled
from tests.fixtures.economy import DAY, HOLD_TARGET
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events


def refill(economy, hire):
    return economy.agreements.refill(hire.id, {"from": economy.stranger})


def reason(text):
    return text.encode().ljust(32, b"\0")


def test_no_refill_after_an_end(economy, hire):
    economy.use(hire, 1, 5)
    economy.agreements.end(hire.id, {"from": hire.customer})
    with typed_error("Agreements_RefillRefused", hire.id, reason("ending")):
        refill(economy, hire)
    assert_events(
        economy.use(hire, 2, HOLD_TARGET), reading_settled(hire, 2, HOLD_TARGET, special=True), of=economy.agreements
    )


def test_no_refill_while_suspended(economy, hire):
    economy.use(hire, 1, 5)
    economy.agreements.suspend(hire.id, True, {"from": hire.customer})
    with typed_error("Agreements_RefillRefused", hire.id, reason("suspended")):
        refill(economy, hire)
    assert_events(
        economy.use(hire, 2, HOLD_TARGET), reading_settled(hire, 2, HOLD_TARGET, special=True), of=economy.agreements
    )


@pytest.mark.parametrize("settings", ["ending", "suspended"])
def test_accrual_does_not_refill_then_either(economy, hire, settings):
    economy.use(hire, 1, HALF)
    if settings == "ending":
        economy.agreements.end(hire.id, {"from": hire.customer})
    else:
        economy.agreements.suspend(hire.id, True, {"from": hire.customer})
    clock.next_block_at(hire.opened_at + 1_000)
    economy.agreements.accrue(hire.id, {"from": economy.stranger})
    assert economy.state(hire).hold == HALF - 1_000


def test_no_refill_of_a_closed_agreement(economy, hire):
    economy.agreements.end(hire.id, {"from": hire.customer})
    clock.next_block_in(DAY)
    economy.agreements.close(hire.id, {"from": economy.stranger})
    for function in ("refill", "accrue"):
        with typed_error("Agreements_AlreadyClosed", hire.id):
            getattr(economy.agreements, function)(hire.id, {"from": economy.stranger})


@pytest.mark.parametrize("function", ["refill", "accrue"])
def test_an_unknown_agreement_is_refused(economy, hire, function):
    with typed_error("Agreements_Unknown", hire.id + 1):
        getattr(economy.agreements, function)(hire.id + 1, {"from": economy.stranger})
