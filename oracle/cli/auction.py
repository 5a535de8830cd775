"""`cise auction`: titles of machines whose round has defaulted, sold to the highest bid."""

from typing import Annotated

import typer
from rich.console import Console

from oracle.cli import output
from oracle.cli.options import Act, AssetNumber, Look, acts, looks
from oracle.parties import auctions
from oracle.parties.auctions import AuctionView
from oracle.parties.currencies import currency_at
from oracle.types import AssetId, AuctionId, RoundId

app = typer.Typer(no_args_is_help=True, help="Auctions of titles: start, bid, settle, show, list.")
Number = Annotated[int, typer.Argument(help="The auction's number.", min=1)]


@app.command()
@acts
def start(
    me: Act, number: Annotated[int, typer.Argument(help="The defaulted round.", min=1)], asset: AssetNumber
) -> None:
    """Put a machine of a defaulted round up for auction; anyone may, once the holders have decided."""
    auction, done = auctions.start_auction(me.wallet, RoundId(number), AssetId(asset))
    _show(me, auctions.auction_view(me.client, me.platform, auction), {"transaction": done.transaction})


@app.command()
@acts
def bid(me: Act, number: Number, amount: Annotated[str, typer.Argument(help="In whole currency.")]) -> None:
    """Bid out of your prepaid account; who outbids you gives it back."""
    view = _view(me, number)
    done = auctions.bid(me.wallet, view, currency_at(me.client, view.currency).parse(amount))
    _show(me, _view(me, number), {"transaction": done.transaction})


@app.command()
@acts
def settle(me: Act, number: Number) -> None:
    """Exchange title and money once the auction is over; anyone may. Without a bid the next reserve is half."""
    view = _view(me, number)
    ended, done = auctions.settle(me.wallet, auctions.round_of(me.client, me.platform, view), view.asset)
    outcome = "no bid, or the round was repaid meanwhile" if ended is None else ended.how
    _show(me, _view(me, number), {"outcome": outcome, "transaction": done.transaction})


@app.command()
@looks
def show(me: Look, number: Number) -> None:
    """An auction, its highest bid and the least that comes next."""
    _show(me, _view(me, number), {})


@app.command("list")
@looks
def list_auctions(
    me: Look, everything: Annotated[bool, typer.Option("--all", help="Settled ones too.")] = False
) -> None:
    """List auctions that are not settled, the newest first."""
    with output.waiting("asking the chain", me.as_json):
        count = auctions.count(me.client, me.platform)
        views = [_view(me, number) for number in range(count, 0, -1)]
    found = [view for view in views if everything or not view.closed]

    def render(out: Console) -> None:
        headings = ("auction", "machine", "until", "highest bid", "next at least")
        texts = [currency_at(me.client, view.currency).text for view in found]
        rows = [
            (view.id, view.asset, output.moment(view.closes_at), text(view.amount), text(view.least))
            for view, text in zip(found, texts, strict=True)
        ]
        out.print(output.table(headings, rows) if rows else "no auctions now")

    me.show([_document(view) for view in found], render)


def _view(me: Look, number: int) -> AuctionView:
    return auctions.auction_view(me.client, me.platform, AuctionId(number))


def _document(view: AuctionView) -> dict[str, object]:
    return {
        "auction": view.id,
        "asset": view.asset,
        "currency": view.currency,
        "reserve": str(view.reserve),
        "closesAt": view.closes_at,
        "closed": view.closed,
        "bidder": view.bidder,
        "bid": str(view.amount),
        "nextAtLeast": str(view.least),
    }


def _show(me: Look, view: AuctionView, more: dict[str, object]) -> None:
    text = currency_at(me.client, view.currency).text
    document = _document(view) | more
    spoken = {"reserve": text(view.reserve), "bid": text(view.amount), "nextAtLeast": text(view.least)}
    me.facts(document, document | spoken | {"closesAt": output.moment(view.closes_at)})
