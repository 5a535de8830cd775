"""What a round refuses, each with its typed error or a stated outcome."""

from __future__ import annotations

import brownie
import pytest

from oracle.domain.bindings import PermitSigner
from oracle.domain.hashing import keccak
from oracle.types import ZERO_BYTES32
from tests.contracts.guarantees.floor import Floor
from tests.fixtures.economy import DAY, EUR
from tests.fixtures.rounds import YEAR, RoundState, TrancheTerms
from tests.helpers import clock
from tests.helpers.errors import typed_error

MOST = 2**87 - 1
NO_STATUS = (0, 0, 0, 0, 0, 0)
COLLECT = 5


def word(text: bytes) -> bytes:
    return text.ljust(32, b"\0")


@pytest.fixture(scope="module")
def running(rounds):
    """A round that runs, whose machine has a rotation key, and whose maker is paid from the fees too."""
    economy = rounds.economy
    drill = economy.drill(split=0)
    key = economy.key_of(economy.customers[9])
    economy.meters.setRotationKey(drill.id, key.address, NO_STATUS, b"", {"from": rounds.provider})
    return rounds.running(drill, monthly_orders=6 * EUR, others=[(rounds.provider, 9), (economy.maker, 1)])


OUT_OF_RANGE = [
    ({"target": 0, "minimum": 0}, b"target", 0, 1, MOST),
    ({"minimum": 1_001 * EUR}, b"minimum", 1_001 * EUR, 1, 1_000 * EUR),
    ({"smallest": 0}, b"smallest", 0, 1, 800 * EUR),
    ({"late_after": DAY - 1}, b"late after", DAY - 1, DAY, YEAR),
    ({"impaired_after": 30 * DAY}, b"impaired after", 30 * DAY, 30 * DAY + 1, 2 * YEAR),
    ({"default_after": 90 * DAY}, b"default after", 90 * DAY, 90 * DAY + 1, 3 * YEAR),
    ({"round_share": 0}, b"round share", 0, 1, 2**32 - 1),
    ({"unbilled_bps": 0}, b"unbilled", 0, 1, 10_000),
    ({"least_price_per_million": 0}, b"price", 0, 1, 2**96 - 1),
    ({"auction_bps": 10_001}, b"auction reserve", 10_001, 0, 10_000),
    ({"terms_hash": ZERO_BYTES32}, b"terms", 0, 1, 2**256 - 1),
    ({"tranches": []}, b"tranches", 0, 1, 4),
    ({"tranches": [TrancheTerms(EUR)] * 5}, b"tranches", 5, 1, 4),
    ({"tranches": [TrancheTerms(0)]}, b"size", 0, 1, MOST),
    ({"tranches": [TrancheTerms(EUR, EUR + 1)]}, b"least of tranche", EUR + 1, 0, EUR),
    ({"tranches": [TrancheTerms(1_000 * EUR, 0, 10_001)]}, b"rate", 10_001, 0, 10_000),
    ({"tranches": [TrancheTerms(1_000 * EUR, 0, 0, 9_999)]}, b"cap", 9_999, 10_000, 2**32 - 1),
    ({"tranches": [TrancheTerms(1_000 * EUR, 0, 0, 0, 10_001)]}, b"residuals", 10_001, 0, 10_000),
    ({"tranches": [TrancheTerms(999 * EUR)]}, b"sizes", 999 * EUR, 1_000 * EUR, 2**256 - 1),
    ({"plan": []}, b"points", 0, 1, 64),
    ({"plan": [(0, 1)]}, b"time of point", 0, 1, 30 * YEAR),
    ({"plan": [(YEAR, 5), (2 * YEAR, 4)]}, b"amount of point", 4, 5, MOST),
    ({"guarantees": []}, b"guarantees", 0, 1, 1),
]


def test_terms_out_of_range(rounds, running):
    for changes, what, value, least, most in OUT_OF_RANGE:
        request = rounds.request(running.drills, **changes)
        with typed_error("Financing_OutOfRange", word(what), value, least, most):
            rounds.book.open(*request, {"from": rounds.provider})
    now = clock.now()
    with typed_error("Financing_OutOfRange", word(b"deadline"), now, now + 2, now + 1 + YEAR):
        clock.next_block_at(now + 1)
        rounds.book.open(*rounds.request(running.drills, deadline=now), {"from": rounds.provider})


