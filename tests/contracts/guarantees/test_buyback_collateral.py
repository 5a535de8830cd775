"""Giving, collateral, shortfalls, services and orders: what is refused, and the stated outcome where nothing is."""

from __future__ import annotations

import pytest

from tests.contracts.guarantees.floor import YEAR, Stage
from tests.fixtures.bazaar import HOUR, Kind
from tests.fixtures.economy import DAY, EUR
from tests.helpers import clock
from tests.helpers.balances import BalanceChanges
from tests.helpers.errors import typed_error, typed_error_named
from tests.helpers.events import assert_events, event

NOBODY = "0x" + 40 * "0"


def soon(floor, **changes):
    """A window of 60 days that begins in 40, at 100 EUR falling to 60 within the year; no services due."""
    now = clock.now()
    window = {"window_from": now + 40 * DAY, "window_until": now + 100 * DAY}
    return floor.terms(**{**window, "service_every": 0, "missed_service": 0, **changes})


@pytest.fixture(scope="module")
def short(floor):
    """In its window, with 20 EUR for a price of about 95."""
    terms = soon(floor, cover_bps=1_000)
    number = floor.give(terms, collateral=20 * EUR)
    clock.pass_time(41 * DAY)
    return number, terms


# Giving


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"currency": NOBODY}, "Buyback_CurrencyNotAdmitted"),
        ({"asset": 10_000}, "Assets_Unknown"),
        ({"starts_at": 0}, "Buyback_OutOfRange"),
        ({"starts_at": 2**40 - 1}, "Buyback_OutOfRange"),
        ({"window_from": 1}, "Buyback_OutOfRange"),
        ({"window_until": 2}, "Buyback_OutOfRange"),
        ({"window_until": 2**40 - 1}, "Buyback_OutOfRange"),
        ({"cover_bps": 999}, "Buyback_OutOfRange"),
        ({"cover_bps": 10_001}, "Buyback_OutOfRange"),
        ({"least_grade": 3}, "Buyback_OutOfRange"),
        ({"service_every": DAY - 1}, "Buyback_OutOfRange"),
        ({"service_every": 0, "missed_service": 1}, "Buyback_OutOfRange"),
    ],
)
def test_terms_that_mean_nothing_are_refused(floor, changes, error):
    with typed_error_named(error):
        floor.give(floor.terms(**changes))


@pytest.mark.parametrize(
    ("points", "error"),
    [
        ([], "Buyback_OutOfRange"),
        ([(age, 10**9) for age in range(17)], "Buyback_OutOfRange"),
        ([(5 * YEAR, EUR)], "Buyback_OutOfRange"),  # no price yet when the window begins
        ([(0, 0)], "Buyback_PointsNotFalling"),
        ([(0, EUR), (0, EUR)], "Buyback_PointsNotFalling"),
        ([(0, EUR), (1, EUR + 1)], "Buyback_PointsNotFalling"),
    ],
)
def test_points_that_are_no_falling_line_are_refused(floor, points, error):
    with typed_error_named(error):
        floor.give(points=points)


def test_a_guarantor_without_collateral_gives_nothing(floor, economy):
    terms = floor.terms()
    # Half of 30 EUR, the price when the window begins.
    with typed_error("Buyback_CollateralTooLow", 15 * EUR - 1, 15 * EUR):
        floor.give(terms, collateral=15 * EUR - 1)
    with typed_error_named("ERC6909InsufficientAllowance"):
        floor.give(terms, collateral=15 * EUR, by=economy.stranger)
    economy.allow(economy.stranger, 10**30, spender=floor.contract)
    with typed_error_named("ERC6909InsufficientBalance"):
        floor.give(terms, collateral=15 * EUR, by=economy.stranger)
    number = floor.give(terms, collateral=15 * EUR)
    assert (floor.collateral(number), floor.contract.requiredOf(number)) == (15 * EUR, 15 * EUR)


def test_the_makers_first_is_the_price_today_until_the_owner_chooses(floor, economy):
    with typed_error("Buyback_NothingGuaranteed", floor.asset):
        floor.contract.priceNow(floor.asset)
    terms = floor.terms()
    economy.deposit(economy.stranger)
    economy.allow(economy.stranger, 10**30, spender=floor.contract)
    strangers = floor.give(terms, collateral=50 * EUR, by=economy.stranger)
    assert floor.contract.chosenOf(floor.asset) == 0
    makers = floor.give(terms)
    assert tuple(floor.contract.priceNow(floor.asset))[::2] == (makers, 40 * EUR)
    floor.contract.choose(strangers, {"from": floor.holder})
    assert floor.contract.chosenOf(floor.asset) == strangers
    with typed_error("Buyback_NotHolder", makers, floor.guarantor, floor.holder):
        floor.contract.choose(makers, {"from": floor.guarantor})
    clock.pass_time(DAY)
    number, price, covered = floor.contract.priceNow(floor.asset)
    assert number == strangers
    assert price == floor.expected(terms, 10_000, clock.now(), missed=0)
    assert covered == 50 * EUR


