"""What both endings leave on the terminal: investors by tranche, one of them a customer, the books, audits, claims."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from oracle.demo.laundry.cast import Role
from oracle.demo.laundry.settling import COLUMNS, Account
from oracle.demo.laundry.story import Told
from oracle.demo.laundry.terms import TRANCHES

DECIMALS = 1_000_000
SHOWN = 5
"""Of what an audit finds or does not know; all of it is in the document of --json."""


def show(console: Console, told: Told) -> None:
    for account in told.accounts:
        audit = told.audits[account.name]
        console.print(Text(f"\n{account.title}", style="bold cyan"))
        console.print(_investors(account))
        console.print("Earned is interest, for the junior tranche also its part of what is left over.", style="dim")
        console.print(_anna(account), highlight=False)
        console.print(_use(account), highlight=False)
        console.print(Text("\nWho is better or worse off, to the unit, from the ledger's logs", style="bold"))
        console.print(_nets(account))
        console.print(_audited(audit), highlight=False)
        for finding in (*audit["findings"], *audit["notChecked"])[:SHOWN]:
            console.print(f"{finding['check']}: {finding['message']}", style="red", markup=False)
    for claim in told.claims.failed:
        console.print(f"✗ {claim.name}: expected {claim.expected}, found {claim.found}", style="red", markup=False)
    count, failed = len(told.claims.all), len(told.claims.failed)
    if told.holds:
        console.print(f"\n[bold green]All balanced, twice.[/] {count} claims hold, in {told.seconds:.0f} s.")
    else:
        console.print(f"\n[bold red]Not as told:[/] {failed} of {count} claims fail, or an audit found something.")


def _investors(account: Account) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("tranche", "investor", "put in", "principal", "earned", "lost", "claimed"):
        table.add_column(heading, justify="left" if heading in ("tranche", "investor") else "right")
    for index, (tranche, view) in enumerate(zip(TRANCHES, account.cash.tranches, strict=True)):
        name = tranche.name
        for stake in (stake for stake in account.cash.stakes if stake.tranche == index):
            figures = (stake.put_in, stake.principal, stake.earned, stake.lost, stake.claimed)
            table.add_row(name, stake.role.label, *map(_amount, figures))
            name = ""
        paid = account.cash.paid_to(index)
        whole = (view.invested, view.repaid, paid - view.repaid, view.written_down, paid)
        table.add_row("", "together", *map(_amount, whole), style="dim")
    return table


def _anna(account: Account) -> str:
    stakes = [stake for stake in account.cash.stakes if stake.role is Role.ANNA]
    came = sum(stake.claimed - stake.put_in for stake in stakes)
    washes = sum(account.life.washed[Role.ANNA].values())
    return (
        f"Anna, customer and investor: {washes} washes for {_amount(account.life.bill(Role.ANNA))}; her"
        f" {_amount(sum(stake.put_in for stake in stakes))} in the machine came to {_amount(came, signed=True)}."
    )


def _use(account: Account) -> str:
    parts = ", ".join(f"{name} {_amount(units)}" for name, units in account.fees.items())
    return (
        f"Customers deposited {_amount(account.deposited)} to wash, and washed for {_amount(account.washed)}: {parts}."
        f" The other {_amount(account.deposited - account.washed)} went home with them."
    )


def _audited(audit: Mapping[str, Any]) -> str:
    figures = audit["figures"]
    looked = ", ".join(sorted({check["check"] for check in audit["balanced"]}, key=lambda name: int(name[2:])))
    return (
        f"\nAudit, from the chain alone: {figures.get('transactions replayed', 0):,} transactions replayed,"
        f" {figures.get('readings settled again', 0):,} readings settled again. Balanced: {looked}."
    )


def _nets(account: Account) -> Table:
    """Everybody's money out less money in; it adds up to what stays in the ledger."""
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    table.add_column(style="dim")
    for role in Role:
        row: Mapping[str, int] = account.books.people.get(role.label, {})
        if reasons := _reasons(row):
            table.add_row(role.label, _amount(account.net(role), signed=True), reasons)
    for name, row in account.books.pots.items():
        if left := sum(row.values()):
            table.add_row(f"stays in {name}", _amount(left, signed=True), "")
    whole = sum(account.net(role) for role in Role) + account.books.remainders
    table.add_row(Text("together", style="bold"), Text(_amount(whole), style="bold"), "")
    return table


def _reasons(row: Mapping[str, int]) -> str:
    kept = [(words, row.get(column, 0)) for column, words in COLUMNS.items() if column not in ("paid in", "taken out")]
    return ", ".join(f"{words} {_short(units)}" for words, units in kept if units)


def _short(units: int) -> str:
    """Exact too, without the zeros behind the cents."""
    cents, rest = _amount(units, signed=True)[:-4], _amount(units)[-4:].rstrip("0")
    return cents + rest


def _amount(units: int, signed: bool = False) -> str:
    whole, part = divmod(abs(units), DECIMALS)
    sign = "-" if units < 0 else "+" if signed and units else ""
    return f"{sign}{whole:,}.{part:06d}"
