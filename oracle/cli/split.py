"""`cise split`: how fees are shared."""

from typing import Annotated

import typer
from rich.console import Console

from oracle.cli import output
from oracle.cli.options import Act, Look, acts, looks
from oracle.cli.session import CurrencyOption
from oracle.parties import accounts, splits
from oracle.parties.currencies import currency_at
from oracle.types import AssetId, SplitId

app = typer.Typer(no_args_is_help=True, help="Splits of fees: create, show, distribute.")
Split = Annotated[int, typer.Argument(help="The split's number.", min=1)]


@app.command()
@acts
def create(
    me: Act,
    payees: Annotated[
        list[str], typer.Argument(help="ACCOUNT=SHARE, for instance account:3=700 account:4=200 account:9=100.")
    ],
    asset: Annotated[int | None, typer.Option("--asset", help="Point this machine's fees at it.", min=1)] = None,
    fixed: Annotated[bool, typer.Option("--fixed", help="Nobody can change it, ever.")] = False,
    currency: CurrencyOption = None,
) -> None:
    """Make a split. Every payee has a share like any other; there is no platform fee."""
    shares = [_parse(text) for text in payees]
    parties = [splits.Payee(me.address(account), share) for account, share in shares]
    split, done = splits.create(me.wallet, parties, [me.currency(currency).address], fixed)
    document: dict[str, object] = {"split": split, "fixed": fixed, "transaction": done.transaction}
    if asset is not None:
        splits.point(me.wallet, AssetId(asset), split)
        document["asset"] = asset
    me.facts(document)


@app.command()
@looks
def show(
    me: Look,
    split: Split,
) -> None:
    """Show payees, shares, balances and what is not distributed yet."""
    client, platform = me.client, me.platform
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

    me.show(document, render)


@app.command()
@acts
def distribute(
    me: Act,
    split: Split,
    currency: CurrencyOption = None,
) -> None:
    """Pay out what has arrived. Anyone may; the oracle does it on schedule."""
    chosen = me.currency(currency)
    paid, done = splits.distribute(me.wallet, SplitId(split), chosen)
    document = {"split": split, "paid": str(paid), "transaction": done.transaction}
    rows = document | {"paid": chosen.text(paid)}
    me.facts(document, rows)


def _parse(text: str) -> tuple[str, int]:
    account, _, share = text.rpartition("=")
    if not account or not share.isdecimal() or int(share) < 1:
        raise typer.BadParameter(f"{text!r} is not ACCOUNT=SHARE with a share of at least 1")
    return account, int(share)
