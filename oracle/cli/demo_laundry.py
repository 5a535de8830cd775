"""`cise demo laundry`: a washing machine bought together, repaid from its washes; and what if nobody washes."""

from pathlib import Path
from typing import Annotated

import typer

from oracle.cli import demo_runs, output
from oracle.cli.demo_runs import Keep, as_documents
from oracle.cli.session import Json
from oracle.cli.up import PROGRAM
from oracle.demo.laundry import closing
from oracle.demo.laundry.story import Told, tell

TITLE = "A washing machine, bought together"
SEED = 1
PLOT = Path(".cise/laundry.svg")

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
    def at_the_end(told: Told) -> None:
        plot.parent.mkdir(parents=True, exist_ok=True)
        plot.write_text(told.plot)
        if not quiet:
            console = output.console()
            closing.show(console, told)
            console.print(f"Cash by tranche over time: {plot}", markup=False, soft_wrap=True)

    return demo_runs.live(TITLE, keep, quiet, lambda folder, stage: tell(PROGRAM, folder, stage, seed, at_the_end))


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
