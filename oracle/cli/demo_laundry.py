"""`cise demo laundry`: a washing machine bought together, repaid from its washes; and what if nobody washes."""

from pathlib import Path
from typing import Annotated

import typer

from oracle.cli import output
from oracle.cli.demo_runs import as_documents, folder_for
from oracle.cli.session import Json
from oracle.cli.up import PROGRAM
from oracle.demo.laundry import closing
from oracle.demo.laundry.story import Told, tell
from oracle.demo.screen import Plain, Silent
from oracle.demo.stage import Stage

TITLE = "A washing machine, bought together"
SEED = 1
PLOT = Path(".cise/laundry.svg")

Keep = Annotated[Path | None, typer.Option("--keep", help="Keep the logs of chain and audits here.", metavar="DIR")]
Plot = Annotated[Path, typer.Option("--plot", help="Draw cash by tranche over time here.", metavar="FILE")]
Seed = Annotated[int, typer.Option("--seed", help="Of the households' habits.", min=0)]


def laundry(keep: Keep = None, plot: Plot = PLOT, seed: Seed = SEED, as_json: Json = False) -> None:
    """Three tranches buy it, two years of washes repay them, the maker buys it back; a second ending in default."""
    told = live(keep, as_json, plot, seed)
    if as_json:
        output.show(True, document(told), lambda _: None)
    if not told.holds:
        raise typer.Exit(output.Exit.NO)


def live(keep: Path | None, quiet: bool, plot: Path = PLOT, seed: int = SEED) -> Told:
    """Told on the terminal as it happens, unless only the result counts."""
    console = output.console()

    def at_the_end(told: Told) -> None:
        plot.parent.mkdir(parents=True, exist_ok=True)
        plot.write_text(told.plot)
        if not quiet:
            closing.show(console, told)
            console.print(f"Cash by tranche over time: {plot}", markup=False, soft_wrap=True)

    with folder_for(keep) as folder:
        return tell(PROGRAM, folder, Stage(TITLE, Silent() if quiet else Plain(console)), seed, at_the_end)


def document(told: Told) -> dict[str, object]:
    return {
        "story": "laundry",
        "holds": told.holds,
        "seed": told.seed,
        "seconds": round(told.seconds, 1),
        "claims": as_documents(told.claims),
        "figures": told.figures,
        "audits": {name: dict(audit) for name, audit in told.audits.items()},
    }