def test_only_the_owner_opens_and_each_asset_is_named_once(rounds, running):
    (drill,) = running.drills
    with typed_error("Financing_NotTitleOwner", drill.id, rounds.stranger, rounds.provider):
        rounds.book.open(*rounds.request([drill]), {"from": rounds.stranger})
    # The error names the round that would have been.
    with typed_error("Financing_AssetInRound", drill.id, running.id + 1):
        rounds.book.open(*rounds.request([drill, drill]), {"from": rounds.provider})
    with typed_error("Financing_CurrencyNotAdmitted", rounds.stranger):
        rounds.book.open(*rounds.request([drill], currency=rounds.stranger.address), {"from": rounds.provider})


def test_investing_too_little_in_no_tranche_or_in_another_currency(rounds):
    opened = rounds.open()
    rounds.endow(rounds.anna, 10 * EUR)
    with typed_error("Financing_InvestmentTooSmall", opened.id, EUR - 1, EUR):
        rounds.invest(opened, 0, EUR - 1, rounds.anna)
    with typed_error("Financing_UnknownTranche", opened.id, 3):
        rounds.invest(opened, 3, EUR, rounds.anna)
    with typed_error("Financing_UnknownRound", 99):
        rounds.money.invest(99, 0, EUR, 0, {"from": rounds.anna})
    token = rounds.economy.new_currency()
    rounds.economy.deposit(rounds.dora, 10 * EUR, token)
    rounds.economy.allow(rounds.dora, 10 * EUR, token, spender=rounds.money)
    with typed_error("ERC6909InsufficientAllowance", rounds.money, 0, EUR, rounds.economy.id_of()):
        rounds.invest(opened, 0, EUR, rounds.dora)


@pytest.mark.parametrize("missing", ["split", "lien", "owner"])
def test_a_round_does_not_start_before_its_machines_are_pledged(rounds, missing):
    opened = rounds.open(tranches=[TrancheTerms(1_000 * EUR)])
    (drill,), assets = opened.drills, rounds.economy.assets
    rounds.endow(rounds.anna, 1_000 * EUR)
    rounds.invest(opened, 0, 1_000 * EUR, rounds.anna)
    if missing != "split":
        assets.repoint(drill.id, opened.split, {"from": rounds.provider})
    if missing == "owner":
        assets.transferFrom(rounds.provider, rounds.buyer, drill.id, {"from": rounds.provider})
    with typed_error("Financing_AssetNotReady", opened.id, drill.id, word(missing.encode())):
        rounds.start(opened)
    assert rounds.state(opened) == RoundState.FUNDING


def test_a_guarantee_must_be_one_that_can_help_the_round(rounds, deployment):
    drill, other = rounds.economy.drill(split=0), rounds.economy.drill(split=0)
    floor = Floor(rounds.economy, deployment, drill)
    floor.prepare()
    now = clock.now()

    def give(**changes):
        usual = {"window_from": now + DAY, "window_until": now + YEAR}
        return floor.give(floor.terms(**usual | changes), points=((0, 100 * EUR),), collateral=50 * EUR)

    token = rounds.economy.new_currency()
    rounds.economy.deposit(floor.guarantor, 50 * EUR, token)
    rounds.economy.allow(floor.guarantor, 50 * EUR, token, spender=floor.contract)
    good, waived, short = give(), give(), give(window_until=now + 179 * DAY)
    foreign = give(currency=token.address)
    floor.contract.waive(waived, {"from": rounds.provider})
    unfit = [
        (other, good, {}, b"asset"),
        (drill, foreign, {}, b"currency"),
        (drill, waived, {}, b"stage"),
        (drill, short, {}, b"window"),
        (drill, good, {"secured": False}, b"unsecured"),
    ]
    expected = rounds.book.roundCount() + 1
    for named, guarantee, changes, what in unfit:
        request = rounds.request([named], guarantees=[guarantee], **changes)
        with typed_error("Financing_GuaranteeUnfit", expected, named.id, guarantee, word(what)):
            rounds.book.open(*request, {"from": rounds.provider})
    with typed_error("Buyback_Unknown", 99):
        rounds.book.open(*rounds.request([drill], guarantees=[99]), {"from": rounds.provider})

    # Until the lien is placed its owner may waive it: then the round does not start.
    opened = rounds.open(drill, tranches=[TrancheTerms(1_000 * EUR)], guarantees=[good])
    rounds.endow(rounds.anna, 1_000 * EUR)
    rounds.invest(opened, 0, 1_000 * EUR, rounds.anna)
    floor.contract.waive(good, {"from": rounds.provider})
    rounds.pledge(opened)
    with typed_error("Financing_GuaranteeUnfit", opened.id, drill.id, good, word(b"stage")):
        rounds.start(opened)


