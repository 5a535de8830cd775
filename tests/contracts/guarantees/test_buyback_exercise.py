"""Exercise: title to the guarantor, money to the holder, machine returned; the price reads signed wear."""

from __future__ import annotations

import pytest

from tests.contracts.guarantees.floor import (
    HOUR,
    SECONDS_PER_DAY,
    YEAR,
    Stage,
)
from tests.fixtures.economy import DAY, EUR
from tests.helpers import clock
from tests.helpers.balances import BalanceChanges
from tests.helpers.errors import typed_error, typed_error_named
from tests.helpers.events import assert_events, event

RETURNED = 3
ODOMETER = 6_000_000  # of which 5,000,000 are allowed in five years


@pytest.fixture(scope="module")
def given(floor):
    terms = floor.terms()
    return floor.give(terms, collateral=100 * EUR), terms


@pytest.fixture(scope="module")
def due(floor, given):
    """Five years later: 20 EUR, less 2 for wear and 3 for missed services (the last year's is not counted)."""
    clock.pass_time(given[1].starts_at + 5 * YEAR - clock.now() - HOUR)
    return given


def test_title_money_and_machine_change_at_once(floor, due):
    number, terms = due
    economy = floor.economy
    at = clock.next_block_at(terms.starts_at + 5 * YEAR)
    price = floor.expected(terms, ODOMETER, at, missed=3)
    assert price == (20 - 2 - 3) * EUR
    with BalanceChanges(economy.balance, floor.holder, floor.guarantor) as changes:
        done = floor.exercise(number, floor.status(ODOMETER), least=price)
    assert changes == {floor.holder: price, floor.guarantor: 100 * EUR - price}
    assert done.return_value == price
    assert floor.owner == floor.guarantor
    assert economy.assets.assetOf(floor.asset)[2] == RETURNED
    split = int(economy.assets.route(floor.asset)) >> 32 & (1 << 64) - 1
    assert economy.splitter.controllerOf(split) == floor.guarantor
    assert (floor.stage(number), floor.collateral(number)) == (Stage.EXERCISED, 0)
    assert_events(
        done,
        event("Exercised", guarantee=number, asset=floor.asset, holder=floor.holder, odometer=ODOMETER, price=price,
              paid=price, owed=0, rest=100 * EUR - price),
        of=floor.contract,
    )  # fmt: skip
    with typed_error("Buyback_NotLive", number, int(Stage.EXERCISED)):
        floor.exercise(number, by=floor.guarantor)


