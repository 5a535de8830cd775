"""`cise parts`: what is built into what."""

from typing import Annotated

import typer

from oracle.chain.contracts import END_OF_LIFE, MARKET
from oracle.cli.options import Act, AssetNumber, Look, Off, acts, looks
from oracle.domain.hashing import parse_address
from oracle.errors import Rejected
from oracle.parties import components
from oracle.parties.components import ASSEMBLING, Step
from oracle.types import Address, AssetId

app = typer.Typer(no_args_is_help=True, help="Parts of machines: attach, detach, exclude, show.")
Consent = Annotated[bool, typer.Option("--consent", help="Only agree; the other owner then does exactly this.")]
StepNumber = Annotated[
    int | None,
    typer.Option("--step", help="The decision that is the reason; default: the one that stands.", min=1),
]
Source = Annotated[
    str,
    typer.Option(help="Who knows the step: a contract's name in the Directory, or its address.", metavar="CONTRACT"),
]
OrderNumber = Annotated[
    int | None, typer.Option("--order", help="The order that is the reason, while its work is done.", min=1)
]
Assembling = Annotated[
    bool, typer.Option("--assembling", help="No step: its maker puts together what is not in service yet.")
]


@app.command()
@acts
def attach(
    me: Act,
    part: AssetNumber,
    parent: Annotated[int, typer.Option("--into", help="The machine or part it goes into.", min=1)],
    consent: Consent = False,
    order: OrderNumber = None,
    step: StepNumber = None,
    source: Source = END_OF_LIFE,
    assembling: Assembling = False,
) -> None:
    """Build a part in: its title goes to the machine's owner. Whom else it concerns consents before."""
    reason = _reason(me, AssetId(parent), order, step, source, assembling)
    way = components.consent_to_attach if consent else components.attach
    done = way(me.wallet, AssetId(part), AssetId(parent), reason)
    _show(me, AssetId(part), {"consented": consent, "transaction": done.transaction})


@app.command()
@acts
def detach(
    me: Act,
    part: AssetNumber,
    to: Annotated[str | None, typer.Option("--to", help="Who gets its title; default: you.", metavar="ACCOUNT")] = None,
    consent: Consent = False,
    order: OrderNumber = None,
    step: StepNumber = None,
    source: Source = END_OF_LIFE,
    assembling: Assembling = False,
) -> None:
    """Take a part out, with all that is in it. Its history and its use stay with it."""
    place = components.place_of(me.client, me.platform, AssetId(part))
    if place.parent is None:
        raise Rejected("not_a_part", f"asset {part}", "stands alone", "")
    target = me.wallet.address if to is None else me.address(to)
    reason = _reason(me, place.parent, order, step, source, assembling)
    way = components.consent_to_detach if consent else components.detach
    done = way(me.wallet, AssetId(part), target, reason)
    _show(me, AssetId(part), {"consented": consent, "transaction": done.transaction})


@app.command()
@acts
def exclude(me: Act, part: AssetNumber, off: Off = False) -> None:
    """Say, as lienholder of a machine, that your lien does not cover this part of it."""
    done = components.exclude_from_lien(me.wallet, AssetId(part), not off)
    _show(me, AssetId(part), {"excluded": not off, "transaction": done.transaction})


@app.command()
@looks
def show(me: Look, asset: AssetNumber) -> None:
    """Show what an asset stands in, what is in it, and how much it has been used as a part."""
    _show(me, AssetId(asset), {})


def _reason(me: Act, parent: AssetId, order: int | None, step: int | None, source: str, assembling: bool) -> Step:
    if (order is not None) + (step is not None) + assembling > 1:
        raise typer.BadParameter("--order, --step and --assembling are three different reasons")
    if assembling:
        return ASSEMBLING
    if order is not None:
        return Step(me.platform.addresses[MARKET], order)
    if step is None:
        return components.standing_step(me.client, me.platform, parent)
    return Step(_contract(me, source), step)


def _contract(me: Act, source: str) -> Address:
    if source.startswith("0x"):
        return parse_address(source)
    if source not in me.platform.addresses:
        raise Rejected("unknown_contract", source, "is not in the Directory", ", ".join(sorted(me.platform.addresses)))
    return me.platform.addresses[source]


def _show(me: Look, asset: AssetId, more: dict[str, object]) -> None:
    found = components.place_of(me.client, me.platform, asset)
    document: dict[str, object] = {
        "asset": asset,
        "partOf": found.parent,
        "machine": found.root,
        "parts": list(found.parts),
        "useAsPart": str(found.use),
        "lienOn": found.lien_on,
        "lienholder": found.lienholder,
    }
    rows = {
        "asset": asset,
        "stands": "alone" if found.parent is None else f"in {found.parent}, of machine {found.root}",
        "parts in it": ", ".join(map(str, found.parts)) or "none",
        "use as a part": f"{found.use:,}",
        "under lien": None if found.lienholder is None else f"of {found.lienholder} on asset {found.lien_on}",
    }
    me.facts(document | more, rows | more)
