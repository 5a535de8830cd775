"""Ways around a round that people may try: each ends in a typed error or an outcome that is stated here."""

from __future__ import annotations

from typing import Any

import pytest

from oracle.domain.bindings import MeterBinding, PermitSigner, signer_bytes
from oracle.types import ZERO_BYTES32
from tests.contracts.guarantees.floor import Floor
from tests.fixtures.economy import DAY, EUR
from tests.fixtures.rounds import YEAR, RoundState, TrancheTerms
from tests.helpers import clock
from tests.helpers.errors import typed_error

NO_STATUS = (0, 0, 0, 0, 0, 0)


def word(text: bytes) -> bytes:
    return text.ljust(32, b"\0")


@pytest.fixture(scope="module")
def served(rounds) -> tuple[Any, Any]:
    """A running round whose machine has a customer: Anna, who invested in it as well."""
    opened = rounds.running()
    (drill,), economy = opened.drills, rounds.economy
    priced = economy.publish()
    economy.offer(drill, priced)
    economy.endow(rounds.anna)
    return opened, economy.open(rounds.anna, drill, priced)


def test_nothing_and_dust(rounds):
    """The target leaves one unit for a tranche that shares in what is left, without a cap."""
    tranches = [TrancheTerms(1_000 * EUR - 1), TrancheTerms(1_000 * EUR, 0, 10_000, 0, 10_000)]
    opened = rounds.open(tranches=tranches)
    rounds.endow(rounds.anna, 1_000 * EUR)
    rounds.endow(rounds.bert, EUR)
    with typed_error("Financing_InvestmentTooSmall", opened.id, 0, EUR):
        rounds.invest(opened, 0, 0, rounds.anna)
    rounds.invest(opened, 0, 1_000 * EUR, rounds.anna)
    assert rounds.invest(opened, 1, EUR, rounds.bert).return_value == 1
    rounds.pledge(opened)
    rounds.start(opened)
    # Nothing came: nothing is paid, and nobody is told that something was.
    assert "TranchePaid" not in rounds.money.distribute(opened.id, {"from": rounds.stranger}).events
    with typed_error("Financing_NothingToPay", opened.id):
        rounds.claim(opened, 0, rounds.anna)
    with typed_error("Financing_NothingToPay", opened.id):
        rounds.money.repay(opened.id, 0, {"from": rounds.provider})
    rounds.fees(opened, 2)
    rounds.money.distribute(opened.id, {"from": rounds.stranger})
    assert rounds.views.trancheOf(opened.id, 0)[3] == 1

    with typed_error("Financing_NoBuyOutPrice", opened.id, 1):
        rounds.money.buyOut(opened.id, 2**200, {"from": rounds.provider})
    # "No cap" is 429,496 times the money: an index holds that for a single unit, and then the round is over.
    rounds.receive(opened, 1_001 * EUR)
    assert rounds.views.trancheOf(opened.id, 1)[3] == 2**32 // 10_000
    assert rounds.state(opened) == RoundState.REPAID
    for tranche, holder in ((0, rounds.anna), (1, rounds.bert)):
        rounds.money.burn(opened.id, tranche, {"from": holder})
    assert rounds.balance(rounds.money.accountOf(opened.id)) == 0, "I-14"


def test_at_its_minimum_a_round_starts_only_after_the_deadline_and_within_two_weeks(rounds):
    opened = rounds.open(tranches=[TrancheTerms(1_000 * EUR)])
    rounds.endow(rounds.anna, 800 * EUR)
    rounds.invest(opened, 0, 800 * EUR, rounds.anna)
    rounds.pledge(opened)
    with typed_error("Financing_TooEarly", opened.id, opened.deadline):
        rounds.start(opened)
    with typed_error("Financing_NotProvider", opened.id, rounds.stranger, rounds.provider):
        rounds.money.cancel(opened.id, {"from": rounds.stranger})
    latest = opened.deadline + 14 * DAY
    clock.next_block_at(opened.deadline)
    with typed_error("Financing_TooEarly", opened.id, latest + 1):
        rounds.money.fail(opened.id, {"from": rounds.stranger})
    before = rounds.balance(rounds.provider)
    clock.next_block_at(latest)
    rounds.start(opened)
    assert rounds.balance(rounds.provider) == before + 800 * EUR
    assert rounds.state(opened) == RoundState.ON_PLAN


