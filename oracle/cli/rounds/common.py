"""What the commands about rounds share: their arguments, and how a round is told after a transaction."""

from collections.abc import Mapping
from typing import Annotated

import typer

from oracle.cli import output
from oracle.cli.options import Act, Look
from oracle.parties import round_views
from oracle.parties.currencies import Currency, currency_at
from oracle.parties.round_views import RoundView
from oracle.parties.wallet import Done
from oracle.types import Address, BaseUnits, RoundId

Number = Annotated[int, typer.Argument(help="The round's number.", min=1)]
TrancheNumber = Annotated[int, typer.Argument(help="The tranche, 0 for the senior one.", min=0)]
Amount = Annotated[str, typer.Argument(help="In whole currency.")]
HolderOption = Annotated[str | None, typer.Option("--holder", help="Whose; default: the caller's.")]


def view_of(me: Look, number: int) -> RoundView:
    """Raises Rejected `unknown_round`."""
    return round_views.round_view(me.client, me.platform, RoundId(number))


def money_of(me: Look, view: RoundView) -> Currency:
    return currency_at(me.client, view.currency)


def holder_of(me: Act, named: str | None) -> Address:
    return me.wallet.address if named is None else me.address(named)


def tell(
    me: Look, view: RoundView, done: Done, facts: Mapping[str, object], amounts: Mapping[str, BaseUnits] | None = None
) -> None:
    """What has happened, and in which state the round is now. Amounts: base units for programs, words for people."""
    state = round_views.state_of(me.client, me.platform, view.id)
    document: dict[str, object] = {"round": view.id, **facts}
    rows, told = dict(document), amounts or {}
    money = money_of(me, view)
    document |= {name: str(amount) for name, amount in told.items()}
    rows |= {name: money.text(amount) for name, amount in told.items()}
    document |= {"state": state.name.lower(), "transaction": done.transaction}
    me.facts(document, rows | {"state": state.words, "transaction": done.transaction})


def days(seconds: int) -> str:
    return f"{seconds / 86_400:.1f} d"


def per_cent(bps: int | None) -> str | None:
    return None if bps is None else f"{bps / 100:g} %"


def moment(unix: int | None) -> str | None:
    return output.moment(unix)