# Collateral


def test_only_what_is_above_the_cover_is_released_and_only_to_the_guarantor(floor, economy):
    number = floor.give()
    with typed_error("Buyback_NotGuarantor", number, economy.stranger, floor.guarantor):
        floor.contract.release(number, 1, {"from": economy.stranger})
    with typed_error("Buyback_CollateralTooLow", 40 * EUR, 40 * EUR + 1):
        floor.contract.release(number, 25 * EUR + 1, {"from": floor.guarantor})
    with BalanceChanges(economy.balance, floor.guarantor) as changes:
        floor.contract.release(number, 25 * EUR, {"from": floor.guarantor})
    assert changes == {floor.guarantor: 25 * EUR}
    for call in (floor.contract.release, floor.contract.topUp):
        with typed_error("Buyback_ZeroAmount", number):
            call(number, 0, {"from": floor.guarantor})


def test_the_holder_may_waive_and_under_lien_only_the_lienholder(floor, economy):
    first, second = floor.give(), floor.give()
    with typed_error("Buyback_NotHolder", first, floor.guarantor, floor.holder):
        floor.contract.waive(first, {"from": floor.guarantor})
    floor.contract.waive(first, {"from": floor.holder})
    assert floor.stage(first) is Stage.WAIVED
    economy.assets.placeLien(floor.asset, economy.repairer, {"from": floor.holder})
    with typed_error("Buyback_NotHolder", second, floor.holder, economy.repairer):
        floor.contract.waive(second, {"from": floor.holder})
    with BalanceChanges(economy.balance, floor.guarantor) as changes:
        floor.contract.waive(second, {"from": economy.repairer})
    assert changes == {floor.guarantor: 40 * EUR}


# Shortfalls


def test_a_holder_takes_all_there_is_and_keeps_a_claim(floor, economy, short):
    number, terms = short
    price = floor.expected(terms, 0, clock.next_block_in(60), missed=0)
    with BalanceChanges(economy.balance, floor.holder) as changes:
        done = floor.exercise(number, floor.status(0))
    assert changes == {floor.holder: 20 * EUR}
    owed = price - 20 * EUR
    assert done.events["Exercised"]["owed"] == owed
    assert floor.owner == floor.guarantor
    # Whoever owes guarantees nothing new.
    with typed_error("Buyback_GuarantorOwes", floor.guarantor, 1):
        floor.give()
    with typed_error("Buyback_MoreThanOwed", number, owed + 1, owed):
        floor.contract.payClaim(number, owed + 1, {"from": floor.guarantor})
    floor.contract.payClaim(number, 1, {"from": floor.guarantor})
    with BalanceChanges(economy.balance, floor.holder) as changes:
        paid = floor.contract.payClaim(number, owed - 1, {"from": floor.guarantor})
    assert changes == {floor.holder: owed - 1}
    assert_events(
        paid, event("ClaimPaid", guarantee=number, by=floor.guarantor, amount=owed - 1, owed=0), of=floor.contract
    )
    floor.give(soon(floor), collateral=60 * EUR)
    with typed_error("Buyback_MoreThanOwed", number, 1, 0):
        floor.contract.payClaim(number, 1, {"from": floor.guarantor})


