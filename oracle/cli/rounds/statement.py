"""A round's money by month, held against the chain's own figures before it is shown."""

import csv
import io
from typing import Annotated

import typer

from oracle.cli import output
from oracle.cli.options import Look, looks
from oracle.cli.rounds.common import Number, money_of, view_of
from oracle.errors import Rejected
from oracle.formats import cash_flows
from oracle.formats.cash_flows import Books, Statement
from oracle.formats.round_logs import round_happenings
from oracle.parties import round_views
from oracle.parties.round_views import RoundView
from oracle.types import Address, BaseUnits

Figures = list[tuple[str, int, int]]
"""What, by the statement, by the chain."""


@looks
def statement(
    me: Look,
    number: Number,
    as_csv: Annotated[bool, typer.Option("--csv", help="Every column, in base units, a row for each month.")] = False,
    holder: Annotated[str | None, typer.Option("--holder", help="The part of this account alone.")] = None,
) -> None:
    """Cash flows by month: where the money came from, interest, principal, residual and losses of each tranche."""
    view = view_of(me, number)
    whose = None if holder is None else me.address(holder)
    with output.waiting("reading the chain", me.as_json or as_csv):
        made, figures = _made(me, view, whose)
    for what, ours, chains in figures:
        if ours != chains:
            raise Rejected("statement_differs", f"round {number}", what, f"{ours} by its events, {chains} by the chain")
    rows = list(made.rows(me.now))
    if as_csv:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("month", *made.columns))
        writer.writerows((month, *amounts) for month, amounts in rows)
        typer.echo(out.getvalue(), nl=False)
        return
    _show(me, view, made, rows)


def _made(me: Look, view: RoundView, holder: Address | None) -> tuple[Statement, Figures]:
    client, platform = me.client, me.platform
    account = round_views.account_of(client, platform, view.id)
    split = Address(client.call(platform.splitter.functions.accountOf(view.split)))
    books = Books(view.id, len(view.tranches), account, split)
    told = round_happenings(client, platform, view.id, account, view.currency, holder)
    if holder is None:
        made = cash_flows.of_round(books, told)
        return made, _figures(me, view, account, made)
    own = cash_flows.of_holder(books, told, holder)
    return own, _figures_of_holder(me, view, holder, own)


def _figures(me: Look, view: RoundView, account: Address, made: Statement) -> Figures:
    """I-8, I-9, and the round's account to the unit."""
    total = made.total
    balance = sum(map(total, ("fees", "repaid", "proceeds", "gifts"))) - total("toProvider") - total("surplus")
    received = int(total("toProvider"))
    figures: Figures = []
    for one in round_views.tranche_views(me.client, me.platform, view):
        number = one.tranche
        paid, invested, lost = cash_flows.paid_to(made, number), total(f"invested{number}"), total(f"lost{number}")
        came_back = total(f"principal{number}") + lost
        figures += [
            (f"paid to tranche {number}", paid, one.paid),
            (f"principal of tranche {number}", came_back, one.repaid + one.written_down),
            (f"lost by tranche {number}", lost, one.written_down),
        ]
        received += paid
        balance -= total(f"refunded{number}") + _taken(made, number)
        # What was invested went to the provider at the start.
        balance += invested if view.started_at is None else 0
    held = me.client.call(me.platform.accounts.functions.balanceOf(account, int(view.currency, 16)))
    return [*figures, ("received", received, view.received), ("money in its account", balance, held)]


def _figures_of_holder(me: Look, view: RoundView, holder: Address, made: Statement) -> Figures:
    figures: Figures = []
    for tranche in range(len(view.tranches)):
        position = round_views.position_view(me.client, me.platform, view.id, tranche, holder)
        earned = cash_flows.paid_to(made, tranche) + made.total(f"remainder{tranche}")
        figures.append((f"earned in tranche {tranche}", earned, _taken(made, tranche) + position.claimable))
    return figures


def _taken(made: Statement, tranche: int) -> int:
    return made.total(f"claimed{tranche}") + made.total(f"remainder{tranche}")


def _show(me: Look, view: RoundView, made: Statement, rows: list[tuple[str, list[BaseUnits]]]) -> None:
    text = money_of(me, view).text
    document = {
        "round": view.id,
        "currency": view.currency,
        "months": [
            {"month": month} | {name: str(amount) for name, amount in zip(made.columns, amounts, strict=True)}
            for month, amounts in rows
        ],
        "totals": {name: str(made.total(name)) for name in made.columns},
    }
    # Of many columns people see those in which something happened.
    busy = [index for index, name in enumerate(made.columns) if any(amounts[index] for _, amounts in rows)]
    lines = [(month, *(text(amounts[index]) for index in busy)) for month, amounts in rows]
    lines.append(("total", *(text(made.total(made.columns[index])) for index in busy)))
    headings = ("month", *(made.columns[index] for index in busy))
    me.show(document, lambda out: out.print(output.table(headings, lines) if rows else "no money has moved so far"))


COMMANDS = {"statement": statement}
