"""What holders do with positions."""

from typing import Annotated

import typer

from oracle.cli.options import Act, acts
from oracle.cli.rounds.common import Amount, HolderOption, Number, TrancheNumber, holder_of, money_of, tell, view_of
from oracle.parties import rounds


@acts
def claim(me: Act, number: Number, tranche: TrancheNumber, holder: HolderOption = None) -> None:
    """Have what a position has earned paid into its holder's account; anyone may. Of a running round after a
    distribution."""
    view, whose = view_of(me, number), holder_of(me, holder)
    act = rounds.collect if view.state.is_running else rounds.claim
    amount, done = act(me.wallet, view.id, tranche, whose)
    tell(me, view, done, {"tranche": tranche, "holder": whose}, {"claimed": amount})


@acts
def transfer(
    me: Act,
    number: Number,
    tranche: TrancheNumber,
    to: Annotated[str, typer.Argument(help="Who gets it: an address, a key's name, account:N.")],
    amount: Amount,
) -> None:
    """Pass a position on, by the principal that it stands for; what it has earned so far is paid to you."""
    view, receiver = view_of(me, number), me.address(to)
    passed = money_of(me, view).parse(amount)
    done = rounds.transfer(me.wallet, view.id, tranche, receiver, passed)
    tell(me, view, done, {"tranche": tranche, "to": receiver}, {"amount": passed})


@acts
def burn(me: Act, number: Number, tranche: TrancheNumber) -> None:
    """Give your position up once the round is over, for the last of what it has earned."""
    view = view_of(me, number)
    amount, done = rounds.burn(me.wallet, view.id, tranche)
    tell(me, view, done, {"tranche": tranche}, {"paid": amount})


COMMANDS = {"claim": claim, "transfer": transfer, "burn": burn}
