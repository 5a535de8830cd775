"""`cise pool`: spares that many share, from the rules to the way out. Claims and loans: `oracle/cli/pool_loans.py`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from oracle.cli import output, pool_loans, pool_votes
from oracle.cli.options import DAY, HOUR, Act, AssetNumber, Look, acts, looks
from oracle.cli.papers import hash_of
from oracle.cli.session import CurrencyOption
from oracle.parties import pools, spare_loans
from oracle.parties.assets import short_text
from oracle.parties.currencies import Currency, currency_at
from oracle.parties.pools import MODEL_CONTRACT, MemberView, PoolModel, PoolTerms, PoolView
from oracle.parties.spare_loans import StockView
from oracle.types import Address, AssetId, ClaimId, MemberId, PoolId, Seconds, ServiceTermsId

app = typer.Typer(
    no_args_is_help=True,
    help="Shared spares: create, join, vouch, pay-in, pay-out, deposit, member, leave, expel, show, list; claim, "
    "withdraw, call-out, lend, bring, return, sign, hand-over, show-use, lapse, forfeit, exchange, buy-out, "
    "claim-show; restock, retire, keeper, vote, carry-out, proposal, repair, shelve, withhold, unit.",
)
PoolNumber = Annotated[int, typer.Argument(help="The pool's number.", min=1)]
MemberNumber = Annotated[int, typer.Argument(help="The membership's number.", min=1)]
Amount = Annotated[str, typer.Argument(help="In whole currency.")]


@app.command()
@acts
def create(
    me: Act,
    model: Annotated[
        list[str],
        typer.Option("--model", help="NAME=PRICE:EXCHANGE:REPAIR: posted price, exchange fee, most for one repair."),
    ],
    maker: Annotated[str, typer.Option("--maker", help="Who registered the models.", metavar="ACCOUNT")],
    keeper: Annotated[str, typer.Option("--keeper", help="Who stores the spares.", metavar="ACCOUNT")],
    service_terms: Annotated[int, typer.Option("--service-terms", help="Of orders for repair.", min=1)],
    entry: Annotated[str, typer.Option(help="Paid once on joining.")] = "0",
    deposit: Annotated[str, typer.Option(help="Answers for late returns.")] = "0",
    dues: Annotated[str, typer.Option(help="For each machine and period begun.")] = "0",
    claim_fee: Annotated[str, typer.Option(help="Held until the defective unit has arrived.")] = "0",
    fee: Annotated[str, typer.Option(help="For each day begun of a loan.")] = "0",
    late_fee: Annotated[str, typer.Option(help="For each day begun after the latest return.")] = "0",
    period_days: Annotated[int, typer.Option(help="Of dues.", min=1)] = 90,
    waiting_days: Annotated[int, typer.Option(help="A breakdown counts so long after joining.", min=0)] = 30,
    fresh_hours: Annotated[int, typer.Option(help="A status proves a breakdown so long.", min=1)] = 48,
    loan_days: Annotated[int, typer.Option(help="Until the latest return.", min=1)] = 120,
    collect_days: Annotated[int, typer.Option(help="A spare waits so long for who was called out.", min=1)] = 5,
    defective_days: Annotated[int, typer.Option(help="For the defective unit to arrive.", min=1)] = 14,
    rest_days: Annotated[int, typer.Option(help="Who had a loan so recently stands behind.", min=0)] = 0,
    voting_days: Annotated[int, typer.Option(help="A vote is open so long.", min=1)] = 14,
    bidding_hours: Annotated[int, typer.Option(help="Of orders for repair.", min=1)] = 72,
    work_days: Annotated[int, typer.Option(help="Of orders for repair.", min=1)] = 30,
    grade: Annotated[int, typer.Option(help="Least trust grade of a member's meter.", min=0, max=2)] = 1,
    vouched: Annotated[bool, typer.Option("--vouched", help="A member must vouch for who joins.")] = False,
    contract: Annotated[
        Path | None, typer.Option("--contract", help="The members' contract; default: the model.", metavar="FILE")
    ] = None,
    currency: CurrencyOption = None,
) -> None:
    """Open a pool under rules that never change; who opens it is no member by it."""
    money = me.currency(currency)
    terms = PoolTerms(
        money.address, money.parse(dues), grade, vouched, money.parse(entry), money.parse(deposit),
        money.parse(claim_fee), money.parse(fee), money.parse(late_fee), Seconds(period_days * DAY),
        Seconds(waiting_days * DAY), Seconds(fresh_hours * HOUR), Seconds(loan_days * DAY),
        Seconds(collect_days * DAY), Seconds(defective_days * DAY), Seconds(rest_days * DAY),
        Seconds(voting_days * DAY), Seconds(bidding_hours * HOUR), Seconds(work_days * DAY),
        ServiceTermsId(service_terms), MODEL_CONTRACT if contract is None else hash_of(contract),
    )  # fmt: skip
    served = [_model(one, me.address(maker), money) for one in model]
    number, done = pools.open_pool(me.wallet, terms, served, me.address(keeper))
    _show(me, number, {"transaction": done.transaction})


@app.command()
@acts
def join(
    me: Act,
    number: PoolNumber,
    asset: Annotated[int, typer.Option("--asset", help="Your machine, of a model that the pool serves.", min=1)],
    credit: Annotated[str, typer.Option(help="Paid in beyond entry and deposit: dues and fees come out of it.")] = "0",
) -> None:
    """Accept a pool's rules and its contract by their hash, and cover a machine of yours."""
    view = pools.pool_view(me.client, me.platform, PoolId(number))
    money = currency_at(me.client, view.terms.currency)
    member, done = pools.join(me.wallet, view, AssetId(asset), money.parse(credit))
    _show_member(me, member, {"acceptedRules": _hex(view.rules_hash), "transaction": done.transaction})


