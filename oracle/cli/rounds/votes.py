"""What holders decide, and what follows a default."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from oracle.cli.options import Act, AssetNumber, acts
from oracle.cli.papers import status_from
from oracle.cli.rounds.common import Number, TrancheNumber, tell, view_of
from oracle.errors import Rejected
from oracle.parties import ballots, round_views, rounds
from oracle.types import AssetId, GuaranteeId


class Answer(StrEnum):
    YES = "yes"
    NO = "no"


@acts
def propose(
    me: Act,
    number: Number,
    account: Annotated[str, typer.Argument(help="Who may sign permits and be paid from the reserves.")],
    tranche: Annotated[int, typer.Option("--tranche", help="One that you hold; not for the provider.", min=0)] = 0,
) -> None:
    """Ask the holders for their consent to an account, as provider or holder."""
    view, whom = view_of(me, number), me.address(account)
    tell(me, view, ballots.propose_consent(me.wallet, view.id, whom, tranche), {"consentTo": whom})


@acts
def propose_write_off(me: Act, number: Number, tranche: TrancheNumber) -> None:
    """Ask the holders of an innovation in default once more whether to write it off."""
    view = view_of(me, number)
    tell(me, view, ballots.propose_write_off(me.wallet, view.id, tranche), {"subject": "default"})


@acts
def vote(me: Act, number: Number, tranche: TrancheNumber, answer: Answer) -> None:
    """Vote with your position. After a default yes is the buyback (an innovation: to write off), no the auction."""
    view = view_of(me, number)
    weight, done = ballots.vote(me.wallet, view.id, tranche, answer is Answer.YES)
    tell(me, view, done, {"tranche": tranche, "vote": answer.value}, {"weight": weight})


@acts
def decide(me: Act, number: Number) -> None:
    """Record what the votes say, once they can or their time is over; anyone may."""
    view = view_of(me, number)
    result, done = ballots.decide(me.wallet, view.id)
    tell(me, view, done, {"result": "yes" if result else "no"})


@acts
def buyback(
    me: Act,
    number: Number,
    asset: AssetNumber,
    status: Annotated[
        Path | None,
        typer.Option("--status", help="The meter's signed status; without it the largest wear.", metavar="FILE"),
    ] = None,
) -> None:
    """Exercise a machine's guarantee after a default, where the holders voted for it; anyone may."""
    view = view_of(me, number)
    paid, done = rounds.exercise_buyback(me.wallet, view.id, AssetId(asset), status_from(status))
    tell(me, view, done, {"asset": asset}, {"paid": paid})


@acts
def collect_claim(
    me: Act, guarantee: Annotated[int, typer.Argument(help="The guarantee that fell short.", min=1)]
) -> None:
    """Pass what a guarantor has paid since (`cise guarantee pay`) into the round; anyone may."""
    claim = round_views.claim_view(me.client, me.platform, GuaranteeId(guarantee))
    if claim is None:
        raise Rejected("no_claim", f"guarantee {guarantee}", "owes nothing to a round")
    amount, done = rounds.collect_claim(me.wallet, GuaranteeId(guarantee))
    view = view_of(me, claim.round)
    tell(me, view, done, {"guarantee": guarantee}, {"collected": amount})


@acts
def write_off(me: Act, number: Number) -> None:
    """Write off what an innovation still owes, where the holders voted for it; anyone may."""
    view = view_of(me, number)
    tell(me, view, rounds.write_off(me.wallet, view.id), {})


COMMANDS = {
    "propose": propose,
    "propose-write-off": propose_write_off,
    "vote": vote,
    "decide": decide,
    "buyback": buyback,
    "collect-claim": collect_claim,
    "write-off": write_off,
}