def test_what_a_provider_cannot_do_to_a_financed_machine(rounds, running):
    (drill,), economy, who = running.drills, rounds.economy, {"from": rounds.provider}
    with typed_error("Assets_UnderLien", drill.id, rounds.collateral):
        economy.assets.transferFrom(rounds.provider, rounds.buyer, drill.id, who)
    with typed_error("Assets_UnderLien", drill.id, rounds.collateral):
        economy.assets.setLifecycle(drill.id, 4, ZERO_BYTES32, who)
    with typed_error("Splitter_NotController", running.split, rounds.provider, rounds.collateral):
        economy.splitter.changeShares(running.split, [(rounds.provider, 1)], who)
    own = economy.split()
    with typed_error("Assets_ConsentMissing", drill.id, own, rounds.collateral):
        economy.assets.repoint(drill.id, own, who)
    with typed_error("Financing_AssetInRound", drill.id, running.id):
        rounds.collateral.release(drill.id, who)
    with typed_error("Financing_AssetInRound", drill.id, running.id):
        rounds.collateral.consentToRepoint(drill.id, own, who)
    record = economy.assets.assetOf(drill.id)
    maker, model, serial = record[0], bytes(record[5]), bytes(record[6])
    with typed_error("Assets_AlreadyRegistered", drill.id, maker, model, serial):
        economy.assets.register(model, serial, rounds.provider, {"from": maker})
    token = economy.new_currency()
    with typed_error("Offers_CurrencyNotListed", drill.id, token):
        economy.offer(drill, economy.publish(token))


def test_a_permit_signer_needs_the_consent_of_most_principal(rounds, running):
    (drill,), economy = running.drills, rounds.economy
    form = PermitSigner(drill.id, rounds.dora.address, 1, 0)
    signature = economy.signature(form, economy.customers[9])
    with typed_error("Financing_ConsentNeeded", running.id, drill.id, rounds.dora):
        economy.meters.appointPermitSigner(form.values(), signature, {"from": rounds.stranger})
    with typed_error("Financing_NoPosition", running.id, 0, rounds.stranger):
        rounds.ballots.proposeConsent(running.id, rounds.dora, 0, {"from": rounds.stranger})
    rounds.ballots.proposeConsent(running.id, rounds.dora, 0, {"from": rounds.provider})
    closes = rounds.ballots.ballotOf(running.id)[1]
    with typed_error("Financing_BallotOpen", running.id, 1, closes):
        rounds.ballots.proposeConsent(running.id, rounds.carl, 0, {"from": rounds.provider})
    rounds.ballots.vote(running.id, 1, True, {"from": rounds.bert})
    with typed_error("Financing_TooEarly", running.id, closes):
        rounds.ballots.decide(running.id, {"from": rounds.stranger})
    rounds.ballots.vote(running.id, 0, True, {"from": rounds.anna})
    rounds.ballots.decide(running.id, {"from": rounds.stranger})
    economy.meters.appointPermitSigner(form.values(), signature, {"from": rounds.stranger})


def test_orders_draw_on_the_reserve_within_the_month_and_not_for_related_parties(rounds, running, bazaar):
    machine = bazaar.machine(running.drills[0], reserve=50 * EUR)
    assert bazaar.worker == rounds.economy.maker, "paid from the fees as well"
    order = bazaar.open(machine)
    bazaar.bid(order, bazaar.worker)
    with typed_error("Financing_ConsentNeeded", running.id, machine.id, bazaar.worker):
        bazaar.accept(order)
    bazaar.bid(order, bazaar.rival)
    bazaar.accept(order, bazaar.rival)
    by_rule = bazaar.open(machine, by_rule=True)
    bazaar.bid(by_rule, bazaar.rival, price=2 * EUR)
    bazaar.close_bidding(by_rule)
    with typed_error("Financing_MonthlyLimit", running.id, machine.id, 2 * EUR, EUR):
        bazaar.accept_lowest(by_rule)
    collect = bazaar.open(machine, kind=COLLECT)
    bazaar.bid(collect, bazaar.rival, price=EUR)
    with typed_error("Financing_ConsentNeeded", running.id, machine.id, bazaar.rival):
        bazaar.accept(collect, bazaar.rival)
    with typed_error("Market_LienholderDecides", machine.id, rounds.provider, rounds.collateral):
        bazaar.market.releaseReserve(machine.id, rounds.economy.euro, 1, rounds.provider, {"from": rounds.provider})
    # Another period, another limit; and with the holders' consent no limit, for a related party too.
    clock.pass_time(30 * DAY)
    later = bazaar.open(machine)
    bazaar.bid(later, bazaar.rival, price=6 * EUR)
    bazaar.accept(later, bazaar.rival)
    rounds.ballots.proposeConsent(running.id, bazaar.worker, 0, {"from": rounds.anna})
    rounds.ballots.vote(running.id, 0, True, {"from": rounds.anna})
    rounds.ballots.decide(running.id, {"from": rounds.stranger})
    consented = bazaar.open(machine)
    bazaar.bid(consented, bazaar.worker, price=7 * EUR)
    bazaar.accept(consented, bazaar.worker)