@app.command()
@acts
def vouch(me: Act, member: MemberNumber, candidate: Annotated[str, typer.Argument(help="Who may join once.")]) -> None:
    """Vouch, as a member, for somebody who wants to join."""
    done = pools.vouch(me.wallet, MemberId(member), me.address(candidate))
    me.facts({"member": member, "candidate": me.address(candidate), "transaction": done.transaction})


@app.command("pay-in")
@acts
def pay_in(me: Act, member: MemberNumber, amount: Amount) -> None:
    """Pay into a member's credit; dues that have begun are drawn at once. Anyone may."""
    money = _money(me, MemberId(member))
    done = pools.pay_in(me.wallet, MemberId(member), money.address, money.parse(amount))
    _show_member(me, MemberId(member), {"transaction": done.transaction})


@app.command("pay-out")
@acts
def pay_out(me: Act, member: MemberNumber, amount: Amount) -> None:
    """Take, as the member, what is left of your credit after dues."""
    done = pools.pay_out(me.wallet, MemberId(member), _money(me, MemberId(member)).parse(amount))
    _show_member(me, MemberId(member), {"transaction": done.transaction})


@app.command()
@acts
def deposit(me: Act, member: MemberNumber) -> None:
    """Fill your deposit up again, out of your credit."""
    done = pools.restore_deposit(me.wallet, MemberId(member))
    _show_member(me, MemberId(member), {"transaction": done.transaction})


@app.command("move")
@acts
def move(me: Act, member: MemberNumber, asset: AssetNumber) -> None:
    """Cover another machine of yours instead; it waits anew."""
    done = pools.change_machine(me.wallet, MemberId(member), AssetId(asset))
    _show_member(me, MemberId(member), {"transaction": done.transaction})


@app.command()
@acts
def leave(me: Act, member: MemberNumber) -> None:
    """Leave with credit, deposit and your part of the pool's cash."""
    money = _money(me, MemberId(member))
    paid, done = pools.leave(me.wallet, MemberId(member))
    _show_left(me, member, money, paid, done.transaction)


@app.command()
@acts
def expel(me: Act, member: MemberNumber) -> None:
    """End a membership whose arrears exceed its deposit. Anyone may."""
    money = _money(me, MemberId(member))
    paid, done = pools.expel(me.wallet, MemberId(member))
    _show_left(me, member, money, paid, done.transaction)


@app.command()
@looks
def member(me: Look, number: MemberNumber) -> None:
    """Show a membership: machine, credit, deposit, dues, and what leaving would pay."""
    _show_member(me, MemberId(number), {})


@app.command()
@looks
def show(me: Look, number: PoolNumber) -> None:
    """Show a pool: rules, members, money, spares and queue."""
    _show(me, PoolId(number), {})


@app.command("list")
@looks
def list_pools(me: Look) -> None:
    """List pools, the newest first."""
    count = pools.pool_count(me.client, me.platform)
    views = [pools.pool_view(me.client, me.platform, PoolId(number)) for number in range(count, 0, -1)]
    rows = [
        (view.id, ", ".join(one.name for one in view.models), view.members, "closed" if view.heir else "open")
        for view in views
    ]

    def render(out: Console) -> None:
        out.print(output.table(("pool", "models", "members", ""), rows) if rows else "no pools yet: `cise pool create`")

    me.show(
        [{"pool": view.id, "members": view.members, "models": [m.name for m in view.models]} for view in views], render
    )


for name, command in (*pool_loans.COMMANDS.items(), *pool_votes.COMMANDS.items()):
    app.command(name)(command)


def _model(text: str, maker: Address, money: Currency) -> PoolModel:
    name, _, figures = text.rpartition("=")
    amounts = figures.split(":")
    if not name or len(amounts) != 3:
        raise typer.BadParameter(f"{text!r} is not NAME=PRICE:EXCHANGE:REPAIR")
    price, exchange, repair = (money.parse(amount) for amount in amounts)
    return PoolModel(maker, price, short_text(name), exchange, repair)


