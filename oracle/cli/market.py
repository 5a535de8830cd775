"""`cise market`: work on machines, from the order to the payment."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from oracle.cli import market_reserve, market_terms, output
from oracle.cli.options import HOUR, Act, AssetNumber, Look, MaybePaper, Paper, Uri, acts, looks
from oracle.cli.papers import paper, status_from
from oracle.parties import orders
from oracle.parties.currencies import Currency, currency_at
from oracle.parties.orders import OrderView
from oracle.parties.wallet import Done
from oracle.types import AgreementId, AssetId, OrderId, Seconds, ServiceTermsId, UnixTime

app = typer.Typer(
    no_args_is_help=True,
    help="Service: terms, reserve, order, bid, accept, deliver, approve, dispute, rule, end, show, list.",
)
app.add_typer(market_terms.app, name="terms")
app.add_typer(market_reserve.app, name="reserve")
KINDS = {kind.name.lower(): kind for kind in orders.Kind}
Order = Annotated[int, typer.Argument(help="The order's number.", min=1)]
Parts = Annotated[list[int] | None, typer.Option(help="A part's asset number; as often as there are parts.")]


@app.command()
@acts
def order(
    me: Act,
    asset: AssetNumber,
    kind: Annotated[str, typer.Argument(help=", ".join(KINDS))],
    ceiling: Annotated[str, typer.Option("--ceiling", help="The most that a bid may ask.")],
    agreement: Annotated[int | None, typer.Option("--agreement", help="The customer's own.", min=1)] = None,
    by_rule: Annotated[bool, typer.Option("--by-rule", help="The lowest bid wins, without anybody's choice.")] = False,
    bidding_hours: Annotated[int, typer.Option(help="How long bids are taken.", min=1)] = 24,
    work_hours: Annotated[int, typer.Option(help="The longest time a bid may ask for.", min=1)] = 72,
    document: MaybePaper = None,
    uri: Uri = "",
) -> None:
    """Open an order: as provider, as a watcher, or as customer with --agreement."""
    if kind not in KINDS:
        raise typer.BadParameter(f"{kind!r} is none of {', '.join(KINDS)}")
    terms = orders.chosen_terms(me.client, me.platform, AssetId(asset))
    money = _currency_of(me, terms)
    now = me.now
    need = orders.Need(
        AssetId(asset),
        KINDS[kind],
        None if agreement is None else AgreementId(agreement),
        money.parse(ceiling),
        UnixTime(now + bidding_hours * HOUR + 60),
        Seconds(work_hours * HOUR),
        by_rule,
        paper(document, uri),
    )
    opened, done = orders.open_order(me.wallet, need)
    _show_order(me, opened, done)


@app.command()
@acts
def bid(
    me: Act,
    number: Order,
    price: Annotated[str, typer.Argument(help="What the work costs.")],
    hours: Annotated[int, typer.Option("--hours", help="Done within so many hours of acceptance.", min=1)],
) -> None:
    """Offer to do the work. A bid binds and can only be lowered."""
    found = orders.order_view(me.client, me.platform, OrderId(number))
    asked = _currency_of(me, found.terms).parse(price)
    done = orders.bid(me.wallet, found.id, asked, Seconds(hours * HOUR))
    _show_order(me, found.id, done)


@app.command()
@acts
def accept(
    me: Act,
    number: Order,
    worker: Annotated[
        str | None, typer.Option("--worker", help="Whose bid; without it the lowest, where the order is by rule.")
    ] = None,
) -> None:
    """Choose a bid as provider, or let the rule choose: anyone may, once bidding has closed."""
    chosen = None if worker is None else me.address(worker)
    done = orders.accept(me.wallet, OrderId(number), chosen)
    _show_order(me, OrderId(number), done)


@app.command()
@acts
def deliver(
    me: Act,
    number: Order,
    document: Paper,
    uri: Uri = "",
    part_in: Parts = None,
    part_out: Parts = None,
    status: Annotated[
        Path | None, typer.Option("--status", help="The meter's signed 'up' after the work.", metavar="FILE")
    ] = None,
) -> None:
    """Say, as the worker, that the work is done, and show evidence. Once."""
    done = orders.deliver(
        me.wallet,
        OrderId(number),
        paper(document, uri),
        [AssetId(one) for one in part_in or ()],
        [AssetId(one) for one in part_out or ()],
        status_from(status),
    )
    _show_order(me, OrderId(number), done)


@app.command()
@acts
def approve(
    me: Act,
    number: Order,
) -> None:
    """Accept the work as provider, or as the customer whose included service it was: the worker is paid."""
    done = orders.approve(me.wallet, OrderId(number))
    _show_order(me, OrderId(number), done)


@app.command()
@acts
def dispute(
    me: Act,
    number: Order,
    document: Paper,
    uri: Uri = "",
) -> None:
    """Refuse the work as provider, or as the customer who ordered it; puts up the terms' bond."""
    done = orders.dispute(me.wallet, OrderId(number), paper(document, uri))
    _show_order(me, OrderId(number), done)


