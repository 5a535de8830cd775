"""`cise market`: work on machines, from the order to the payment."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from oracle.cli import market_terms, output
from oracle.cli.market_papers import paper, status_from
from oracle.cli.session import DataDir, DirectoryAddress, Json, Key, PasswordFile, Rpc, Session, connect
from oracle.parties import orders
from oracle.parties.currencies import Currency, currency_at
from oracle.parties.orders import OrderView
from oracle.parties.wallet import Done
from oracle.types import AgreementId, AssetId, OrderId, Seconds, ServiceTermsId, UnixTime

app = typer.Typer(
    no_args_is_help=True, help="Service: terms, order, bid, accept, deliver, approve, dispute, rule, end, show, list."
)
app.add_typer(market_terms.app, name="terms")
HOUR = 3_600
KINDS = {kind.name.lower(): kind for kind in orders.Kind}
Order = Annotated[int, typer.Argument(help="The order's number.", min=1)]
Paper = Annotated[Path, typer.Option("--document", help="The paper; only its hash goes on chain.", metavar="FILE")]
MaybePaper = Annotated[
    Path | None, typer.Option("--document", help="The paper; only its hash goes on chain.", metavar="FILE")
]
Uri = Annotated[str, typer.Option("--uri", help="Where the paper is to be found; public.")]
Parts = Annotated[list[int] | None, typer.Option(help="A part's asset number; as often as there are parts.")]


@app.command()
def order(
    asset: Annotated[int, typer.Argument(help="The machine's number.", min=1)],
    kind: Annotated[str, typer.Argument(help=", ".join(KINDS))],
    key: Key,
    ceiling: Annotated[str, typer.Option("--ceiling", help="The most that a bid may ask.")],
    agreement: Annotated[int | None, typer.Option("--agreement", help="The customer's own.", min=1)] = None,
    by_rule: Annotated[bool, typer.Option("--by-rule", help="The lowest bid wins, without anybody's choice.")] = False,
    bidding_hours: Annotated[int, typer.Option(help="How long bids are taken.", min=1)] = 24,
    work_hours: Annotated[int, typer.Option(help="The longest time a bid may ask for.", min=1)] = 72,
    document: MaybePaper = None,
    uri: Uri = "",
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Open an order: as provider, as a watcher, or as customer with --agreement."""
    if kind not in KINDS:
        raise typer.BadParameter(f"{kind!r} is none of {', '.join(KINDS)}")
    session = connect(rpc, directory, data)
    wallet = session.wallet(key, password_file)
    terms = orders.chosen_terms(session.client, session.platform, AssetId(asset))
    money = _currency_of(session, terms)
    now = session.client.block(session.client.head()).time
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
    opened, done = orders.open_order(wallet, need)
    _show_order(session, opened, done, as_json)


