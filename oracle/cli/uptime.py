"""`cise guarantee uptime`: what a machine was down for comes back to those who paid."""

from pathlib import Path
from typing import Annotated

import typer

from oracle.cli import output
from oracle.cli.options import HOUR, Act, AssetNumber, Look, acts, looks
from oracle.cli.papers import status_from
from oracle.cli.session import CurrencyOption
from oracle.parties import uptimes
from oracle.parties.currencies import currency_at
from oracle.parties.uptimes import UptimeTerms, UptimeView
from oracle.types import AgreementId, AssetId, Seconds, UnixTime, UptimeId

app = typer.Typer(no_args_is_help=True, help="Uptime: give, announce, report, checkpoint, settle, claim, top-up, show.")
Number = Annotated[int, typer.Argument(help="The promise's number.", min=1)]
Period = Annotated[int, typer.Argument(help="The period's number, from 0.", min=0)]
Agreement = Annotated[int, typer.Argument(help="The agreement's number.", min=1)]


@app.command()
@acts
def give(
    me: Act,
    asset: AssetNumber,
    bond: Annotated[str, typer.Option("--bond", help="What is put up; more is never paid.")],
    promised: Annotated[float, typer.Option("--promised", help="Uptime in per cent.", min=1, max=100)],
    credit: Annotated[float, typer.Option("--credit", help="Per cent of the charges for each per cent missing.")],
    most: Annotated[float, typer.Option("--most", help="At most so many per cent of the charges.", max=100)] = 100,
    heartbeat_hours: Annotated[float, typer.Option("--heartbeat", help="Hours of silence that are down time.")] = 1,
    slots: Annotated[int, typer.Option("--slots", help="Heartbeats in a period.", min=1, max=1_024)] = 720,
    periods: Annotated[int, typer.Option("--periods", help="How many periods.", min=1, max=1_200)] = 12,
    grace_hours: Annotated[int, typer.Option("--grace", help="Hours after a period to report.", min=1)] = 48,
    maintenance: Annotated[int, typer.Option("--maintenance", help="Heartbeats of it in a period.", min=0)] = 0,
    starts_in: Annotated[int, typer.Option("--starts-in", help="Seconds until the first period.", min=60)] = 3_600,
    currency: CurrencyOption = None,
) -> None:
    """Promise uptime, backed by a bond."""
    money = me.currency(currency)
    begin = UnixTime(me.now + starts_in)
    terms = UptimeTerms(
        AssetId(asset), money.address, begin, Seconds(round(heartbeat_hours * HOUR)), slots, periods,
        Seconds(grace_hours * HOUR), _bps(promised), _bps(credit), _bps(most), maintenance,
    )  # fmt: skip
    number, done = uptimes.give(me.wallet, terms, money.parse(bond))
    _show(me, number, {"transaction": done.transaction})


@app.command()
@acts
def announce(
    me: Act,
    number: Number,
    period: Period,
    first: Annotated[int, typer.Option("--first", help="The first heartbeat of it, from 0.", min=0)],
    slots: Annotated[int, typer.Option("--slots", help="How many heartbeats.", min=1)],
) -> None:
    """Announce maintenance before it begins: it counts neither as up nor as down."""
    done = uptimes.announce_maintenance(me.wallet, UptimeId(number), period, first, slots)
    _show(me, UptimeId(number), {"transaction": done.transaction})


@app.command()
@acts
def report(
    me: Act,
    number: Number,
    status: Annotated[list[Path], typer.Option("--status", help="A signed status; any number.", metavar="FILE")],
) -> None:
    """Bring signed statuses; anyone may, in any order."""
    signed = [found for one in status if (found := status_from(one)) is not None]
    done = uptimes.report(me.wallet, UptimeId(number), signed)
    _show(me, UptimeId(number), {"transaction": done.transaction})


@app.command()
@acts
def checkpoint(me: Act, number: Number, agreement: Agreement, period: Period) -> None:
    """Write down what an agreement was charged in a period that has just ended; anyone may."""
    done = uptimes.checkpoint(me.wallet, UptimeId(number), AgreementId(agreement), period)
    _show(me, UptimeId(number), {"transaction": done.transaction})


@app.command()
@acts
def settle(me: Act, number: Number) -> None:
    """Fix the credits of the next period, once its time for reports is over; anyone may."""
    done = uptimes.settle_period(me.wallet, UptimeId(number))
    _show(me, UptimeId(number), {"transaction": done.transaction})


@app.command()
@acts
def claim(me: Act, number: Number, agreement: Agreement, period: Period) -> None:
    """Pay a customer's credit of a settled period; anyone may, the customer gets it."""
    credit, done = uptimes.claim(me.wallet, UptimeId(number), AgreementId(agreement), period)
    _show(me, UptimeId(number), {"credit": str(credit), "transaction": done.transaction})


@app.command("top-up")
@acts
def top_up(me: Act, number: Number, amount: Annotated[str, typer.Argument(help="How much.")]) -> None:
    """Add to a promise's bond; anyone may."""
    view = _view(me, UptimeId(number))
    added = currency_at(me.client, view.terms.currency).parse(amount)
    done = uptimes.top_up(me.wallet, view, added)
    _show(me, view.id, {"transaction": done.transaction})


@app.command()
@looks
def show(me: Look, number: Number) -> None:
    """A promise, its bond, and what each period so far gave back."""
    _show(me, UptimeId(number), {})


def _bps(per_cent: float) -> int:
    return round(per_cent * 100)


def _view(me: Look, number: UptimeId) -> UptimeView:
    return uptimes.uptime_view(me.client, me.platform, number)


def _show(me: Look, number: UptimeId, more: dict[str, object]) -> None:
    view = _view(me, number)
    now, money = me.now, currency_at(me.client, view.terms.currency)
    begun = sum(view.terms.begin(period) <= now for period in range(view.terms.periods))
    periods = [uptimes.period_view(me.client, me.platform, view, period) for period in range(begun)]
    document: dict[str, object] = {
        "uptime": view.id,
        "asset": view.terms.asset,
        "guarantor": view.guarantor,
        "currency": view.terms.currency,
        "promisedBps": view.terms.promised_bps,
        "bond": str(view.bond),
        "free": str(view.free),
        "reserved": str(view.reserved),
        "settled": view.settled,
        **more,
    }
    rows = document | {name: money.text(getattr(view, name)) for name in ("bond", "free", "reserved")}
    listed = [
        {"period": one.period, "begins": one.begins, "settled": one.settled, "up": one.up, "counted": one.counted,
         "creditBps": one.credit_bps, "charged": str(one.charged), "pool": str(one.pool)}
        for one in periods
    ]  # fmt: skip
    headings = ("period", "begins", "up", "of", "credit", "charged", "given back")
    lines = [
        (one.period, output.moment(one.begins), one.up, one.counted, f"{one.credit_bps / 100:g} %",
         money.text(one.charged), money.text(one.pool) if one.settled else None)
        for one in periods
    ]  # fmt: skip
    me.show(
        document | {"periods": listed},
        lambda out: out.print(output.facts(rows), output.table(headings, lines), sep="\n"),
    )
