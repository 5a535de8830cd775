"""From hand to hand and back: who signs, what a day costs, what becomes of the defective unit and of the spare."""

from __future__ import annotations

import pytest
from web3 import Web3

from tests.models.pools import BOUGHT_OUT, DAY, KEEPER, REPAIR, RETIREMENT, SHELF
from tests.stateful.pool_world import EUR, LOANS, POOLS, PRICES, STOCK, TERMS

RECYCLE, RETIRED_FOR_GOOD = 7, 4
HISTORY = Web3.keccak(text="HistoryRecorded(uint64,address,bytes32,bytes32,string)").to_0x_hex()


@pytest.fixture
def lent(pool):
    """Claim 1, of member 1: spare 5."""
    pool.claim(1)
    pool.take(1, 5)
    return pool


def credit(pool, member=1):
    return pool.model.members[member].credit


def test_one_hand_alone_hands_nothing_over(pool):
    pool.claim(1)
    taker = pool.factories[0]
    form, giver_signature, taker_signature = pool.paper(1, 5, pool.keeper, taker)
    for signatures in ((giver_signature, giver_signature), (taker_signature, taker_signature)):
        pool.refuse(pool.stranger, LOANS, "takeSpare", (form, *signatures), "Forms_SignatureInvalid")
    changed = (form[0], 5, *form[2:5], b"\1" * 32, *form[6:])
    forged = (changed, giver_signature, taker_signature)
    pool.refuse(pool.stranger, LOANS, "takeSpare", forged, "Forms_SignatureInvalid")


def test_a_form_is_used_once(lent):
    lent.end("giveBack", 1)
    lent.claim(1)
    paper = lent.paper(2, 5, lent.keeper, lent.factories[0])
    lent.do(lent.factories[0], LOANS, "cancelNonce", paper[0][7])
    lent.refuse(lent.stranger, LOANS, "takeSpare", paper, "Forms_NonceUsed")


def test_nobody_but_keeper_and_member_hands_over(pool):
    pool.claim(1)
    other = pool.factories[1]
    paper = pool.paper(1, 5, other, pool.factories[0])
    pool.refuse(other, LOANS, "takeSpare", paper, "Loans_WrongHands")
    pool.take(1, 5)
    paper = pool.paper(1, 5, pool.factories[0], other, 1)
    pool.refuse(other, LOANS, "giveBack", paper, "Loans_WrongHands")


def test_another_asset_is_no_return(lent):
    assert not lent.end("giveBack", 1, other=True)
    assert lent.refused == "Loans_OtherAsset"
    assert not lent.end("bringDefective", 1, other=True)
    assert lent.refused == "Loans_OtherAsset"
    assert not lent.end("giveBack", 1, grade=0)
    assert lent.refused == "Loans_NoGrade"


def test_days_begun_are_paid_and_the_rest_of_the_hold_goes_back(lent):
    before = credit(lent)
    lent.end("bringDefective", 1)
    assert credit(lent) == before + TERMS.claim_fee
    lent.chain.warp(3 * DAY)
    lent.end("giveBack", 1)
    assert credit(lent) == before + TERMS.claim_fee + TERMS.hold - 4 * TERMS.fee_per_day


def test_late_days_cost_the_deposit_and_no_more(lent):
    lent.end("bringDefective", 1)
    lent.chain.warp(TERMS.longest_loan + DAY)
    lent.end("giveBack", 1)
    assert lent.model.members[1].deposit == TERMS.deposit - 2 * TERMS.late_fee_per_day
    lent.tend("payIn", 1, 2 * EUR)
    lent.tend("restoreDeposit", 1)
    lent.claim(1)
    lent.take(2, 5)
    lent.end("bringDefective", 2)
    lent.chain.warp(TERMS.longest_loan + 300 * DAY)
    assert lent.end("giveBack", 2)
    assert lent.model.members[1].deposit == 0