def test_or_keeps_the_title_and_waits_beyond_the_window(floor, economy, short):
    number, terms = short
    with typed_error_named("Buyback_CollateralShort"):
        floor.exercise(number, floor.status(0), least=20 * EUR + 1)
    floor.contract.demand(number, floor.status(0), {"from": floor.holder})
    with typed_error("Buyback_AlreadyDemanded", number):
        floor.contract.demand(number, floor.status(0), {"from": floor.holder})
    for call in (lambda: floor.give(), lambda: floor.contract.release(number, 1, {"from": floor.guarantor})):
        with typed_error("Buyback_GuarantorOwes", floor.guarantor, 1):
            call()
    clock.pass_time(terms.window_until + DAY - clock.now())
    with typed_error_named("Buyback_StillOpen"):
        floor.contract.expire(number, {"from": floor.guarantor})
    # A top-up that does not reach changes nothing; one that does closes the window in 30 days.
    floor.contract.topUp(number, EUR, {"from": floor.guarantor})
    met = floor.contract.topUp(number, 100 * EUR, {"from": floor.guarantor})
    until = met.timestamp + 30 * DAY
    assert met.events["DemandMet"]["openUntil"] == until
    assert floor.contract.owesIn(floor.guarantor) == 0
    clock.pass_time(until - HOUR - clock.now())
    data = floor.status(0)
    clock.next_block_at(until)
    done = floor.exercise(number, data)
    assert done.return_value == floor.expected(terms, 0, until, missed=0)


def test_who_is_covered_has_nothing_to_demand(floor):
    number = floor.give(soon(floor), collateral=100 * EUR)
    clock.pass_time(40 * DAY)
    with typed_error_named("Buyback_NotShort"):
        floor.contract.demand(number, floor.status(0), {"from": floor.holder})


def test_a_guarantor_that_owns_the_machine_buys_nothing_from_itself(floor, economy):
    number = floor.give(soon(floor), collateral=100 * EUR)
    clock.pass_time(40 * DAY)
    economy.assets.transferFrom(floor.holder, floor.guarantor, floor.asset, {"from": floor.holder})
    with typed_error("Buyback_OwnGuarantee", number, floor.guarantor):
        floor.exercise(number, floor.status(0), floor.guarantor)


# Services and orders


@pytest.fixture(scope="module")
def serviced(bazaar, floor):
    """The guaranteed drill with terms of service, and money in its reserve."""
    bazaar.endow(bazaar.provider)
    return bazaar.machine(floor.drill, reserve=60 * EUR)


def done(bazaar, machine, kind=Kind.MAINTAIN):
    order = bazaar.delivered(machine, kind=kind)
    bazaar.approve(order)
    return order


def test_a_service_counts_once_for_its_interval_in_any_order(floor, bazaar, serviced):
    terms = floor.terms()
    number = floor.give(terms)
    first = done(bazaar, serviced)
    clock.pass_time(terms.starts_at + YEAR - clock.now())
    second = done(bazaar, serviced, Kind.REPAIR)
    inspected = done(bazaar, serviced, Kind.INSPECT)
    for order in (second, first, second):
        floor.contract.proveService(number, order, {"from": floor.economy.stranger})
    later = floor.give(floor.terms())
    with typed_error("Buyback_OutsideIntervals", later, bazaar.order(first).assigned_at):
        floor.contract.proveService(later, first, {"from": floor.economy.stranger})
    with typed_error_named("Buyback_NotServiced"):
        floor.contract.proveService(number, inspected, {"from": floor.economy.stranger})
    with typed_error_named("Buyback_NotServiced"):
        floor.contract.proveService(number, bazaar.open(serviced), {"from": floor.economy.stranger})
    other = floor.economy.drill()
    elsewhere = done(bazaar, bazaar.machine(other, reserve=9 * EUR))
    with typed_error("Buyback_NotOfAsset", number, elsewhere):
        floor.contract.proveService(number, elsewhere, {"from": floor.economy.stranger})
    clock.pass_time(terms.window_from - clock.now())
    # Of the years that count, all but the first two went without a service.
    assert floor.contract.priceAt(number, 0) == floor.expected(terms, 0, clock.now(), missed=1)


def test_an_old_unfinished_order_waits_and_young_ones_do_not_count(floor, bazaar, serviced):
    terms = soon(floor)
    number = floor.give(terms, collateral=100 * EUR)
    old = bazaar.assigned(serviced)
    finished = done(bazaar, serviced)
    clock.pass_time(terms.window_from - 30 * DAY + 1 - clock.now())
    young = bazaar.open(serviced)
    with typed_error_named("Buyback_OrderTooYoung"):
        floor.contract.objectOrder(number, young, {"from": floor.guarantor})
    with typed_error_named("Buyback_OrderEnded"):
        floor.contract.objectOrder(number, finished, {"from": floor.guarantor})
    floor.contract.objectOrder(number, old, {"from": floor.guarantor})
    clock.pass_time(terms.window_from - clock.now())
    with typed_error("Buyback_OrderUnfinished", number, old):
        floor.exercise(number, floor.status(0))
    bazaar.market.expire(old, {"from": bazaar.stranger})
    floor.exercise(number, floor.status(0))
