"""A round from terms to the last burnt position, well and badly, in the order in which it happens."""

from __future__ import annotations

from itertools import pairwise

import brownie

from oracle.domain.statuses import Status, StatusState
from tests.contracts.guarantees.floor import Floor
from tests.fixtures.economy import DAY, EUR
from tests.fixtures.rounds import YEAR, RoundState, TrancheTerms
from tests.helpers import clock
from tests.helpers.errors import typed_error

DEFAULT = b"default".ljust(32, b"\0")


def test_the_last_investor_is_cut_exactly_and_a_failed_round_pays_back(rounds):
    opened = rounds.open()
    for who in (rounds.anna, rounds.bert):
        rounds.endow(who, 500 * EUR)
    rounds.invest(opened, 0, 400 * EUR, rounds.anna)
    with typed_error("Financing_CutBelow", opened.id, 0, 200 * EUR, 201 * EUR):
        rounds.invest(opened, 0, 500 * EUR, rounds.bert, least=201 * EUR)
    cut = rounds.invest(opened, 0, 500 * EUR, rounds.bert)
    assert cut.events["Invested"]["accepted"] == 200 * EUR
    assert rounds.balance(rounds.bert) == 300 * EUR
    with typed_error("Financing_Full", opened.id, 0):
        rounds.invest(opened, 0, EUR, rounds.anna)

    with typed_error("Financing_TooEarly", opened.id, opened.deadline):
        rounds.money.fail(opened.id, {"from": rounds.stranger})
    with typed_error("Financing_TooEarly", opened.id, opened.deadline):
        rounds.start(opened)
    clock.next_block_at(opened.deadline)
    with typed_error("Financing_TooLate", opened.id, opened.deadline):
        rounds.invest(opened, 1, EUR, rounds.anna)
    with typed_error("Financing_TooLittleRaised", opened.id, 600 * EUR, 800 * EUR):
        rounds.start(opened)
    rounds.money.fail(opened.id, {"from": rounds.stranger})
    rounds.transfer(opened, 0, rounds.bert, rounds.carl, 50 * EUR)
    before = rounds.balance(rounds.carl)
    for holder, back in ((rounds.anna, 400), (rounds.bert, 150), (rounds.carl, 50)):
        refunded = rounds.money.refund(opened.id, 0, holder, {"from": rounds.stranger})
        assert refunded.return_value == back * EUR
    assert rounds.balance(rounds.carl) == before + 50 * EUR
    assert rounds.balance(rounds.money.accountOf(opened.id)) == 0
    with typed_error("Financing_NoPosition", opened.id, 0, rounds.anna):
        rounds.money.refund(opened.id, 0, rounds.anna, {"from": rounds.stranger})
    # The split is the provider's own again.
    assert rounds.economy.splitter.controllerOf(opened.split) == rounds.provider