def test_vote_transfer_vote_again(rounds, running):
    rounds.default(running)
    rounds.transfer(running, 0, rounds.anna, rounds.dora, 200 * EUR)
    rounds.ballots.vote(running.id, 0, False, {"from": rounds.anna})
    position = rounds.position(running, 0)
    with typed_error("Financing_PositionLocked", position, rounds.anna, 400 * EUR, 399 * EUR):
        rounds.transfer(running, 0, rounds.anna, rounds.carl, EUR)
    rounds.transfer(running, 0, rounds.dora, rounds.anna, 50 * EUR)
    # The same position twice in a batch is no way around.
    with typed_error("Financing_PositionLocked", position, rounds.anna, 400 * EUR, 390 * EUR):
        rounds.money.safeBatchTransferFrom(
            rounds.anna, rounds.carl, [position] * 2, [30 * EUR] * 2, b"", {"from": rounds.anna}
        )
    rounds.ballots.vote(running.id, 0, False, {"from": rounds.anna})
    with typed_error("Financing_NoPosition", running.id, 0, rounds.anna):
        rounds.ballots.vote(running.id, 0, False, {"from": rounds.anna})
    rounds.ballots.vote(running.id, 0, True, {"from": rounds.dora})
    assert rounds.ballots.ballotOf(running.id)[5:] == (1_000 * EUR, 150 * EUR, 450 * EUR)
    with typed_error("Financing_WrongState", running.id, int(RoundState.DEFAULTED)):
        rounds.money.burn(running.id, 0, {"from": rounds.anna})
    clock.pass_time(8 * DAY)
    rounds.transfer(running, 0, rounds.anna, rounds.carl, 450 * EUR)
    with typed_error("Financing_NoBallot", running.id):
        rounds.ballots.vote(running.id, 0, True, {"from": rounds.carl})
    rounds.ballots.decide(running.id, {"from": rounds.stranger})
    assert rounds.ballots.decisionOf(running.id)[1] is False


def test_gifts_run_down_like_fees_and_are_the_providers_when_the_round_is_over(rounds, running):
    economy, account = rounds.economy, rounds.money.accountOf(running.id)
    economy.deposit(rounds.dora, 1_300 * EUR)
    economy.ledger.transfer(account, economy.id_of(), 100 * EUR, {"from": rounds.dora})
    rounds.money.distribute(running.id, {"from": rounds.stranger})
    assert rounds.views.trancheOf(running.id, 0)[3] == 100 * EUR
    with typed_error("Financing_WrongState", running.id, int(RoundState.ON_PLAN)):
        rounds.money.skimSurplus(running.id, {"from": rounds.stranger})
    economy.allow(rounds.dora, 1_100 * EUR, spender=rounds.money)
    rounds.money.buyOut(running.id, 1_050 * EUR, {"from": rounds.dora})
    economy.ledger.transfer(account, economy.id_of(), 7, {"from": rounds.dora})
    assert rounds.money.skimSurplus(running.id, {"from": rounds.stranger}).return_value == 7


def test_a_receiver_re_enters_nothing(rounds, running):
    receiver = brownie.project.get_loaded_projects()[0].PositionReceiver.deploy({"from": rounds.dora})
    rounds.receive(running, 50 * EUR)
    position = rounds.position(running, 0)
    calls = [
        rounds.money.claim.encode_input(running.id, 0, rounds.anna),
        rounds.money.safeTransferFrom.encode_input(receiver, rounds.dora, position, 1, b""),
        rounds.money.burn.encode_input(running.id, 0),
        rounds.money.distribute.encode_input(running.id),
        rounds.money.repay.encode_input(running.id, 1),
        rounds.money.updateState.encode_input(running.id),
    ]
    for held, call in enumerate(calls, 1):
        receiver.plan(rounds.money, call, {"from": rounds.dora})
        rounds.transfer(running, 0, rounds.anna, receiver, 100)
        assert receiver.worked() is False
        assert bytes(receiver.answer()) == keccak(b"ReentrancyGuardReentrantCall()")[:4]
        assert rounds.money.balanceOf(receiver, position) == 100 * held
    # A vote from within the hook is a vote like any other: counted once, and locked.
    clock.pass_time(220 * DAY)
    assert rounds.update(running) == RoundState.DEFAULTED
    receiver.plan(rounds.ballots, rounds.ballots.vote.encode_input(running.id, 0, True), {"from": rounds.dora})
    rounds.transfer(running, 0, rounds.anna, receiver, 100)
    assert receiver.worked() is True
    assert rounds.ballots.lockedOf(position, receiver) == 700


