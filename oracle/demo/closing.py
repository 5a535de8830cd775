"""What a story leaves on the terminal: the bill, who was paid, the audit, and the claims."""

from collections.abc import Mapping
from typing import Any, Protocol

from rich.console import Console
from rich.table import Table
from rich.text import Text

from oracle.demo.claims import Claims
from oracle.demo.drill import Told
from oracle.parties.currencies import Currency

PER_MILLION = 1_000_000


def show(console: Console, told: Told, currency: Currency) -> None:
    console.print(Text("\nStatement", style="bold"))
    console.print(_bill(told, currency))
    console.print(Text("\nWho was paid", style="bold"))
    console.print(_payees(told.figures, currency))
    conclude(console, told)


def _bill(told: Told, currency: Currency) -> Table:
    lines, statement = told.statement["lines"], told.statement
    usage = next(line["usage"] for line in reversed(lines) if line["usage"] is not None)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", "used", "price", "amount"):
        table.add_column(heading, justify="left" if not heading else "right")
    for item, label in zip(usage["items"], statement["registers"], strict=False):
        price = int(item["pricePerMillion"])
        used = int(item["cumulative"])
        amount = currency.text(used * price // PER_MILLION)
        per_second = currency.text(price * 1_000 // PER_MILLION)
        table.add_row(label["label"], f"{used / 1_000:,.3f} s", f"{per_second}/s", amount)
    standing = lines[-1]["standing"]
    per_day = currency.text(int(standing["perDay"]))
    table.add_row("Standing", f"{standing['seconds']} s", f"{per_day}/day", currency.text(int(standing["charge"])))
    table.add_row("", "", "", "─" * 14)
    charged = Text(currency.text(int(statement["settled"]["charge"])), style="bold")
    table.add_row(Text("Charged", style="bold"), f"{len(lines)} settlements", "rounded down once", charged)
    tax = f"of which {statement['taxBps'] / 100:g} % tax"
    table.add_row(Text(tax, style="dim"), "", "", currency.text(int(statement["includedTax"])))
    return table


def _payees(figures: Mapping[str, Any], currency: Currency) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("payee", "share", "before", "after", "gained"):
        table.add_column(heading, justify="left" if heading == "payee" else "right")
    whole = sum(payee["share"] for payee in figures["payees"].values())
    gained = 0
    for name, payee in figures["payees"].items():
        before, after = int(payee["before"]), int(payee["after"])
        gained += after - before
        share = f"{100 * payee['share'] / whole:g} %"
        table.add_row(name, share, currency.text(before), currency.text(after), currency.text(after - before))
    table.add_row("waits as remainder", "", "", "", currency.text(int(figures["undistributed"])))
    total = currency.text(gained + int(figures["undistributed"]))
    table.add_row(Text("fees, to the unit", style="bold"), "", "", "", Text(total, style="bold"))
    return table


def show_audit(audit: Mapping[str, Any]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    table.add_column()
    for name, number in audit["figures"].items():
        table.add_row(f"{number:,}", name)
    for check in audit["balanced"]:
        figures = ", ".join(
            f"{name} {int(value):,}" for name, value in check.items() if name not in ("check", "subject")
        )
        table.add_row(Text(check["check"], style="green"), f"{check['subject']}: {figures}")
    return table


class Ended(Protocol):
    """A story that is over."""

    @property
    def claims(self) -> Claims: ...

    @property
    def audit(self) -> Mapping[str, Any]: ...

    @property
    def holds(self) -> bool: ...

    @property
    def seconds(self) -> float: ...


def conclude(console: Console, told: Ended) -> None:
    """What the audit says, what does not hold, and the last line."""
    console.print(Text("\nAudit: from the chain alone", style="bold"))
    console.print(show_audit(told.audit))
    for finding in (*told.audit["findings"], *told.audit["notChecked"]):
        console.print(f"{finding['check']}: {finding['message']}", style="red", markup=False)
    for claim in told.claims.failed:
        console.print(f"✗ {claim.name}: expected {claim.expected}, found {claim.found}", style="red", markup=False)
    count = len(told.claims.all)
    if told.holds:
        console.print(f"\n[bold green]All balanced.[/] {count} claims of the story hold, in {told.seconds:.0f} s.")
    else:
        failed = len(told.claims.failed)
        console.print(f"\n[bold red]Not as told:[/] {failed} of {count} claims fail, or the audit found something.")
