"""Rounds audited: a whole history is clean, and books that do not balance are found without the replay's help."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from oracle.audit import waterfall
from oracle.audit.check_rounds import check_i8, check_i9, check_rounds_collateral
from oracle.audit.checks import Evidence
from oracle.audit.keccak import checksum_address
from oracle.audit.replay.positions import position_id
from oracle.audit.replay.world import Call
from oracle.audit.rpc import Node
from oracle.audit.storage import Layout
from oracle.audit.told import Told
from oracle.audit.verify import audit
from tests.models import waterfall as model
from tests.oracle.audit.financed import CONTRACTS, Financed
from tests.oracle.audit.proxy import LyingNode, Silence
from tests.oracle.audit.seen import Seen
from tests.oracle.audit.test_checks import evidence_of

FUNDING, ON_PLAN, LATE, IMPAIRED, DEFAULTED, REPAID, RECOVERED, FAILED = range(1, 9)
SOLD, BOUGHT_BACK, WELL = 4, 5, 8
BOUGHT = b"bought back".ljust(32, b"\0")


def test_i8_i9_i10_i11_a_history_of_rounds_is_clean(financed_honest: Seen) -> None:
    assert [str(each) for each in financed_honest.findings] == []
    figures = financed_honest.findings.figures
    assert figures["logs explained by the replay"] == figures["logs of the platform decoded"] > 500
    assert figures["investments cut as they must be"] == 2
    assert figures["calls out of receivers' hooks traced"] == 1
    assert figures["calls through other contracts traced"] == 2
    balanced = {(each.check, each.subject): each.values for each in financed_honest.findings.balanced}
    of_rounds = balanced["I-8", "9 rounds"]
    assert of_rounds["received"] == sum(of_rounds.values()) - of_rounds["received"] - of_rounds["claimable"]
    tranches = balanced["I-9", "tranches of rounds that started"]
    assert 2 * tranches["invested"] == sum(tranches.values())
    assert balanced["I-8", "titles for sale"]["standing bids"] == 300_007
    assert balanced["I-10", "guarantees of rounds"]["not collected"] == 5
    assert balanced["I-11", "titles of running rounds"] == {"under their lien": 3}


def test_the_history_goes_every_way_and_emits_every_event(financed_honest: Seen) -> None:
    ways = defaultdict(list)
    for told in financed_honest.told:
        if told.event == "RoundStateChanged":
            ways[told.values["round"]].append(told.values["to"])
    assert dict(ways) == {
        1: [ON_PLAN, LATE, ON_PLAN, IMPAIRED, ON_PLAN, REPAID],
        2: [FAILED],
        3: [FAILED],
        4: [ON_PLAN, DEFAULTED, RECOVERED],
        5: [ON_PLAN, DEFAULTED, RECOVERED],
        6: [ON_PLAN, DEFAULTED, REPAID],
        7: [ON_PLAN, DEFAULTED, RECOVERED],
        8: [ON_PLAN],
        9: [ON_PLAN, DEFAULTED],
    }
    emitted = {(told.contract, told.event) for told in financed_honest.told}
    missing = {
        f"{module.CONTRACT}.{name}"
        for module in financed_honest.world.modules.values()
        if module.CONTRACT in CONTRACTS
        for name in module.abi.event_names
        if (module.CONTRACT, name) not in emitted
    }
    # Of the standard; positions have no metadata.
    assert missing == {"CoFinancing.URI"}


def test_the_books_say_what_the_contracts_answer(financed: Financed, financed_honest: Seen) -> None:
    """Balance, claimable and lock of every position, what is owed to every tranche, every state by rule."""
    world, chain = financed_honest.world, financed.quick.contracts
    rounds, ballots = world.rounds, world.ballots
    now = Call(rounds.address, financed_honest.chain[-1].header.timestamp, 0, "")
    asked: list[tuple[Any, ...]] = []
    for token, holder in rounds.positions:
        name = checksum_address(holder)
        asked.append((chain["CoFinancing"], "balanceOf", (name, token), rounds.balance_of(token, holder)))
        claimable = rounds.claimable(token, holder)
        asked.append((chain["CoFinancing"], "claimable", (*divmod(token, 256), name), claimable))
        asked.append((chain["RoundBallots"], "lockedOf", (token, name), ballots.locked(now, token, holder)))
    for number, found in rounds.rounds.items():
        asked.append((chain["CoFinancing"], "owedOf", (number,), rounds.owed(now, number)))
        asked.append((chain["CoFinancing"], "stateByRule", (number,), rounds.standing(now, number)))
        for index, tranche in enumerate(found.tranches if found.started_at else ()):
            due = int(tranche.interest(now.now))
            asked.append((chain["CoFinancing"], "duesOf", (number, index), (due, tranche.paid)))
    answers = financed.quick.line.read([(contract, view, given) for contract, view, given, _ in asked])
    for (_, view, given, ours), theirs in zip(asked, answers, strict=True):
        assert theirs == ours, (view, given)
    assert sum(claimable > 0 for _, view, _, claimable in asked if view == "claimable") >= 3
    assert sum(locked > 0 for _, view, _, locked in asked if view == "lockedOf") == 1


@pytest.mark.parametrize("event", ["TranchePaid", "BallotOpened", "BidPlaced"])
def test_every_block_in_between_is_clean_as_well(
    financed_url: str, financed: Financed, financed_honest: Seen, event: str
) -> None:
    """Audited as of the first such log: money that waits, votes that are open, bids that stand."""
    at = next(told.block for told in financed_honest.told if told.event == event)
    node = Node(financed_url)
    try:
        assert [str(each) for each in audit(node, financed.directory, at).findings] == []
    finally:
        node.close()


def test_calls_from_hooks_are_unexplained_without_traces(financed_url: str, financed: Financed) -> None:
    proxy = LyingNode(financed_url)
    node = Node(proxy.url)
    try:
        with proxy.telling(Silence("debug_traceTransaction")):
            findings = audit(node, financed.directory).findings
    finally:
        node.close()
        proxy.stop()
    assert "the replay has no such log" in findings.found[0].message
    assert {each.check for each in findings.not_checked} == {"calls through other contracts"}


def failing(evidence: Evidence) -> set[str]:
    for check in (check_i8, check_i9, check_rounds_collateral):
        check(evidence)
    return {each.check for each in evidence.findings.found}


def test_an_honest_history_balances(financed_honest: Seen) -> None:
    assert failing(evidence_of(financed_honest)) == set()


Which = Callable[[Told], bool]


def spoilt(honest: Seen, event: str, how: str, by: int, which: Which) -> Iterator[Told]:
    """The last such log dropped, doubled, or changed by an amount in the member that `how` names."""
    at = max(n for n, told in enumerate(honest.told) if told.event == event and which(told))
    for number, told in enumerate(honest.told):
        if number != at or how == "doubled":
            yield told
        if number == at and how == "doubled":
            yield told
        if number == at and how not in ("dropped", "doubled"):
            value = told.values[how]
            changed = (*value[:-1], value[-1] + by) if isinstance(value, tuple) else value + by
            yield replace(told, values={**told.values, how: changed})


MONEY = ("TranchePaid", "RestShared", "Claimed", "Refunded", "SurplusSkimmed")
SPOILT: list[tuple[str, str, int, str]] = [
    *((event, how, 0, "I-8") for event in MONEY for how in ("dropped", "doubled")),
    ("TranchePaid", "interest", 1, "I-8"),
    ("TranchePaid", "principal", 1, "I-8"),
    ("TranchePaid", "principal", -1, "I-8"),
    ("TranchePaid", "tranche", 7, "I-8"),
    ("RestShared", "toTranches", 1, "I-8"),
    ("RestShared", "toProvider", 1, "I-8"),
    ("Claimed", "amount", 1, "I-8"),
    ("Refunded", "amount", -1, "I-8"),
    ("SurplusSkimmed", "amount", 1, "I-8"),
    ("RoundStateChanged", "from", -1, "I-8"),
    ("RoundStateChanged", "to", 1, "I-8"),
    ("RoundStateChanged", "doubled", 0, "I-8"),
    ("RoundOpened", "dropped", 0, "I-8"),
    ("Invested", "dropped", 0, "I-9"),
    ("Invested", "doubled", 0, "I-9"),
    ("Invested", "accepted", -1, "I-9"),
    ("WrittenDown", "principal", -1, "I-9"),
    ("WrittenDown", "interest", 1, "I-9"),
    ("WrittenDown", "dropped", 0, "I-9"),
    ("ClaimKept", "amount", 1, "I-10"),
    ("ClaimCollected", "amount", 1, "I-10"),
    ("ClaimCollected", "dropped", 0, "I-10"),
    ("Voted", "weight", 10**9, "votes"),
    ("BallotDecided", "result", 1, "votes"),
]


TELLING: dict[str, Which] = {
    "SurplusSkimmed": lambda each: each.values["amount"] > 0,
    "Voted": lambda each: each.values["round"] != WELL,
    "BallotDecided": lambda each: not each.values["result"],
}
"""Logs that say nothing yet are left out: of nothing skimmed, of a ballot that nobody has decided."""


@pytest.mark.parametrize(("event", "how", "by", "check"), SPOILT)
def test_i8_i9_i10_a_log_that_does_not_balance(
    financed_honest: Seen, event: str, how: str, by: int, check: str
) -> None:
    told = spoilt(financed_honest, event, how, by, TELLING.get(event, lambda each: True))
    assert check in failing(evidence_of(financed_honest, list(told)))


def test_proceeds_of_a_buyback_that_went_elsewhere(financed_honest: Seen) -> None:
    told = spoilt(financed_honest, "AssetSettled", "proceeds", 1, lambda each: each.values["how"] == BOUGHT)
    assert failing(evidence_of(financed_honest, list(told))) == {"I-10"}


def test_a_junior_that_gains_out_of_turn(financed_honest: Seen) -> None:
    """The same money to the tranche below: it would balance, but for the order."""
    at = next(n for n, told in enumerate(financed_honest.told) if told.event == "TranchePaid")
    first = financed_honest.told[at]
    junior = replace(first, values={**first.values, "tranche": 1})
    evidence = evidence_of(financed_honest, [*financed_honest.told[:at], junior])
    assert ["to seniors" in each.message for each in evidence.findings.found] == [True]


STORED: list[tuple[str, str, tuple[Any, ...], int, str]] = [
    ("rounds", "I-9", ("_tranches", position_id(SOLD, 1), "writtenDown"), 1, "a loss"),
    ("rounds", "I-9", ("_tranches", position_id(WELL, 0), "outstanding"), -1, "a repayment"),
    ("rounds", "I-9", ("_tranches", position_id(WELL, 0), "invested"), 1, "an investment"),
    ("rounds", "I-8", ("_tranches", position_id(WELL, 0), "unclaimed"), 1, "a claim"),
    ("rounds", "I-8", ("_tranches", position_id(WELL, 0), "index"), 1, "an index"),
    ("rounds", "I-8", ("_tranches", position_id(WELL, 0), "carry"), 1, "a carry"),
    ("rounds", "I-8", ("_rounds", 1, "toProvider"), 1, "a provider's share"),
    ("rounds", "I-8", ("_rounds", WELL, "state"), 1, "a state"),
    ("auctions", "I-8", ("_auctions", 6, "amount"), 4, "a bid"),
    ("collateral", "I-10", ("_claims", 1, "uncollected"), 1, "a guarantor's debt"),
    ("collateral", "I-11", ("roundOf", 7), BOUGHT_BACK, "a lien"),
]


@pytest.mark.parametrize(("module", "check", "path", "by"), [each[:4] for each in STORED], ids=[e[4] for e in STORED])
def test_storage_that_does_not_balance(
    financed_honest: Seen, module: str, check: str, path: tuple[Any, ...], by: int
) -> None:
    evidence = evidence_of(financed_honest)
    contract = getattr(evidence.world, module)
    spot = Layout(contract.abi.layout).spot(path)
    words: dict[int, int] = evidence.words[contract.address]  # type: ignore[assignment]
    words[spot.slot] = words.get(spot.slot, 0) + (by << 8 * spot.offset)
    assert check in failing(evidence)


def test_a_position_that_grew(financed_honest: Seen) -> None:
    evidence = evidence_of(financed_honest)
    rounds = evidence.world.rounds
    (_, holder) = next(key for key in rounds.positions if key[0] == position_id(WELL, 0))
    spot = Layout(rounds.abi.layout).spot(("_positions", position_id(WELL, 0), holder, "balance"))
    evidence.words[rounds.address][spot.slot] += 1 << 8 * spot.offset  # type: ignore[index]
    assert failing(evidence) == {"I-8", "I-9"}


def test_the_auditors_waterfall_pays_as_the_models(financed_honest: Seen) -> None:
    """Tranche by tranche over years of odd amounts, caps included; and the same plan's line, read backwards."""
    random = Random(20_261_122)
    for _ in range(20):
        terms = [
            (random.randrange(1, 10**9), random.randrange(10_001), random.choice([2**32 - 1, 11_003])) for _ in "abc"
        ]
        ours = [waterfall.Tranche(rate, cap, 0, invested=size) for size, rate, cap in terms]
        theirs = [model.TrancheModel(size, 0, rate, cap, invested=size, outstanding=size) for size, rate, cap in terms]
        now = 1_000
        for tranche, truth in zip(ours, theirs, strict=True):
            tranche.start(now)
            truth.since = now
        for _ in range(40):
            now += random.randrange(10**7)
            _paid_alike(ours, theirs, random.randrange(10 ** random.randrange(1, 10)), now)
    plan = ((100, 7), (250, 7), (400, 1_000))
    assert [waterfall.covered_until(plan, paid) for paid in range(1_005)] == [
        model.covered_until(plan, paid) for paid in range(1_005)
    ]


def _paid_alike(ours: Sequence[waterfall.Tranche], theirs: Sequence[model.TrancheModel], cash: int, now: int) -> None:
    paid, _ = model.run_down(cash, [(truth.accrue(now), truth.outstanding) for truth in theirs])
    for truth, (interest, principal) in zip(theirs, paid, strict=True):
        truth.accrued -= interest
        truth.outstanding -= principal
        truth.paid += interest + principal
    for number, interest, principal in waterfall.run_down(ours, cash, now):
        ours[number].pay(interest, principal, now)
    for tranche, truth in zip(ours, theirs, strict=True):
        assert tranche.owed(now) == (truth.accrue(now), truth.outstanding)
        assert (tranche.index, tranche.room) == (truth.index, truth.room)
