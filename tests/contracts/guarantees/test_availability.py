"""Uptime: statuses set slots, silence is down time, and what a period lacked comes back once, out of the bond."""

from __future__ import annotations

import pytest

from oracle.domain.statuses import StatusState
from tests.contracts.guarantees.watch import BOND, CUSTOMER_FAULT, GRACE, HOUR, PERIOD
from tests.fixtures.economy import EUR
from tests.helpers import clock
from tests.helpers.balances import BalanceChanges
from tests.helpers.errors import typed_error, typed_error_named
from tests.helpers.events import assert_events, event

NOBODY = "0x" + 40 * "0"


@pytest.fixture(scope="module")
def promised(watch):
    terms = watch.terms()
    return watch.give(terms), terms


def wait_for(time: int) -> None:
    clock.pass_time(time - clock.now())


def test_half_a_period_down_gives_half_the_charges_back_to_who_paid_them(watch, promised):
    (number, terms), economy = promised, watch.economy
    one, other = watch.hires
    # Both agreements opened just before the first period: what they settle is spread over two.
    economy.use(one, 1, 1_000_001)
    economy.use(other, 1, 600_000)
    end = terms.starts_at + PERIOD
    wait_for(end)
    watch.up(number, terms, 0, [0, 3])
    assert tuple(watch.contract.uptimeIn(number, 0)) == (2, 4, 25 * 200)
    for hire in (one, other):
        watch.checkpoint(number, hire, 0)
    with typed_error_named("Uptime_TooEarly"):
        watch.settle(number)
    wait_for(end + GRACE + 1)
    settled = watch.settle(number)
    charged, pool = 500_000 + 300_000, 400_000
    assert_events(
        settled,
        event("PeriodSettled", uptime=number, period=0, up=2, counted=4, creditBps=5_000, charged=charged, pool=pool),
    )
    with BalanceChanges(economy.balance, one.customer, other.customer) as changes:
        for hire in (one, other):
            watch.claim(number, hire, 0)
            with typed_error("Uptime_NothingToClaim", number, hire.id, 0):
                watch.claim(number, hire, 0)
    assert changes == {one.customer: 250_000, other.customer: 150_000}
    assert watch.contract.freeBondOf(number) == BOND - pool


def test_a_bond_that_does_not_reach_is_shared_and_its_last_unit_is_free_again(watch):
    terms, economy = watch.terms(), watch.economy
    number = watch.give(terms, bond=11)
    for hire, charge in zip(watch.hires, (1_000_000, 2_000_000), strict=True):
        economy.use(hire, 1, charge)
    wait_for(terms.starts_at + PERIOD)
    for hire in watch.hires:
        watch.checkpoint(number, hire, 0)
    wait_for(terms.starts_at + PERIOD + GRACE + 1)
    watch.settle(number)
    assert watch.contract.freeBondOf(number) == 0
    paid = [watch.claim(number, hire, 0).return_value for hire in watch.hires]
    assert paid == [3, 7]
    assert watch.contract.freeBondOf(number) == 1


def test_what_counts_and_what_does_not(watch, promised):
    number, terms = promised
    begin = terms.starts_at
    announced = watch.contract.announceMaintenance(number, 1, 2, 2, {"from": watch.guarantor})
    assert_events(announced, event("MaintenanceAnnounced", uptime=number, period=1, first=2, slots=2))
    with typed_error("Uptime_TooMuchMaintenance", number, 3, 2):
        watch.contract.announceMaintenance(number, 1, 1, 1, {"from": watch.guarantor})
    # Saying the same again announces nothing more.
    watch.contract.announceMaintenance(number, 1, 3, 1, {"from": watch.guarantor})
    with typed_error("Uptime_NotGuarantor", number, watch.economy.stranger, watch.guarantor):
        watch.contract.announceMaintenance(number, 2, 0, 1, {"from": watch.economy.stranger})
    wait_for(begin + 2 * PERIOD)
    with typed_error_named("Uptime_NotAhead"):
        watch.contract.announceMaintenance(number, 0, 0, 1, {"from": watch.guarantor})
    in_second = begin + PERIOD
    watch.report(
        number,
        watch.status(in_second + HOUR + 1),
        watch.status(in_second + HOUR + 2, StatusState.DOWN, 1),  # down outdoes up, whichever came first
        watch.status(in_second, StatusState.DOWN, CUSTOMER_FAULT),
        watch.status(in_second + 3 * HOUR, StatusState.IN_MAINTENANCE),
    )
    # Of four slots two were announced and one was the customer's doing.
    assert tuple(watch.contract.uptimeIn(number, 1))[:2] == (0, 1)
    watch.report(number, watch.status(in_second, StatusState.IN_MAINTENANCE))
    assert tuple(watch.contract.uptimeIn(number, 1))[:2] == (0, 2)