@app.command()
def bid(
    number: Order,
    price: Annotated[str, typer.Argument(help="What the work costs.")],
    key: Key,
    hours: Annotated[int, typer.Option("--hours", help="Done within so many hours of acceptance.", min=1)],
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Offer to do the work. A bid binds and can only be lowered."""
    session = connect(rpc, directory, data)
    found = orders.order_view(session.client, session.platform, OrderId(number))
    asked = _currency_of(session, found.terms).parse(price)
    done = orders.bid(session.wallet(key, password_file), found.id, asked, Seconds(hours * HOUR))
    _show_order(session, found.id, done, as_json)


@app.command()
def accept(
    number: Order,
    key: Key,
    worker: Annotated[
        str | None, typer.Option("--worker", help="Whose bid; without it the lowest, where the order is by rule.")
    ] = None,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Choose a bid as provider, or let the rule choose: anyone may, once bidding has closed."""
    session = connect(rpc, directory, data)
    chosen = None if worker is None else session.address(worker)
    done = orders.accept(session.wallet(key, password_file), OrderId(number), chosen)
    _show_order(session, OrderId(number), done, as_json)


@app.command()
def deliver(
    number: Order,
    key: Key,
    document: Paper,
    uri: Uri = "",
    part_in: Parts = None,
    part_out: Parts = None,
    status: Annotated[
        Path | None, typer.Option("--status", help="The meter's signed 'up' after the work.", metavar="FILE")
    ] = None,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Say, as the worker, that the work is done, and show evidence. Once."""
    session = connect(rpc, directory, data)
    done = orders.deliver(
        session.wallet(key, password_file),
        OrderId(number),
        paper(document, uri),
        [AssetId(one) for one in part_in or ()],
        [AssetId(one) for one in part_out or ()],
        status_from(status),
    )
    _show_order(session, OrderId(number), done, as_json)


@app.command()
def approve(
    number: Order,
    key: Key,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Accept the work as provider, or as the customer whose included service it was: the worker is paid."""
    session = connect(rpc, directory, data)
    done = orders.approve(session.wallet(key, password_file), OrderId(number))
    _show_order(session, OrderId(number), done, as_json)


@app.command()
def dispute(
    number: Order,
    key: Key,
    document: Paper,
    uri: Uri = "",
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Refuse the work as provider, or as the customer who ordered it; puts up the terms' bond."""
    session = connect(rpc, directory, data)
    done = orders.dispute(session.wallet(key, password_file), OrderId(number), paper(document, uri))
    _show_order(session, OrderId(number), done, as_json)


@app.command()
def rule(
    number: Order,
    share: Annotated[int, typer.Argument(help="Percent of the price to the worker.", min=0, max=100)],
    key: Key,
    document: MaybePaper = None,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Say, as an arbiter, how the price is divided. Where the quorum says the same it is paid."""
    session = connect(rpc, directory, data)
    done = orders.rule(session.wallet(key, password_file), OrderId(number), share * 100, paper(document, ""))
    _show_order(session, OrderId(number), done, as_json)


@app.command()
def end(
    number: Order,
    key: Key,
    give_up: Annotated[
        bool,
        typer.Option("--give-up", help="Before its time: an open order by opener or provider, work by its worker."),
    ] = False,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """End what has waited too long. Anyone may: bids that lapse, work that is late, silence of provider or arbiters."""
    session = connect(rpc, directory, data)
    _, done = orders.end(session.wallet(key, password_file), OrderId(number), give_up)
    _show_order(session, OrderId(number), done, as_json)


@app.command()
def allow(
    amount: Annotated[str, typer.Argument(help="In the currency of the machine's terms.")],
    key: Key,
    asset: Annotated[int, typer.Option("--asset", help="The machine.", min=1)],
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Set what the market may take from your account for top-ups and bonds."""
    session = connect(rpc, directory, data)
    money = _currency_of(session, orders.chosen_terms(session.client, session.platform, AssetId(asset)))
    allowed = money.parse(amount)
    done = orders.allow(session.wallet(key, password_file), money, allowed)
    document = {"allowed": str(allowed), "currency": money.address, "transaction": done.transaction}
    rows = {"allowed": money.text(allowed), "transaction": done.transaction}
    output.show(as_json, document, lambda out: out.print(output.facts(rows)))


@app.command()
def show(
    number: Order,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show an order, what it waits for, and its worker's record."""
    _show_order(connect(rpc, directory, data), OrderId(number), None, as_json)


@app.command("list")
def list_orders(
    asset: Annotated[int | None, typer.Option("--asset", help="Of this machine only.", min=1)] = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """List orders, the newest first."""
    session = connect(rpc, directory, data)
    client, platform = session.client, session.platform
    with output.waiting("asking the chain", as_json):
        count = orders.order_count(client, platform)
        views = [orders.order_view(client, platform, OrderId(number)) for number in range(count, 0, -1)]
    found = [view for view in views if asset in (None, view.asset)]
    money = {terms: _currency_of(session, terms) for terms in {view.terms for view in found}}
    rows = [
        (one.id, one.asset, one.kind.name.lower(), one.stage.name.lower(), money[one.terms].text(one.price), one.worker)
        for one in found
    ]

    def render(out: Console) -> None:
        headings = ("order", "machine", "work", "stage", "price", "worker")
        out.print(output.table(headings, rows) if rows else "no orders yet: `cise market order`")

    output.show(as_json, [_document(one) for one in found], render)


def _currency_of(session: Session, terms: ServiceTermsId) -> Currency:
    return currency_at(session.client, orders.terms_currency(session.client, session.platform, terms))


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


def _show_order(session: Session, number: OrderId, done: Done | None, as_json: bool) -> None:
    view = orders.order_view(session.client, session.platform, number)
    money = _currency_of(session, view.terms)
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
        record = orders.reputation(session.client, session.platform, view.worker)
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
    output.show(as_json, document, lambda out: out.print(output.facts(rows)))
