"""What selling a title, buying a machine back and paying for down time cost; conditions in README.md."""

from __future__ import annotations

import pytest

from tests.contracts.guarantees.floor import Floor
from tests.contracts.guarantees.watch import GRACE, HOUR, PERIOD, Watch
from tests.fixtures.economy import DAY, EUR
from tests.helpers import clock

START = 2_300_000_000


@pytest.fixture(scope="module")
def begin(economy):
    clock.next_block_at(START)
    for account in (economy.maker, economy.provider, economy.buyer):
        economy.deposit(account)


def test_a_title_is_sold(economy, deployment, begin, gas):
    sales, drill = deployment.TitleSales, economy.drill()
    economy.assets.setApprovalForAll(sales, True, {"from": economy.provider})
    economy.assets.setApprovalForAll(sales, True, {"from": economy.buyer})
    for account in (economy.buyer, economy.provider):
        economy.allow(account, 10**30, spender=sales)
    nobody = "0x" + 40 * "0"
    for seller, buyer in ((economy.provider, economy.buyer), (economy.buyer, economy.provider)):
        terms = (drill.id, nobody, economy.euro, EUR, START + 100 * DAY, 0)
        offered = sales.offer(*terms, {"from": seller})
        sold = sales.buy(offered.return_value, 0, {"from": buyer})
    gas.check("title: offer", offered)
    gas.check("title: buy", sold)
    mine = economy.split({economy.buyer: 1}, controller=economy.buyer)
    again = sales.offer(drill.id, nobody, economy.euro, EUR, START + 100 * DAY, mine, {"from": economy.provider})
    gas.check("title: buy into a named split", sales.buy(again.return_value, mine, {"from": economy.buyer}))


def test_a_machine_is_bought_back(economy, deployment, begin, gas):
    floor = Floor(economy, deployment, economy.drill())
    floor.prepare()
    now = clock.now()
    terms = floor.terms(window_from=now, window_until=now + 50 * DAY, service_every=0, missed_service=0)
    gas.check("buyback: give", floor.contract.give(terms, [(0, 20 * EUR), (50 * DAY, EUR)], 50 * EUR,
              {"from": floor.guarantor}))  # fmt: skip
    number = int(floor.contract.guaranteeCount())
    gas.check("buyback: exercise", floor.exercise(number, floor.status(1_000_000)))


def test_down_time_is_paid_for(economy, deployment, begin, gas):
    watch = Watch(economy, deployment)
    terms = watch.terms()
    number = watch.give(terms)
    for sequence, period in ((1, 0), (2, 1)):
        for hire in watch.hires:
            economy.use(hire, sequence, sequence * EUR)
        end = terms.starts_at + (period + 1) * PERIOD
        clock.pass_time(end - clock.now())
        first = watch.up(number, terms, period, [0, 1])
        # The second finds the period's words written.
        second = watch.report(number, *(watch.status(end - PERIOD + slot * HOUR) for slot in (2,)))
        checkpoints = [watch.checkpoint(number, hire, period) for hire in watch.hires]
        clock.pass_time(end + GRACE + 1 - clock.now())
        settled = watch.settle(number)
        claims = [watch.claim(number, hire, period) for hire in watch.hires]
    gas.check("uptime: report 2 statuses, first of a period", first)
    gas.check("uptime: report a status", second)
    gas.check("uptime: checkpoint", checkpoints[1])
    gas.check("uptime: settle a period", settled)
    gas.check("uptime: claim", claims[0])
