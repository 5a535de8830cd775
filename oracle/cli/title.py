"""`cise title`: titles of machines, sold for prepaid money in one transaction."""

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
)
from oracle.errors import Rejected
from oracle.parties import titles
from oracle.parties.currencies import currency_at
from oracle.parties.titles import SaleView
from oracle.types import AssetId, SaleId, SplitId, UnixTime

app = typer.Typer(no_args_is_help=True, help="Titles: offer, buy, withdraw, show.")
Asset = Annotated[int, typer.Argument(help="The machine's number.", min=1)]
Sale = Annotated[int, typer.Argument(help="The sale's number.", min=1)]
Split = Annotated[int | None, typer.Option("--split", help="Where the machine's fees go from then on.", min=1)]
DAY = 86_400


@app.command()
def offer(
    asset: Asset,
    price: Annotated[str, typer.Argument(help="What the title costs.")],
    key: Key,
    buyer: Annotated[str | None, typer.Option("--buyer", help="Who may buy; default: anyone.")] = None,
    days: Annotated[int, typer.Option("--days", help="How long the offer stands.", min=1)] = 30,
    split: Split = None,
    currency: CurrencyOption = None,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Offer a title at a fixed price. With --split that split goes with the machine, whoever buys it."""
    session = connect(rpc, directory, data)
    money = session.currency(currency)
    until = UnixTime(session.client.block(session.client.head()).time + days * DAY)
    named = None if buyer is None else session.address(buyer)
    goes_with = None if split is None else SplitId(split)
    wallet = session.wallet(key, password_file)
    sale, done = titles.offer(
        wallet, AssetId(asset), named, money.address, money.parse(price), until, goes_with
    )  # fmt: skip
    _show(session, titles.sale_view(session.client, session.platform, sale), str(done.transaction), as_json)


@app.command()
def buy(
    number: Sale,
    key: Key,
    split: Split = None,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Pay the price out of the prepaid account and get the title, with its guarantees and open agreements."""
    session = connect(rpc, directory, data)
    sale = titles.sale_view(session.client, session.platform, SaleId(number))
    wallet = session.wallet(key, password_file)
    done = titles.buy(wallet, sale, None if split is None else SplitId(split))
    _show(session, sale, str(done.transaction), as_json, {"boughtBy": wallet.address})


@app.command()
def withdraw(
    number: Sale,
    key: Key,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Take an offer back."""
    session = connect(rpc, directory, data)
    sale = titles.sale_view(session.client, session.platform, SaleId(number))
    done = titles.withdraw(session.wallet(key, password_file), sale.id)
    _show(session, sale, str(done.transaction), as_json)


@app.command()
def show(
    asset: Asset,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """What a machine's title is offered for."""
    session = connect(rpc, directory, data)
    sale = titles.standing_sale(session.client, session.platform, AssetId(asset))
    if sale is None:
        raise Rejected("not_for_sale", f"asset {asset}", "its title is not on offer")
    _show(session, sale, None, as_json)


def _show(
    session: Session, sale: SaleView, transaction: str | None, as_json: bool, more: dict[str, object] | None = None
) -> None:
    document = {
        "sale": sale.id,
        "asset": sale.asset,
        "seller": sale.seller,
        "buyer": sale.buyer,
        "currency": sale.currency,
        "price": str(sale.price),
        "until": sale.until,
        "split": sale.split,
        **(more or {}),
        "transaction": transaction,
    }
    money = currency_at(session.client, sale.currency)
    rows = document | {"price": money.text(sale.price), "until": output.moment(sale.until)}
    output.show(as_json, document, lambda out: out.print(output.facts(rows)))
