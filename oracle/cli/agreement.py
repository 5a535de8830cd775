"""`cise agreement`: a customer's agreements."""

from typing import Annotated

import typer

from oracle.cli import output
from oracle.cli.session import CurrencyOption, DataDir, DirectoryAddress, Json, Key, PasswordFile, Rpc, Session, connect
from oracle.parties import agreements, tariffs
from oracle.parties.currencies import currency_at
from oracle.types import AgreementId, AssetId, Seconds, TariffId

app = typer.Typer(no_args_is_help=True, help="Agreements: open, show, refill, suspend, end, close.")
Agreement = Annotated[int, typer.Argument(help="The agreement's number.", min=1)]
MONTH = 30 * 86_400


@app.command("open")
def open_agreement(
    asset: Annotated[int, typer.Argument(help="The machine's number.", min=1)],
    key: Key,
    tariff: Annotated[int, typer.Option("--tariff", help="The tariff's number.", min=1)],
    hold: Annotated[str | None, typer.Option("--hold", help="Opening hold; default: the tariff's target.")] = None,
    cap: Annotated[
        str | None, typer.Option("--cap", help="The most that may go into holds per period; default: the hold.")
    ] = None,
    period: Annotated[int, typer.Option("--period", help="Seconds of a cap period; 0: no refills.", min=0)] = MONTH,
    deposit: Annotated[
        str | None, typer.Option("--deposit", help="Pay this in from the wallet on the way.", metavar="AMOUNT")
    ] = None,
    shared: Annotated[bool, typer.Option("--shared", help="A shared offer.")] = False,
    currency: CurrencyOption = None,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Open an agreement; with --deposit from tokens to a machine that may start in one transaction."""
    session = connect(rpc, directory, data)
    wallet, chosen = session.wallet(key, password_file), session.currency(currency)
    target = tariffs.tariff_of(session.client, session.platform, TariffId(tariff)).hold_target
    opening = target if hold is None else chosen.parse(hold)
    wish = agreements.Wish(
        AssetId(asset),
        TariffId(tariff),
        not shared,
        opening,
        opening if cap is None else chosen.parse(cap),
        Seconds(period),
    )
    if deposit is None:
        opened, done = agreements.open_agreement(wallet, wish)
    else:
        opened, done = agreements.fund_and_open(wallet, chosen, chosen.parse(deposit), wish)
    document = {"agreement": opened, "asset": asset, "hold": str(opening), "transaction": done.transaction}
    rows = document | {"hold": chosen.text(opening), "cap": f"{chosen.text(wish.cap)} in {period} s"}
    output.show(as_json, document, lambda out: out.print(output.facts(rows)))


@app.command()
def show(
    agreement: Agreement,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show an agreement as it stands on chain: settled figures."""
    _show(connect(rpc, directory, data), agreement, as_json)


@app.command()
def refill(
    agreement: Agreement,
    key: Key,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Fill the hold to its target as far as balance, allowance and cap reach. Anyone may."""
    session = connect(rpc, directory, data)
    agreements.refill(session.wallet(key, password_file), AgreementId(agreement))
    _show(session, agreement, as_json)


@app.command()
def suspend(
    agreement: Agreement,
    key: Key,
    off: Annotated[bool, typer.Option("--off", help="Go on again.")] = False,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Stop new permits and refills at once; what permits already allow still settles."""
    session = connect(rpc, directory, data)
    agreements.suspend(session.wallet(key, password_file), AgreementId(agreement), not off)
    _show(session, agreement, as_json)


@app.command()
def end(
    agreement: Agreement,
    key: Key,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Give notice, as customer or provider."""
    session = connect(rpc, directory, data)
    agreements.end(session.wallet(key, password_file), AgreementId(agreement))
    _show(session, agreement, as_json)


@app.command()
def close(
    agreement: Agreement,
    key: Key,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """After the end or the final reading: the hold goes back to the customer. Anyone may."""
    session = connect(rpc, directory, data)
    agreements.close(session.wallet(key, password_file), AgreementId(agreement))
    _show(session, agreement, as_json)


def _show(session: Session, agreement: int, as_json: bool) -> None:
    found = agreements.agreement_view(session.client, session.platform, AgreementId(agreement))
    tariff = tariffs.tariff_of(session.client, session.platform, found.tariff)
    money = currency_at(session.client, tariff.currency).text
    document = {
        "agreement": found.id,
        "customer": found.customer,
        "asset": found.asset,
        "tariff": found.tariff,
        "exclusive": found.exclusive,
        "openedAt": found.opened_at,
        "sequence": found.sequence,
        "settled": str(found.settled),
        "hold": str(found.hold),
        "capPerPeriod": str(found.cap_per_period),
        "period": found.period,
        "spentInPeriod": str(found.spent_in_period),
        "endAt": found.end_at,
        "finalAccepted": found.final_accepted,
        "suspended": found.suspended,
        "closed": found.closed,
    }
    rows = {
        "agreement": f"{found.id} on asset {found.asset} under tariff {found.tariff}",
        "customer": found.customer,
        "state": _state(found),
        "opened": output.moment(found.opened_at),
        "settled": f"{money(found.settled)} with reading {found.sequence}",
        "hold": money(found.hold),
        "cap": f"{money(found.spent_in_period)} of {money(found.cap_per_period)} in {found.period} s",
        "ends": output.moment(found.end_at),
    }
    output.show(as_json, document, lambda out: out.print(output.facts(rows)))


def _state(found: agreements.AgreementView) -> str:
    if found.closed:
        return "closed"
    if found.final_accepted:
        return "final reading accepted, can be closed"
    if found.end_at is not None:
        return "ending"
    return "suspended" if found.suspended else "open"
