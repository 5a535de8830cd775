"""`cise guarantee`: what a maker will pay for its machine later, and what it pays for down time."""

from pathlib import Path
from typing import Annotated

import typer

from oracle.cli import output, uptime
from oracle.cli.options import DAY, Act, AssetNumber, Look, acts, looks
from oracle.cli.papers import status_from
from oracle.cli.session import CurrencyOption
from oracle.parties import guarantees
from oracle.parties.currencies import Currency, currency_at
from oracle.parties.guarantees import BuybackTerms, BuybackView, PricePoint
from oracle.types import AssetId, GuaranteeId, OrderId, Seconds, UnixTime

app = typer.Typer(
    no_args_is_help=True,
    help="Guarantees: give, show, price, exercise, demand, top-up, pay, service, expire; uptime.",
)
app.add_typer(uptime.app, name="uptime")
Number = Annotated[int, typer.Argument(help="The guarantee's number.", min=1)]
Status = Annotated[
    Path | None,
    typer.Option("--status", help="The meter's signed status; without it the largest wear counts.", metavar="FILE"),
]
Amount = Annotated[str, typer.Argument(help="How much.")]


@app.command()
@acts
def give(
    me: Act,
    asset: AssetNumber,
    point: Annotated[list[str], typer.Option("--point", help="DAYS=PRICE, by age; as often as there are points.")],
    from_day: Annotated[int, typer.Option("--from", help="Age in days from which it can be exercised.", min=0)],
    until_day: Annotated[int, typer.Option("--until", help="Age in days until which it can be.", min=1)],
    collateral: Annotated[str, typer.Option("--collateral", help="What is put up for it.")],
    age: Annotated[int, typer.Option("--age", help="Age in days today.", min=0)] = 0,
    cover: Annotated[
        int, typer.Option("--cover", help="Per cent of the price that stay put up.", min=10, max=100)
    ] = 50,
    grade: Annotated[int, typer.Option("--grade", help="Least trust grade of the meter.", min=0, max=2)] = 0,
    per_year: Annotated[int, typer.Option("--units-per-year", help="Odometer units included.", min=0)] = 0,
    deduction: Annotated[str, typer.Option("--deduction", help="For a million units above.")] = "0",
    service_days: Annotated[int, typer.Option("--service-days", help="A service is due so often; 0: none.", min=0)] = 0,
    missed: Annotated[str, typer.Option("--missed", help="Deducted for each service that is missing.")] = "0",
    currency: CurrencyOption = None,
) -> None:
    """Promise to buy a machine back: --point 0=100 --point 1825=20 falls from 100 to 20 within five years."""
    money = me.currency(currency)
    begin = me.now - age * DAY
    terms = BuybackTerms(
        AssetId(asset), money.address, UnixTime(begin), UnixTime(begin + from_day * DAY),
        UnixTime(begin + until_day * DAY), cover * 100, grade, per_year, money.parse(deduction),
        Seconds(service_days * DAY), money.parse(missed),
    )  # fmt: skip
    points = [_point(one, money) for one in point]
    number, done = guarantees.give(me.wallet, terms, points, money.parse(collateral))
    _show(me, number, {"transaction": done.transaction})


@app.command()
@looks
def show(me: Look, number: Number) -> None:
    """A guarantee's terms, collateral and state."""
    _show(me, GuaranteeId(number), {})


@app.command()
@looks
def price(me: Look, asset: AssetNumber) -> None:
    """The buy-back price today, with the largest wear that is possible since the last recorded status."""
    today = guarantees.price_now(me.client, me.platform, AssetId(asset))
    view = guarantees.buyback_view(me.client, me.platform, today.guarantee)
    money = currency_at(me.client, view.terms.currency)
    document = {
        "asset": asset,
        "guarantee": today.guarantee,
        "price": str(today.price),
        "covered": str(today.covered),
        "currency": money.address,
    }
    rows = document | {"price": money.text(today.price), "covered": money.text(today.covered)}
    me.facts(document, rows)


