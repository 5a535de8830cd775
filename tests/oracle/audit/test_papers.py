"""Bills, receipts and the journal of an honest audit."""

from __future__ import annotations

import csv
import io
import json
from copy import deepcopy
from typing import Any

import pytest
from rich.console import Console

from oracle.audit import journal, receipt, report, statement
from oracle.audit.findings import NOWHERE, Finding, Findings, Place
from oracle.audit.keccak import checksum_address
from oracle.errors import Rejected
from tests.oracle.audit.seen import Seen


def rendered(show: Any) -> str:
    console = Console(width=200, record=True, file=io.StringIO())
    show(console)
    return console.export_text()


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_a_bill_adds_up_to_what_was_settled(honest: Seen, number: int) -> None:
    bill = statement.bill(honest, honest.kept, number)
    assert bill.taken == honest.world.agreements.agreements[number].settled
    usage = sum(line.usage for line in bill.lines)
    standing = sum(line.standing for line in bill.lines)
    assert usage + standing == bill.taken + bill.lines[-1].arrears
    assert bill.tax == 0


def test_a_bill_between_two_times(honest: Seen) -> None:
    whole = statement.bill(honest, honest.kept, 1)
    middle = whole.lines[1].entry.now
    assert statement.bill(honest, honest.kept, 1, middle).lines == tuple(
        line for line in whole.lines if line.entry.now >= middle
    )
    assert statement.bill(honest, honest.kept, 1, None, middle).lines == tuple(
        line for line in whole.lines if line.entry.now <= middle
    )
    assert statement.bill(honest, honest.kept, 2).credited == 1_500
    assert statement.bill(honest, honest.kept, 2, 2**40).credits == ()


def test_bills_of_an_account(honest: Seen) -> None:
    customer = honest.world.agreements.agreements[3].customer
    bills = statement.bills_of(honest, honest.kept, customer)
    assert [bill.agreement.number for bill in bills] == [3, 4]
    documents = statement.as_documents(bills)
    assert documents[0]["lines"][0]["reading"]["agreementId"] == 3
    text = rendered(lambda console: report.show_bills(console, [*bills, statement.bill(honest, honest.kept, 2)]))
    assert "Agreement 3" in text
    assert "standing" in text


def test_no_bill_without_an_agreement(honest: Seen) -> None:
    with pytest.raises(Rejected, match="there is none"):
        statement.bill(honest, honest.kept, 99)


@pytest.mark.parametrize(("agreement", "sequence"), [(1, 1), (1, 9), (3, 2), (5, 4)])
def test_a_receipt_is_what_it_says(honest: Seen, agreement: int, sequence: int) -> None:
    document = json.loads(json.dumps(receipt.write(honest, honest.kept, agreement, sequence)))
    findings = Findings()
    receipt.check_document(document, findings)
    receipt.check_against_chain(document, honest, honest.kept, findings)
    assert findings.clean
    assert findings.figures["receipts compared with the chain"] == 1


def test_no_receipt_for_what_did_not_settle(honest: Seen) -> None:
    with pytest.raises(Rejected, match="has not settled"):
        receipt.write(honest, honest.kept, 1, 77)


def change(document: Any, path: str, value: Any) -> Any:
    changed = deepcopy(document)
    *inner, last = path.split("/")
    at = changed
    for step in inner:
        at = at[int(step) if isinstance(at, list) else step]
    at[int(last) if isinstance(at, list) else last] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "check"),
    [
        ("reading/registers/0", 5, "receipt signature"),
        ("reading/telemetryRoot", "0x" + "01" * 32, "receipt signature"),
        ("signature", "0x" + "11" * 64, "receipt signature"),
        ("signature", "0x" + "11" * 65, "receipt signature"),
        ("chainId", 1, "receipt signature"),
        ("meter", "0x" + "11" * 20, "receipt signature"),
        ("tariff/pricePerMillion/0", "5", "receipt charge"),
        ("charge/elapsed", 1, "receipt"),
        ("charge/taken", "5", "receipt charge"),
        ("charge/after", "99999999", "receipt charge"),
        ("charge/tax", "5", "receipt charge"),
        ("split/payees/0/portion", "5", "receipt split"),
        ("split/payees", [], "receipt"),
        ("block/time", 5, "receipt"),
        ("customer", "0x" + "11" * 20, "receipt"),
        ("transaction", "0x" + "11" * 32, "receipt"),
        ("record", 55, "receipt"),
    ],
)
def test_a_receipt_that_was_changed(honest: Seen, path: str, value: Any, check: str) -> None:
    document = change(receipt.write(honest, honest.kept, 1, 1), path, value)
    findings = Findings()
    receipt.check_document(document, findings)
    receipt.check_against_chain(document, honest, honest.kept, findings)
    assert check in {each.check for each in findings.found}


@pytest.mark.parametrize("document", [{}, [], None, {"format": "other"}])
def test_what_is_no_receipt(document: object) -> None:
    with pytest.raises(Rejected):
        receipt.check_document(document, Findings())


