"""Closing: by anyone after the end or an accepted final reading; the hold goes home at once (I-14)."""

from __future__ import annotations

import pytest

from oracle.domain.readings import Flag
from tests.contracts.metering.expected import fees, moved, slot
from tests.fixtures.economy import DAY, EUR, HOLD_TARGET, WEALTH
from tests.helpers import clock
from tests.helpers.balances import BalanceChanges
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event


def close(economy, hire, by=None):
    return economy.agreements.close(hire.id, {"from": by or economy.stranger})


@pytest.fixture
def ending(economy, hire):
    """Ends a day and 500 seconds after the opening."""
    clock.next_block_at(hire.opened_at + 500)
    economy.agreements.end(hire.id, {"from": hire.customer})
    return hire


END = DAY + 500


def test_a_running_agreement_is_not_closed(economy, hire):
    now = clock.next_block_at(hire.opened_at + 500)
    with typed_error("Agreements_NotEnded", hire.id, 0, now):
        close(economy, hire, hire.customer)


def test_an_ending_agreement_is_not_closed_before_its_end(economy, ending):
    now = clock.next_block_at(ending.opened_at + END - 1)
    with typed_error("Agreements_NotEnded", ending.id, now + 1, now):
        close(economy, ending, ending.customer)


def test_an_unknown_agreement_is_not_closed(economy, hire):
    with typed_error("Agreements_Unknown", hire.id + 1):
        economy.agreements.close(hire.id + 1, {"from": economy.stranger})


def test_anyone_closes_from_the_end_on(economy, ending):
    """The standing part up to the end is taken, the rest of the hold returned, to the unit."""
    clock.next_block_at(ending.opened_at + END)
    rest = HOLD_TARGET - END
    closed = close(economy, ending)
    split = int(economy.assets.route(ending.drill.id)) >> 32 & 0xFFFFFFFFFFFFFFFF
    taken = {"elapsed": END, "settled": END, "special": True}
    assert_events(
        closed,
        event("StandingAccrued", agreement=ending.id, state=slot(ending, **taken)),
        moved(economy, economy.holds_account(), economy.splitter.accountOf(split), END),
        event("AgreementClosed", agreement=ending.id, returned=rest, state=slot(ending, hold=0, **taken)),
        moved(economy, economy.holds_account(), ending.customer, rest),
    )
    assert economy.agreements.heldIn(economy.euro) == 0


def test_a_late_close_takes_nothing_beyond_the_end(economy, ending):
    clock.next_block_at(ending.opened_at + END + 10 * DAY)
    close(economy, ending)
    assert economy.balance(ending.customer) == WEALTH - END
    assert fees(economy, ending) == END


def test_after_the_final_reading_nobody_waits(economy, ending):
    clock.next_block_at(ending.opened_at + 1_000)
    economy.use(ending, 1, 50, time=ending.opened_at + 900, flags=Flag.FINAL)
    with BalanceChanges(economy.balance, ending.customer) as changes:
        close(economy, ending)
    assert changes == {ending.customer: HOLD_TARGET - 950}


def test_a_closed_agreement_stays_closed(economy, ending):
    clock.next_block_at(ending.opened_at + END)
    close(economy, ending)
    with typed_error("Agreements_AlreadyClosed", ending.id):
        close(economy, ending)


def test_what_was_settled_stays_on_record(economy, ending):
    economy.use(ending, 1, 50)
    clock.next_block_at(ending.opened_at + END)
    close(economy, ending)
    assert economy.agreements.stateOf(ending.id) == slot(
        ending, sequence=1, elapsed=END, settled=50 + END, hold=0, special=True
    )
    assert economy.agreements.endingOf(ending.id)[3] is True


def test_the_asset_is_free_again(economy, ending):
    clock.next_block_at(ending.opened_at + END)
    close(economy, ending)
    assert economy.agreements.openAgreementsOf(ending.drill.id) == 0
    assert economy.agreements.exclusiveAgreementOf(ending.drill.id) == 0
    assert economy.agreements.longestNoticeOf(ending.drill.id) == 0


def test_the_old_agreements_close_leaves_its_successor_in_place(economy, ending):
    successor = economy.open(ending.customer, ending.drill, ending.priced)
    clock.next_block_at(ending.opened_at + END)
    close(economy, ending)
    assert economy.agreements.exclusiveAgreementOf(ending.drill.id) == successor.id
    assert economy.agreements.openAgreementsOf(ending.drill.id) == 1
    assert economy.state(successor).hold == HOLD_TARGET


def test_an_exhausted_hold_closes_with_nothing_to_return(economy, ending):
    economy.use(ending, 1, 3 * EUR)
    clock.next_block_at(ending.opened_at + END)
    close(economy, ending)
    assert economy.balance(ending.customer) == WEALTH - HOLD_TARGET


def test_everything_leaves_in_the_end(economy, ending):
    """I-14: hold to the customer, fees to the payees, every token out of the ledger."""
    economy.use(ending, 1, 1_000_003)
    clock.next_block_at(ending.opened_at + END)
    close(economy, ending)
    split = int(economy.assets.route(ending.drill.id)) >> 32 & 0xFFFFFFFFFFFFFFFF
    economy.splitter.distributeAll(split, {"from": economy.stranger})
    for owner in (ending.customer, economy.maker, economy.repairer, economy.provider):
        economy.ledger.withdraw(economy.euro, economy.balance(owner), owner, {"from": owner})
    remainder = economy.splitter.undistributed(split, economy.euro)
    assert remainder < 3
    assert economy.ledger.totalSupply(economy.id_of()) == economy.euro.balanceOf(economy.ledger) == remainder
