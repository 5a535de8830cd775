"""`cise agreement`: a customer's agreements."""

from typing import Annotated

import typer

from oracle.cli import output
from oracle.cli.options import Act, AssetNumber, Look, acts, looks
from oracle.cli.session import CurrencyOption
from oracle.parties import agreements, tariffs
from oracle.parties.currencies import currency_at
from oracle.types import AgreementId, AssetId, Seconds, TariffId

app = typer.Typer(no_args_is_help=True, help="Agreements: open, show, refill, suspend, end, close.")
Agreement = Annotated[int, typer.Argument(help="The agreement's number.", min=1)]
MONTH = 30 * 86_400


@app.command("open")
@acts
def open_agreement(
    me: Act,
    asset: AssetNumber,
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
) -> None:
    """Open an agreement; with --deposit from tokens to a machine that may start in one transaction."""
    chosen = me.currency(currency)
    target = tariffs.tariff_of(me.client, me.platform, TariffId(tariff)).hold_target
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
        opened, done = agreements.open_agreement(me.wallet, wish)
    else:
        opened, done = agreements.fund_and_open(me.wallet, chosen, chosen.parse(deposit), wish)
    document = {"agreement": opened, "asset": asset, "hold": str(opening), "transaction": done.transaction}
    rows = document | {"hold": chosen.text(opening), "cap": f"{chosen.text(wish.cap)} in {period} s"}
    me.facts(document, rows)


@app.command()
@looks
def show(
    me: Look,
    agreement: Agreement,
) -> None:
    """Show an agreement as it stands on chain: settled figures."""
    _show(me, agreement)


@app.command()
@acts
def refill(
    me: Act,
    agreement: Agreement,
) -> None:
    """Fill the hold to its target as far as balance, allowance and cap reach. Anyone may."""
    agreements.refill(me.wallet, AgreementId(agreement))
    _show(me, agreement)


@app.command()
@acts
def suspend(
    me: Act,
    agreement: Agreement,
    off: Annotated[bool, typer.Option("--off", help="Go on again.")] = False,
) -> None:
    """Stop new permits and refills at once; what permits already allow still settles."""
    agreements.suspend(me.wallet, AgreementId(agreement), not off)
    _show(me, agreement)


@app.command()
@acts
def end(
    me: Act,
    agreement: Agreement,
) -> None:
    """Give notice, as customer or provider."""
    agreements.end(me.wallet, AgreementId(agreement))
    _show(me, agreement)


@app.command()
@acts
def close(
    me: Act,
    agreement: Agreement,
) -> None:
    """After the end or the final reading: the hold goes back to the customer. Anyone may."""
    agreements.close(me.wallet, AgreementId(agreement))
    _show(me, agreement)


def _show(me: Look, agreement: int) -> None:
    found = agreements.agreement_view(me.client, me.platform, AgreementId(agreement))
    tariff = tariffs.tariff_of(me.client, me.platform, found.tariff)
    money = currency_at(me.client, tariff.currency).text
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
    me.facts(document, rows)


def _state(found: agreements.AgreementView) -> str:
    if found.closed:
        return "closed"
    if found.final_accepted:
        return "final reading accepted, can be closed"
    if found.end_at is not None:
        return "ending"
    return "suspended" if found.suspended else "open"
