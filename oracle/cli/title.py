"""`cise title`: titles of machines, sold for prepaid money in one transaction."""

from typing import Annotated

import typer

from oracle.cli import output
from oracle.cli.options import DAY, Act, AssetNumber, Look, acts, looks
from oracle.cli.session import CurrencyOption
from oracle.errors import Rejected
from oracle.parties import titles
from oracle.parties.currencies import currency_at
from oracle.parties.titles import SaleView
from oracle.parties.wallet import Done
from oracle.types import Address, AssetId, SaleId, SplitId, UnixTime

app = typer.Typer(no_args_is_help=True, help="Titles: offer, buy, withdraw, show.")
Sale = Annotated[int, typer.Argument(help="The sale's number.", min=1)]
Split = Annotated[int | None, typer.Option("--split", help="Where the machine's fees go from then on.", min=1)]


@app.command()
@acts
def offer(
    me: Act,
    asset: AssetNumber,
    price: Annotated[str, typer.Argument(help="What the title costs.")],
    buyer: Annotated[str | None, typer.Option("--buyer", help="Who may buy; default: anyone.")] = None,
    days: Annotated[int, typer.Option("--days", help="How long the offer stands.", min=1)] = 30,
    split: Split = None,
    currency: CurrencyOption = None,
) -> None:
    """Offer a title at a fixed price. With --split that split goes with the machine, whoever buys it."""
    money = me.currency(currency)
    until = UnixTime(me.now + days * DAY)
    named = None if buyer is None else me.address(buyer)
    sale, done = titles.offer(
        me.wallet, AssetId(asset), named, money.address, money.parse(price), until, _split(split)
    )  # fmt: skip
    _show(me, titles.sale_view(me.client, me.platform, sale), done)


@app.command()
@acts
def buy(me: Act, number: Sale, split: Split = None) -> None:
    """Pay the price out of the prepaid account and get the title, with its guarantees and open agreements."""
    sale = titles.sale_view(me.client, me.platform, SaleId(number))
    done = titles.buy(me.wallet, sale, _split(split))
    _show(me, sale, done, me.wallet.address)


@app.command()
@acts
def withdraw(me: Act, number: Sale) -> None:
    """Take an offer back."""
    sale = titles.sale_view(me.client, me.platform, SaleId(number))
    _show(me, sale, titles.withdraw(me.wallet, sale.id))


@app.command()
@looks
def show(me: Look, asset: AssetNumber) -> None:
    """What a machine's title is offered for."""
    sale = titles.standing_sale(me.client, me.platform, AssetId(asset))
    if sale is None:
        raise Rejected("not_for_sale", f"asset {asset}", "its title is not on offer")
    _show(me, sale, None)


def _split(number: int | None) -> SplitId | None:
    return None if number is None else SplitId(number)


def _show(me: Look, sale: SaleView, done: Done | None, bought_by: Address | None = None) -> None:
    document = {
        "sale": sale.id,
        "asset": sale.asset,
        "seller": sale.seller,
        "buyer": sale.buyer,
        "currency": sale.currency,
        "price": str(sale.price),
        "until": sale.until,
        "split": sale.split,
        **({} if bought_by is None else {"boughtBy": bought_by}),
        "transaction": None if done is None else done.transaction,
    }
    money = currency_at(me.client, sale.currency)
    me.facts(document, document | {"price": money.text(sale.price), "until": output.moment(sale.until)})
