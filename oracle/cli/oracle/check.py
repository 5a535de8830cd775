"""`cise oracle check`: everything the oracle needs, one line each, with what to do where something is wrong."""

from dataclasses import dataclass

import typer
from rich.console import Console

from oracle.cli import output
from oracle.cli.oracle.probes import PROBES, Site
from oracle.cli.session import DataDir, DirectoryAddress, Json, Rpc, settings_from
from oracle.errors import CiseError, Fatal


@dataclass(frozen=True, slots=True)
class Result:
    """`remedy` None where all is well, or where nothing more can be said than what was found."""

    name: str
    ok: bool
    found: str
    remedy: str | None


def check(rpc: Rpc = None, directory: DirectoryAddress = None, data: DataDir = None, as_json: Json = False) -> None:
    """Look at node, contracts, roles, keys, gas, clock, disk, database and terms, and say what is wrong with them."""
    site = Site(settings_from(data, rpc, directory))
    with output.waiting("looking", as_json):
        results = [_checked(name, site) for name in PROBES]
    document = [{"check": one.name, "ok": one.ok, "found": one.found, "remedy": one.remedy} for one in results]
    output.show(as_json, document, lambda out: _render(out, results))
    if not all(one.ok for one in results):
        raise typer.Exit(output.Exit.ENVIRONMENT)


def _checked(name: str, site: Site) -> Result:
    try:
        return Result(name, True, PROBES[name](site), None)
    except Fatal as error:
        return Result(name, False, error.what, error.remedy)
    except CiseError as error:
        return Result(name, False, str(error), None)


def _render(out: Console, results: list[Result]) -> None:
    for one in results:
        out.print("[green]✓[/]" if one.ok else "[red]✗[/]", f"{one.name}:", end=" ")
        out.print(one.found, markup=False)
        if one.remedy:
            out.print(f"    {one.remedy}", markup=False, style="yellow")