@app.command()
@acts
def exercise(
    me: Act,
    number: Number,
    status: Status = None,
    least: Annotated[str | None, typer.Option("--least", help="Not for less; default: the whole price.")] = None,
) -> None:
    """Give the machine back for its price. Where collateral is short, say --least and keep a claim for the rest."""
    view = _view(me, number)
    money = currency_at(me.client, view.terms.currency)
    signed = status_from(status)
    asked = money.parse(least) if least is not None else guarantees.usual_least(me.wallet, view, signed)
    paid, done = guarantees.exercise(me.wallet, view, signed, asked)
    amounts = {"price": paid.price, "paid": paid.paid, "owed": paid.owed}
    document: dict[str, object] = {"guarantee": number, "asset": view.terms.asset, "odometer": paid.odometer}
    spoken = {name: money.text(amount) for name, amount in amounts.items()}
    exact = {name: str(amount) for name, amount in amounts.items()}
    document["transaction"] = done.transaction
    me.facts(document | exact, document | spoken)


@app.command()
@acts
def demand(me: Act, number: Number, status: Status = None) -> None:
    """Keep the machine until there is collateral for its price; the window stays open meanwhile."""
    done = guarantees.demand(me.wallet, GuaranteeId(number), status_from(status))
    _show(me, GuaranteeId(number), {"transaction": done.transaction})


@app.command("top-up")
@acts
def top_up(me: Act, number: Number, amount: Amount) -> None:
    """Add to a guarantee's collateral; anyone may."""
    view = _view(me, number)
    added = currency_at(me.client, view.terms.currency).parse(amount)
    done = guarantees.top_up(me.wallet, view, added)
    _show(me, view.id, {"transaction": done.transaction})


@app.command()
@acts
def pay(me: Act, number: Number, amount: Amount) -> None:
    """Pay what is still owed to who gave the machine back."""
    view = _view(me, number)
    owed = currency_at(me.client, view.terms.currency).parse(amount)
    done = guarantees.pay_claim(me.wallet, view, owed)
    _show(me, view.id, {"transaction": done.transaction})


@app.command()
@acts
def service(
    me: Act,
    number: Number,
    order: Annotated[int, typer.Option("--order", help="A service order that was paid.", min=1)],
) -> None:
    """Show that a service took place; anyone may."""
    done = guarantees.prove_service(me.wallet, GuaranteeId(number), OrderId(order))
    _show(me, GuaranteeId(number), {"transaction": done.transaction})


@app.command()
@acts
def expire(me: Act, number: Number) -> None:
    """End a guarantee whose window is over: its collateral goes back to the guarantor."""
    done = guarantees.expire(me.wallet, GuaranteeId(number))
    _show(me, GuaranteeId(number), {"transaction": done.transaction})


def _point(text: str, money: Currency) -> PricePoint:
    days, _, amount = text.partition("=")
    if not days.isdigit():
        raise typer.BadParameter(f"--point {text!r} is not DAYS=PRICE")
    return PricePoint(Seconds(int(days) * DAY), money.parse(amount))


def _view(me: Look, number: int) -> BuybackView:
    return guarantees.buyback_view(me.client, me.platform, GuaranteeId(number))


def _show(me: Look, number: GuaranteeId, more: dict[str, object]) -> None:
    view = _view(me, number)
    money, terms = currency_at(me.client, view.terms.currency), view.terms
    amounts = {"collateral": view.collateral, "required": view.required, "owed": view.owed}
    document: dict[str, object] = {
        "guarantee": view.id,
        "asset": terms.asset,
        "guarantor": view.guarantor,
        "stage": view.stage.name.lower(),
        "windowFrom": terms.window_from,
        "windowUntil": None if view.waits else view.open_until,
        "waits": view.waits,
        "currency": terms.currency,
        **{name: str(amount) for name, amount in amounts.items()},
        "points": [[point.age, str(point.price)] for point in view.points],
        "unitsPerYear": terms.units_per_year,
        "deductionPerMillion": str(terms.deduction_per_million),
        **more,
    }
    line = ", ".join(f"{point.age // DAY} d: {money.text(point.price)}" for point in view.points)
    rows = document | {name: money.text(amount) for name, amount in amounts.items()}
    rows |= {"points": line, "deductionPerMillion": money.text(terms.deduction_per_million)}
    rows |= {"windowFrom": output.moment(terms.window_from)}
    rows |= {"windowUntil": "until there is collateral" if view.waits else output.moment(view.open_until)}
    me.facts(document, rows)
