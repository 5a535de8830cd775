"""`cise split`: how fees are shared."""

from typing import Annotated

import typer
from rich.console import Console

from oracle.cli import output
from oracle.cli.session import CurrencyOption, DataDir, DirectoryAddress, Json, Key, PasswordFile, Rpc, connect
from oracle.parties import accounts, splits
from oracle.parties.currencies import currency_at
from oracle.types import AssetId, SplitId

app = typer.Typer(no_args_is_help=True, help="Splits of fees: create, show, distribute.")
Split = Annotated[int, typer.Argument(help="The split's number.", min=1)]


@app.command()
def create(
    payees: Annotated[
        list[str], typer.Argument(help="ACCOUNT=SHARE, for instance account:3=700 account:4=200 account:9=100.")
    ],
    key: Key,
    asset: Annotated[int | None, typer.Option("--asset", help="Point this machine's fees at it.", min=1)] = None,
    fixed: Annotated[bool, typer.Option("--fixed", help="Nobody can change it, ever.")] = False,
    currency: CurrencyOption = None,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Make a split. Every payee has a share like any other; there is no platform fee."""
    shares = [_parse(text) for text in payees]
    session = connect(rpc, directory, data)
    wallet = session.wallet(key, password_file)
    parties = [splits.Payee(session.address(account), share) for account, share in shares]
    split, done = splits.create(wallet, parties, [session.currency(currency).address], fixed)
    document: dict[str, object] = {"split": split, "fixed": fixed, "transaction": done.transaction}
    if asset is not None:
        splits.point(wallet, AssetId(asset), split)
        document["asset"] = asset
    output.show(as_json, document, lambda out: out.print(output.facts(document)))


@app.command()
def show(
    split: Split,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show payees, shares, balances and what is not distributed yet."""
    session = connect(rpc, directory, data)
    client, platform = session.client, session.platform
    found = splits.split_of(client, platform, SplitId(split))
    currencies = [currency_at(client, address) for address in found.currencies]
    waiting = [splits.undistributed(client, platform, found.id, currency) for currency in currencies]
    whole = sum(payee.share for payee in found.payees)
    balances = [
        [accounts.prepaid(client, platform, payee.account, currency) for currency in currencies]
        for payee in found.payees
    ]
    document = {
        "split": split,
        "controller": found.controller,
        "version": found.version,
        "payees": [
            {
                "account": payee.account,
                "share": str(payee.share),
                "prepaid": {c.address: str(units) for c, units in zip(currencies, row, strict=True)},
            }
            for payee, row in zip(found.payees, balances, strict=True)
        ],
        "undistributed": {c.address: str(units) for c, units in zip(currencies, waiting, strict=True)},
    }
    rows = [
        (payee.account, f"{payee.share} of {whole}", ", ".join(c.text(u) for c, u in zip(currencies, row, strict=True)))
        for payee, row in zip(found.payees, balances, strict=True)
    ]

    def render(out: Console) -> None:
        out.print(output.table(("payee", "share", "prepaid balance"), rows))
        out.print()
        texts = ", ".join(c.text(u) for c, u in zip(currencies, waiting, strict=True))
        facts = {"not distributed yet": texts, "controller": found.controller or "nobody: fixed for ever"}
        out.print(output.facts(facts))

    output.show(as_json, document, render)


@app.command()
def distribute(
    split: Split,
    key: Key,
    currency: CurrencyOption = None,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Pay out what has arrived. Anyone may; the oracle does it on schedule."""
    session = connect(rpc, directory, data)
    wallet, chosen = session.wallet(key, password_file), session.currency(currency)
    paid, done = splits.distribute(wallet, SplitId(split), chosen)
    document = {"split": split, "paid": str(paid), "transaction": done.transaction}
    rows = document | {"paid": chosen.text(paid)}
    output.show(as_json, document, lambda out: out.print(output.facts(rows)))


def _parse(text: str) -> tuple[str, int]:
    account, _, share = text.rpartition("=")
    if not account or not share.isdecimal() or int(share) < 1:
        raise typer.BadParameter(f"{text!r} is not ACCOUNT=SHARE with a share of at least 1")
    return account, int(share)
