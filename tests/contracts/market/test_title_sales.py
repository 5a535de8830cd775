"""Titles sold for ledger money: price and title at once or not at all; what a transfer of a title does holds."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from tests.fixtures.economy import DAY, EUR, FAR_FUTURE
from tests.helpers import clock
from tests.helpers.balances import BalanceChanges
from tests.helpers.errors import typed_error, typed_error_named
from tests.helpers.events import assert_events, event

NOBODY = "0x" + 40 * "0"
PRICE = 30 * EUR


class Fair(NamedTuple):
    """A hired drill whose title the provider sells."""

    economy: Any
    sales: Any
    hire: Any

    def offer(self, by: Any = None, **changes: Any) -> int:
        fields = {
            "asset": self.hire.drill.id, "buyer": NOBODY, "currency": self.economy.euro, "price": PRICE,
            "until": clock.now() + DAY, "split": 0,
        }  # fmt: skip
        assert set(changes) <= set(fields), changes
        return int(
            self.sales.offer(*{**fields, **changes}.values(), {"from": by or self.economy.provider}).return_value
        )

    def buy(self, sale: int, split: int = 0, by: Any = None) -> Any:
        return self.sales.buy(sale, split, {"from": by or self.economy.buyer})

    @property
    def asset(self) -> int:
        return int(self.hire.drill.id)

    @property
    def split(self) -> int:
        return int(self.economy.assets.route(self.asset)) >> 32 & (1 << 64) - 1

    @property
    def owner(self) -> str:
        return str(self.economy.assets.ownerOf(self.asset))


@pytest.fixture(scope="module")
def fair(economy, deployment) -> Fair:
    sales = deployment.TitleSales
    hire = economy.hire(kind=0)
    economy.assets.setApprovalForAll(sales, True, {"from": economy.provider})
    for buyer in (economy.buyer, economy.customers[0], economy.customers[1]):
        economy.deposit(buyer)
        economy.allow(buyer, 10**30, spender=sales)
    return Fair(economy, sales, hire)


def test_price_and_title_change_hands_at_once_and_use_afterwards_pays_the_buyer(fair):
    economy, before = fair.economy, fair.split
    economy.use(fair.hire, 1, 100)
    sale = fair.offer(buyer=economy.buyer)
    with BalanceChanges(economy.balance, economy.buyer, economy.provider) as changes:
        sold = fair.buy(sale)
    # What had settled was distributed first: the provider's 80 of 100.
    assert changes == {economy.buyer: -PRICE, economy.provider: PRICE + 80}
    assert fair.owner == economy.buyer
    assert economy.splitter.controllerOf(fair.split) == economy.buyer
    assert fair.split != before
    assert_events(
        sold,
        event("TitleSold", sale=sale, asset=fair.asset, buyer=economy.buyer, currency=economy.euro, price=PRICE,
              split=fair.split),
        of=fair.sales,
    )  # fmt: skip
    # The open agreement goes on; the listed offer lapsed with the title.
    economy.use(fair.hire, 2, 300)
    economy.splitter.distributeAll(fair.split, {"from": economy.stranger})
    assert economy.balance(economy.buyer) == 100 * EUR - PRICE + 200
    with typed_error("Offers_NotOffered", fair.asset, fair.hire.priced.id, True):
        economy.offers.requireOpenable(fair.asset, fair.hire.priced.id, True, economy.euro)


def test_the_buyer_names_the_split(fair):
    economy = fair.economy
    mine = economy.split({economy.buyer: 3, economy.repairer: 1}, controller=economy.buyer)
    fair.buy(fair.offer(), mine)
    assert (fair.owner, fair.split) == (economy.buyer, mine)
    assert economy.assets.balanceOf(fair.sales) == 0


def test_product_oriented_the_customer_owns_and_use_pays_the_service(fair):
    """Sold to its customer, the machine goes on paying the service's split for use; the take-back has a date."""
    economy, customer = fair.economy, fair.hire.customer
    service = economy.split({economy.provider: 1}, controller=economy.provider)
    sale = fair.offer(buyer=customer, split=service)
    with typed_error("Sales_OtherSplit", sale, service, 0):
        fair.buy(sale, by=customer)
    fair.buy(sale, service, by=customer)
    assert (fair.owner, fair.split) == (customer, service)
    economy.use(fair.hire, 1, 100)
    with BalanceChanges(economy.balance, customer, economy.provider) as changes:
        economy.splitter.distributeAll(service, {"from": economy.stranger})
    assert changes == {customer: 0, economy.provider: 100}
    # The owner cannot take the machine out of the service's split alone.
    with typed_error_named("Assets_ConsentMissing"):
        economy.assets.repoint(fair.asset, economy.split(), {"from": customer})
    assert tuple(economy.end_of_life.takeBackOf(fair.asset))[:2] == (economy.maker, FAR_FUTURE)
    assert economy.end_of_life.takeBackBy(fair.asset) == economy.maker


