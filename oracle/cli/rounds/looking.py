"""What a round is, how it stands against its plan, and what positions are worth."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from oracle.cli import output
from oracle.cli.options import Look, looks
from oracle.cli.rounds.common import Number, days, moment, money_of, per_cent, view_of
from oracle.domain.rounds import RoundRequest
from oracle.formats.round_documents import Document, summary, whole
from oracle.parties import ballots, round_views
from oracle.parties.ballots import BallotView
from oracle.parties.currencies import Currency
from oracle.parties.round_views import PositionView, RoundView, Standing, TrancheView

HolderFilter = Annotated[str | None, typer.Option("--holder", help="With the positions of this account.")]


@looks
def show(me: Look, number: Number, holder: HolderFilter = None) -> None:
    """Plan against receipts, each tranche with coverage and outlook, the open vote, and an account's positions."""
    view = view_of(me, number)
    money = money_of(me, view)
    standing = round_views.standing(me.client, me.platform, view)
    tranches = round_views.tranche_views(me.client, me.platform, view)
    ballot = ballots.ballot_view(me.client, me.platform, view.id)
    held: list[PositionView] = []
    if holder is not None:
        held = round_views.positions_of(me.client, me.platform, me.address(holder), [view])
    document = whole(view, standing, tranches, ballot) | {"positions": [position_document(one) for one in held]}

    def render(out: Console) -> None:
        out.print(output.facts(_rows(view, standing, ballot, money)))
        out.print(_tranche_table(view, tranches, money))
        if held:
            out.print(position_table(held, money))

    me.show(document, render)


@looks
def list_rounds(me: Look, holder: HolderFilter = None) -> None:
    """List rounds, the newest first; with --holder what an account holds in each."""
    with output.waiting("asking the chain", me.as_json):
        views = round_views.round_views(me.client, me.platform)[::-1]
        held: list[PositionView] = []
        if holder is not None:
            held = round_views.positions_of(me.client, me.platform, me.address(holder), views)
            views = [view for view in views if view.id in {one.round for one in held}]
        moneys = {view.id: money_of(me, view) for view in views}
    document = [
        summary(view) | {"positions": [position_document(one) for one in held if one.round == view.id]}
        for view in views
    ]

    def render(out: Console) -> None:
        headings = ("round", "state", "raised", "of", "received", "machines", "provider")
        rows = [
            (view.id, view.state.words, moneys[view.id].text(view.raised), moneys[view.id].text(view.terms.target),
             moneys[view.id].text(view.received), ", ".join(str(one.asset) for one in view.assets), view.provider)
            for view in views
        ]  # fmt: skip
        out.print(output.table(headings, rows) if rows else "no rounds: `cise round open`")
        for view in views if held else ():
            out.print(position_table([one for one in held if one.round == view.id], moneys[view.id]))

    me.show(document, render)


def tell_terms(me: Look, name: str, asked: RoundRequest, money: Currency) -> None:
    """What a file of terms says, before anything is sent."""
    terms, text = asked.terms, money.text
    tranches = [
        {"tranche": index, "size": str(one.size), "least": str(one.least), "rateBps": one.rate_bps,
         "capBps": one.cap_bps or None, "residualBps": one.residual_bps}
        for index, one in enumerate(asked.tranches)
    ]  # fmt: skip
    document: Document = {
        "name": name,
        "secured": terms.secured,
        "minimum": str(terms.minimum),
        "target": str(terms.target),
        "deadline": terms.deadline,
        "termsHash": "0x" + terms.terms_hash.hex(),
        "tranches": tranches,
        "planned": str(asked.plan[-1].amount),
        "assets": [one.asset for one in asked.assets],
    }
    rows: Document = {
        "name": name,
        "machines": ", ".join(str(one.asset) for one in asked.assets) + (" under lien" if terms.secured else ""),
        "raises": f"{text(terms.minimum)} to {text(terms.target)} by {moment(terms.deadline)}",
        "planned": f"{text(asked.plan[-1].amount)} within {days(asked.plan[-1].time)}",
        "late, impaired, defaulted": ", ".join(map(days, (terms.late_after, terms.impaired_after, terms.default_after)))
        + " behind plan",
    }
    headings = ("tranche", "size", "rate", "cap", "residual")
    lines = [
        (index, text(one.size), per_cent(one.rate_bps), per_cent(one.cap_bps or None), per_cent(one.residual_bps))
        for index, one in enumerate(asked.tranches)
    ]
    me.show(document, lambda out: out.print(output.facts(rows), output.table(headings, lines), sep="\n"))


