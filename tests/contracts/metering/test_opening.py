"""Opening an agreement: only what is listed, within hold and cap, one customer at a time where exclusive."""

import pytest

from tests.fixtures.economy import DAY, EUR, HOLD_TARGET, MONTH, USUAL_CAP, WEALTH
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event
from tests.models.agreements import State


@pytest.fixture(scope="module")
def priced(economy):
    return economy.publish()


@pytest.fixture(scope="module")
def drill(economy):
    return economy.drill()


@pytest.fixture(scope="module")
def customer(economy):
    return economy.endow(economy.customers[0])


@pytest.fixture(scope="module")
def rival(economy):
    return economy.endow(economy.customers[1])


@pytest.fixture(scope="module")
def listed(economy, drill, priced):
    """Exclusive and shared."""
    economy.offer(drill, priced)
    economy.offer(drill, priced, exclusive=False)


def test_opening_moves_the_hold_and_writes_the_agreement(economy, drill, priced, customer, listed):
    now = clock.next_block_in(10)
    opened = economy.agreements.open(drill.id, priced.id, True, 3 * EUR, USUAL_CAP, MONTH, {"from": customer})
    state = State(False, 0, now, 0, 0, 3 * EUR)
    assert_events(
        opened,
        event(
            "AgreementOpened", agreement=1, asset=drill.id, customer=customer, tariff=priced.id, exclusive=True,
            capPerPeriod=USUAL_CAP, period=MONTH, state=state.pack(),
        ),
        of=economy.agreements,
    )  # fmt: skip
    assert_events(
        opened,
        event(
            "Transfer", caller=economy.agreements, sender=customer, receiver=economy.holds_account(),
            id=economy.id_of(), amount=3 * EUR,
        ),
        of=economy.ledger,
    )  # fmt: skip
    assert State.unpack(economy.agreements.stateOf(1)) == state
    assert economy.agreements.agreementOf(1) == (
        customer, drill.id, priced.id, "0x0000000000000000000000000000000000000000", 1, True,
    )  # fmt: skip
    assert economy.agreements.capOf(1) == (USUAL_CAP, MONTH, 3 * EUR, 0)
    assert economy.agreements.heldIn(economy.euro) == economy.balance(economy.holds_account()) == 3 * EUR
    assert economy.balance(customer) == WEALTH - 3 * EUR
    assert economy.allowance(customer) == WEALTH - 3 * EUR


def test_opening_counts_on_the_asset(economy, drill, priced, customer, listed):
    hire = economy.open(customer, drill, priced)
    assert economy.agreements.openAgreementsOf(drill.id) == 1
    assert economy.agreements.exclusiveAgreementOf(drill.id) == hire.id
    assert economy.agreements.longestNoticeOf(drill.id) == DAY


def test_what_is_not_listed_does_not_open(economy, priced, customer):
    drill = economy.drill()
    with typed_error("Offers_NotOffered", drill.id, priced.id, True):
        economy.open(customer, drill, priced)


def test_an_offer_of_the_other_kind_does_not_open(economy, priced, customer):
    drill = economy.drill()
    economy.offer(drill, priced, exclusive=False)
    with typed_error("Offers_NotOffered", drill.id, priced.id, True):
        economy.open(customer, drill, priced, exclusive=True)


def test_an_unknown_tariff_does_not_open(economy, drill, customer, listed):
    with typed_error("Tariffs_Unknown", 999):
        economy.agreements.open(drill.id, 999, True, EUR, EUR, 0, {"from": customer})


def test_an_offer_opens_in_its_last_second(economy, drill, priced, customer):
    until = clock.now() + DAY
    economy.offer(drill, priced, until=until)
    clock.next_block_at(until)
    assert economy.open(customer, drill, priced).opened_at == until


def test_an_offer_lapses_with_time(economy, drill, priced, customer):
    until = clock.now() + DAY
    economy.offer(drill, priced, until=until)
    clock.next_block_at(until + 1)
    with typed_error("Offers_NotOffered", drill.id, priced.id, True):
        economy.open(customer, drill, priced)


def test_an_offer_lapses_with_the_title(economy, drill, priced, customer, listed):
    economy.assets.transferFrom(economy.provider, economy.buyer, drill.id, {"from": economy.provider})
    with typed_error("Offers_NotOffered", drill.id, priced.id, True):
        economy.open(customer, drill, priced)


def test_an_offer_stays_lapsed_when_the_title_comes_back(economy, drill, priced, customer, listed):
    economy.assets.transferFrom(economy.provider, economy.buyer, drill.id, {"from": economy.provider})
    economy.assets.transferFrom(economy.buyer, economy.provider, drill.id, {"from": economy.buyer})
    with typed_error("Offers_NotOffered", drill.id, priced.id, True):
        economy.open(customer, drill, priced)


def test_a_provider_dismissed_since_the_offer_cannot_be_opened_with(economy, drill, priced, customer, listed, protocol):
    protocol.EligibilityList.dismiss(economy.provider, {"from": economy.listing})
    reason = bytes(economy.assets.offerRefusal(drill.id))
    with typed_error("Offers_Refused", drill.id, reason):
        economy.open(customer, drill, priced)


# Hold and cap


def test_a_hold_below_the_tariffs_target_is_refused(economy, drill, priced, customer, listed):
    with typed_error("Agreements_HoldBelowTarget", HOLD_TARGET - 1, HOLD_TARGET):
        economy.open(customer, drill, priced, hold=HOLD_TARGET - 1)


def test_a_hold_above_the_cap_is_refused(economy, drill, priced, customer, listed):
    with typed_error("Agreements_HoldAboveCap", HOLD_TARGET, HOLD_TARGET - 1):
        economy.open(customer, drill, priced, cap=HOLD_TARGET - 1)


