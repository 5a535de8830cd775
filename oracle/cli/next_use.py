"""`cise next-use`: what becomes of a machine, who takes it, and what was recovered from it."""

from typing import Annotated

import typer

from oracle.cli import output
from oracle.cli.options import Act, AssetNumber, Look, MaybePaper, Paper, Uri, acts, looks
from oracle.cli.papers import hash_of, paper
from oracle.parties import assets, next_use
from oracle.parties.next_use import Fate, NextUse, Recovered
from oracle.types import ZERO_BYTES32, AssetId

app = typer.Typer(
    no_args_is_help=True, help="A machine's next use or its end: decide, accept, decline, recover, retire, show."
)
USES = {use.name.lower().replace("_", "-"): use for use in NextUse}
FATES = {fate.name.lower(): fate for fate in Fate}


@app.command()
@acts
def decide(
    me: Act,
    asset: AssetNumber,
    use: Annotated[str, typer.Argument(help=", ".join(USES))],
    document: Paper,
    taker: Annotated[
        str | None,
        typer.Option(
            "--taker", help="Who gets it; default: who promised to take it back, else you.", metavar="ACCOUNT"
        ),
    ] = None,
    uri: Uri = "",
) -> None:
    """Decide, as title owner, with a reason. What goes to another becomes theirs when they accept it."""
    if use not in USES:
        raise typer.BadParameter(f"{use!r} is none of {', '.join(USES)}")
    to = None if taker is None else me.address(taker)
    _, done = next_use.decide(me.wallet, AssetId(asset), USES[use], to, paper(document, uri))
    _show(me, AssetId(asset), {"transaction": done.transaction})


@app.command()
@acts
def accept(me: Act, asset: AssetNumber) -> None:
    """Take the machine's title, as the taker whom its owner named."""
    done = next_use.accept_title(me.wallet, AssetId(asset))
    _show(me, AssetId(asset), {"transaction": done.transaction})


@app.command()
@acts
def decline(me: Act, asset: AssetNumber, document: MaybePaper = None) -> None:
    """Refuse the machine as its taker; the owner decides anew."""
    reason = ZERO_BYTES32 if document is None else hash_of(document)
    done = next_use.decline(me.wallet, AssetId(asset), reason)
    _show(me, AssetId(asset), {"transaction": done.transaction})


@app.command()
@acts
def recover(
    me: Act,
    asset: AssetNumber,
    material: Annotated[
        list[str], typer.Option("--material", help=f"NAME=GRAMS:FATE; a fate is {', '.join(FATES)}.", metavar="…")
    ],
    document: Paper,
) -> None:
    """Record, as title owner, which materials were recovered, by mass. Adds to what was recorded before."""
    done = next_use.record_recovery(me.wallet, AssetId(asset), [_line(text) for text in material], hash_of(document))
    _show(me, AssetId(asset), {"transaction": done.transaction})


@app.command()
@acts
def retire(me: Act, asset: AssetNumber, document: MaybePaper = None) -> None:
    """End the machine's life as this machine, under a decision of repurpose, harvest, recycle or dispose."""
    evidence = ZERO_BYTES32 if document is None else hash_of(document)
    done = assets.set_lifecycle(me.wallet, AssetId(asset), "retired", evidence)
    _show(me, AssetId(asset), {"transaction": done.transaction})


@app.command()
@looks
def show(me: Look, asset: AssetNumber) -> None:
    """Show what is decided, who is to take the machine, and what was recovered."""
    _show(me, AssetId(asset), {})


def _line(text: str) -> Recovered:
    name, _, rest = text.rpartition("=")
    grams, _, fate = rest.partition(":")
    if not name or not grams.isdigit() or not int(grams) or fate not in FATES:
        raise typer.BadParameter(f"{text!r} is no NAME=GRAMS:FATE")
    return Recovered(name, int(grams), FATES[fate])


def _show(me: Look, asset: AssetId, more: dict[str, object]) -> None:
    found = next_use.outlook(me.client, me.platform, asset)
    state = assets.asset_view(me.client, me.platform, asset).lifecycle
    use = None if found.use is None else found.use.name.lower().replace("_", "-")
    document: dict[str, object] = {
        "asset": asset,
        "lifecycle": state,
        "decision": found.decision,
        "use": use,
        "decidedAt": found.decided_at,
        "holder": found.holder,
        "taker": found.taker,
        "mayRetire": found.may_retire,
        "takeBackBy": found.take_back_by,
        "takeBackUntil": found.take_back_until,
        "recoveredGrams": {fate.name.lower(): grams for fate, grams in found.recovered.items()},
    }
    awaited = found.decision is not None and found.taker != found.holder
    masses = ", ".join(f"{grams:,} g {fate.name.lower()}" for fate, grams in found.recovered.items() if grams)
    rows: dict[str, object] = {
        "machine": f"{asset}: {state}",
        "decided": None if use is None else f"{use} (decision {found.decision}), {output.moment(found.decided_at)}",
        "waits for": (found.taker or "a new decision: it was declined") if awaited else None,
        "take-back": None
        if found.take_back_by is None
        else f"by {found.take_back_by} until {output.moment(found.take_back_until)}",
        "recovered": masses or None,
    }
    me.facts(document | more, rows | more)
