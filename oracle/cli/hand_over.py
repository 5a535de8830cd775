"""`cise hand-over`: a collected machine passes from hand to hand, and both hands sign."""

from pathlib import Path
from typing import Annotated

import typer

from oracle.cli.options import HOUR, Act, Look, acts, looks
from oracle.cli.papers import hand_over_from, hash_of
from oracle.cli.two_hands import keep_and_show
from oracle.domain.hand_overs import CoreGrade
from oracle.parties import collections, orders
from oracle.parties.currencies import currency_at
from oracle.types import ZERO_BYTES32, OrderId, UnixTime

app = typer.Typer(
    no_args_is_help=True, help="A machine's way back, signed by both hands: write, sign, submit, pay-core, show."
)
Order = Annotated[int, typer.Argument(help="The collect order's number.", min=1)]
File = Annotated[Path, typer.Argument(help="The hand-over on its way from hand to hand.")]
GRADES = ", ".join(orders.GRADES)


@app.command()
@looks
def write(
    me: Look,
    number: Order,
    file: File,
    giver: Annotated[str, typer.Option("--from", help="Who gives the machine.", metavar="ACCOUNT")],
    taker: Annotated[str, typer.Option("--to", help="Who takes it: first the worker.", metavar="ACCOUNT")],
    grade: Annotated[str | None, typer.Option(help=f"On return from the worker: {GRADES}.")] = None,
    condition: Annotated[Path | None, typer.Option(help="Its condition in words or pictures.", metavar="FILE")] = None,
    hours: Annotated[int, typer.Option(help="How long it can be submitted.", min=1)] = 24,
) -> None:
    """Write a hand-over for both to sign: first to the worker, without a grade; then from the worker, with one."""
    if grade is not None and grade not in orders.GRADES:
        raise typer.BadParameter(f"{grade!r} is none of {GRADES}")
    graded = CoreGrade.NONE if grade is None else CoreGrade[grade]
    hash_ = ZERO_BYTES32 if condition is None else hash_of(condition)
    deadline = UnixTime(me.now + hours * HOUR)
    paper = collections.draft(OrderId(number), me.address(giver), me.address(taker), graded, hash_, deadline)
    keep_and_show(me, file, paper, {"order": paper.form.order_id})


@app.command()
@acts
def sign(me: Act, file: File) -> None:
    """Sign as giver or taker. What is signed stands in the file."""
    paper = collections.sign(me.wallet, hand_over_from(file))
    keep_and_show(me, file, paper, {"order": paper.form.order_id})


@app.command()
@acts
def submit(me: Act, file: File) -> None:
    """Put a hand-over that both have signed on chain. Anyone may; to a third party's hands only the provider."""
    paper = hand_over_from(file)
    done = collections.submit(me.wallet, paper)
    _show(me, paper.form.order_id, {"transaction": done.transaction})


@app.command("pay-core")
@acts
def pay_core(me: Act, number: Order) -> None:
    """Pay who gave the machine what the terms say for its grade, from the reserve. Anyone may, once."""
    _, done = collections.pay_core(me.wallet, OrderId(number))
    _show(me, OrderId(number), {"transaction": done.transaction})


@app.command()
@looks
def show(me: Look, number: Order) -> None:
    """Show how far a machine's way back has come, and what its core is worth."""
    _show(me, OrderId(number), {})


def _show(me: Look, number: OrderId, more: dict[str, object]) -> None:
    order = orders.order_view(me.client, me.platform, number)
    found = collections.collection_of(me.client, me.platform, number)
    money = currency_at(me.client, orders.terms_currency(me.client, me.platform, order.terms))
    returned = found.grade is not CoreGrade.NONE
    worth = collections.core_price(me.client, me.platform, order.terms, found.grade) if returned else None
    grade = found.grade.name if returned else None
    document: dict[str, object] = {
        "order": number,
        "asset": order.asset,
        "worker": order.worker,
        "giver": found.giver,
        "grade": grade,
        "corePrice": None if worth is None else str(worth),
        "corePaid": found.is_core_paid,
    }
    rows = {
        "order": f"{number}: {order.kind.name.lower()} machine {order.asset}",
        "given by": found.giver or "nobody yet",
        "returned": f"grade {grade}" if returned else "not yet",
        "its core": None if worth is None else f"{money.text(worth)}, {'paid' if found.is_core_paid else 'not paid'}",
    }
    me.facts(document | more, rows | more)