def test_only_the_platform_calls_what_is_the_platforms(rounds, running):
    who = {"from": rounds.stranger}
    calls = [
        (rounds.money.open, (9, rounds.stranger, rounds.stranger, 1, []), rounds.book),
        (rounds.money.conclude, (running.id,), rounds.collateral),
        (rounds.collateral.pledge, (running.id, rounds.stranger, 1), rounds.money),
        (rounds.collateral.letGo, (running.id, rounds.stranger, running.split), rounds.money),
        (rounds.collateral.foreclose, (running.id,), rounds.money),
        (rounds.collateral.useReserve, (1, 0, rounds.stranger, rounds.stranger, 1), rounds.book),
        (rounds.ballots.openDefault, (running.id,), rounds.collateral),
    ]
    for function, arguments, needed in calls:
        market = function == rounds.collateral.useReserve
        with typed_error("Financing_NotPlatform", rounds.stranger, rounds.market if market else needed):
            function(*arguments, who)
    sales = [(rounds.auctions.open, (1, rounds.stranger, 1, 1)), (rounds.auctions.close, (1, True, rounds.stranger))]
    for function, arguments in sales:
        with typed_error("Auction_NotSeller", rounds.stranger, rounds.collateral):
            function(*arguments, who)


def test_the_guardian_stops_new_rounds_and_investments_and_no_exit(rounds, running):
    opened = rounds.open()
    rounds.endow(rounds.dora, 10 * EUR)
    rounds.book.pause({"from": rounds.economy.guardian})
    with typed_error("EnforcedPause"):
        rounds.book.open(*rounds.request(running.drills), {"from": rounds.provider})
    with typed_error("Financing_Paused"):
        rounds.invest(opened, 0, EUR, rounds.dora)
    rounds.receive(running, 20 * EUR)
    rounds.claim(running, 0, rounds.anna)
    rounds.money.cancel(opened.id, {"from": rounds.provider})


def test_an_innovation_is_repaid_from_named_assets_and_written_off_only_by_vote(rounds):
    economy = rounds.economy
    drill = economy.drill(split=0, owner=rounds.buyer)
    opened = rounds.running(drill, secured=False, reserve_share=0, others=[(rounds.buyer, 20)])
    assert economy.assets.lienholderOf(drill.id) == brownie.ZERO_ADDRESS
    # Its owner may sell the machine; its fees go on to the round.
    economy.assets.transferFrom(rounds.buyer, rounds.dora, drill.id, {"from": rounds.buyer})
    rounds.receive(opened, 100 * EUR)
    clock.pass_time(250 * DAY)
    assert rounds.update(opened) == RoundState.DEFAULTED
    rounds.decide(opened, buyback=False)
    with typed_error("Financing_NotDecided", opened.id, word(b"write off")):
        rounds.collateral.writeOff(opened.id, {"from": rounds.stranger})
    with typed_error("Financing_TooEarly", opened.id, rounds.ballots.decisionOf(opened.id)[0] + 30 * DAY):
        rounds.ballots.proposeWriteOff(opened.id, 0, {"from": rounds.anna})
    rounds.receive(opened, 50 * EUR)
    clock.pass_time(31 * DAY)
    rounds.ballots.proposeWriteOff(opened.id, 0, {"from": rounds.anna})
    rounds.ballots.vote(opened.id, 0, True, {"from": rounds.anna})
    rounds.ballots.vote(opened.id, 1, True, {"from": rounds.bert})
    rounds.ballots.decide(opened.id, {"from": rounds.stranger})
    rounds.collateral.writeOff(opened.id, {"from": rounds.stranger})
    assert rounds.state(opened) == RoundState.RECOVERED
    for tranche in range(3):
        invested, outstanding, _, _, repaid, written_down, _, _ = rounds.views.trancheOf(opened.id, tranche)
        assert invested == outstanding + repaid + written_down, "I-9"
        assert outstanding == 0
    # Whoever owns the machine now takes its fees elsewhere without asking anybody.
    own = economy.split()
    rounds.collateral.consentToRepoint(drill.id, own, {"from": rounds.dora})
    economy.assets.repoint(drill.id, own, {"from": rounds.dora})