def test_a_split_that_the_seller_does_not_control_stays_only_where_the_buyer_names_it(fair):
    economy = fair.economy
    theirs = economy.split({economy.repairer: 1}, controller=economy.repairer)
    economy.assets.repoint(fair.asset, theirs, {"from": economy.provider})
    sale = fair.offer()
    with typed_error("Sales_SplitStays", fair.asset, theirs, economy.repairer):
        fair.buy(sale)
    with typed_error_named("Assets_ConsentMissing"):
        fair.buy(sale, economy.split(controller=economy.buyer))
    fair.buy(sale, theirs)
    assert (fair.owner, fair.split) == (economy.buyer, theirs)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"price": 0}, "Sales_ZeroPrice"),
        ({"until": 1}, "Sales_InPast"),
        ({"currency": NOBODY}, "Sales_CurrencyNotAdmitted"),
        ({"split": 10_000}, "Sales_UnknownSplit"),
        ({"asset": 10_000}, "Assets_Unknown"),
    ],
)
def test_an_offer_that_means_nothing_is_refused(fair, changes, error):
    with typed_error_named(error):
        fair.offer(**changes)


def test_who_may_not_is_told_so(fair):
    economy = fair.economy
    with typed_error("Sales_NotTitleOwner", fair.asset, economy.stranger, economy.provider):
        fair.offer(by=economy.stranger)
    with typed_error("Sales_OwnOffer", fair.asset, economy.provider):
        fair.offer(buyer=economy.provider)
    sale = fair.offer(buyer=economy.buyer)
    with typed_error("Sales_NotBuyer", sale, economy.stranger, economy.buyer):
        fair.buy(sale, by=economy.stranger)
    with typed_error("Sales_NotTitleOwner", fair.asset, economy.stranger, economy.provider):
        fair.sales.withdraw(sale, {"from": economy.stranger})
    fair.sales.withdraw(sale, {"from": economy.provider})
    with typed_error("Sales_NotOnOffer", sale, fair.asset):
        fair.buy(sale)
    anyones = fair.offer()
    with typed_error("Sales_OwnOffer", fair.asset, economy.provider):
        fair.buy(anyones, by=economy.provider)


def test_without_money_allowance_or_approval_nothing_moves(fair):
    economy = fair.economy
    sale = fair.offer(price=100 * EUR + 1)
    with typed_error_named("ERC6909InsufficientBalance"):
        fair.buy(sale)
    economy.allow(economy.buyer, PRICE - 1, spender=fair.sales)
    cheaper = fair.offer()
    with typed_error("ERC6909InsufficientAllowance", fair.sales, PRICE - 1, PRICE, economy.id_of()):
        fair.buy(cheaper)
    economy.allow(economy.buyer, PRICE, spender=fair.sales)
    economy.assets.setApprovalForAll(fair.sales, False, {"from": economy.provider})
    with typed_error("ERC721InsufficientApproval", fair.sales, fair.asset):
        fair.buy(cheaper)
    assert fair.owner == economy.provider


def test_an_offer_is_void_once_replaced_or_the_title_has_moved_and_after_its_last_second(fair):
    economy = fair.economy
    first = fair.offer()
    second = fair.offer(until=clock.now() + DAY)
    assert fair.sales.standingOf(fair.asset) == second
    with typed_error("Sales_NotOnOffer", first, fair.asset):
        fair.buy(first)
    economy.assets.transferFrom(economy.provider, economy.stranger, fair.asset, {"from": economy.provider})
    economy.assets.transferFrom(economy.stranger, economy.provider, fair.asset, {"from": economy.stranger})
    assert fair.sales.standingOf(fair.asset) == 0
    with typed_error("Sales_NotOnOffer", second, fair.asset):
        fair.buy(second)
    until = clock.now() + DAY
    third = fair.offer(until=until)
    clock.next_block_at(until + 1)
    with typed_error("Sales_TooLate", third, until):
        fair.buy(third)
    clock.next_block_at(until + 2)
    last = fair.offer(until=until + 10)
    clock.next_block_at(until + 10)
    fair.buy(last)
    with typed_error("Sales_NotOnOffer", last, fair.asset):
        fair.buy(last, by=economy.customers[1])


def test_a_title_under_lien_is_not_sold(fair):
    economy = fair.economy
    sale = fair.offer()
    economy.assets.placeLien(fair.asset, economy.repairer, {"from": economy.provider})
    for split in (0, fair.split):
        with typed_error("Assets_UnderLien", fair.asset, economy.repairer):
            fair.buy(sale, split)


def test_a_pause_stops_offers_and_sales_but_no_withdrawal(fair):
    economy = fair.economy
    sale = fair.offer()
    economy.offers.pause({"from": economy.guardian})
    with typed_error("Sales_Paused"):
        fair.offer()
    with typed_error("Sales_Paused"):
        fair.buy(sale)
    fair.sales.withdraw(sale, {"from": economy.provider})