def position_document(one: PositionView) -> Document:
    return {
        "tranche": one.tranche,
        "holder": one.holder,
        "putIn": str(one.put_in),
        "earned": str(one.earned),
        "claimable": str(one.claimable),
        "outstanding": str(one.outstanding),
        "locked": str(one.locked),
    }


def position_table(held: Sequence[PositionView], money: Currency) -> object:
    headings = ("round", "tranche", "put in", "earned", "claimable", "still outstanding", "locked by a vote")
    amounts = [(one.put_in, one.earned, one.claimable, one.outstanding, one.locked) for one in held]
    rows = [(one.round, one.tranche, *map(money.text, each)) for one, each in zip(held, amounts, strict=True)]
    return output.table(headings, rows)


def _rows(view: RoundView, standing: Standing, ballot: BallotView | None, money: Currency) -> Document:
    terms, text = view.terms, money.text
    machines = [
        f"{one.asset}" + (f" (guarantee {one.guarantee})" if one.guarantee is not None else "") for one in view.assets
    ]
    by_rule = "" if standing.by_rule is view.state else f"; by rule {standing.by_rule.words}: `cise round update`"
    rows: Document = {
        "round": view.id,
        "state": view.state.words + by_rule,
        "machines": ", ".join(machines) + (" under lien" if terms.secured else ""),
        "provider": view.provider,
        "raised": f"{text(view.raised)} of {text(terms.target)}, at least {text(terms.minimum)}",
    }
    if view.started_at is None:
        return rows | {"deadline": moment(terms.deadline)}
    rows |= {
        "started": moment(view.started_at),
        "plan ends": moment(view.plan_ends_at),
        "received": f"{text(standing.received)}, expected by now {text(standing.expected)}",
        "behind plan": days(standing.behind) if standing.behind else None,
        "owed": text(standing.owed),
        "fees in the split": text(standing.undistributed),
    }
    return rows if ballot is None else rows | {"vote": _ballot_words(ballot, standing, money)}


def _ballot_words(ballot: BallotView, standing: Standing, money: Currency) -> str:
    subject = "default: buy back or write off?" if ballot.consent_to is None else f"consent to {ballot.consent_to}?"
    if ballot.decided:
        return f"{subject} {'yes' if ballot.result else 'no'}, decided {moment(ballot.closes_at)}"
    counted = f"{money.text(ballot.yes)} yes, {money.text(ballot.no)} no of {money.text(ballot.weight)}"
    until = f"until {moment(ballot.closes_at)}" if ballot.is_open(standing.at) else "over: `cise round decide`"
    return f"{subject} {counted}, {until}"


def _tranche_table(view: RoundView, tranches: Sequence[TrancheView], money: Currency) -> object:
    headings = (
        "tranche",
        "rate",
        "invested",
        "of",
        "outstanding",
        "interest due",
        "paid",
        "lost",
        "repaid by",
        "covered",
    )
    text, running = money.text, view.state.is_running
    rows = [
        (one.tranche, per_cent(terms.rate_bps), text(one.invested), text(terms.size), text(one.outstanding),
         text(one.interest_due), text(one.paid), text(one.written_down), moment(one.repaid_by) if running else None,
         per_cent(one.coverage_bps) if running else None)
        for terms, one in zip(view.tranches, tranches, strict=True)
    ]  # fmt: skip
    return output.table(headings, rows)


COMMANDS = {"show": show, "list": list_rounds}
