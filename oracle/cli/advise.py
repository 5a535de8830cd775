"""`cise advise`: what a maker learns from the lives of its machines. From the chain and the passports at hand alone."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from oracle.advice import circularity as circles
from oracle.advice.circularity import AssetLife, Circularity, Fate
from oracle.cli import advise_pool, output
from oracle.cli.advise_sources import UNKNOWN, Known, Maker, Passports, known
from oracle.cli.options import Look, looks
from oracle.cli.papers import write_text
from oracle.errors import Rejected
from oracle.formats.sankey import Flow, sankey_svg

if TYPE_CHECKING:
    from oracle.advice.life import Life, WeibullFit

app = typer.Typer(
    no_args_is_help=True,
    help="What a maker learns from the chain: life, returns, circularity; and how many spares a pool needs.",
)
Model = Annotated[str | None, typer.Option("--model", help="Of this model only.")]
Confidence = Annotated[int, typer.Option(help="Of ranges, in per cent.", min=50, max=99)]
MONTH = 30 * 86_400
FEW = 5
"""Below so many failures the ranges, which are right for many, are too narrow."""
Group = tuple[str, str]
"""Model and version of its design."""


@app.command()
@looks
def life(
    me: Look, model: Model = None, maker: Maker = None, passports: Passports = None, confidence: Confidence = 90
) -> None:
    """Use until the first failure, by model and design version, as far as the chain has seen it."""
    from oracle.advice.life import survival_curve

    rows, document, unused = [], [], 0
    for (name, design), members in _groups(known(me, passports, maker), model):
        lives = _lives(members)
        survival = survival_curve(lives) if lives else []
        fitted = _fitted(lives, confidence / 100)
        failures = sum(one.failed for one in lives)
        document.append(
            {
                "model": name,
                "designVersion": design,
                "unit": members[0].unit,
                "lives": len(lives),
                "withoutUse": len(members) - len(lives),
                "failures": failures,
                "survival": [
                    {"units": step.units, "atRisk": step.at_risk, "failures": step.failures, "share": step.survival}
                    for step in survival
                ],
                **fitted,
            }
        )
        half = next((f"{step.units:,}" for step in survival if step.survival <= 0.5), None)
        unused += len(members) - len(lives)
        rows.append((name, design, len(lives), failures, half, *_words(fitted), members[0].unit))

    def render(out: Console) -> None:
        headings = ("model", "design", "lives", "failed", "half fail by", "expected life", "shape", "it is", "unit")
        out.print(output.table(headings, rows) if rows else "nothing has been registered yet")
        out.print(_HOW_LIVES_COUNT.format(confidence=confidence), style="dim")
        if unused:
            out.print(f"left out: {unused} of whose use nothing is recorded on chain")

    me.show(document, render)


_HOW_LIVES_COUNT = (
    "A failure is a meter's own 'down', a repair, or a part that a repair took out; only the first of each counts, at "
    "the odometer recorded last.\nWhat works counts as survived up to now. Ranges at {confidence} %. A design is "
    "unknown where its passport is not at hand (--passports)."
)


@app.command()
@looks
def returns(
    me: Look,
    model: Annotated[str, typer.Option("--model", help="Whose cores are to be expected.")],
    months: Annotated[int, typer.Option(help="So many months ahead.", min=1, max=120)] = 12,
    maker: Maker = None,
    passports: Passports = None,
    confidence: Confidence = 90,
) -> None:
    """Forecast how many machines of a model come back, month by month."""
    from oracle.advice.cores import InUse, forecast_returns
    from oracle.advice.life import fit_weibull

    members = [one for one in known(me, passports, maker) if one.record.model == model]
    if not members:
        raise Rejected("unknown_model", model, "has no machine on this chain")
    fit = fit_weibull(_lives(members))
    now = me.now
    working = [
        InUse(one.record.units, one.record.units / max((now - one.record.registered_at) / MONTH, 1))
        for one in members
        if not one.record.retired and one.record.failed_at is None
    ]
    forecast = forecast_returns(working, fit, months, confidence / 100)
    document = {
        "model": model,
        "working": len(working),
        "lives": fit.lives,
        "failures": fit.failures,
        "isIndicationOnly": fit.failures < FEW,
        "confidence": confidence / 100,
        "months": [
            {"month": one.month, "expected": one.expected, "least": one.least, "most": one.most} for one in forecast
        ],
        **_fitted(_lives(members), confidence / 100),
    }
    rows = [(one.month, f"{one.expected:.1f}", f"{one.least} to {one.most}") for one in forecast]

    def render(out: Console) -> None:
        out.print(output.table(("month", "expected", f"range at {confidence} %"), rows))
        out.print(
            f"From {fit.failures} failures in {fit.lives} lives; {len(working)} work now, each used on as until now. "
            "The range holds if the fitted life is right; it says nothing of how sure the fit is.",
            style="dim",
        )
        if fit.failures < FEW:
            out.print(f"{fit.failures} failures are very few: an indication, no forecast to order parts by.")

    me.show(document, render)


@app.command()
@looks
def circularity(
    me: Look,
    asset: Annotated[int | None, typer.Option("--asset", help="This one only.", min=1)] = None,
    model: Model = None,
    maker: Maker = None,
    passports: Passports = None,
    sankey: Annotated[
        Path | None, typer.Option("--sankey", help="Draw where the mass went, as SVG.", metavar="FILE")
    ] = None,
) -> None:
    """Use beyond design life, parts reused, and mass in use, recovered and lost; of each asset and of all."""
    found = [
        one
        for one in known(me, passports, maker)
        if asset in (None, one.record.asset) and model in (None, one.record.model)
    ]
    if asset is not None and not found:
        raise Rejected("unknown_asset", f"asset {asset}", "there is none")
    counted: list[tuple[Known, Circularity]] = []
    left_out: dict[int, str] = {}
    for one in found:
        try:
            counted.append((one, circles.circularity_of(_asset_life(one))))
        except Rejected as error:
            left_out[one.record.asset] = f"{error.what} ({error.how_much})" if error.how_much else error.what
    total = circles.circularity_of_all([_asset_life(one) for one, _ in counted])
    if sankey is not None:
        write_text(sankey, sankey_svg(_title(asset), _masses(counted, total), lambda grams: f"{grams:,} g"))
    beyond: dict[str, int] = {}
    for one, each in counted:
        beyond[one.unit] = beyond.get(one.unit, 0) + each.units_beyond_design_life
    document = {
        "assets": [
            {"asset": one.record.asset, "model": one.record.model, "unit": one.unit, **_figures(each)}
            | {"unitsBeyondDesignLife": each.units_beyond_design_life}
            for one, each in counted
        ],
        "total": _figures(total) | {"assets": total.assets, "unitsBeyondDesignLife": beyond},
        "leftOut": [{"asset": number, "why": why} for number, why in left_out.items()],
    }

    def render(out: Console) -> None:
        headings = ("asset", "model", "beyond design life", "reused", "in use", "recovered", "energy", "lost")
        rows = [
            (one.record.asset, one.record.model, f"{each.units_beyond_design_life:,} {one.unit}", *_cells(each))
            for one, each in counted
        ]
        summed = ", ".join(f"{units:,} {unit}" for unit, units in beyond.items()) or "–"
        out.print(output.table(headings, [*rows, ("all", total.assets, summed, *_cells(total))]))
        for number, why in left_out.items():
            out.print(f"left out: asset {number}: {why}")
        out.print(
            "What stands in a machine is weighed with it; what nobody recorded when it ended is lost.", style="dim"
        )

    me.show(document, render)


app.command("pool")(advise_pool.pool)


def _groups(found: Sequence[Known], model: str | None) -> list[tuple[Group, list[Known]]]:
    def key(one: Known) -> Group:
        return one.record.model, one.design

    wanted = sorted((one for one in found if model in (None, one.record.model)), key=key)
    return [(group, list(members)) for group, members in groupby(wanted, key)]


def _lives(members: Sequence[Known]) -> "list[Life]":
    # scipy takes half a second to load: not for every other command.
    from oracle.advice.life import Life

    ends = [(one.record.failed_at, one.record.units) for one in members]
    lives = [Life(units if failed_at is None else failed_at, failed_at is not None) for failed_at, units in ends]
    # Without a recorded odometer nobody knows at which use it failed, or that it was used at all.
    return [one for one in lives if one.units > 0]


def _fitted(lives: "Sequence[Life]", confidence: float) -> dict[str, object]:
    """The fitted life, or why there is none."""
    from oracle.advice.life import fit_weibull, shape_range

    try:
        fit: WeibullFit = fit_weibull(lives)
    except Rejected as error:
        return {"weibull": None, "why": f"{error.what} ({error.how_much})"}
    low, high = shape_range(lives, fit, confidence)
    kind = "wear" if low > 1 else "early failures" if high < 1 else "not to be told yet"
    if fit.failures < FEW:
        kind = f"perhaps {kind}: {fit.failures} failures only" if kind != "not to be told yet" else kind
    return {
        "weibull": {
            "shape": fit.shape,
            "shapeRange": [low, high],
            "scale": fit.scale,
            "meanUnits": fit.mean_units,
            "kind": kind,
        },
        "why": None,
    }


def _words(fitted: Mapping[str, object]) -> tuple[str, str, str]:
    found = fitted["weibull"]
    if not isinstance(found, dict):
        return "–", "–", "too few failures to tell"
    low, high = found["shapeRange"]
    return f"{found['meanUnits']:,.0f}", f"{found['shape']:.2f} ({low:.2f} to {high:.2f})", found["kind"]


def _asset_life(one: Known) -> AssetLife:
    """Raises Rejected where no passport is at hand: nobody else says what it weighs."""
    record = one.record
    if one.passport is None:
        raise Rejected("no_passport", f"asset {record.asset}", "its passport is not at hand (--passports)", "")
    return AssetLife(
        record.asset,
        0 if record.parent is not None else one.passport["mass"]["grams"],
        record.units,
        one.passport["designLife"]["odometer"],
        record.attachments,
        record.retired,
        record.recovered,
    )


def _figures(each: Circularity) -> dict[str, object]:
    return {
        "partsReused": each.parts_reused,
        "gramsInUse": each.mass_in_use,
        "gramsRetired": each.mass_retired,
        "gramsByFate": {fate.value: grams for fate, grams in each.mass_by_fate.items()},
        "recoveredShare": each.recovered_share,
    }


def _cells(each: Circularity) -> tuple[object, ...]:
    share = "" if each.recovered_share is None else f" ({each.recovered_share:.0%})"
    fates = each.mass_by_fate
    recovered = fates[Fate.REUSED] + fates[Fate.RECYCLED]
    masses = (f"{grams:,} g" for grams in (fates[Fate.ENERGY], fates[Fate.LOST]))
    return each.parts_reused or "–", f"{each.mass_in_use:,} g", f"{recovered:,} g{share}", *masses


def _masses(counted: Sequence[tuple[Known, Circularity]], total: Circularity) -> list[Flow]:
    """From the passports' materials through the machines to what has become of them."""
    materials: dict[str, int] = {}
    for one, _ in counted:
        for line in one.passport["materials"] if one.passport is not None and one.record.parent is None else ():
            materials[line["name"]] = materials.get(line["name"], 0) + line["grams"]
    whole = "all machines" if len(counted) > 1 else f"machine {counted[0][0].record.asset}" if counted else UNKNOWN
    ends = {"in use": total.mass_in_use} | {fate.value: grams for fate, grams in total.mass_by_fate.items()}
    flows = [Flow(name, whole, grams) for name, grams in sorted(materials.items(), key=lambda each: -each[1])]
    return [*flows, *(Flow(whole, end, grams) for end, grams in ends.items() if grams)]


def _title(asset: int | None) -> str:
    return "What the machines are made of, and where it went" if asset is None else f"The mass of machine {asset}"