@app.command()
@acts
def rule(
    me: Act,
    number: Order,
    share: Annotated[int, typer.Argument(help="Percent of the price to the worker.", min=0, max=100)],
    document: MaybePaper = None,
) -> None:
    """Say, as an arbiter, how the price is divided. Where the quorum says the same it is paid."""
    done = orders.rule(me.wallet, OrderId(number), share * 100, paper(document, ""))
    _show_order(me, OrderId(number), done)


@app.command()
@acts
def end(
    me: Act,
    number: Order,
    give_up: Annotated[
        bool,
        typer.Option("--give-up", help="Before its time: an open order by opener or provider, work by its worker."),
    ] = False,
) -> None:
    """End what has waited too long. Anyone may: bids that lapse, work that is late, silence of provider or arbiters."""
    _, done = orders.end(me.wallet, OrderId(number), give_up)
    _show_order(me, OrderId(number), done)


@app.command()
@acts
def allow(
    me: Act,
    amount: Annotated[str, typer.Argument(help="In the currency of the machine's terms.")],
    asset: Annotated[int, typer.Option("--asset", help="The machine.", min=1)],
) -> None:
    """Set what the market may take from your account for top-ups and bonds."""
    money = _currency_of(me, orders.chosen_terms(me.client, me.platform, AssetId(asset)))
    allowed = money.parse(amount)
    done = orders.allow(me.wallet, money, allowed)
    document = {"allowed": str(allowed), "currency": money.address, "transaction": done.transaction}
    rows = {"allowed": money.text(allowed), "transaction": done.transaction}
    me.facts(document, rows)


@app.command()
@looks
def show(
    me: Look,
    number: Order,
) -> None:
    """Show an order, what it waits for, and its worker's record."""
    _show_order(me, OrderId(number), None)


@app.command("list")
@looks
def list_orders(
    me: Look,
    asset: Annotated[int | None, typer.Option("--asset", help="Of this machine only.", min=1)] = None,
) -> None:
    """List orders, the newest first."""
    client, platform = me.client, me.platform
    with output.waiting("asking the chain", me.as_json):
        count = orders.order_count(client, platform)
        views = [orders.order_view(client, platform, OrderId(number)) for number in range(count, 0, -1)]
    found = [view for view in views if asset in (None, view.asset)]
    money = {terms: _currency_of(me, terms) for terms in {view.terms for view in found}}
    rows = [
        (one.id, one.asset, one.kind.name.lower(), one.stage.name.lower(), money[one.terms].text(one.price), one.worker)
        for one in found
    ]

    def render(out: Console) -> None:
        headings = ("order", "machine", "work", "stage", "price", "worker")
        out.print(output.table(headings, rows) if rows else "no orders yet: `cise market order`")

    me.show([_document(one) for one in found], render)


def _currency_of(me: Look, terms: ServiceTermsId) -> Currency:
    return currency_at(me.client, orders.terms_currency(me.client, me.platform, terms))


def _document(view: OrderView) -> dict[str, object]:
    """Amounts in base units."""
    return {
        "order": view.id,
        "asset": view.asset,
        "kind": view.kind.name.lower(),
        "stage": view.stage.name.lower(),
        "terms": view.terms,
        "byRule": view.by_rule,
        "included": view.is_included,
        "opener": view.opener,
        "ceiling": str(view.ceiling),
        "worker": view.worker,
        "price": str(view.price),
        "openedAt": view.opened_at,
        "biddingUntil": view.bidding_until,
        "deadline": view.deadline or None,
    }


WAITS_FOR = {
    orders.Stage.OPEN: "bids until",
    orders.Stage.ASSIGNED: "the work, promised for",
    orders.Stage.DELIVERED: "approval; silence accepts after",
    orders.Stage.DISPUTED: "the arbiters until",
}


def _show_order(me: Look, number: OrderId, done: Done | None) -> None:
    view = orders.order_view(me.client, me.platform, number)
    money = _currency_of(me, view.terms)
    document = _document(view)
    rows: dict[str, object] = {
        "order": f"{number}: {view.kind.name.lower()} machine {view.asset}",
        "stage": view.stage.name.lower() + (", by rule" if view.by_rule else ""),
        "ceiling": money.text(view.ceiling),
        "price": money.text(view.price) if view.worker else None,
        "worker": view.worker,
    }
    if view.stage in WAITS_FOR:
        until = view.bidding_until if view.stage is orders.Stage.OPEN else view.deadline
        rows["waits for"] = f"{WAITS_FOR[view.stage]} {output.moment(until)}"
    if view.worker:
        record = orders.reputation(me.client, me.platform, view.worker)
        document["reputation"] = {
            "done": record.done, "late": record.late, "disputed": record.disputed, "lost": record.lost,
            "failed": record.failed,
        }  # fmt: skip
        rows["its record"] = (
            f"{record.done} done, {record.late} late, {record.disputed} disputed, {record.lost} lost, "
            f"{record.failed} not done"
        )
    if done is not None:
        document["transaction"] = rows["transaction"] = done.transaction
    me.facts(document, rows)
