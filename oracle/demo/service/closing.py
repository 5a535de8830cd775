"""What the life leaves on the terminal: who received what, the audit, and the claims."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from oracle.demo.closing import conclude
from oracle.demo.service.books import COLUMNS
from oracle.demo.service.story import Told

DECIMALS = 1_000_000


def show(console: Console, told: Told) -> None:
    console.print(Text("\nWho received what, to the unit, from the ledger's logs", style="bold"))
    console.print(_books(told))
    conclude(console, told)


def _books(told: Told) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column()
    table.add_column(justify="right")
    for name, row in told.books.people.items():
        _add(table, name, [(words, row[column]) for column, words in COLUMNS.items()])
    for name, row in told.books.pots.items():
        moved = [(f"{'from' if amount > 0 else 'to'} {column}", amount) for column, amount in row.items()]
        _add(table, name, [*moved, ("stays as remainder", sum(row.values()))])
    return table


def _add(table: Table, name: str, lines: list[tuple[str, int]]) -> None:
    """What is nothing is not shown."""
    for words, amount in lines:
        if amount:
            table.add_row(Text(name, style="bold"), words, _amount(amount))
            name = ""


def _amount(units: int) -> str:
    whole, part = divmod(abs(units), DECIMALS)
    return f"{'-' if units < 0 else ''}{whole:,}.{part:06d}"