def test_without_a_status_the_largest_wear_that_is_possible_is_deducted(floor, due):
    number, terms = due
    checkpoint = 5_500_000
    floor.record(checkpoint)
    at = clock.now()
    clock.next_block_at(at + DAY // 2)
    done = floor.exercise(number)
    odometer = checkpoint + SECONDS_PER_DAY // 2
    assert done.events["Exercised"]["odometer"] == odometer
    assert done.return_value == floor.expected(terms, odometer, at + DAY // 2, missed=3)


def test_a_sold_machine_takes_its_guarantee_along(floor, due):
    economy, number = floor.economy, due[0]
    economy.assets.transferFrom(floor.holder, economy.buyer, floor.asset, {"from": floor.holder})
    with typed_error("Buyback_NotHolder", number, floor.holder, economy.buyer):
        floor.exercise(number)
    economy.assets.approve(floor.contract, floor.asset, {"from": economy.buyer})
    with BalanceChanges(economy.balance, economy.buyer) as changes:
        done = floor.exercise(number, floor.status(ODOMETER), economy.buyer)
    assert changes == {economy.buyer: done.return_value}
    assert floor.owner == floor.guarantor


def test_a_lienholder_takes_the_title_releases_its_lien_and_exercises(floor, due):
    """What a round does on default, step by step in one transaction of its own."""
    economy, number = floor.economy, due[0]
    lienholder = economy.repairer
    economy.assets.placeLien(floor.asset, lienholder, {"from": floor.holder})
    with typed_error("Assets_UnderLien", floor.asset, lienholder):
        floor.exercise(number, floor.status(ODOMETER))
    own = economy.split({lienholder: 1}, controller=lienholder)
    economy.assets.consentToRepoint(floor.asset, own, {"from": floor.holder})
    economy.assets.repoint(floor.asset, own, {"from": floor.holder})
    economy.assets.transferFrom(floor.holder, lienholder, floor.asset, {"from": lienholder})
    economy.assets.releaseLien(floor.asset, {"from": lienholder})
    economy.assets.approve(floor.contract, floor.asset, {"from": lienholder})
    with BalanceChanges(economy.balance, lienholder, floor.holder) as changes:
        done = floor.exercise(number, floor.status(ODOMETER), lienholder)
    assert changes == {lienholder: done.return_value, floor.holder: 0}
    assert floor.owner == floor.guarantor


@pytest.mark.parametrize(("offset", "early"), [(-1, True), (0, False), (1, False)])
def test_the_first_second_of_the_window(floor, offset, early):
    terms = floor.terms(window_from=clock.now() + 40 * DAY)
    number = floor.give(terms, collateral=100 * EUR)
    clock.pass_time(40 * DAY - HOUR)
    data = floor.status(0)
    at = clock.next_block_at(terms.window_from + offset)
    if early:
        with typed_error("Buyback_TooEarly", number, terms.window_from, at):
            floor.exercise(number, data)
        return
    assert floor.exercise(number, data).return_value == floor.expected(terms, 0, at, missed=0)


@pytest.mark.parametrize(("offset", "late"), [(0, False), (1, True)])
def test_the_last_second_of_the_window(floor, due, offset, late):
    number, terms = due
    floor.record(ODOMETER)
    clock.pass_time(terms.window_until - HOUR - clock.now())
    data = floor.status(ODOMETER)
    clock.next_block_at(terms.window_until + offset)
    if not late:
        with typed_error("Buyback_StillOpen", number, terms.window_until, terms.window_until):
            floor.contract.expire(number, {"from": floor.economy.stranger})
        floor.exercise(number, data)
        return
    with typed_error("Buyback_TooLate", number, terms.window_until, terms.window_until + 1):
        floor.exercise(number, data)
    with BalanceChanges(floor.economy.balance, floor.guarantor) as changes:
        floor.contract.expire(number, {"from": floor.economy.stranger})
    assert changes == {floor.guarantor: 100 * EUR}
    assert floor.stage(number) is Stage.EXPIRED


def test_statuses_that_do_not_count(floor, due):
    number, economy = due[0], floor.economy
    floor.record(ODOMETER)
    now = clock.now()
    other = economy.drill()
    for data, error in (
        (floor.status(ODOMETER, now - 7 * DAY - 60), "Buyback_StatusTooOld"),
        (floor.status(ODOMETER, now + 600), "Buyback_StatusAhead"),
        (floor.status(ODOMETER - 1), "Buyback_OdometerFell"),
        (floor.status(ODOMETER, key=other.meter), "Buyback_StatusForged"),
        (floor.status(ODOMETER, asset=other.id, key=other.meter), "Buyback_StatusOfOther"),
    ):
        with typed_error_named(error):
            floor.exercise(number, data)
    with typed_error("Buyback_NotHolder", number, economy.stranger, floor.holder):
        floor.exercise(number, floor.status(ODOMETER), economy.stranger)
    # As old as it may be.
    clock.next_block_at(now + 60)
    floor.exercise(number, floor.status(ODOMETER, now + 60 - 7 * DAY))


def test_a_meter_that_is_trusted_less_than_agreed_is_not_believed(floor, given):
    terms = floor.terms(least_grade=2, window_from=clock.now() + 40 * DAY)
    number = floor.give(terms, collateral=100 * EUR)
    clock.pass_time(40 * DAY)
    with typed_error("Buyback_GradeTooLow", number, 1, 2):
        floor.exercise(number, floor.status(0))
    floor.exercise(number)


def test_without_a_declared_rate_wear_is_unbounded_and_a_status_is_needed(floor, economy):
    drill = economy.drill()
    now = clock.now()
    terms = floor.terms(asset=drill.id, window_from=now, window_until=now + YEAR, service_every=0, missed_service=0)
    number = floor.give(terms, collateral=100 * EUR)
    with typed_error("Buyback_WearUnbounded", number, drill.id):
        floor.exercise(number)
    free = floor.give(terms._replace(deduction_per_million=0), collateral=100 * EUR)
    assert floor.exercise(free).return_value == floor.expected(terms, 0, clock.now(), missed=0)


def test_a_price_of_nothing_takes_no_title(floor, due):
    number = due[0]
    with typed_error("Buyback_Worthless", number):
        floor.exercise(number, floor.status(60 * ODOMETER))
    assert floor.owner == floor.holder


def test_fees_bound_by_the_holder_do_not_come_along(floor, due):
    economy, number = floor.economy, due[0]
    forever = economy.split({economy.stranger: 1}, controller=economy.stranger)
    economy.assets.repoint(floor.asset, forever, {"from": floor.holder})
    with typed_error("Buyback_SplitStays", number, forever, economy.stranger):
        floor.exercise(number, floor.status(ODOMETER))
    assert floor.owner == floor.holder


def test_a_retired_machine_and_one_within_another_stay(floor, due):
    """Both by the registry's own rule: a retired machine is not returned, a part does not move alone."""
    economy, number = floor.economy, due[0]
    decided = economy.end_of_life.decide(floor.asset, 7, floor.holder, b"r" * 32, "", {"from": floor.holder})
    assert decided.status == 1
    economy.assets.setLifecycle(floor.asset, 4, b"r" * 32, {"from": floor.holder})
    with typed_error_named("Assets_LifecycleRefused"):
        floor.exercise(number, floor.status(ODOMETER))
    with typed_error("Buyback_AssetRetired", floor.asset):
        floor.give()


def test_paused_nothing_new_is_guaranteed_and_every_exit_works(floor, due):
    number = due[0]
    floor.economy.offers.pause({"from": floor.economy.guardian})
    with typed_error("Buyback_Paused"):
        floor.give()
    floor.contract.release(number, EUR, {"from": floor.guarantor})
    floor.exercise(number, floor.status(ODOMETER))
