"""The product-oriented kind from end to end: the customer owns the machine and pays per use for its service only."""

from __future__ import annotations

import pytest

from tests.contracts.guarantees.floor import Floor
from tests.fixtures.economy import DAY, EUR, FAR_FUTURE
from tests.helpers import clock
from tests.helpers.balances import BalanceChanges
from tests.helpers.errors import typed_error

PRODUCT_ORIENTED = 0
RECYCLE = 7
PRICE = 90 * EUR
REASON = b"worn out".ljust(32, b"\0")


@pytest.fixture(scope="module")
def sold(economy, deployment):
    """A hired machine with a guarantee, sold to its customer for 90 EUR; use goes on paying the seller's service."""
    hire = economy.hire(kind=PRODUCT_ORIENTED, wealth=500 * EUR)
    floor = Floor(economy, deployment, hire.drill)
    floor.prepare()
    now = clock.now()
    number = floor.give(floor.terms(window_from=now + DAY), collateral=100 * EUR)
    economy.assets.recordHistory(hire.drill.id, b"made", REASON, "ipfs://made", {"from": economy.maker})
    economy.use(hire, 1, 100)
    service = economy.split({economy.provider: 7, economy.repairer: 3}, controller=economy.provider)
    sales, customer = deployment.TitleSales, hire.customer
    economy.assets.setApprovalForAll(sales, True, {"from": economy.provider})
    economy.allow(customer, PRICE, spender=sales)
    sale = sales.offer(
        hire.drill.id, customer, economy.euro, PRICE, now + DAY, service, {"from": economy.provider}
    ).return_value
    with BalanceChanges(economy.balance, economy.provider, customer) as changes:
        sales.buy(sale, service, {"from": customer})
    # What had been used before paid the old split, 80 of 100.
    assert changes == {economy.provider: PRICE + 80, customer: -PRICE}
    return hire, floor, number, service


def test_agreement_guarantee_take_back_and_history_come_along_and_use_pays_the_service(economy, sold):
    hire, floor, number, service = sold
    asset, customer = hire.drill.id, hire.customer
    assert economy.assets.providerOf(asset) == customer
    assert economy.agreements.openAgreementsOf(asset) == 1
    assert floor.contract.chosenOf(asset) == number
    # The history is the machine's, and its owner's to write now.
    economy.assets.recordHistory(asset, b"moved", REASON, "ipfs://moved", {"from": customer})
    with typed_error("Assets_NotAuthor", asset, economy.provider):
        economy.assets.recordHistory(asset, b"moved", REASON, "ipfs://moved", {"from": economy.provider})
    assert tuple(economy.end_of_life.takeBackOf(asset))[:2] == (economy.maker, FAR_FUTURE)

    # Its owner is its customer: the reading debits the owner, and the seller and its repairer are paid.
    economy.use(hire, 2, 1_100)
    with BalanceChanges(economy.balance, economy.provider, economy.repairer, customer) as changes:
        economy.splitter.distributeAll(service, {"from": economy.stranger})
    assert changes == {economy.provider: 700, economy.repairer: 300, customer: 0}
    own = economy.split(controller=customer)
    with typed_error("Assets_ConsentMissing", asset, own, economy.provider):
        economy.assets.repoint(asset, own, {"from": customer})


def test_the_owner_opens_under_another_tariff_once_it_is_admitted_to_offer(economy, sold, deployment):
    hire, _, _, service = sold
    asset, customer = hire.drill.id, hire.customer
    cheaper = economy.publish(kind=PRODUCT_ORIENTED, price_per_million=(EUR // 2, EUR, EUR, 0))
    with typed_error("Offers_Refused", asset, b"provider not admitted".ljust(32, b"\0")):
        economy.offer(hire.drill, cheaper)
    deployment.EligibilityList.admit(customer, {"from": economy.listing})
    economy.offer(hire.drill, cheaper)
    economy.agreements.end(hire.id, {"from": customer})
    anew = economy.open(customer, hire.drill, cheaper)
    economy.use(anew, 1, 1_000_000)
    assert economy.splitter.undistributed(service, economy.euro) == EUR // 2


def test_the_floor_under_its_price_is_the_owners_where_the_service_lets_the_fees_go(economy, sold):
    hire, floor, number, service = sold
    asset, customer = hire.drill.id, hire.customer
    clock.pass_time(2 * DAY)
    economy.assets.approve(floor.contract, asset, {"from": customer})
    with typed_error("Buyback_SplitStays", number, service, economy.provider):
        floor.exercise(number, floor.status(1_000), by=customer)
    own = economy.split({customer: 1}, controller=customer)
    economy.assets.consentToRepoint(asset, own, {"from": economy.provider})
    economy.assets.repoint(asset, own, {"from": customer})
    with BalanceChanges(economy.balance, customer) as changes:
        bought = floor.exercise(number, floor.status(1_000), by=customer)
    assert changes == {customer: bought.return_value}
    assert economy.assets.providerOf(asset) == economy.maker
    assert economy.splitter.controllerOf(economy.assets.route(asset) >> 32 & (1 << 64) - 1) == economy.maker


def test_a_guarantee_given_while_the_service_is_paid_needs_nobodys_leave(economy, sold):
    """The maker knew which split it would find on the machine."""
    hire, floor, _, service = sold
    asset, customer = hire.drill.id, hire.customer
    number = floor.give(floor.terms(window_from=clock.now() + DAY), collateral=100 * EUR)
    clock.pass_time(2 * DAY)
    economy.assets.approve(floor.contract, asset, {"from": customer})
    floor.exercise(number, floor.status(1_000), by=customer)
    assert economy.assets.providerOf(asset) == economy.maker
    assert economy.assets.route(asset) >> 32 & (1 << 64) - 1 == service


def test_the_maker_owes_the_take_back_to_the_owner(economy, sold):
    hire, _, _, _ = sold
    asset, customer = hire.drill.id, hire.customer
    economy.agreements.end(hire.id, {"from": customer})
    clock.pass_time(2 * DAY)
    economy.agreements.close(hire.id, {"from": economy.stranger})
    decided = economy.end_of_life.decide(asset, RECYCLE, "0x" + 40 * "0", REASON, "", {"from": customer})
    assert decided.events["NextUseDecided"]["taker"] == economy.maker
    economy.assets.approve(economy.end_of_life, asset, {"from": customer})
    economy.end_of_life.acceptTitle(asset, {"from": economy.maker})
    assert economy.assets.providerOf(asset) == economy.maker
