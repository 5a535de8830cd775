"""What the pool leaves on the terminal: planned beside seen beside private, the audit, and the claims."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from oracle.demo.closing import conclude
from oracle.demo.pool.scene import Told


def show(console: Console, told: Told) -> None:
    console.print(Text("\nThree years, from the chain's events", style="bold"))
    console.print(_compared(told))
    conclude(console, told)


def _compared(told: Told) -> Table:
    planned, seen, private = (told.figures[name] for name in ("predicted", "seen", "private"))

    def money(units: object) -> str:
        return f"{int(str(units)) // 10**told.currency.decimals:,} {told.currency.symbol}"

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "planned (90 % of runs)", "on chain", "ten private"):
        table.add_column(heading, justify="left" if not heading else "right")
    total = seen["breakdowns"]
    table.add_row("breakdowns", _ranged(planned["breakdowns"]), str(total), str(total))
    alone = total - private["waits"]
    nothing = "0" if alone == total else "some"
    helped = f"{seen['atOnce']} of {total} ({seen['atOnce'] / total:.0%})"
    table.add_row("helped at once", _ranged(planned["fill"], 100, " %"), helped, f"{alone} of {total}")
    table.add_row("days waited, all", _ranged(planned["standingDays"]), f"{seen['standingDays']:.1f}", nothing)
    mean = planned["standingDays"]["mean"] / planned["breakdowns"]["mean"]
    table.add_row("days waited, each", f"{mean:.1f}", f"{seen['standingDays'] / total:.1f}", nothing)
    tied = int(seen["sparesValue"]) + int(seen["money"])
    table.add_row("tied up", money(planned["capital"]), money(tied), money(private["capital"]))
    share = 1 - int(planned["capital"]) / int(private["capital"])
    table.add_row("saved", f"{share:.0%}", f"{seen['saved']:.0%}", "–")
    idle = f"{money(seen['sparesValue'])} spares, {money(seen['money'])} deposits, credits, cash"
    table.caption = f"On chain, on average over time: {idle}. Planned: spares and deposits."
    return table


def _ranged(found: Any, scale: float = 1, unit: str = "") -> str:
    mean, low, high = (found[name] * scale for name in ("mean", "low", "high"))
    return f"{mean:.1f} ({low:.0f} to {high:.0f}){unit}"
