"""Opening: only what is offered, with a hold between the tariff's target and the customer's cap."""

from __future__ import annotations

from tests.contracts.metering.expected import moved
from tests.fixtures.economy import DAY, EUR, HOLD_TARGET, MONTH, USUAL_CAP, WEALTH
from tests.helpers import clock
from tests.helpers.balances import BalanceChanges
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event
from tests.models.agreements import State


def test_opening_moves_the_hold_and_tells_all(economy, drill, priced, customer):
    with BalanceChanges(economy.balance, customer, economy.holds_account()) as changes:
        opened = economy.agreements.open(drill.id, priced.id, True, 3 * EUR, USUAL_CAP, MONTH, {"from": customer})
    assert changes == {customer: -3 * EUR, economy.holds_account(): 3 * EUR}
    state = State(False, 0, clock.now(), 0, 0, 3 * EUR)
    assert_events(
        opened,
        event(
            "AgreementOpened", agreement=1, asset=drill.id, customer=customer, tariff=priced.id, exclusive=True,
            capPerPeriod=USUAL_CAP, period=MONTH, state=state.pack(),
        ),
        moved(economy, customer, economy.holds_account(), 3 * EUR),
    )  # fmt: skip


def test_opening_is_remembered(economy, drill, priced, customer):
    hire = economy.open(customer, drill, priced)
    nobody = "0x" + 40 * "0"
    assert economy.agreements.agreementOf(hire.id) == (customer, drill.id, priced.id, nobody, 1, True)
    assert economy.agreements.capOf(hire.id) == (USUAL_CAP, MONTH, HOLD_TARGET, 0)
    assert economy.agreements.endingOf(hire.id) == (0, False, False, False, 0, 0, False)
    assert economy.state(hire) == State(False, 0, clock.now(), 0, 0, HOLD_TARGET)
    assert economy.agreements.agreementCount() == hire.id
    assert economy.agreements.openAgreementsOf(drill.id) == 1
    assert economy.agreements.exclusiveAgreementOf(drill.id) == hire.id
    assert economy.agreements.longestNoticeOf(drill.id) == DAY
    assert economy.agreements.heldIn(economy.euro) == HOLD_TARGET


def test_the_hold_reaches_the_tariffs_target(economy, drill, priced, customer):
    with typed_error("Agreements_HoldBelowTarget", HOLD_TARGET - 1, HOLD_TARGET):
        economy.open(customer, drill, priced, hold=HOLD_TARGET - 1)


def test_the_hold_may_be_all_of_the_cap(economy, drill, priced, customer):
    assert economy.open(customer, drill, priced, hold=5 * EUR, cap=5 * EUR).hold == 5 * EUR


def test_the_hold_never_exceeds_the_cap(economy, drill, priced, customer):
    with typed_error("Agreements_HoldAboveCap", 5 * EUR + 1, 5 * EUR):
        economy.open(customer, drill, priced, hold=5 * EUR + 1, cap=5 * EUR)


def test_the_hold_needs_the_balance(economy, drill, priced, customer):
    economy.allow(customer, 2 * WEALTH)
    with typed_error("ERC6909InsufficientBalance", customer, WEALTH, WEALTH + 1, economy.id_of()):
        economy.open(customer, drill, priced, hold=WEALTH + 1, cap=WEALTH + 1)


def test_the_hold_needs_the_allowance(economy, drill, priced, customer):
    economy.allow(customer, HOLD_TARGET - 1)
    with typed_error("ERC6909InsufficientAllowance", economy.agreements, HOLD_TARGET - 1, HOLD_TARGET, economy.id_of()):
        economy.open(customer, drill, priced)


def test_an_unknown_tariff_opens_nothing(economy, drill, priced, customer):
    unknown = priced.id + 1
    with typed_error("Tariffs_Unknown", unknown):
        economy.agreements.open(drill.id, unknown, True, HOLD_TARGET, USUAL_CAP, MONTH, {"from": customer})


def test_only_this_tariff_is_offered(economy, drill, customer):
    other = economy.publish()
    with typed_error("Offers_NotOffered", drill.id, other.id, True):
        economy.open(customer, drill, other)