def test_after_two_weeks_it_starts_no_more(rounds):
    opened = rounds.open(tranches=[TrancheTerms(1_000 * EUR)])
    rounds.endow(rounds.anna, 1_000 * EUR)
    rounds.invest(opened, 0, 1_000 * EUR, rounds.anna)
    rounds.pledge(opened)
    latest = opened.deadline + 14 * DAY
    clock.next_block_at(latest + 1)
    with typed_error("Financing_TooLate", opened.id, latest):
        rounds.start(opened)
    rounds.money.fail(opened.id, {"from": rounds.stranger})
    assert rounds.money.refund(opened.id, 0, rounds.anna, {"from": rounds.stranger}).return_value == 1_000 * EUR
    (drill,) = opened.drills
    rounds.collateral.release(drill.id, {"from": rounds.provider})


def test_a_customer_repays_itself_and_a_tariff_taken_off_the_market_goes_on_for_who_has_it(rounds, served):
    opened, hire = served
    (drill,), economy = opened.drills, rounds.economy
    economy.use(hire, 1, 1_000_000)
    economy.offers.withdrawOffer(drill.id, hire.priced.id, True, {"from": rounds.provider})
    economy.use(hire, 2, 2_000_000)
    rounds.money.distribute(opened.id, {"from": rounds.stranger})
    assert rounds.claim(opened, 0, rounds.anna).return_value == 1_600_000 - 1, "80 % of 2 EUR, to one unit"
    with typed_error("Offers_NotOffered", drill.id, hire.priced.id, True):
        economy.offers.requireOpenable(drill.id, hire.priced.id, True, economy.euro)
    # Whoever is not served pays nothing: the round falls behind its plan.
    clock.pass_time(60 * DAY)
    assert rounds.update(opened) == RoundState.LATE


def test_no_order_of_calls_makes_a_default(rounds, served):
    """Fees that wait, claims and pokes at chosen moments: the state is the receipts' and the time's."""
    opened, _ = served
    clock.pass_time(179 * DAY)
    rounds.fees(opened, 400 * EUR)
    clock.pass_time(2 * DAY)
    who = {"from": rounds.stranger}
    assert rounds.money.stateByRule(opened.id)[0] == RoundState.DEFAULTED, "as long as nobody distributes"
    assert rounds.update(opened) == RoundState.ON_PLAN
    rounds.claim(opened, 0, rounds.anna)
    for _ in range(3):
        rounds.money.distribute(opened.id, who)
        assert rounds.update(opened) == RoundState.ON_PLAN


def test_the_machine_registered_again_has_another_meter_and_this_one_tells(rounds, served):
    opened, _ = served
    (drill,), economy = opened.drills, rounds.economy
    record = economy.assets.assetOf(drill.id)
    maker, model, serial = record[0], bytes(record[5]), bytes(record[6])
    twin = int(
        economy.assets.registerSelfDeclared(maker, model, serial, rounds.provider, {"from": rounds.provider})
        .events["AssetRegistered"]["asset"]
    )  # fmt: skip
    assert economy.assets.assetOf(twin)[1] == rounds.provider, "for all to see: not the maker's word"
    with typed_error("Meters_KeyInUse", drill.meter.address, drill.id):
        economy.announce(twin, drill.meter)
    binding = MeterBinding(twin, signer_bytes(drill.meter), int(drill.meter.curve), 1, 0, ZERO_BYTES32, 0)
    with typed_error("Meters_KeyInUse", drill.meter.address, drill.id):
        economy.meters.announceMeter(
            economy.values(binding), 1, economy.signature(binding, drill.meter), b"", {"from": rounds.provider}
        )


