"""Money into a running round, and its state."""

from typing import Annotated

import typer

from oracle.cli.options import Act, acts
from oracle.cli.rounds.common import Amount, Number, money_of, tell, view_of
from oracle.parties import rounds


@acts
def distribute(me: Act, number: Number) -> None:
    """Pull the fees out of the split and run them down the tranches; anyone may."""
    view = view_of(me, number)
    payout, done = rounds.distribute(me.wallet, view.id)
    document: dict[str, object] = {"round": view.id, "transaction": done.transaction}
    rows, text = dict(document), money_of(me, view).text
    document["toProvider"] = str(payout.to_provider)
    document["tranches"] = [
        {"tranche": one.tranche, "interest": str(one.interest), "principal": str(one.principal),
         "residual": str(one.residual)}
        for one in payout.tranches
    ]  # fmt: skip
    rows |= {
        f"tranche {one.tranche}": f"{text(one.interest)} interest, {text(one.principal)} principal, "
        f"{text(one.residual)} of the rest"
        for one in payout.tranches
    }
    me.facts(document, rows | {"to the provider": text(payout.to_provider)})


@acts
def update(me: Act, number: Number) -> None:
    """Distribute, then record the state that follows by rule; anyone may."""
    view = view_of(me, number)
    to, done = rounds.update_state(me.wallet, view.id)
    tell(me, view, done, {"before": view.state.name.lower(), "changed": to is not view.state})


@acts
def repay(me: Act, number: Number, amount: Amount) -> None:
    """Pay back early, in part or all, out of your prepaid account; more than is owed is not taken."""
    view = view_of(me, number)
    paid, done = rounds.repay(me.wallet, view, money_of(me, view).parse(amount))
    tell(me, view, done, {}, {"paid": paid})


@acts
def buy_out(
    me: Act,
    number: Number,
    most: Annotated[
        str | None, typer.Option("--most", help="Pay no more; default: the price with an hour's interest.")
    ] = None,
) -> None:
    """Pay all that is owed and what residual holders could still get: the round is over."""
    view = view_of(me, number)
    limit = rounds.usual_most(me.client, me.platform, view) if most is None else money_of(me, view).parse(most)
    paid, done = rounds.buy_out(me.wallet, view, limit)
    tell(me, view, done, {}, {"paid": paid})


@acts
def skim(me: Act, number: Number) -> None:
    """Send what a round that is over holds beyond its holders' claims to its provider; anyone may."""
    view = view_of(me, number)
    amount, done = rounds.skim_surplus(me.wallet, view.id)
    tell(me, view, done, {"to": view.provider}, {"surplus": amount})


COMMANDS = {"distribute": distribute, "update": update, "repay": repay, "buy-out": buy_out, "skim": skim}
