"""`cise advise pool`: how many spares a pool needs, and what it saves. Computed from what is given; asks no chain."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from oracle.cli import output
from oracle.cli.papers import write_text
from oracle.cli.session import Json

if TYPE_CHECKING:
    from oracle.advice.pool_plan import Capital, Plan
    from oracle.advice.pools import Pool, Service

YEAR = 365.25
Failures = Annotated[
    list[float] | None,
    typer.Option("--failures", help="Of one unit in a year of use: once for all members, or once for each. [1/16]"),
]
Chart = Annotated[
    Path | None, typer.Option("--chart", help="Draw when one, two, three spares are enough, as SVG.", metavar="FILE")
]


def pool(
    members: Annotated[int, typer.Option(help="Who share the spares.", min=1, max=500)] = 10,
    each: Annotated[int, typer.Option(help="Units in use at each member.", min=1, max=100)] = 1,
    failures: Failures = None,
    shape: Annotated[float, typer.Option(help="Weibull shape of lives: 1 chance, above 1 wear.", min=0.2)] = 1.0,
    turnaround: Annotated[float, typer.Option(help="Days until a spare is back on the shelf, on average.")] = 30.0,
    variation: Annotated[
        float, typer.Option(help="Of them, standard deviation over mean: 0 always the same, 1 exponential.", min=0)
    ] = 1.0,
    repairers: Annotated[
        int | None, typer.Option(help="Who repair one unit at a time; default: enough.", min=1)
    ] = None,
    loan: Annotated[
        bool, typer.Option("--loan", help="The spare goes back when the own unit is repaired; else it stays.")
    ] = False,
    elsewhere: Annotated[bool, typer.Option("--elsewhere", help="Who finds the shelf empty does not wait.")] = False,
    fill: Annotated[int, typer.Option(help="Per cent of breakdowns to find a spare at once.", min=1, max=99)] = 95,
    wait: Annotated[float | None, typer.Option(help="Days that a breakdown may wait on average.", min=0)] = None,
    price: Annotated[int, typer.Option(help="Of a spare, in whole currency.", min=1)] = 1_000,
    deposit: Annotated[int, typer.Option(help="Of each member, in whole currency.", min=0)] = 0,
    seed: Annotated[int, typer.Option(help="Of what is simulated.", min=0)] = 1,
    chart: Chart = None,
    as_json: Json = False,
) -> None:
    """Spares needed for a fill rate and a wait, and the capital they free beside a spare for each member."""
    # scipy takes half a second to load: not for every other command.
    from oracle.advice.pool_plan import Capital, plan
    from oracle.advice.pools import Pool, Way
    from oracle.formats.pool_map import pool_map_svg

    way = Way.LOAN if loan else Way.EXCHANGE
    rates = tuple(failures or (1 / 16,))
    asked = Pool(members, rates, turnaround, each, shape, variation, repairers, way, elsewhere)
    found = plan(asked, fill / 100, wait, seed)
    capital = Capital(members, price, deposit)
    if chart is not None:
        write_text(chart, pool_map_svg(asked, fill / 100))
    reach = _reach(asked, fill / 100)
    document = {
        "members": members,
        "units": len(asked.rates),
        "load": asked.load,
        "fill": fill / 100,
        "longestWaitDays": wait,
        "needed": found.needed,
        "saved": None if found.needed is None else capital.saved(found.needed),
        "rows": [
            _row(one) | {"capital": capital.pooled(one.spares), "saved": capital.saved(one.spares), "asOfMany": many}
            for one in found.rows
            for many in [_many(asked, one.spares)]
        ],
        "private": _row(found.private) | {"capital": capital.private},
        "oneIsEnoughFromYears": None if reach is None else reach[0],
    }

    def render(out: Console) -> None:
        headings = ("spares", "fill", "a breakdown waits", "stand a year", "tied up", "saved")
        rows = [
            (one.spares, *_cells(one), f"{capital.pooled(one.spares):,}", f"{capital.saved(one.spares):.0%}")
            for one in found.rows
        ]
        out.print(output.table(headings, [*rows, ("own each", *_cells(found.private), f"{capital.private:,}", "–")]))
        for line in _words(asked, found, capital, fill, reach):
            out.print(line)

    output.show(as_json, document, render)


def _reach(asked: "Pool", fill: float) -> tuple[float, str] | None:
    """Years, and by which theory. None where only simulation answers: it would take a minute."""
    from oracle.advice.pools import exact, of_many, rarest

    for service in (exact, of_many):
        found = service(asked, 1)
        if found is not None:
            return rarest(asked, 1, fill, service), found.method
    return None


def _many(asked: "Pool", spares: int) -> dict[str, object] | None:
    from oracle.advice.pools import of_many

    found = of_many(asked, spares)
    return None if found is None else {"fill": found.fill, "waitDays": found.wait_days, "method": found.method}


def _row(one: "Service") -> dict[str, object]:
    return {
        "spares": one.spares,
        "fill": one.fill,
        "fillMargin": one.fill_margin,
        "waitDays": one.wait_days,
        "waitMargin": one.wait_margin,
        "standingDaysAYear": one.standing * YEAR,
        "breakdownsAYear": one.breakdowns,
        "method": one.method,
    }


def _cells(one: "Service") -> tuple[str, str, str]:
    fill = f"{one.fill:.1%}" + (f" ± {one.fill_margin:.1%}" if one.fill_margin else "")
    wait = f"{one.wait_days:.2f}" + (f" ± {one.wait_margin:.2f}" if one.wait_margin else "")
    return fill, f"{wait} days", f"{one.standing * YEAR:.1f} days"


def _words(asked: "Pool", found: "Plan", capital: "Capital", fill: int, reach: "tuple[float, str] | None") -> list[str]:
    first = found.rows[0]
    spares = "no number of spares is enough" if found.needed is None else f"{found.needed} needed"
    if found.needed is not None:
        spares += f", {capital.saved(found.needed):.0%} of the capital saved"
    lines = [
        f"{first.breakdowns:.2f} breakdowns a year, {asked.load:.2f} units out on average: {spares}.",
        f"By: {first.method}." + (" ± holds 19 times in 20." if first.fill_margin else " Exact for these members."),
    ]
    if reach is not None:
        now = len(asked.rates) / sum(asked.rates) / YEAR
        lines.append(
            f"One spare for {asked.members} reaches {fill} % where a unit fails at most once in {reach[0]:.1f} years "
            f"(by {reach[1]}); here it fails once in {now:.1f}."
        )
    if asked.way == "loan":
        lines.append("What is lent is taken not to fail on loan.")
    return lines