def test_a_permit_signer_that_stood_at_the_start_goes_on_and_the_next_needs_consent(rounds):
    economy = rounds.economy
    drill = economy.drill(split=0)
    cold = economy.customers[9]
    economy.meters.setRotationKey(drill.id, cold, NO_STATUS, b"", {"from": rounds.provider})

    def appoint(signer: Any, epoch: int) -> None:
        form = PermitSigner(drill.id, signer.address, epoch, 0)
        economy.meters.appointPermitSigner(form.values(), economy.signature(form, cold), {"from": rounds.stranger})

    appoint(rounds.dora, 1)
    opened = rounds.running(drill)
    assert economy.meters.permitSignerOf(drill.id)[0] == rounds.dora
    for signer in (rounds.dora, rounds.carl):
        with typed_error("Financing_ConsentNeeded", opened.id, drill.id, signer):
            appoint(signer, 2)


def test_a_buyback_exercised_twice_early_late_or_with_a_status_that_does_not_count(rounds, deployment):
    drill = rounds.economy.drill(split=0)
    floor = Floor(rounds.economy, deployment, drill)
    floor.prepare()
    opens, closes = clock.now() + 200 * DAY, clock.now() + 230 * DAY
    terms = floor.terms(window_from=opens, window_until=closes)
    number = floor.give(terms, points=((0, 700 * EUR),), collateral=700 * EUR)
    opened = rounds.running(drill, rounds.economy.drill(split=0), guarantees=[number, 0])

    def exercise(data: bytes, machine: Any = drill) -> Any:
        return rounds.collateral.exerciseBuyback(opened.id, machine.id, data, {"from": rounds.stranger})

    with typed_error("Financing_WrongState", opened.id, int(RoundState.ON_PLAN)):
        exercise(floor.status(1_000))
    with typed_error("Buyback_NotHolder", number, rounds.stranger, rounds.provider):
        floor.exercise(number, floor.status(1_000), by=rounds.stranger)
    rounds.default(opened)
    rounds.decide(opened, buyback=True)
    with typed_error("Financing_NotDecided", opened.id, word(b"buyback")):
        exercise(floor.status(1_000), opened.drills[1])
    early = clock.now() + 1
    clock.next_block_at(early)
    with typed_error("Buyback_TooEarly", number, opens, early):
        exercise(floor.status(1_000, early))
    clock.pass_time(20 * DAY)
    now = clock.now() + 1
    with typed_error("Buyback_StatusTooOld", number, now - 7 * DAY - 1, now - 7 * DAY):
        clock.next_block_at(now)
        exercise(floor.status(1_000, now - 7 * DAY - 1))
    with typed_error("Buyback_StatusForged", number):
        exercise(floor.status(1_000, key=rounds.economy.customers[9]))
    with typed_error("Buyback_StatusOfOther", number, opened.drills[1].id):
        exercise(floor.status(1_000, asset=opened.drills[1].id))
    exercise(floor.status(1_000))
    with typed_error("Financing_AssetNotForSale", opened.id, drill.id):
        exercise(floor.status(1_000))


def test_a_buyback_whose_window_has_closed_gives_way_to_the_auction(rounds, deployment):
    drill = rounds.economy.drill(split=0)
    floor = Floor(rounds.economy, deployment, drill)
    floor.prepare()
    now = clock.now()
    terms = floor.terms(window_from=now + DAY, window_until=now + 185 * DAY)
    number = floor.give(terms, points=((0, 700 * EUR),), collateral=700 * EUR)
    opened = rounds.running(drill, guarantees=[number], plan=((YEAR, 560 * EUR), (2 * YEAR, 1_120 * EUR)))
    rounds.default(opened)
    rounds.decide(opened, buyback=True)
    late = clock.now() + 5 * DAY
    clock.next_block_at(late)
    with typed_error("Buyback_TooLate", number, terms.window_until, late):
        rounds.collateral.exerciseBuyback(opened.id, drill.id, floor.status(1_000, late), {"from": rounds.stranger})
    clock.pass_time(30 * DAY)
    assert rounds.auction(opened, drill) == rounds.collateral.auctionOf(opened.id, drill.id)