def _money(me: Look, member: MemberId) -> Currency:
    view = pools.member_view(me.client, me.platform, member)
    return currency_at(me.client, pools.pool_view(me.client, me.platform, view.pool).terms.currency)


def _show(me: Look, number: PoolId, more: dict[str, object]) -> None:
    client, platform = me.client, me.platform
    view = pools.pool_view(client, platform, number)
    money = currency_at(client, view.terms.currency)
    members = pools.members_of(client, platform, number)
    served = [
        (
            model,
            spare_loans.stock_of(client, platform, number, index),
            spare_loans.queue_of(client, platform, number, index),
        )
        for index, model in enumerate(view.models)
    ]
    document = (
        _document(view)
        | {"models": [_stock_document(*one) for one in served], "memberships": [one.id for one in members]}
        | more
    )
    terms = view.terms
    rows: dict[str, object] = {
        "pool": f"{number}, {view.members} members" + (f", closed: {view.heir} takes the rest" if view.heir else ""),
        "rules": _hex(view.rules_hash),
        "contract": _hex(terms.terms_hash) + (" (the model contract)" if terms.terms_hash == MODEL_CONTRACT else ""),
        "keeper": view.keeper,
        "cash": money.text(view.cash),
        "members' money": money.text(view.held),
        "joining": f"{money.text(terms.entry)} entry, {money.text(terms.deposit)} deposit",
        "dues": f"{money.text(terms.dues)} every {terms.period // DAY} days",
        "a claim": f"{money.text(terms.claim_fee)} held; after {terms.waiting_time // DAY} days of membership",
        "a loan": f"{money.text(terms.fee_per_day)} a day for {terms.longest_loan // DAY} days, then "
        f"{money.text(terms.late_fee_per_day)} a day late",
    }
    for index, (model, stock, queue) in enumerate(served):
        rows[f"spares of model {index}"] = (
            f"{model.name}: {stock.total}, {stock.ready} on the shelf, {stock.kept} of them kept for who was called; "
            f"{len(queue)} wait; kept for {money.text(model.price)}"
        )
    for one in members:
        rows[f"member {one.id}"] = f"{one.account} with machine {one.asset}, credit {money.text(one.credit)}"
    me.facts(document, rows | more)


def _stock_document(model: PoolModel, stock: StockView, queue: list[ClaimId]) -> dict[str, object]:
    return {
        "model": model.name,
        "maker": model.maker,
        "price": str(model.price),
        "exchangeFee": str(model.exchange_fee),
        "repairCeiling": str(model.repair_ceiling),
        "spares": stock.total,
        "onShelf": stock.ready,
        "keptForCalled": stock.kept,
        "queue": list(queue),
    }


def _document(view: PoolView) -> dict[str, object]:
    """Amounts in base units, times in seconds."""
    terms = {name: getattr(view.terms, name) for name in PoolTerms.__slots__}
    return {
        "pool": view.id,
        "members": view.members,
        "maker": view.maker,
        "keeper": view.keeper,
        "heir": view.heir,
        "cash": str(view.cash),
        "held": str(view.held),
        "contributed": str(view.contributed),
        "rulesHash": _hex(view.rules_hash),
        "terms": {name: _hex(value) if isinstance(value, bytes) else value for name, value in terms.items()},
    }


def _show_member(me: Look, number: MemberId, more: dict[str, object]) -> None:
    view = pools.member_view(me.client, me.platform, number)
    money = currency_at(me.client, pools.pool_view(me.client, me.platform, view.pool).terms.currency)
    rows = {
        "member": f"{number} of pool {view.pool}" + (", has left" if view.has_left else ""),
        "account": view.account,
        "machine": view.asset,
        "covered from": output.moment(view.covered_from),
        "credit": money.text(view.credit),
        "deposit": money.text(view.deposit),
        "dues paid until": output.moment(view.dues_until),
        "in arrears": money.text(view.arrears) if view.arrears else None,
        "leaving pays": None if view.has_left else money.text(view.refund),
    }
    me.facts(_member_document(view) | more, rows | more)


def _member_document(view: MemberView) -> dict[str, object]:
    return {
        "member": view.id,
        "pool": view.pool,
        "account": view.account,
        "asset": view.asset,
        "coveredFrom": view.covered_from,
        "hasLeft": view.has_left,
        "contributed": str(view.contributed),
        "credit": str(view.credit),
        "deposit": str(view.deposit),
        "duesUntil": view.dues_until,
        "arrears": str(view.arrears),
        "refund": str(view.refund),
    }


def _show_left(me: Look, member: int, money: Currency, paid: int, transaction: str) -> None:
    document: dict[str, object] = {"member": member, "paid": str(paid), "transaction": transaction}
    me.facts(document, document | {"paid": money.text(paid)})


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
