"""`cise guarantee uptime`: what a machine was down for comes back to those who paid."""

from pathlib import Path
from typing import Annotated

import typer

from oracle.cli import output
from oracle.cli.papers import status_from
from oracle.cli.session import (
    CurrencyOption,
    DataDir,
    DirectoryAddress,
    Json,
    Key,
    PasswordFile,
    Rpc,
    Session,
    connect,
)
from oracle.parties import uptimes
from oracle.parties.currencies import currency_at
from oracle.parties.uptimes import UptimeTerms, UptimeView
from oracle.types import AgreementId, AssetId, Seconds, UnixTime, UptimeId

app = typer.Typer(no_args_is_help=True, help="Uptime: give, announce, report, checkpoint, settle, claim, top-up, show.")
HOUR = 3_600
Number = Annotated[int, typer.Argument(help="The promise's number.", min=1)]
Period = Annotated[int, typer.Argument(help="The period's number, from 0.", min=0)]
Agreement = Annotated[int, typer.Argument(help="The agreement's number.", min=1)]


@app.command()
def give(
    asset: Annotated[int, typer.Argument(help="The machine's number.", min=1)],
    key: Key,
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
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Promise uptime, backed by a bond."""
    session = connect(rpc, directory, data)
    money = session.currency(currency)
    begin = UnixTime(session.client.block(session.client.head()).time + starts_in)
    terms = UptimeTerms(
        AssetId(asset), money.address, begin, Seconds(round(heartbeat_hours * HOUR)), slots, periods,
        Seconds(grace_hours * HOUR), _bps(promised), _bps(credit), _bps(most), maintenance,
    )  # fmt: skip
    number, done = uptimes.give(session.wallet(key, password_file), terms, money.parse(bond))
    _show(session, number, as_json, {"transaction": done.transaction})


@app.command()
def announce(
    number: Number,
    period: Period,
    first: Annotated[int, typer.Option("--first", help="The first heartbeat of it, from 0.", min=0)],
    slots: Annotated[int, typer.Option("--slots", help="How many heartbeats.", min=1)],
    key: Key,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Announce maintenance before it begins: it counts neither as up nor as down."""
    session = connect(rpc, directory, data)
    wallet = session.wallet(key, password_file)
    done = uptimes.announce_maintenance(wallet, UptimeId(number), period, first, slots)
    _show(session, UptimeId(number), as_json, {"transaction": done.transaction})


@app.command()
def report(
    number: Number,
    status: Annotated[list[Path], typer.Option("--status", help="A signed status; any number.", metavar="FILE")],
    key: Key,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Bring signed statuses; anyone may, in any order."""
    session = connect(rpc, directory, data)
    signed = [found for one in status if (found := status_from(one)) is not None]
    done = uptimes.report(session.wallet(key, password_file), UptimeId(number), signed)
    _show(session, UptimeId(number), as_json, {"transaction": done.transaction})


@app.command()
def checkpoint(
    number: Number,
    agreement: Agreement,
    period: Period,
    key: Key,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Write down what an agreement was charged in a period that has just ended; anyone may."""
    session = connect(rpc, directory, data)
    wallet = session.wallet(key, password_file)
    done = uptimes.checkpoint(wallet, UptimeId(number), AgreementId(agreement), period)
    _show(session, UptimeId(number), as_json, {"transaction": done.transaction})


@app.command()
def settle(
    number: Number,
    key: Key,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Fix the credits of the next period, once its time for reports is over; anyone may."""
    session = connect(rpc, directory, data)
    done = uptimes.settle_period(session.wallet(key, password_file), UptimeId(number))
    _show(session, UptimeId(number), as_json, {"transaction": done.transaction})


@app.command()
def claim(
    number: Number,
    agreement: Agreement,
    period: Period,
    key: Key,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Pay a customer's credit of a settled period; anyone may, the customer gets it."""
    session = connect(rpc, directory, data)
    wallet = session.wallet(key, password_file)
    credit, done = uptimes.claim(wallet, UptimeId(number), AgreementId(agreement), period)
    _show(session, UptimeId(number), as_json, {"credit": str(credit), "transaction": done.transaction})


@app.command("top-up")
def top_up(
    number: Number,
    amount: Annotated[str, typer.Argument(help="How much.")],
    key: Key,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Add to a promise's bond; anyone may."""
    session = connect(rpc, directory, data)
    view = _view(session, UptimeId(number))
    added = currency_at(session.client, view.terms.currency).parse(amount)
    done = uptimes.top_up(session.wallet(key, password_file), view, added)
    _show(session, view.id, as_json, {"transaction": done.transaction})


@app.command()
def show(
    number: Number, rpc: Rpc = None, directory: DirectoryAddress = None, data: DataDir = None, as_json: Json = False
) -> None:
    """A promise, its bond, and what each period so far gave back."""
    _show(connect(rpc, directory, data), UptimeId(number), as_json, {})


def _bps(per_cent: float) -> int:
    return round(per_cent * 100)


def _view(session: Session, number: UptimeId) -> UptimeView:
    return uptimes.uptime_view(session.client, session.platform, number)


def _show(session: Session, number: UptimeId, as_json: bool, more: dict[str, object]) -> None:
    view = _view(session, number)
    now, money = session.client.block(session.client.head()).time, currency_at(session.client, view.terms.currency)
    begun = sum(view.terms.begin(period) <= now for period in range(view.terms.periods))
    periods = [uptimes.period_view(session.client, session.platform, view, period) for period in range(begun)]
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
    output.show(
        as_json,
        document | {"periods": listed},
        lambda out: out.print(output.facts(rows), output.table(headings, lines), sep="\n"),
    )