def test_fees_run_down_the_tranches_and_what_was_earned_stays_with_the_seller(rounds):
    before = rounds.balance(rounds.provider)
    opened = rounds.running()
    started = clock.now()
    assert rounds.balance(rounds.provider) == before + 1_000 * EUR

    clock.next_block_at(started + 73 * DAY)
    rounds.fees(opened, 125 * EUR)
    clock.next_block_at(started + 146 * DAY)
    paid = rounds.money.distribute(opened.id, {"from": rounds.stranger})
    # Two fifths of a year at 5 % on 600 EUR: 12 EUR interest, the rest principal; the juniors wait.
    assert [dict(one) for one in paid.events["TranchePaid"]] == [
        {"round": opened.id, "tranche": 0, "interest": 12 * EUR, "principal": 88 * EUR}
    ]
    rounds.transfer(opened, 0, rounds.anna, rounds.dora, 300 * EUR)
    # An index is rounded down, and a position with it: a part of a unit waits for the next payment, or the last burner.
    assert rounds.balance(rounds.anna) == 100 * EUR - 1
    with typed_error("Financing_NothingToPay", opened.id):
        rounds.claim(opened, 0, rounds.dora)
    rounds.receive(opened, 8 * EUR)
    assert rounds.claim(opened, 0, rounds.dora).return_value == 4 * EUR
    assert rounds.money.collect(opened.id, 0, rounds.anna, {"from": rounds.anna}).return_value == 4 * EUR
    view = rounds.views.positionOf(opened.id, 0, rounds.dora)
    outstanding = rounds.views.trancheOf(opened.id, 0)[1]
    assert (view[0], view[2], view[3]) == (300 * EUR, 0, outstanding // 2)
    assert rounds.views.trancheOf(opened.id, 0)[6] > clock.now()


def test_early_repayment_ends_the_round_once_the_residual_is_at_its_cap_and_the_last_burner_has_the_rest(rounds):
    opened = rounds.running()
    rounds.transfer(opened, 2, rounds.carl, rounds.dora, 33_333_333)
    rounds.endow(rounds.provider, 2_000 * EUR)
    accepted = rounds.money.repay(opened.id, 5_000 * EUR, {"from": rounds.provider})
    owed = accepted.events["Repaid"]["amount"]
    assert 1_000 * EUR <= owed < 1_000 * EUR + 100
    assert rounds.state(opened) == RoundState.ON_PLAN, "the residual holders have room left"
    rounds.receive(opened, 100 * EUR)
    assert rounds.state(opened) == RoundState.ON_PLAN
    price = rounds.money.buyOut.call(opened.id, 2**200, {"from": rounds.provider})
    with typed_error("Financing_PriceTooHigh", opened.id, price, price - 1):
        rounds.money.buyOut(opened.id, price - 1, {"from": rounds.provider})
    rounds.money.buyOut(opened.id, price, {"from": rounds.provider})
    assert rounds.state(opened) == RoundState.REPAID
    drill = opened.drills[0]
    assert rounds.economy.assets.lienholderOf(drill.id) == brownie.ZERO_ADDRESS
    payees = {one[0]: one[1] for one in rounds.economy.splitter.payeesOf(opened.split)}
    assert payees[rounds.provider] == 90

    got = 0
    for tranche, holder in ((0, rounds.anna), (1, rounds.bert), (2, rounds.carl), (2, rounds.dora)):
        before = rounds.balance(holder)
        rounds.money.burn(opened.id, tranche, {"from": holder})
        got += rounds.balance(holder) - before
    assert rounds.balance(rounds.money.accountOf(opened.id)) == 0, "I-14"
    received = rounds.money.roundInfo(opened.id)[0]
    # I-8: half of the 100 EUR after repayment was the provider's.
    assert got == received - 50 * EUR
    # The capped tranche got exactly twice its money.
    assert rounds.views.trancheOf(opened.id, 2)[3] == 200 * EUR


def test_a_round_falls_behind_by_rule_and_comes_back(rounds):
    opened = rounds.running()
    started = clock.now()
    # 560 EUR a year: at day 29 nothing is late, at day 31 it is.
    clock.pass_time(29 * DAY)
    assert rounds.update(opened) == RoundState.ON_PLAN
    clock.pass_time(2 * DAY)
    # Fees that wait in the split count before the state is looked at: no order of calls makes it late.
    assert rounds.money.stateByRule(opened.id)[0] == RoundState.LATE
    rounds.fees(opened, 100 * EUR)
    assert rounds.update(opened) == RoundState.ON_PLAN
    clock.pass_time(120 * DAY)
    assert rounds.update(opened) == RoundState.IMPAIRED
    rounds.receive(opened, 140 * EUR)
    assert rounds.update(opened) == RoundState.ON_PLAN
    # 220 EUR cover 143 days and 9 hours of the plan.
    _, behind = rounds.money.stateByRule(opened.id)
    assert behind == clock.now() - started - 220 * EUR * YEAR // (560 * EUR)


def test_use_that_was_never_billed_impairs(rounds):
    opened = rounds.running()
    drill = opened.drills[0]
    meters, economy = rounds.economy.meters, rounds.economy
    meters.declareOdometerRate(drill.id, 10**12, {"from": rounds.provider})
    clock.pass_time(DAY)

    def record(sequence: int, odometer: int) -> None:
        status = Status(drill.id, sequence, clock.now(), int(StatusState.UP), 0, odometer)
        meters.recordStatus(status.values(), economy.signature(status, drill.meter), {"from": rounds.stranger})

    record(1, 1_000)
    clock.pass_time(60)
    assert rounds.update(opened) == RoundState.ON_PLAN, "less than what is looked at"
    rounds.fees(opened, 8_000)
    clock.pass_time(60)
    record(2, 10_000)
    assert rounds.update(opened) == RoundState.ON_PLAN, "20 % is what the terms allow"
    clock.pass_time(60)
    record(3, 10_100)
    assert rounds.update(opened) == RoundState.IMPAIRED
    rounds.fees(opened, 1_000)
    assert rounds.update(opened) == RoundState.ON_PLAN, "billed after all"


def test_default_auction_recovery_losses_run_up(rounds):
    opened = rounds.running()
    drill = opened.drills[0]
    rounds.default(opened)
    with typed_error("Financing_NotDecided", opened.id, DEFAULT):
        rounds.auction(opened, drill)
    rounds.decide(opened, buyback=False)
    auction = rounds.auction(opened, drill)
    for who in (rounds.dora, rounds.buyer):
        rounds.endow(who, 1_000 * EUR, spender=rounds.auctions)
    with typed_error("Auction_Unknown", auction + 1):
        rounds.auctions.bid(auction + 1, EUR, {"from": rounds.dora})
    reserve = rounds.auctions.leastBid(auction)
    with typed_error("Auction_BidTooLow", auction, reserve - 1, reserve):
        rounds.auctions.bid(auction, reserve - 1, {"from": rounds.dora})
    rounds.auctions.bid(auction, 850 * EUR, {"from": rounds.dora})
    with typed_error("Auction_BidTooLow", auction, 892 * EUR, 850 * EUR * 105 // 100 + 1):
        rounds.auctions.bid(auction, 892 * EUR, {"from": rounds.buyer})
    before = rounds.balance(rounds.dora)
    rounds.auctions.bid(auction, 900 * EUR, {"from": rounds.buyer})
    assert rounds.balance(rounds.dora) == before + 850 * EUR
    closes = rounds.auctions.auctionOf(auction)[1]
    with typed_error("Auction_StillOpen", auction, closes):
        rounds.collateral.completeAuction(opened.id, drill.id, {"from": rounds.stranger})
    clock.next_block_at(closes)
    with typed_error("Auction_Over", auction, closes):
        rounds.auctions.bid(auction, 990 * EUR, {"from": rounds.dora})
    rounds.collateral.completeAuction(opened.id, drill.id, {"from": rounds.stranger})

    assert rounds.state(opened) == RoundState.RECOVERED
    assert rounds.economy.assets.providerOf(drill.id) == rounds.buyer
    assert rounds.economy.assets.lienholderOf(drill.id) == brownie.ZERO_ADDRESS
    split = int(rounds.economy.assets.route(drill.id)) >> 32 & (2**64 - 1)
    assert rounds.economy.splitter.controllerOf(split) == rounds.buyer
    tranches = [rounds.views.trancheOf(opened.id, tranche) for tranche in range(3)]
    for invested, outstanding, _, _, repaid, written_down, _, _ in tranches:
        assert invested == outstanding + repaid + written_down, "I-9"
    assert (tranches[0][5], tranches[2][5]) == (0, 100 * EUR)
    assert sum(one[3] for one in tranches) == 900 * EUR == rounds.money.roundInfo(opened.id)[0], "I-8"
    for tranche, holder in enumerate((rounds.anna, rounds.bert, rounds.carl)):
        rounds.money.burn(opened.id, tranche, {"from": holder})
    assert rounds.balance(rounds.money.accountOf(opened.id)) == 0, "I-14"


def test_an_auction_without_a_bid_halves_its_reserve_and_the_third_gives_the_machine_back(rounds):
    opened = rounds.running()
    drill = opened.drills[0]
    rounds.default(opened)
    rounds.decide(opened, buyback=False)
    reserves = []
    for _ in range(3):
        auction = rounds.auction(opened, drill)
        with typed_error("Financing_AssetNotForSale", opened.id, drill.id):
            rounds.auction(opened, drill)
        reserves.append(int(rounds.auctions.leastBid(auction)))
        clock.next_block_at(rounds.auctions.auctionOf(auction)[1])
        rounds.collateral.completeAuction(opened.id, drill.id, {"from": rounds.stranger})
    assert reserves[0] > 800 * EUR
    # Halved, of a debt that bears a week's interest more each time.
    for earlier, later in pairwise(reserves):
        assert earlier // 2 <= later < earlier * 51 // 100
    assert rounds.state(opened) == RoundState.RECOVERED
    assert rounds.economy.assets.providerOf(drill.id) == rounds.provider
    assert rounds.economy.assets.lienholderOf(drill.id) == brownie.ZERO_ADDRESS
    assert sum(rounds.views.trancheOf(opened.id, tranche)[5] for tranche in range(3)) == 1_000 * EUR


def test_who_pays_in_full_during_the_auction_keeps_the_machine_and_the_bidder_has_the_money_back(rounds):
    opened = rounds.running(tranches=[TrancheTerms(1_000 * EUR, 0, 500)])
    drill = opened.drills[0]
    rounds.default(opened)
    rounds.decide(opened, buyback=False)
    auction = rounds.auction(opened, drill)
    rounds.endow(rounds.dora, 1_000 * EUR, spender=rounds.auctions)
    before = rounds.balance(rounds.dora)
    rounds.auctions.bid(auction, 1_000 * EUR, {"from": rounds.dora})
    rounds.endow(rounds.provider, 1_100 * EUR)
    rounds.money.repay(opened.id, 1_100 * EUR, {"from": rounds.provider})
    assert rounds.state(opened) == RoundState.REPAID
    rounds.collateral.completeAuction(opened.id, drill.id, {"from": rounds.stranger})
    assert rounds.balance(rounds.dora) == before
    assert rounds.economy.assets.providerOf(drill.id) == rounds.provider


def _guaranteed(rounds, deployment, collateral):
    """A machine that its maker buys back for 700 EUR, with `collateral` for it."""
    drill = rounds.economy.drill(split=0)
    floor = Floor(rounds.economy, deployment, drill)
    floor.prepare()
    window = {"window_from": clock.now() + DAY, "window_until": clock.now() + 5 * YEAR}
    number = floor.give(floor.terms(**window), points=((0, 700 * EUR),), collateral=collateral)
    return drill, floor, number


def test_default_buyback_recovery(rounds, deployment):
    drill, floor, number = _guaranteed(rounds, deployment, 700 * EUR)
    opened = rounds.running(drill, guarantees=[number])
    rounds.default(opened)
    with typed_error("Financing_NotDecided", opened.id, DEFAULT):
        rounds.collateral.exerciseBuyback(opened.id, drill.id, b"", {"from": rounds.stranger})
    rounds.decide(opened, buyback=True)
    decided = clock.now()
    with typed_error("Financing_TooEarly", opened.id, decided + 30 * DAY):
        rounds.auction(opened, drill)
    with typed_error("Financing_TooEarly", opened.id, decided + 20 * DAY):
        rounds.collateral.exerciseBuyback(opened.id, drill.id, b"", {"from": rounds.stranger})
    rounds.collateral.exerciseBuyback(opened.id, drill.id, floor.status(1_000), {"from": rounds.stranger})
    assert rounds.economy.assets.providerOf(drill.id) == floor.guarantor
    assert rounds.state(opened) == RoundState.RECOVERED
    assert rounds.money.roundInfo(opened.id)[0] == 700 * EUR
    assert rounds.balance(rounds.collateral) == 0


def test_what_a_guarantor_pays_late_runs_down_the_tranches_of_a_round_that_is_over(rounds, deployment):
    drill, floor, number = _guaranteed(rounds, deployment, 400 * EUR)
    opened = rounds.running(drill, guarantees=[number])
    assert rounds.collateral.claimOf(number) == (0, 0, 0)
    rounds.default(opened)
    rounds.decide(opened, buyback=True)
    exercised = rounds.collateral.exerciseBuyback(opened.id, drill.id, floor.status(1_000), {"from": rounds.stranger})
    assert exercised.return_value == 400 * EUR
    assert dict(exercised.events["ClaimKept"]) == {
        "round": opened.id, "asset": drill.id, "guarantee": number, "amount": 300 * EUR,
    }  # fmt: skip
    assert rounds.state(opened) == RoundState.RECOVERED
    lost = [rounds.views.trancheOf(opened.id, tranche)[2:6:3] for tranche in range(3)]
    # 400 EUR pay the seniors' interest and some of their principal.
    assert [(due == 0, principal) for due, principal in lost] == [
        (True, lost[0][1]), (False, 300 * EUR), (False, 100 * EUR),
    ]  # fmt: skip
    with typed_error("Financing_NothingToPay", opened.id):
        rounds.collateral.collectClaim(number, {"from": rounds.stranger})
    # The juniors give up at once; what still comes is the others'.
    rounds.money.burn(opened.id, 2, {"from": rounds.carl})

    floor.contract.payClaim(number, 250 * EUR, {"from": floor.guarantor})
    assert rounds.collateral.claimOf(number) == (opened.id, 50 * EUR, 250 * EUR)
    before = rounds.balance(rounds.anna)
    collected = rounds.collateral.collectClaim(number, {"from": rounds.stranger})
    assert dict(collected.events["ClaimCollected"]) == {
        "round": opened.id, "guarantee": number, "amount": 250 * EUR, "unpaid": 50 * EUR,
    }  # fmt: skip
    seniors, to_juniors = lost[0][1], 250 * EUR - lost[0][1]
    assert [dict(one) for one in collected.events["TranchePaid"]] == [
        {"round": opened.id, "tranche": 0, "interest": 0, "principal": seniors},
        {"round": opened.id, "tranche": 1, "interest": lost[1][0], "principal": to_juniors - lost[1][0]},
    ]
    rounds.claim(opened, 0, rounds.anna)
    assert rounds.balance(rounds.anna) == before + 400 * EUR + seniors - 1
    for tranche in range(3):
        invested, outstanding, _, _, repaid, written_down, _, _ = rounds.views.trancheOf(opened.id, tranche)
        assert (outstanding, invested) == (0, repaid + written_down), "I-9"

    # Whatever the round does not need any more is its provider's, whose machine it was.
    floor.contract.payClaim(number, 50 * EUR, {"from": floor.guarantor})
    rounds.collateral.collectClaim(number, {"from": rounds.stranger})
    for tranche, holder in enumerate((rounds.anna, rounds.bert)):
        rounds.money.burn(opened.id, tranche, {"from": holder})
    assert rounds.balance(rounds.money.accountOf(opened.id)) == rounds.balance(rounds.collateral) == 0, "I-14"
    assert rounds.money.roundInfo(opened.id)[0] == 700 * EUR, "I-8"


def test_a_claim_reaches_a_round_that_still_has_machines_to_sell_too(rounds, deployment):
    drill, floor, number = _guaranteed(rounds, deployment, 400 * EUR)
    opened = rounds.running(drill, rounds.economy.drill(split=0), guarantees=[number, 0])
    rounds.default(opened)
    rounds.decide(opened, buyback=True)
    rounds.collateral.exerciseBuyback(opened.id, drill.id, floor.status(1_000), {"from": rounds.stranger})
    floor.contract.payClaim(number, 300 * EUR, {"from": floor.guarantor})
    rounds.collateral.collectClaim(number, {"from": rounds.stranger})
    assert rounds.state(opened) == RoundState.DEFAULTED
    assert rounds.money.roundInfo(opened.id)[0] == 700 * EUR, "I-8"
