"""`cise account`: one's prepaid account."""

from typing import Annotated

import typer

from oracle.cli import output
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
    running_door,
)
from oracle.demo.customer_door import CustomerDoor
from oracle.parties import accounts
from oracle.parties.currencies import Currency
from oracle.parties.wallet import Done, Wallet

app = typer.Typer(no_args_is_help=True, help="Prepaid accounts: balance, deposit, withdraw, allow, sign-in.")
Amount = Annotated[str, typer.Argument(help="In whole currency, for instance 20 or 0.5.")]


@app.command()
def balance(
    account: Annotated[str, typer.Argument(help="An address, a key's name, or account:N.")],
    currency: CurrencyOption = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show what an account has in the ledger and in its wallet."""
    session = connect(rpc, directory, data)
    owner = session.address(account)
    found = accounts.balances(session.client, session.platform, owner, session.currency(currency))
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
    output.show(as_json, document, lambda out: out.print(output.facts(rows)))


@app.command()
def deposit(
    amount: Amount,
    key: Key,
    mint: Annotated[bool, typer.Option("--mint", help="Make the play money first (local chains).")] = False,
    currency: CurrencyOption = None,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Put tokens from the wallet into the account: one signature, one transaction."""
    session = connect(rpc, directory, data)
    chosen, wallet = session.currency(currency), session.wallet(key, password_file)
    units = chosen.parse(amount)
    if mint:
        accounts.mint_play_money(wallet, chosen, units)
    _show(session, wallet, chosen, accounts.deposit(wallet, chosen, units), as_json)


@app.command()
def withdraw(
    amount: Amount,
    key: Key,
    to: Annotated[str | None, typer.Option("--to", help="Where to; default: the own wallet.")] = None,
    currency: CurrencyOption = None,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Take free balance out; nobody can stop or delay it."""
    session = connect(rpc, directory, data)
    chosen, wallet = session.currency(currency), session.wallet(key, password_file)
    target = wallet.address if to is None else session.address(to)
    _show(session, wallet, chosen, accounts.withdraw(wallet, chosen, chosen.parse(amount), target), as_json)


@app.command()
def allow(
    amount: Amount,
    key: Key,
    currency: CurrencyOption = None,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Set (not add to) what agreements may move into holds; 0 stops refills."""
    session = connect(rpc, directory, data)
    chosen, wallet = session.currency(currency), session.wallet(key, password_file)
    _show(session, wallet, chosen, accounts.allow(wallet, chosen, chosen.parse(amount)), as_json)


@app.command("sign-in")
def sign_in(
    key: Key,
    door: Annotated[str | None, typer.Option("--door", help="The oracle's address.", metavar="URL")] = None,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Sign in at the oracle (ERC-4361) and print the live page's address with personal figures. Keep it to yourself."""
    session = connect(rpc, directory, data)
    url = door or running_door(session.settings)
    customer = CustomerDoor(url, session.wallet(key, password_file).key)
    customer.sign_in()
    document = {"token": customer.token, "page": f"{url}/#token={customer.token}"}
    output.show(as_json, document, lambda out: out.print(document["page"], soft_wrap=True))


def _show(session: Session, wallet: Wallet, currency: Currency, done: Done, as_json: bool) -> None:
    found = accounts.balances(session.client, session.platform, wallet.address, currency)
    document = {
        "transaction": done.transaction,
        "account": wallet.address,
        "prepaid": str(found.prepaid),
        "wallet": str(found.wallet),
        "allowedToAgreements": str(found.allowed),
    }
    rows = {
        "account": wallet.address,
        "prepaid now": currency.text(found.prepaid),
        "agreements may take": currency.text(found.allowed),
        "transaction": done.transaction,
    }
    output.show(as_json, document, lambda out: out.print(output.facts(rows)))