def test_statuses_that_do_not_count(watch, promised):
    number, terms = promised
    begin = terms.starts_at
    other = watch.economy.drill()
    for signed, error in (
        (watch.status(begin - 1), "Uptime_StatusOutside"),
        (watch.status(begin + 10 * HOUR), "Uptime_StatusAhead"),
        (watch.status(begin, asset=other.id, key=other.meter), "Uptime_StatusOfOther"),
        (watch.status(begin, key=other.meter), "Uptime_StatusForged"),
        (watch.status(begin, StatusState.SERVICE_RESET), "Uptime_StateDoesNotCount"),
    ):
        wait_for(max(clock.now(), begin))
        with typed_error_named(error):
            watch.report(number, signed)
    with typed_error("Uptime_LengthsDiffer", 1, 0):
        watch.contract.report(number, [watch.status(begin)[0]], [], {"from": watch.economy.stranger})
    clock.next_block_at(begin + PERIOD + GRACE + 1)
    with typed_error("Uptime_TooLate", number, begin + PERIOD + GRACE, begin + PERIOD + GRACE + 1):
        watch.report(number, watch.status(begin))


def test_a_customer_cannot_let_good_periods_pay_for_a_bad_one(watch, promised):
    """What settled since the last checkpoint is spread over the periods since then."""
    (number, terms), economy = promised, watch.economy
    hire = watch.hires[0]
    wait_for(terms.starts_at + PERIOD)
    with typed_error_named("Uptime_TooEarly"):
        watch.checkpoint(number, hire, 1)
    watch.checkpoint(number, hire, 0)
    with typed_error("Uptime_AlreadyCheckpointed", number, hire.id, 0):
        watch.checkpoint(number, hire, 0)
    economy.use(hire, 1, 900_001)
    late = terms.starts_at + 2 * PERIOD + GRACE
    clock.next_block_at(late + 1)
    with typed_error("Uptime_TooLate", number, late, late + 1):
        watch.checkpoint(number, hire, 1)
    wait_for(terms.starts_at + 3 * PERIOD)
    watch.checkpoint(number, hire, 2)
    assert watch.contract.chargeOf(number, hire.id, 2) == 450_000


def test_agreements_that_have_no_part_in_it(watch, promised):
    (number, terms), economy = promised, watch.economy
    elsewhere = economy.hire(economy.customers[3])
    franc = economy.new_currency()
    both = economy.split(currencies=[economy.euro, franc])
    economy.assets.consentToRepoint(watch.drill.id, both, {"from": economy.provider})
    economy.assets.repoint(watch.drill.id, both, {"from": economy.provider})
    foreign = economy.publish(franc, standing_per_day=0)
    economy.offer(watch.drill, foreign, exclusive=False)
    economy.endow(economy.customers[4], token=franc)
    dear = economy.open(economy.customers[4], watch.drill, foreign, exclusive=False)
    economy.endow(watch.guarantor)
    own = economy.open(watch.guarantor, watch.drill, watch.priced, exclusive=False)
    wait_for(terms.starts_at + PERIOD)
    newcomer = economy.endow(economy.customers[5])
    young = economy.open(newcomer, watch.drill, watch.priced, exclusive=False)
    with typed_error("Uptime_AgreementOfOther", number, elsewhere.id):
        watch.checkpoint(number, elsewhere, 0)
    with typed_error("Uptime_CurrencyDiffers", number, dear.id, franc):
        watch.checkpoint(number, dear, 0)
    with typed_error("Uptime_OwnAgreement", number, own.id, watch.guarantor):
        watch.checkpoint(number, own, 0)
    with typed_error("Uptime_NotYetOpened", number, young.id, young.opened_at):
        watch.checkpoint(number, young, 0)
    with typed_error("Uptime_NoSuchPeriod", number, 3, 3):
        watch.checkpoint(number, watch.hires[0], 3)
    with typed_error("Uptime_NotSettled", number, 0):
        watch.claim(number, watch.hires[0], 0)


