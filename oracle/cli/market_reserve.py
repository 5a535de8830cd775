"""`cise market reserve`: what pays for work on a machine."""

from typing import Annotated

import typer

from oracle.cli.options import Act, AssetNumber, Look, acts, looks
from oracle.cli.session import CurrencyOption
from oracle.parties import reserves
from oracle.types import AssetId

app = typer.Typer(no_args_is_help=True, help="A machine's service reserve: show, fund, release.")
Amount = Annotated[str, typer.Argument(help="In whole currency, for instance 20 or 0.5.")]


@app.command()
@looks
def show(me: Look, asset: AssetNumber) -> None:
    """Show the reserve's account, which a split may name as payee, and what is in it."""
    _show(me, AssetId(asset), {})


@app.command()
@acts
def fund(me: Act, asset: AssetNumber, amount: Amount, currency: CurrencyOption = None) -> None:
    """Pay into the reserve out of your prepaid account. Anyone may."""
    money = me.currency(currency)
    done = reserves.fund(me.wallet, AssetId(asset), money, money.parse(amount))
    _show(me, AssetId(asset), {"transaction": done.transaction})


@app.command()
@acts
def release(
    me: Act,
    asset: AssetNumber,
    amount: Amount,
    to: Annotated[str | None, typer.Option("--to", help="Whose account; default: your own.", metavar="ACCOUNT")] = None,
    currency: CurrencyOption = None,
) -> None:
    """Take out of the reserve, as provider; while a lien stands, as its holder."""
    money = me.currency(currency)
    target = me.wallet.address if to is None else me.address(to)
    done = reserves.release(me.wallet, AssetId(asset), money, money.parse(amount), target)
    _show(me, AssetId(asset), {"transaction": done.transaction})


def _show(me: Look, asset: AssetId, more: dict[str, object]) -> None:
    found = reserves.reserve(me.client, me.platform, asset)
    balances = {money.address: str(amount) for money, amount in found.balances}
    document: dict[str, object] = {"asset": asset, "account": found.account, "balances": balances}
    texts = ", ".join(money.text(amount) for money, amount in found.balances)
    me.facts(document | more, {"machine": asset, "account": found.account, "in it": texts} | more)
