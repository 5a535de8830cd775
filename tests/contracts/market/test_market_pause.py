"""I-15: the guardian's pause stops opening, bids and acceptance; what pays or ends goes on, whoever is dismissed."""

from __future__ import annotations

import pytest

from tests.contracts.market.test_order_graph import LEADS_TO, in_stage, take  # noqa: F401
from tests.fixtures.bazaar import Stage
from tests.fixtures.economy import EUR
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

STOPPED = ["accept", "acceptLowest", "bid"]
LATE = {"lapse", "expire", "release", "endSilent"}


@pytest.fixture
def paused(bazaar, economy, in_stage):  # noqa: F811
    """Everything that can be paused is."""
    for contract in (bazaar.market, bazaar.ledger, bazaar.assets, economy.offers):
        contract.pause({"from": economy.guardian})
    return in_stage


def test_the_pause_is_said_and_lifted(bazaar, economy):
    assert_events(bazaar.market.pause({"from": economy.guardian}), event("Paused", account=economy.guardian))
    assert bazaar.market.paused() is True
    assert_events(bazaar.market.unpause({"from": economy.guardian}), event("Unpaused", account=economy.guardian))


def test_nothing_is_opened(bazaar, machine, paused):
    with typed_error("EnforcedPause"):
        bazaar.open(machine)


@pytest.mark.parametrize("step", STOPPED)
def test_nothing_is_bid_or_accepted(bazaar, paused, step):
    with typed_error("EnforcedPause"):
        take(bazaar, step, paused[Stage.OPEN])


@pytest.mark.parametrize(
    ("stage", "step"), [edge for edge in LEADS_TO if edge[1] not in STOPPED], ids=lambda one: getattr(one, "name", one)
)
@pytest.mark.parametrize("recorder", [True, False])
def test_i15_every_way_to_an_end_stays_open(bazaar, machine, economy, paused, stage, step, recorder):
    """Also where governance has dismissed the market as a recorder, or the policy for workers is gone."""
    if not recorder:
        bazaar.assets.appointRecorder(bazaar.market, False, {"from": economy.listing})
        bazaar.list.admit(bazaar.worker, 0, {"from": economy.listing})
    order = paused[stage]
    if step == "rule":
        bazaar.rule(order, bazaar.arbiters[1], 10_000)
    if step in LATE:
        clock.pass_time(3 * 86_400)
    done = take(bazaar, step, order)
    assert bazaar.stage(order) is LEADS_TO[stage, step]
    assert ("HistoryRecorded" in done.events) is recorder


def test_i15_a_reserve_is_released_while_paused(bazaar, machine, economy, in_stage):  # noqa: F811
    bazaar.fill(machine.id, EUR)
    bazaar.market.pause({"from": economy.guardian})
    bazaar.ledger.pause({"from": economy.guardian})
    bazaar.market.releaseReserve(machine.id, economy.euro, EUR, bazaar.stranger, {"from": bazaar.provider})
    assert bazaar.balance(bazaar.stranger) == EUR
