"""Claims on a pool's spares and loans: commands of `cise pool`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from oracle.cli import output
from oracle.cli.options import HOUR, Act, Look, acts, looks
from oracle.cli.papers import hash_of, reading_from, spare_paper_from, status_from
from oracle.cli.two_hands import keep_and_show
from oracle.domain.hand_overs import CoreGrade
from oracle.parties import orders, pools, spare_loans
from oracle.parties.currencies import currency_at
from oracle.parties.spare_loans import ClaimStage, ClaimView
from oracle.types import ZERO_BYTES32, AssetId, ClaimId, MemberId, PoolId, UnixTime

Number = Annotated[int, typer.Argument(help="The claim's number.", min=1)]
File = Annotated[Path, typer.Argument(help="The hand-over on its way from hand to hand.")]
Proof = Annotated[Path, typer.Option("--status", help="A status that the machine's meter signed.", metavar="FILE")]
Condition = Annotated[
    Path | None, typer.Option("--condition", help="The unit's condition in words or pictures.", metavar="FILE")
]
Hours = Annotated[int, typer.Option(help="How long it can be submitted.", min=1)]
Grade = Annotated[str, typer.Option(help=f"Of what comes to the keeper: {', '.join(orders.GRADES)}.")]


@acts
def claim(me: Act, member: Annotated[int, typer.Argument(help="Your membership.", min=1)], status: Proof) -> None:
    """Claim a spare with a "down" that your own machine has signed."""
    signed = status_from(status)
    if signed is None:
        raise typer.BadParameter("name a file with --status")
    number, done = spare_loans.claim(me.wallet, MemberId(member), signed)
    _show(me, number, {"transaction": done.transaction})


@acts
def withdraw(me: Act, number: Number) -> None:
    """Withdraw your claim; the fee comes back, unless you were called out."""
    done = spare_loans.withdraw(me.wallet, ClaimId(number))
    _show(me, ClaimId(number), {"transaction": done.transaction})


@acts
def call_out(
    me: Act,
    pool: Annotated[int, typer.Argument(help="The pool's number.", min=1)],
    model: Annotated[int, typer.Option(help="Its number among the pool's models.", min=0)] = 0,
) -> None:
    """Call out the next in the queue: a spare lies on the shelf. Anyone may."""
    number, done = spare_loans.call_out(me.wallet, PoolId(pool), model)
    _show(me, number, {"transaction": done.transaction})


@looks
def lend(
    me: Look,
    number: Number,
    file: File,
    unit: Annotated[int, typer.Option("--unit", help="The spare, from the shelf.", min=1)],
    condition: Condition = None,
    hours: Hours = 24,
) -> None:
    """Write the hand-over of a spare to a member, for keeper and member to sign."""
    _write(me, ClaimId(number), file, AssetId(unit), CoreGrade.NONE, condition, hours)


@looks
def bring(
    me: Look, number: Number, file: File, grade: Grade = "C", condition: Condition = None, hours: Hours = 24
) -> None:
    """Write the hand-over of the defective unit to the keeper, for both to sign."""
    asset = spare_loans.claim_view(me.client, me.platform, ClaimId(number)).asset
    _write(me, ClaimId(number), file, asset, _grade(grade), condition, hours)


@looks
def give_back(
    me: Look, number: Number, file: File, grade: Grade = "A", condition: Condition = None, hours: Hours = 24
) -> None:
    """Write the return of the spare, graded by the keeper, for both to sign. C and D go to repair."""
    unit = spare_loans.claim_view(me.client, me.platform, ClaimId(number)).unit
    if unit is None:
        raise typer.BadParameter(f"claim {number} has no spare")
    _write(me, ClaimId(number), file, unit, _grade(grade), condition, hours)


@acts
def sign(me: Act, file: File) -> None:
    """Sign as keeper or member. What is signed stands in the file."""
    signed = spare_loans.sign(me.wallet, spare_paper_from(file))
    keep_and_show(me, file, signed, {"claim": signed.form.claim_id, "unit": signed.form.asset_id})


@acts
def hand_over(me: Act, file: File) -> None:
    """Put a hand-over that both have signed on chain. Anyone may."""
    paper = spare_paper_from(file)
    done = spare_loans.submit(me.wallet, paper)
    _show(me, paper.form.claim_id, {"transaction": done.transaction})


@acts
def show_use(
    me: Act,
    number: Number,
    status: Annotated[Path | None, typer.Option("--status", help="A signed status.", metavar="FILE")] = None,
    reading: Annotated[Path | None, typer.Option("--reading", help="A signed reading.", metavar="FILE")] = None,
) -> None:
    """Show that the machine ran after the breakdown it claims: the claim fee is lost. Anyone may."""
    if (status is None) == (reading is None):
        raise typer.BadParameter("name one proof: --status or --reading")
    proof = status_from(status) if reading is None else reading_from(reading)
    if proof is None:
        raise typer.BadParameter("name one proof: --status or --reading")
    done = spare_loans.show_use(me.wallet, ClaimId(number), proof)
    _show(me, ClaimId(number), {"transaction": done.transaction})


@acts
def lapse(me: Act, number: Number) -> None:
    """End a claim that was called out and not collected in time. Anyone may."""
    done = spare_loans.lapse(me.wallet, ClaimId(number))
    _show(me, ClaimId(number), {"transaction": done.transaction})


@acts
def forfeit(me: Act, number: Number) -> None:
    """Take the deposit of a member whose defective unit has not arrived in time. Anyone may."""
    done = spare_loans.forfeit(me.wallet, ClaimId(number))
    _show(me, ClaimId(number), {"transaction": done.transaction})


@acts
def exchange(me: Act, number: Number) -> None:
    """Keep the spare and leave the pool your defective unit, for the exchange fee."""
    view = spare_loans.claim_view(me.client, me.platform, ClaimId(number))
    done = spare_loans.exchange(me.wallet, view)
    _show(me, ClaimId(number), {"transaction": done.transaction})


@acts
def buy_out(me: Act, number: Number) -> None:
    """Keep the spare for the posted price, out of your credit; the pool restocks."""
    done = spare_loans.buy_out(me.wallet, ClaimId(number))
    _show(me, ClaimId(number), {"transaction": done.transaction})


@looks
def claim_show(me: Look, number: Number) -> None:
    """Show a claim, its turn, and what its loan costs by now."""
    _show(me, ClaimId(number), {})


COMMANDS: Mapping[str, Callable[..., None]] = {
    "claim": claim,
    "withdraw": withdraw,
    "call-out": call_out,
    "lend": lend,
    "bring": bring,
    "return": give_back,
    "sign": sign,
    "hand-over": hand_over,
    "show-use": show_use,
    "lapse": lapse,
    "forfeit": forfeit,
    "exchange": exchange,
    "buy-out": buy_out,
    "claim-show": claim_show,
}


def _grade(text: str) -> CoreGrade:
    if text not in orders.GRADES:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(orders.GRADES)}")
    return CoreGrade[text]


def _write(
    me: Look, number: ClaimId, file: Path, asset: AssetId, grade: CoreGrade, condition: Path | None, hours: int
) -> None:
    view = spare_loans.claim_view(me.client, me.platform, number)
    hash_ = ZERO_BYTES32 if condition is None else hash_of(condition)
    deadline = UnixTime(me.now + hours * HOUR)
    paper = spare_loans.draft(me.client, me.platform, view, asset, grade, hash_, deadline)
    keep_and_show(me, file, paper, {"claim": paper.form.claim_id, "unit": paper.form.asset_id})


def _show(me: Look, number: ClaimId, more: dict[str, object]) -> None:
    client, platform = me.client, me.platform
    view = spare_loans.claim_view(client, platform, number)
    document = _document(view)
    rows: dict[str, object] = {
        "claim": f"{number}: member {view.member} of pool {view.pool}",
        "stage": _words(view.stage),
        "broken machine": view.asset,
        "defective unit": "has arrived" if view.has_arrived else "not yet with the keeper",
        "spare": view.unit,
        "latest return" if view.lent_at else "collect until": output.moment(view.deadline),
    }
    if view.stage is ClaimStage.WAITING:
        queue = spare_loans.queue_of(client, platform, view.pool, view.model)
        document["before"] = queue.index(number)
        rows["before it"] = queue.index(number)
    if view.stage is ClaimStage.LENT:
        fee, late = spare_loans.fees_now(client, platform, number)
        money = currency_at(client, pools.pool_view(client, platform, view.pool).terms.currency)
        document |= {"fee": str(fee), "lateFee": str(late)}
        rows["owed by now"] = f"{money.text(fee)}, and {money.text(late)} of the deposit"
    me.facts(document | more, rows | more)


def _document(view: ClaimView) -> dict[str, object]:
    return {
        "claim": view.id,
        "member": view.member,
        "pool": view.pool,
        "stage": view.stage.name.lower(),
        "asset": view.asset,
        "unit": view.unit,
        "odometer": view.odometer,
        "defectiveArrived": view.has_arrived,
        "isBehind": view.is_behind,
        "claimedAt": view.claimed_at,
        "lentAt": view.lent_at,
        "deadline": view.deadline,
    }


def _words(stage: ClaimStage) -> str:
    return stage.name.lower().replace("_", " ")
