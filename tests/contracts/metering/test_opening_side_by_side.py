"""Who may open beside whom: exclusive agreements alone, shared ones together, successors while the old one ends."""

from __future__ import annotations

import pytest

from tests.fixtures.economy import DAY, HOLD_TARGET, MONTH, USUAL_CAP, WEALTH
from tests.helpers import clock
from tests.helpers.errors import typed_error


@pytest.fixture(scope="module")
def rival(economy):
    return economy.endow(economy.customers[1])


@pytest.mark.parametrize("first", [True, False])
def test_an_exclusive_agreement_stands_alone(economy, drill, priced, customer, rival, first):
    economy.open(customer, drill, priced, exclusive=first)
    with typed_error("Agreements_AssetTaken", drill.id, 1):
        economy.open(rival, drill, priced, exclusive=True)
    if first:
        with typed_error("Agreements_AssetTaken", drill.id, 1):
            economy.open(rival, drill, priced, exclusive=False)


def test_shared_agreements_stand_side_by_side(economy, drill, priced, customer, rival):
    for opener in (customer, rival, customer):
        economy.open(opener, drill, priced, exclusive=False)
    assert economy.agreements.openAgreementsOf(drill.id) == 3
    assert economy.agreements.exclusiveAgreementOf(drill.id) == 0


def test_one_balance_serves_many_agreements(economy, drill, priced, customer):
    beside = economy.drill()
    economy.offer(beside, priced)
    economy.open(customer, drill, priced)
    economy.open(customer, beside, priced)
    assert economy.balance(customer) == WEALTH - 2 * HOLD_TARGET
    assert economy.agreements.heldIn(economy.euro) == 2 * HOLD_TARGET


def test_a_successor_opens_only_while_the_old_agreement_ends(economy, drill, priced, customer, rival):
    old = economy.open(customer, drill, priced)
    with typed_error("Agreements_AssetTaken", drill.id, 1):
        economy.open(customer, drill, priced)
    economy.agreements.end(old.id, {"from": customer})
    with typed_error("Agreements_AssetTaken", drill.id, 1):
        economy.open(rival, drill, priced)
    new = economy.open(customer, drill, priced)
    assert economy.agreements.exclusiveAgreementOf(drill.id) == new.id
    with typed_error("Agreements_AssetTaken", drill.id, 2):
        economy.open(customer, drill, priced)


def test_a_change_of_tariff_is_one_transaction(economy, drill, priced, customer):
    old = economy.open(customer, drill, priced)
    cheaper = economy.publish(price_per_million=(1, 1, 1, 1))
    economy.offer(drill, cheaper)
    calls = [
        economy.agreements.end.encode_input(old.id),
        economy.agreements.open.encode_input(drill.id, cheaper.id, True, HOLD_TARGET, USUAL_CAP, MONTH),
    ]
    changed = economy.agreements.multicall(calls, {"from": customer})
    new = economy.opened(changed, customer, drill, cheaper)
    assert economy.agreements.endingOf(old.id)[0] == clock.now() + DAY
    assert economy.agreements.agreementOf(new.id)[:3] == (customer, drill.id, cheaper.id)


def test_a_closed_exclusive_agreement_makes_room(economy, drill, priced, customer, rival):
    old = economy.open(customer, drill, priced)
    economy.agreements.end(old.id, {"from": customer})
    clock.next_block_in(DAY)
    economy.agreements.close(old.id, {"from": economy.stranger})
    assert economy.agreements.exclusiveAgreementOf(drill.id) == 0
    assert economy.open(rival, drill, priced).id == old.id + 1


def test_the_longest_notice_of_an_assets_agreements_is_known(economy, drill, priced, customer):
    slow = economy.publish(notice=30 * DAY)
    economy.offer(drill, slow, exclusive=False)
    for tariff in (priced, slow, priced):
        economy.open(customer, drill, tariff, exclusive=False)
    assert economy.agreements.longestNoticeOf(drill.id) == 30 * DAY


def test_an_exclusive_agreement_stays_alone_when_its_successor_closes_first(economy, drill, priced, customer, rival):
    """A final reading ended the successor early; the old agreement runs, and is paid for, to the end of its notice."""
    old = economy.open(customer, drill, priced)
    economy.agreements.end(old.id, {"from": customer})
    successor = economy.open(customer, drill, priced)
    economy.agreements.end(successor.id, {"from": customer})
    economy.use(successor, 1, 5, flags=1)
    economy.agreements.close(successor.id, {"from": customer})
    with typed_error("Agreements_AssetTaken", drill.id, 1):
        economy.open(rival, drill, priced, exclusive=False)
