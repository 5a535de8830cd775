"""An audit's outcome for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from oracle.audit.findings import Finding, Findings
from oracle.audit.keccak import checksum_address
from oracle.audit.signatures import GRADES
from oracle.audit.statement import Bill
from oracle.audit.verify import Audit

MOST_SHOWN: Final = 20


def as_document(audit: Audit) -> dict[str, Any]:
    return {
        "clean": audit.clean,
        "chainId": audit.pinned.chain_id,
        "block": audit.pinned.number,
        "blockHash": "0x" + audit.pinned.hash.hex(),
        "directory": checksum_address(audit.addresses["Directory"]),
    } | findings_document(audit.findings)


def findings_document(findings: Findings) -> dict[str, Any]:
    return {
        "figures": dict(findings.figures),
        "balanced": [
            {"check": each.check, "subject": each.subject} | {name: str(value) for name, value in each.values.items()}
            for each in findings.balanced
        ],
        "findings": [_finding(each) for each in findings.found],
        "notChecked": [_finding(each) for each in findings.not_checked],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {"check": finding.check, "place": finding.place.as_dict(), "message": finding.message}


def show(console: Console, audit: Audit) -> None:
    pinned = audit.pinned
    console.print(f"Audit of chain {pinned.chain_id} up to block {pinned.number}, 0x{pinned.hash.hex()}")
    console.print(_figures(audit.findings))
    show_findings(console, audit.findings, "All balanced.")


def show_findings(console: Console, findings: Findings, all_well: str) -> None:
    if findings.clean:
        console.print(Text(all_well, style="bold green"))
        return
    console.print(_listed("found", findings.found, "red"))
    console.print(_listed("not checked", findings.not_checked, "yellow"))


def _figures(findings: Findings) -> RenderableType:
    counted = Table.grid(padding=(0, 2))
    counted.add_column(justify="right")
    counted.add_column()
    for name, number in findings.figures.items():
        counted.add_row(f"{number:,}", name)
    balanced = [Text(str(each)) for each in findings.balanced]
    return Group(counted, *balanced)


def _listed(title: str, findings: Sequence[Finding], style: str) -> RenderableType:
    lines = [Text(str(each), style=style) for each in findings[:MOST_SHOWN]]
    if not lines:
        return Text("")
    more = len(findings) - MOST_SHOWN
    rest = [Text(f"… and {more} more; the later ones may follow from the first")] if more > 0 else []
    return Group(Text(f"{len(findings)} {title}:", style=f"bold {style}"), *lines, *rest)


def show_bills(console: Console, bills: Sequence[Bill]) -> None:
    for bill in bills:
        agreement = bill.agreement
        console.print(
            f"Agreement {agreement.number}: asset {agreement.asset}, tariff {agreement.tariff}, "
            f"customer {checksum_address(agreement.customer)}, currency {checksum_address(agreement.terms.currency)}"
        )
        table = Table(box=None)
        for heading in (
            "block",
            "reading",
            "units × price per million",
            "usage",
            "standing",
            "taken",
            "tax",
            "arrears",
            "meter",
        ):
            table.add_column(heading, justify="right", overflow="fold")
        for line in bill.lines:
            reading = line.entry.reading
            priced = "\n".join(f"{each.units:,} × {each.price_per_million:,}" for each in line.priced)
            table.add_row(
                str(line.entry.block),
                str(reading.sequence) if reading else "standing",
                priced,
                *(f"{number:,}" for number in (line.usage, line.standing, line.taken, line.tax, line.arrears)),
                GRADES[line.entry.grade].replace("_", " "),
            )
        console.print(table)
        console.print(f"  taken {bill.taken:,}, tax in it {bill.tax:,}, credited {bill.credited:,} base units")