def movements(honest: Seen, since: int | None = None, until: int | None = None) -> list[journal.Movement]:
    watch = journal.Movements(since, until)
    for block in honest.chain:
        watch.block(block, [each for each in honest.told if each.block == block.header.number], honest.world)
    return watch.rows


def test_the_journal_balances(honest: Seen) -> None:
    rows = movements(honest)
    kinds = {row.kind for row in rows}
    assert kinds == {"deposit", "withdrawal", "hold", "fee", "release", "payout", "transfer"}
    read = list(csv.DictReader(io.StringIO(journal.as_csv(rows))))
    assert len(read) == len(rows) == len(json.loads(journal.as_json(rows)))
    balances: dict[tuple[str, str], int] = {}
    for row in read:
        balances[row["from"], row["currency"]] = balances.get((row["from"], row["currency"]), 0) - int(row["amount"])
        balances[row["to"], row["currency"]] = balances.get((row["to"], row["currency"]), 0) + int(row["amount"])
    for (owner, token), amount in honest.world.accounts.balances.items():
        key = (checksum_address(owner), checksum_address(token.to_bytes(32, "big")[12:]))
        assert balances.get(key, 0) == amount


def test_the_journal_for_beancount(honest: Seen) -> None:
    rows = movements(honest)
    text = journal.as_beancount(rows)
    opened = {line.split()[2] for line in text.splitlines() if " open " in line}
    posted = [line.split() for line in text.splitlines() if line.startswith("  ") and "transaction:" not in line]
    assert {account for account, _, _ in posted} == opened
    assert sum(int(amount) for _, amount, _ in posted) == 0
    custody = sum(int(amount) for account, amount, _ in posted if account.startswith("Assets:Custody"))
    assert custody == sum(honest.world.accounts.supplies.values())


def test_the_journal_between_two_times(honest: Seen) -> None:
    rows = movements(honest)
    middle = rows[len(rows) // 2].time
    assert movements(honest, middle) == [row for row in rows if row.time >= middle]
    assert movements(honest, None, middle) == [row for row in rows if row.time <= middle]


def test_the_report_of_an_honest_chain(honest: Seen) -> None:
    text = rendered(lambda console: report.show(console, honest))
    assert "All balanced." in text
    assert f"I-7 {len(honest.world.splits.splits)} splits: received" in text
    document = report.as_document(honest)
    assert document["clean"] is True
    assert document["findings"] == document["notChecked"] == []
    assert json.loads(json.dumps(document)) == document


def test_the_report_of_a_dishonest_one() -> None:
    findings = Findings()
    for number in range(25):
        findings.add("check", Place(block=number, offset=3, record=2, slot=5, variable="v"), "message")
    findings.unchecked("other", NOWHERE, "not checked: nothing")
    text = rendered(lambda console: report.show_findings(console, findings, "well"))
    assert "… and 5 more" in text
    assert "calldata byte 3" in text
    assert "the whole chain" in text
    assert [each.check for each in findings][-1] == "other"
    assert report.findings_document(findings)["findings"][0]["place"]["slot"] == f"{5:#066x}"
    assert str(Finding("c", Place(contract="X"), "m")) == "c: X: m"


def test_a_bill_says_how_far_each_meter_is_to_be_trusted(honest: Seen) -> None:
    """The last agreement opened under a plain key and went on under a P-256 key and then a contract."""
    number = max(honest.world.agreements.agreements)
    bill = statement.bill(honest, honest.kept, number)
    document = statement.as_documents([bill])[0]
    assert document["trustAtOpening"] == "software_key"
    assert [line["trustGrade"] for line in document["lines"]] == ["software_key", "software_key", "attester"]
    text = rendered(lambda console: report.show_bills(console, [bill]))
    assert "attester" in text


@pytest.mark.parametrize(("sequence", "curve"), [(2, "P-256"), (3, "P-256"), (4, "ERC-1271")])
def test_a_receipt_of_another_kind_of_meter(honest: Seen, sequence: int, curve: str) -> None:
    document = json.loads(
        json.dumps(receipt.write(honest, honest.kept, max(honest.world.agreements.agreements), sequence))
    )
    assert document["curve"] == curve
    findings = Findings()
    receipt.check_document(document, findings)
    receipt.check_against_chain(document, honest, honest.kept, findings)
    assert findings.clean
    forged = change(document, "reading/registers/0", 5)
    receipt.check_document(forged, findings, offline=True)
    assert not findings.clean


def test_what_a_contract_accepted_is_not_checked_off_line(honest: Seen) -> None:
    document = receipt.write(honest, honest.kept, max(honest.world.agreements.agreements), 4)
    findings = Findings()
    receipt.check_document(document, findings, offline=True)
    assert findings.found == []
    assert [each.check for each in findings.not_checked] == ["receipt signature"]
