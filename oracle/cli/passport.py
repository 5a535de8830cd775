"""`cise passport`: material passports."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from oracle.cli import output
from oracle.cli.options import Act, AssetNumber, Uri, acts
from oracle.cli.session import Json
from oracle.errors import Fatal, Rejected
from oracle.formats import passport
from oracle.parties.circular import Paper, set_passport
from oracle.types import AssetId

app = typer.Typer(no_args_is_help=True, help="Material passports: new, check, publish.")
Document = Annotated[str, typer.Argument(help="A passport file, or the name of an example: smart-drill.")]
PERCENT = 100


@app.command()
def new(
    file: Annotated[Path, typer.Argument(help="Where to write it.")],
    model: Annotated[str, typer.Option("--model", prompt="Model", help="The model's name.")],
    version: Annotated[str, typer.Option("--design", prompt="Design version", help="Version of the design.")],
    maker: Annotated[str, typer.Option("--maker", prompt="Maker", help="The maker's name.")],
    made_on: Annotated[str, typer.Option("--made-on", prompt="Made on (YYYY-MM-DD)", help="YYYY-MM-DD.")],
    mass: Annotated[int, typer.Option("--mass", prompt="Mass in grams", help="In grams.", min=1)],
    life: Annotated[int, typer.Option("--life", prompt="Design life on the odometer", help="On the odometer.", min=1)],
    unit: Annotated[str, typer.Option("--unit", prompt="Unit of the odometer", help="What the odometer counts.")],
    years: Annotated[int, typer.Option("--years", prompt="Design life in years", help="Of design life.", min=1)],
    material: Annotated[
        list[str] | None,
        typer.Option("--material", help="NAME=GRAMS, or NAME=GRAMS:PERCENT recycled from used products.", metavar="…"),
    ] = None,
    part: Annotated[
        list[str] | None,
        typer.Option("--part", help="PART=FASTENING:COUNT:TOOL, in the order of taking apart.", metavar="…"),
    ] = None,
    tolerance: Annotated[
        int, typer.Option("--tolerance", help="How far the materials may miss the mass, in per cent.", min=0, max=10)
    ] = 1,
    as_json: Json = False,
) -> None:
    """Write a passport from what is known. What has no option is added by hand; `check` looks at all of it."""
    if file.exists():
        raise Rejected("file_exists", str(file), "is there already")
    document = {
        "format": passport.FORMAT,
        "product": {"model": model, "designVersion": version, "maker": {"name": maker}, "madeOn": made_on},
        "mass": {"grams": mass, "toleranceBps": tolerance * PERCENT},
        "materials": [_material(text) for text in material or _asked("Material as NAME=GRAMS[:PERCENT]")],
        "designLife": {"odometer": life, "unit": unit, "years": years},
        "disassembly": {"steps": [_step(text) for text in part or _asked("Part as PART=FASTENING:COUNT:TOOL")]},
    }
    passport.read(json.dumps(document).encode(), _today())
    file.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    _show(document, as_json, {"file": str(file)})


@app.command()
def check(document: Document, as_json: Json = False) -> None:
    """Check form, sums, shares, dates and substance numbers; every fault is named."""
    raw = _bytes(document)
    found = passport.problems(passport.parse(raw), _today())
    if not found:
        return _show(passport.read(raw, _today()), as_json, {"sound": True})
    answer = {"sound": False, "problems": [{"where": p.where, "what": p.what, "howMuch": p.how_much} for p in found]}
    output.show(as_json, answer, lambda out: out.print("\n".join(f"- {problem}" for problem in found), markup=False))
    raise typer.Exit(output.Exit.NO)


@app.command()
@acts
def publish(
    me: Act,
    asset: AssetNumber,
    document: Document,
    uri: Uri,
) -> None:
    """Check a passport and put its hash and address on the chain, as the title owner."""
    found = passport.read(_bytes(document), _today())
    paper = Paper(passport.passport_hash(found), uri)
    done = set_passport(me.wallet, AssetId(asset), paper)
    _show(found, me.as_json, {"asset": asset, "uri": uri, "transaction": done.transaction})


def _show(document: Mapping[str, Any], as_json: bool, rows: Mapping[str, object]) -> None:
    seen = passport.summary(document)
    facts = {
        **rows,
        "passportHash": "0x" + passport.passport_hash(document).hex(),
        "grams": seen.grams,
        "recycledBps": seen.recycled_bps,
        "renewableBps": seen.renewable_bps,
        "reversibleSteps": seen.reversible_steps,
        "steps": seen.steps,
    }
    output.show(as_json, facts, lambda out: out.print(output.facts(facts)))


def _material(text: str) -> dict[str, object]:
    name, _, rest = text.rpartition("=")
    grams, _, recycled = rest.partition(":")
    if not name or not grams.isdigit() or not (recycled or "0").isdigit():
        raise typer.BadParameter(f"{text!r} is no NAME=GRAMS or NAME=GRAMS:PERCENT")
    used = int(recycled or 0) * PERCENT
    return {"name": name, "grams": int(grams), "recycledPreConsumerBps": 0, "recycledPostConsumerBps": used}


def _step(text: str) -> dict[str, object]:
    part, _, rest = text.rpartition("=")
    fastening, _, rest = rest.partition(":")
    count, _, tool = rest.partition(":")
    if not part or not count.isdigit() or not tool:
        raise typer.BadParameter(f"{text!r} is no PART=FASTENING:COUNT:TOOL")
    reversible = fastening not in passport.DESTRUCTIVE
    return {"part": part, "fastening": fastening, "count": int(count), "tool": tool, "reversible": reversible}


def _asked(what: str) -> list[str]:
    """Answers until an empty one."""
    found: list[str] = []
    while answer := typer.prompt(f"{what} (empty: no more)", default="", show_default=False):
        found.append(answer)
    return found


def _bytes(document: str) -> bytes:
    path = Path(document)
    if not path.is_file():
        return passport.shipped(document)
    try:
        return path.read_bytes()
    except OSError as error:
        raise Fatal("passport", f"{path} cannot be read ({type(error).__name__})", "Name a readable file.") from error


def _today() -> date:
    return datetime.now(UTC).date()