def test_a_hold_may_be_target_and_cap_at_once(economy, drill, priced, customer, listed):
    assert economy.open(customer, drill, priced, cap=HOLD_TARGET).hold == HOLD_TARGET


def test_a_hold_beyond_the_balance_is_refused_by_the_ledger(economy, drill, priced, listed):
    poor = economy.customers[2]
    economy.deposit(poor, HOLD_TARGET - 1)
    economy.allow(poor, WEALTH)
    with typed_error("ERC6909InsufficientBalance", poor, HOLD_TARGET - 1, HOLD_TARGET, economy.id_of()):
        economy.open(poor, drill, priced)


def test_a_hold_beyond_the_allowance_is_refused_by_the_ledger(economy, drill, priced, customer, listed):
    economy.allow(customer, HOLD_TARGET - 1)
    with typed_error("ERC6909InsufficientAllowance", economy.agreements, HOLD_TARGET - 1, HOLD_TARGET, economy.id_of()):
        economy.open(customer, drill, priced)


# Exclusive and shared


def test_an_exclusive_asset_takes_no_second_customer(economy, drill, priced, customer, rival, listed):
    economy.open(customer, drill, priced)
    for exclusive in (True, False):
        with typed_error("Agreements_AssetTaken", drill.id, 1):
            economy.open(rival, drill, priced, exclusive=exclusive)


def test_an_exclusive_asset_takes_no_second_agreement_of_the_same_customer(economy, drill, priced, customer, listed):
    economy.open(customer, drill, priced)
    with typed_error("Agreements_AssetTaken", drill.id, 1):
        economy.open(customer, drill, priced)


def test_a_shared_asset_takes_many(economy, drill, priced, customer, rival, listed):
    economy.open(customer, drill, priced, exclusive=False)
    economy.open(rival, drill, priced, exclusive=False)
    assert economy.agreements.openAgreementsOf(drill.id) == 2
    assert economy.agreements.exclusiveAgreementOf(drill.id) == 0


def test_a_shared_asset_in_use_does_not_become_exclusive(economy, drill, priced, customer, rival, listed):
    economy.open(customer, drill, priced, exclusive=False)
    with typed_error("Agreements_AssetTaken", drill.id, 1):
        economy.open(rival, drill, priced)


def test_a_successor_of_the_same_customer_opens_during_the_notice(economy, drill, priced, customer, listed):
    old = economy.open(customer, drill, priced)
    economy.agreements.end(old.id, {"from": customer})
    new = economy.open(customer, drill, priced)
    assert economy.agreements.openAgreementsOf(drill.id) == 2
    assert economy.agreements.exclusiveAgreementOf(drill.id) == new.id


def test_nobody_else_opens_during_the_notice(economy, drill, priced, customer, rival, listed):
    old = economy.open(customer, drill, priced)
    economy.agreements.end(old.id, {"from": customer})
    with typed_error("Agreements_AssetTaken", drill.id, 1):
        economy.open(rival, drill, priced)


def test_the_successor_keeps_the_asset_when_the_old_agreement_closes(economy, drill, priced, customer, rival, listed):
    old = economy.open(customer, drill, priced)
    economy.agreements.end(old.id, {"from": customer})
    new = economy.open(customer, drill, priced)
    clock.pass_time(DAY)
    economy.agreements.close(old.id, {"from": economy.stranger})
    assert economy.agreements.exclusiveAgreementOf(drill.id) == new.id
    with typed_error("Agreements_AssetTaken", drill.id, 1):
        economy.open(rival, drill, priced)


def test_a_shared_successor_opens_during_the_notice_of_an_exclusive_one(economy, drill, priced, customer, listed):
    old = economy.open(customer, drill, priced)
    economy.agreements.end(old.id, {"from": customer})
    economy.open(customer, drill, priced, exclusive=False)
    assert economy.agreements.exclusiveAgreementOf(drill.id) == old.id


def test_after_closing_the_asset_is_free_for_anybody(economy, drill, priced, customer, rival, listed):
    old = economy.open(customer, drill, priced)
    economy.agreements.end(old.id, {"from": customer})
    clock.pass_time(DAY)
    economy.agreements.close(old.id, {"from": economy.stranger})
    assert economy.agreements.longestNoticeOf(drill.id) == 0
    economy.open(rival, drill, priced)


def test_a_tariff_is_changed_in_one_transaction(economy, drill, priced, customer, listed):
    old = economy.open(customer, drill, priced)
    cheaper = economy.publish(price_per_million=(1, 0, 0, 0))
    economy.offer(drill, cheaper)
    agreements = economy.agreements
    changed = agreements.multicall(
        [
            agreements.end.encode_input(old.id),
            agreements.open.encode_input(drill.id, cheaper.id, True, HOLD_TARGET, USUAL_CAP, MONTH),
        ],
        {"from": customer},
    )
    new = economy.opened(changed, customer, drill, cheaper)
    assert agreements.endingOf(old.id)[0] == changed.timestamp + DAY
    assert agreements.exclusiveAgreementOf(drill.id) == new.id


def test_the_longest_notice_counts_among_open_agreements(economy, drill, priced, customer, rival, listed):
    slow = economy.publish(notice=10 * DAY)
    economy.offer(drill, slow, exclusive=False)
    economy.open(customer, drill, priced, exclusive=False)
    economy.open(rival, drill, slow, exclusive=False)
    assert economy.agreements.longestNoticeOf(drill.id) == 10 * DAY


def test_an_unknown_agreement_has_no_state(economy):
    with typed_error("Agreements_Unknown", 77):
        economy.agreements.stateOf(77)
    with typed_error("Agreements_Unknown", 77):
        economy.agreements.agreementOf(77)