def test_a_defective_unit_that_does_not_come_costs_the_deposit_once(lent):
    assert not lent.press("forfeit", 1)
    assert lent.refused == "Loans_TooEarly"
    lent.chain.warp(TERMS.defective)
    assert not lent.end("bringDefective", 1)
    assert lent.refused == "Loans_TooLate"
    cash = lent.model.cash
    assert lent.press("forfeit", 1)
    assert lent.model.cash == cash + TERMS.deposit + TERMS.claim_fee
    assert not lent.press("forfeit", 1)
    assert lent.refused == "Loans_AlreadyForfeited"
    lent.tend("restoreDeposit", 1)
    lent.end("giveBack", 1)
    assert lent.model.members[1].deposit == TERMS.deposit


def test_it_costs_the_same_where_nobody_says_so_before_the_return(lent):
    lent.chain.warp(TERMS.defective)
    cash = lent.model.cash
    lent.end("giveBack", 1)
    assert lent.model.cash == cash + TERMS.deposit + TERMS.claim_fee + 6 * TERMS.fee_per_day


def test_a_spare_is_bought_out_at_the_posted_price_and_the_pool_restocks(lent):
    cash = lent.model.cash
    assert lent.end("buyOut", 1)
    assert lent.model.units[5].place == BOUGHT_OUT
    assert lent.model.owner[5] == lent.factories[0]
    assert lent.model.cash == cash + PRICES[0].buy_out + TERMS.fee_per_day
    assert lent.offer(lent.seller, 6, PRICES[0].buy_out)
    assert lent.model.units[6].place == SHELF
    assert lent.claim(1), "the machine that was kept is covered from now on"
    assert lent.model.claims[2].asset == 5


def test_the_defective_unit_stays_in_exchange_is_mended_by_a_bidder_and_lent_again(lent):
    assert not lent.end("exchange", 1)
    assert lent.refused == "Loans_NotArrived"
    lent.end("bringDefective", 1)
    assert lent.end("exchange", 1)
    assert (lent.model.owner[5], lent.model.units[1].place) == (lent.factories[0], REPAIR)
    lent.mend(1, 99_991, by_keeper=False)
    assert lent.model.units[1].place == SHELF
    lent.claim(2)
    assert lent.take(2, 1)


def test_a_spare_that_comes_back_defective_goes_to_repair(lent):
    lent.end("giveBack", 1, grade=3)
    assert lent.model.units[5].place == REPAIR
    lent.refuse(lent.stranger, STOCK, "shelve", (5,), "Stock_NotRepaired")
    lent.refuse(lent.stranger, STOCK, "withhold", (7,), "Stock_NotKeeper")
    lent.do(lent.stranger, STOCK, "repair", 5, b"\1" * 32, "")
    lent.refuse(lent.stranger, STOCK, "repair", (5, b"\1" * 32, ""), "Stock_OrderRuns")
    lent.refuse(lent.keeper, STOCK, "shelve", (5,), "Stock_OrderRuns")
    lent.model.order_repair(5)
    lent.chain.warp(2 * DAY)
    lent.do(lent.stranger, "ServiceMarket", "lapse", lent.market_order())
    lent.step(lent.keeper, STOCK, "shelve", lambda _: lent.model.shelve(lent.keeper, 5, is_paid=False), 5)


def test_a_spare_that_never_comes_back_is_written_off_by_vote_after_its_time(lent):
    assert not lent.propose(2, RETIREMENT, 5, lent.seller)
    assert lent.refused == "Loans_TooEarly"
    lent.chain.warp(TERMS.longest_loan)
    assert lent.propose(2, RETIREMENT, 5, lent.seller)
    assert lent.model.owner[5] == lent.seller
    assert lent.model.members[1].deposit == 0


def test_without_the_keeper_members_name_another(lent):
    new = lent.factories[3]
    assert lent.propose(2, KEEPER, 0, new)
    paper = lent.paper(1, 5, lent.factories[0], lent.keeper, 1)
    lent.refuse(lent.stranger, LOANS, "giveBack", paper, "Loans_WrongHands")
    assert lent.end("giveBack", 1)


def test_a_spare_under_lien_is_not_taken_in(pool):
    pool.do(pool.seller, "AssetRegistry", "placeLien", 6, pool.stranger)
    pool.do(pool.seller, STOCK, "proposePurchase", 1, 6, 0)
    pool.model.propose_purchase(pool.seller, 6, 0, pool.chain.now)
    for member in (1, 2, 3):
        pool.vote(3, member)
    pool.refuse(pool.stranger, STOCK, "carryOut", (3,), "Stock_UnderLien")


