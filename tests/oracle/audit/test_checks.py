"""The invariants on books that do not balance: each check finds its own without the replay's help."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from oracle.audit import checks
from oracle.audit.blocks import Block, Log
from oracle.audit.checks import Evidence
from oracle.audit.findings import Findings
from oracle.audit.storage import Layout
from oracle.audit.tally import Tally
from oracle.audit.tokens import Custody
from oracle.audit.told import Told, decode_logs
from tests.oracle.audit.seen import Seen
from tests.oracle.audit.support import copied


def evidence_of(honest: Seen, told: Sequence[Told] | None = None) -> Evidence:
    """What an honest audit hands to the checks, in copies that a test may change."""
    findings = Findings()
    world = copied(honest.world)
    findings.figures = Counter(honest.findings.figures)
    tally = Tally(world, findings)
    for each in honest.told if told is None else told:
        tally.add(each)
    words = {address: Layout(module.abi.layout).words(module.storage()) for address, module in world.modules.items()}
    custodies = {currency: Custody(10**9, 0, 10**9) for currency in world.accounts.admitted}
    return Evidence(world, tally, words, custodies, findings)


def failing(evidence: Evidence) -> set[str]:
    for check in checks.ALL:
        check(evidence)
    return {each.check for each in evidence.findings.found}


def test_an_honest_chain_balances(honest: Seen) -> None:
    assert failing(evidence_of(honest)) == set()


def spoilt(honest: Seen, event: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> list[Told]:
    """What the logs say, the last one of this event changed."""
    # Titles have a Transfer as well.
    at = max(n for n, told in enumerate(honest.told) if told.event == event and told.contract != "AssetRegistry")
    changed = replace(honest.told[at], values=change(dict(honest.told[at].values)))
    return [*honest.told[:at], changed, *honest.told[at + 1 :]]


def state(**parts: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    shifts = {"sequence": 224, "elapsed": 160, "settled": 80, "hold": 0}

    def change(values: dict[str, Any]) -> dict[str, Any]:
        return values | {"state": values["state"] + sum(by << shifts[part] for part, by in parts.items())}

    return change


CASES: list[tuple[str, str, Callable[[dict[str, Any]], dict[str, Any]]]] = [
    ("I-1", "Deposited", lambda values: values | {"amount": values["amount"] + 1}),
    ("I-1", "Withdrawn", lambda values: values | {"amount": values["amount"] + 1}),
    ("I-2", "Transfer", lambda values: values | {"sender": bytes(20)}),
    ("I-3", "ReadingSettled", state(settled=1)),
    ("I-3", "ReadingSettled", state(sequence=-2)),
    ("I-3", "StandingAccrued", state(hold=1)),
    ("I-3", "HoldRefilled", lambda values: values | {"amount": values["amount"] + 1}),
    ("I-6", "ReadingSettled", state(hold=-1)),
    ("I-7", "Distributed", lambda values: values | {"total": values["total"] + 10}),
]


@pytest.mark.parametrize(("check", "event", "change"), CASES)
def test_a_log_that_does_not_balance(
    honest: Seen, check: str, event: str, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    assert check in failing(evidence_of(honest, spoilt(honest, event, change)))


def test_storage_that_does_not_balance(honest: Seen) -> None:
    evidence = evidence_of(honest)
    world = evidence.world
    agreement = world.agreements.agreements[3]
    slot = Layout(world.agreements.abi.layout).spot(world.agreements.state_path(agreement)).slot
    evidence.words[world.agreements.address][slot] += 10**9 << 80  # type: ignore[index]
    assert "I-4" in failing(evidence)
    evidence = evidence_of(honest)
    evidence.words[world.agreements.address][slot] += 1  # type: ignore[index]
    assert failing(evidence) == {"I-5"}
    evidence = evidence_of(honest)
    account = world.splits.account_of(1)
    token = max(token for owner, token in world.accounts.balances if owner == account)
    slot = Layout(world.accounts.abi.layout).spot(("_credit", token, account)).slot
    evidence.words[world.accounts.address][slot] += 1  # type: ignore[index]
    assert failing(evidence) == {"I-1", "I-7"}


def test_custody_below_the_balances(honest: Seen) -> None:
    evidence = evidence_of(honest)
    evidence.custodies = {currency: Custody(5, 0, 5) for currency in evidence.world.accounts.admitted}
    assert failing(evidence) == {"I-1"}
    evidence = evidence_of(honest)
    evidence.custodies = {}
    assert failing(evidence) == set()


def with_log(block: Block, log: Log) -> Block:
    receipt = block.receipts[0]
    return replace(block, receipts=(replace(receipt, logs=(*receipt.logs, log)), *block.receipts[1:]))


@pytest.mark.parametrize("topics", [(), (b"\x01" * 32,), "a short one"])
def test_logs_that_no_contract_declares(honest: Seen, topics: Any) -> None:
    ledger = honest.world.accounts
    if isinstance(topics, str):
        topics = (ledger.abi.event_names["Deposited"].topic,)
    spoiled = with_log(honest.chain[50], Log(ledger.address, topics, b"", 77))
    findings = Findings()
    list(decode_logs(spoiled, honest.world, findings))
    assert [(each.check, each.place.log_index) for each in findings.found] == [("events", 77)]
