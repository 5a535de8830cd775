"""What the life leaves on the terminal: who received what, the audit, and the claims."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from oracle.demo.closing import show_audit
from oracle.demo.service.books import COLUMNS
from oracle.demo.service.story import Told

DECIMALS = 1_000_000


def show(console: Console, told: Told) -> None:
    console.print(Text("\nWho received what, to the unit, from the ledger's logs", style="bold"))
    console.print(_books(told))
    console.print(
        "used: holds net of what came back · orders: wages, top-ups and bonds · reserve: cores and what is left of it",
        style="dim",
    )
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


def _books(told: Told) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    for column in (*COLUMNS, "left"):
        table.add_column(column, justify="right")
    for name, row in told.books.people.items():
        amounts = [_amount(row[column]) for column in COLUMNS]
        table.add_row(name, *amounts, _amount(told.books.left(name)))
    sums = [sum(row[column] for row in told.books.people.values()) for column in COLUMNS]
    table.add_row(Text("all", style="bold"), *map(_amount, sums), _amount(sum(map(told.books.left, told.books.people))))
    for name, left in told.books.pots.items():
        if left:
            table.add_row(Text(f"remainder in {name}", style="dim"), *[""] * len(COLUMNS), _amount(left))
    return table


def _amount(units: int) -> str:
    return f"{units / DECIMALS:,.6f}" if units else "·"