def test_a_machine_that_was_retired_since_is_not_taken_in(pool):
    pool.do(pool.seller, STOCK, "proposePurchase", 1, 6, 0)
    pool.model.propose_purchase(pool.seller, 6, 0, pool.chain.now)
    for member in (1, 2, 3):
        pool.vote(3, member)
    pool.do(pool.seller, "EndOfLife", "decide", 6, RECYCLE, pool.seller, b"\1" * 32, "")
    pool.do(pool.seller, "AssetRegistry", "setLifecycle", 6, RETIRED_FOR_GOOD, b"\1" * 32)
    pool.refuse(pool.stranger, STOCK, "carryOut", (3,), "Stock_AssetRetired")


def test_a_machine_with_open_orders_is_not_taken_in(pool):
    """Work that its owner ordered would be paid from what the pool puts into its reserve."""
    pool.do(pool.seller, "ServiceTermsBook", "choose", 6, 1)
    request = (6, 2, 0, EUR, pool.chain.now + DAY, DAY, True, b"\1" * 32, "")
    pool.do(pool.seller, "ServiceMarket", "open", request)
    pool.do(pool.seller, STOCK, "proposePurchase", 1, 6, 0)
    pool.model.propose_purchase(pool.seller, 6, 0, pool.chain.now)
    for member in (1, 2, 3):
        pool.vote(3, member)
    pool.refuse(pool.stranger, STOCK, "carryOut", (3,), "Stock_OrdersOpen")


def test_a_defective_unit_under_lien_is_not_taken_in_exchange(lent):
    lent.end("bringDefective", 1)
    lent.do(lent.factories[0], "AssetRegistry", "placeLien", 1, lent.stranger)
    lent.refuse(lent.factories[0], LOANS, "exchange", (1,), "Stock_UnderLien")


def test_the_history_of_a_spare_goes_with_its_title(pool):
    pool.claim(1)
    pool.take(1, 5)
    pool.end("bringDefective", 1)
    pool.end("giveBack", 1)
    pool.claim(1)
    pool.take(2, 5)
    pool.end("buyOut", 2)
    logs = pool.chain.ask(
        "eth_getLogs", {"fromBlock": "0x0", "address": pool.contracts["AssetRegistry"].address, "topics": [HISTORY]}
    )
    told: dict[int, list[str]] = {1: [], 5: []}
    for log in logs:
        asset = int(log["topics"][1], 16)
        if asset in told:
            told[asset].append(bytes.fromhex(log["topics"][3][2:]).rstrip(b"\0").decode())
    assert told[5] == ["spare received", "spare lent", "spare returned", "spare lent", "spare kept by member"]
    assert told[1] == ["defective unit arrived"]


@pytest.mark.parametrize(
    ("contract", "function", "arguments", "error"),
    [
        (STOCK, "takeBack", (5, True, bytes(32)), "Stock_NotPlatform"),
        (STOCK, "letGo", (5, "0x" + "11" * 20), "Stock_NotPlatform"),
        (STOCK, "keep", (1, 0, True), "Stock_NotPlatform"),
        (STOCK, "lend", (5, 1, 0, 1, False, bytes(32)), "Stock_NotPlatform"),
        (STOCK, "takeExchanged", (1, 0, 5, "0x" + "11" * 20), "Stock_NotPlatform"),
        (LOANS, "writeOff", (1,), "Loans_NotSpareStock"),
        (POOLS, "takeFee", (1, 1), "Pools_NotPlatform"),
        (POOLS, "takeHold", (1, 1), "Pools_NotPlatform"),
        (POOLS, "settleFee", (1, 1, True, False, True), "Pools_NotPlatform"),
        (POOLS, "settleLoan", (1, 1, (0, 0, True, True, 0, 0)), "Pools_NotPlatform"),
        (POOLS, "writeOff", (1, 1, True), "Pools_NotPlatform"),
        (POOLS, "spend", (1, "0x" + "11" * 20, 1, bytes(32)), "Pools_NotPlatform"),
    ],
)
def test_what_the_three_contracts_do_for_each_other_nobody_else_does(pool, contract, function, arguments, error):
    pool.refuse(pool.maker, contract, function, arguments, error)
