"""The service reserve of a machine: anyone fills it, a split may; the provider takes out, or who holds a lien."""

from __future__ import annotations

import pytest

from tests.fixtures.bazaar import Stage
from tests.fixtures.economy import EUR
from tests.helpers.balances import BalanceChanges
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event


def release(bazaar, machine, amount, by=None, to=None):
    euro = bazaar.economy.euro
    return bazaar.market.releaseReserve(
        machine.id, euro, amount, to or bazaar.provider, {"from": by or bazaar.provider}
    )


def test_a_reserve_is_a_sub_account_of_the_market(bazaar, machine):
    expected = bazaar.ledger.subaccount(bazaar.market, machine.id.to_bytes(32, "big"))
    assert bazaar.reserve(machine) == expected


def test_a_split_names_the_reserve_and_fees_fill_it(bazaar, economy):
    drill = economy.drill(split=0)
    reserve = bazaar.market.reserveOf(drill.id)
    economy.assets.repoint(drill.id, economy.split({reserve: 1, economy.provider: 3}), {"from": economy.provider})
    priced = economy.publish()
    economy.offer(drill, priced)
    economy.endow(economy.customers[0])
    hire = economy.open(economy.customers[0], drill, priced)
    economy.use(hire, 1, EUR)
    split = economy.assets.route(drill.id) >> 32 & (1 << 64) - 1
    economy.splitter.distribute(split, economy.euro, {"from": economy.stranger})
    assert bazaar.balance(reserve) == EUR // 4


def test_the_provider_takes_out_what_it_likes(bazaar, machine):
    with BalanceChanges(bazaar.balance, bazaar.reserve(machine), bazaar.stranger) as changes:
        released = release(bazaar, machine, EUR, to=bazaar.stranger)
    assert changes == {bazaar.reserve(machine): -EUR, bazaar.stranger: EUR}
    assert_events(
        released,
        event("ReserveReleased", asset=machine.id, currency=bazaar.economy.euro, to=bazaar.stranger, amount=EUR,
              by=bazaar.provider),
        of=bazaar.market,
    )  # fmt: skip


def test_nobody_else_takes_out(bazaar, machine):
    for caller in (bazaar.stranger, bazaar.worker, bazaar.watcher, bazaar.economy.guardian):
        with typed_error("Market_NotProvider", machine.id, caller, bazaar.provider):
            release(bazaar, machine, 1, caller)


def test_no_more_than_there_is(bazaar, machine):
    have = bazaar.balance(bazaar.reserve(machine))
    with typed_error("Market_ReserveShort", machine.id, bazaar.economy.euro, have + 1, have):
        release(bazaar, machine, have + 1)


def test_while_a_lien_stands_its_holder_decides(bazaar, machine):
    holder = bazaar.rival
    bazaar.assets.placeLien(machine.id, holder, {"from": bazaar.provider})
    with typed_error("Market_LienholderDecides", machine.id, bazaar.provider, holder):
        release(bazaar, machine, 1)
    release(bazaar, machine, 1, holder)
    bazaar.assets.releaseLien(machine.id, {"from": holder})
    with typed_error("Market_NotProvider", machine.id, holder, bazaar.provider):
        release(bazaar, machine, 1, holder)
    release(bazaar, machine, 1)


def test_an_order_under_a_lien_goes_its_way(bazaar, machine):
    bazaar.assets.placeLien(machine.id, bazaar.rival, {"from": bazaar.provider})
    order = bazaar.delivered(machine)
    bazaar.approve(order)
    assert bazaar.stage(order) is Stage.PAID


def test_reserves_of_two_machines_are_apart(bazaar, machine):
    other = bazaar.machine()
    with typed_error("Market_ReserveShort", other.id, bazaar.economy.euro, 1, 0):
        release(bazaar, other, 1)


def test_a_gift_to_escrow_pays_nobody_and_stops_nothing(bazaar, economy, machine):
    economy.deposit(bazaar.stranger, 7)
    order = bazaar.delivered(machine)
    bazaar.ledger.transfer(bazaar.escrow, economy.id_of(), 7, {"from": bazaar.stranger})
    with BalanceChanges(bazaar.balance, bazaar.worker) as changes:
        bazaar.approve(order)
    assert changes == {bazaar.worker: 5 * EUR}
    assert (bazaar.escrowed(), bazaar.balance(bazaar.escrow)) == (0, 7)


def test_gifts_to_escrow_go_to_the_community_and_nothing_else_does(bazaar, economy, machine):
    bazaar.assigned(machine)
    with typed_error("Market_NoSurplus", economy.euro):
        bazaar.market.skimSurplus(economy.euro, {"from": bazaar.stranger})
    economy.deposit(bazaar.stranger, 7)
    bazaar.ledger.transfer(bazaar.escrow, economy.id_of(), 7, {"from": bazaar.stranger})
    with BalanceChanges(bazaar.balance, bazaar.escrow, economy.community) as changes:
        skimmed = bazaar.market.skimSurplus(economy.euro, {"from": bazaar.stranger})
    assert changes == {bazaar.escrow: -7, economy.community: 7}
    assert_events(
        skimmed, event("SurplusSkimmed", currency=economy.euro, to=economy.community, amount=7), of=bazaar.market
    )
    assert bazaar.escrowed() == 5 * EUR


# Titles


@pytest.fixture
def sold(bazaar, machine):
    """An order in each stage that waits for somebody, then the machine is sold."""
    orders = {
        Stage.OPEN: bazaar.open(machine),
        Stage.ASSIGNED: bazaar.assigned(machine),
        Stage.DELIVERED: bazaar.delivered(machine),
    }
    bazaar.bid(orders[Stage.OPEN])
    bazaar.endow(bazaar.economy.buyer)
    bazaar.assets.transferFrom(bazaar.provider, bazaar.economy.buyer, machine.id, {"from": bazaar.provider})
    return orders


def test_the_buyer_is_the_provider_of_open_orders(bazaar, machine, sold):
    buyer = bazaar.economy.buyer
    with typed_error("Market_NotProvider", machine.id, bazaar.provider, buyer):
        bazaar.accept(sold[Stage.OPEN])
    bazaar.accept(sold[Stage.OPEN], by=buyer)
    with typed_error("Market_NotParty", sold[Stage.DELIVERED], bazaar.provider):
        bazaar.approve(sold[Stage.DELIVERED])
    with typed_error("Market_NotParty", sold[Stage.DELIVERED], bazaar.provider):
        bazaar.dispute(sold[Stage.DELIVERED])
    bazaar.approve(sold[Stage.DELIVERED], buyer)
    bazaar.deliver(sold[Stage.ASSIGNED])
    bazaar.dispute(sold[Stage.ASSIGNED], buyer)


def test_the_seller_may_still_cancel_what_it_opened(bazaar, sold):
    bazaar.market.cancel(sold[Stage.OPEN], {"from": bazaar.provider})


def test_the_reserve_goes_with_the_title(bazaar, machine, sold):
    with typed_error("Market_NotProvider", machine.id, bazaar.provider, bazaar.economy.buyer):
        release(bazaar, machine, 1)
    release(bazaar, machine, 1, bazaar.economy.buyer)


def test_chosen_terms_and_watchers_lapse_with_the_title(bazaar, machine, sold):
    buyer = bazaar.economy.buyer
    with typed_error("Terms_NotChosen", machine.id):
        bazaar.open(machine, buyer)
    bazaar.book.choose(machine.id, machine.terms_id, {"from": buyer})
    with typed_error("Market_MayNotOpen", machine.id, bazaar.watcher):
        bazaar.open(machine, bazaar.watcher)
    bazaar.open(machine, buyer)
