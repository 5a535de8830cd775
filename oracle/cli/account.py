"""`cise account`: one's prepaid account."""

from typing import Annotated

import typer

from oracle.cli.options import Act, Look, acts, looks
from oracle.cli.session import CurrencyOption, running_door
from oracle.demo.customer_door import CustomerDoor
from oracle.parties import accounts
from oracle.parties.currencies import Currency
from oracle.parties.wallet import Done

app = typer.Typer(no_args_is_help=True, help="Prepaid accounts: balance, deposit, withdraw, allow, sign-in.")
Amount = Annotated[str, typer.Argument(help="In whole currency, for instance 20 or 0.5.")]


@app.command()
@looks
def balance(
    me: Look,
    account: Annotated[str, typer.Argument(help="An address, a key's name, or account:N.")],
    currency: CurrencyOption = None,
) -> None:
    """Show what an account has in the ledger and in its wallet."""
    owner = me.address(account)
    found = accounts.balances(me.client, me.platform, owner, me.currency(currency))
    document = {
        "account": owner,
        "currency": found.currency.address,
        "prepaid": str(found.prepaid),
        "wallet": str(found.wallet),
        "allowedToAgreements": str(found.allowed),
    }
    text = found.currency.text
    rows = {
        "account": owner,
        "prepaid": text(found.prepaid),
        "in the wallet": text(found.wallet),
        "agreements may take": text(found.allowed),
    }
    me.facts(document, rows)


@app.command()
@acts
def deposit(
    me: Act,
    amount: Amount,
    mint: Annotated[bool, typer.Option("--mint", help="Make the play money first (local chains).")] = False,
    currency: CurrencyOption = None,
) -> None:
    """Put tokens from the wallet into the account: one signature, one transaction."""
    chosen = me.currency(currency)
    units = chosen.parse(amount)
    if mint:
        accounts.mint_play_money(me.wallet, chosen, units)
    _show(me, chosen, accounts.deposit(me.wallet, chosen, units))


@app.command()
@acts
def withdraw(
    me: Act,
    amount: Amount,
    to: Annotated[str | None, typer.Option("--to", help="Where to; default: the own wallet.")] = None,
    currency: CurrencyOption = None,
) -> None:
    """Take free balance out; nobody can stop or delay it."""
    chosen = me.currency(currency)
    target = me.wallet.address if to is None else me.address(to)
    _show(me, chosen, accounts.withdraw(me.wallet, chosen, chosen.parse(amount), target))


@app.command()
@acts
def allow(
    me: Act,
    amount: Amount,
    currency: CurrencyOption = None,
) -> None:
    """Set (not add to) what agreements may move into holds; 0 stops refills."""
    chosen = me.currency(currency)
    _show(me, chosen, accounts.allow(me.wallet, chosen, chosen.parse(amount)))


@app.command("sign-in")
@acts
def sign_in(
    me: Act,
    door: Annotated[str | None, typer.Option("--door", help="The oracle's address.", metavar="URL")] = None,
) -> None:
    """Sign in at the oracle (ERC-4361) and print the live page's address with personal figures. Keep it to yourself."""
    url = door or running_door(me.session.settings)
    customer = CustomerDoor(url, me.wallet.key)
    customer.sign_in()
    document = {"token": customer.token, "page": f"{url}/#token={customer.token}"}
    me.show(document, lambda out: out.print(document["page"], soft_wrap=True))


def _show(me: Act, currency: Currency, done: Done) -> None:
    found = accounts.balances(me.client, me.platform, me.wallet.address, currency)
    document = {
        "transaction": done.transaction,
        "account": me.wallet.address,
        "prepaid": str(found.prepaid),
        "wallet": str(found.wallet),
        "allowedToAgreements": str(found.allowed),
    }
    rows = {
        "account": me.wallet.address,
        "prepaid now": currency.text(found.prepaid),
        "agreements may take": currency.text(found.allowed),
        "transaction": done.transaction,
    }
    me.facts(document, rows)