def test_the_bond_is_the_guarantors_again_once_every_period_is_settled(watch, promised):
    (number, terms), economy = promised, watch.economy
    with typed_error("Uptime_BondBound", number, 1, 0):
        watch.contract.release(number, 1, {"from": watch.guarantor})
    watch.contract.topUp(number, 2, {"from": watch.guarantor})
    watch.contract.release(number, 2, {"from": watch.guarantor})
    for call in (watch.contract.topUp, watch.contract.release):
        with typed_error("Uptime_ZeroAmount", number):
            call(number, 0, {"from": watch.guarantor})
    wait_for(terms.starts_at + 3 * PERIOD + GRACE + 1)
    for _ in range(3):
        watch.settle(number)
    with typed_error("Uptime_NoSuchPeriod", number, 3, 3):
        watch.settle(number)
    with typed_error("Uptime_NotGuarantor", number, economy.stranger, watch.guarantor):
        watch.contract.release(number, BOND, {"from": economy.stranger})
    with BalanceChanges(economy.balance, watch.guarantor) as changes:
        watch.contract.release(number, BOND, {"from": watch.guarantor})
    assert changes == {watch.guarantor: BOND}


@pytest.mark.parametrize(
    ("changes", "bond", "error"),
    [
        ({"asset": 10_000}, EUR, "Assets_Unknown"),
        ({"currency": NOBODY}, EUR, "Uptime_CurrencyNotAdmitted"),
        ({}, 0, "Uptime_OutOfRange"),
        ({}, 1_000 * EUR, "ERC6909InsufficientBalance"),
        ({"starts_at": 1}, EUR, "Uptime_OutOfRange"),
        ({"heartbeat": 1}, EUR, "Uptime_OutOfRange"),
        ({"slots_per_period": 1_025}, EUR, "Uptime_OutOfRange"),
        ({"periods": 0}, EUR, "Uptime_OutOfRange"),
        ({"grace_time": 0}, EUR, "Uptime_OutOfRange"),
        ({"promised_bps": 10_001}, EUR, "Uptime_OutOfRange"),
        ({"credit_bps": 0}, EUR, "Uptime_OutOfRange"),
        ({"most_credit_bps": 10_001}, EUR, "Uptime_OutOfRange"),
        ({"most_maintenance": 5}, EUR, "Uptime_OutOfRange"),
    ],
)
def test_a_promise_that_means_nothing_is_refused(watch, changes, bond, error):
    with typed_error_named(error):
        watch.give(watch.terms(**changes), bond)


def test_a_promise_for_a_retired_machine_and_one_that_never_was(watch):
    economy = watch.economy
    drill = economy.drill()
    owner = {"from": economy.provider}
    economy.end_of_life.decide(drill.id, 7, economy.provider, b"r" * 32, "", owner)
    economy.assets.setLifecycle(drill.id, 4, b"r" * 32, owner)
    with typed_error("Uptime_AssetRetired", drill.id):
        watch.give(watch.terms(asset=drill.id), EUR)
    with typed_error("Uptime_Unknown", 99):
        watch.contract.uptimeOf(99)


def test_paused_nothing_new_is_promised_and_credits_are_paid(watch, promised):
    (number, terms), economy = promised, watch.economy
    economy.use(watch.hires[0], 1, 1_000_000)
    economy.offers.pause({"from": economy.guardian})
    with typed_error("Uptime_Paused"):
        watch.give()
    wait_for(terms.starts_at + PERIOD)
    watch.checkpoint(number, watch.hires[0], 0)
    wait_for(terms.starts_at + PERIOD + GRACE + 1)
    watch.settle(number)
    # Silence all along: the most that the terms give, 60 % of half the charge.
    assert watch.claim(number, watch.hires[0], 0).return_value == 300_000
