"""What members decide together: proposals and their way, the guardian, the money of all, and who holds which role."""

from typing import Annotated, Any

import typer
from rich.console import Console

from oracle.cli import output
from oracle.cli.options import Act, Look, Off, acts, looks
from oracle.cli.session import CurrencyOption
from oracle.deployment.decisions import DECISIONS, bounds_in_words
from oracle.deployment.inspect import AUTHORITY, role_members, roles_in_use, wrong_function_roles
from oracle.domain.membership import Trade
from oracle.errors import Malformed
from oracle.parties import governing, members
from oracle.parties.governing import Ballot, Proposal, Stage
from oracle.parties.wallet import Done
from oracle.types import Address

Number = Annotated[str, typer.Argument(help="The proposal's number, or the first figures of it.")]
Targets = Annotated[list[str] | None, typer.Option("--contract", help="Only this one; again for more.")]
Who = Annotated[str, typer.Argument(help="An address, account:N, or the name of a key.")]
BALLOTS = {"for": Ballot.FOR, "against": Ballot.AGAINST, "abstain": Ballot.ABSTAIN}


@looks
def decidable(me: Look) -> None:
    """List what may be decided, within which bounds, and the most harm that could be done with it."""
    listed = [one for one in DECISIONS if one.contract in me.platform.addresses or one.contract == "Directory"]
    rows = [(f"{one.contract}.{one.function.split('(')[0]}", bounds_in_words(one), one.worst) for one in listed]
    document = [
        {"function": f"{one.contract}.{one.function}", "within": bounds_in_words(one), "atWorst": one.worst}
        for one in listed
    ]
    me.show(document, lambda out: out.print(output.table(("may be decided", "within", "at worst"), rows)))


@acts
def propose(
    me: Act,
    what: Annotated[str, typer.Argument(help="Contract.function, for instance Membership.expel.")],
    values: Annotated[list[str] | None, typer.Argument(help="Its arguments; lists with commas.")] = None,
    because: Annotated[str, typer.Option("--because", help="Why; public, part of what is voted on.")] = "",
) -> None:
    """Propose one call. What is not on the list, or beyond its bounds, is refused at once."""
    call = governing.call_to(me.platform, what, values or [], lambda text: _place(me, text))
    number, done = governing.propose(me.wallet, [call], because)
    _show(me, governing.proposal_of(me.client, me.platform, number), done)


@acts
def vote(
    me: Act,
    number: Number,
    ballot: Annotated[str, typer.Argument(help="for, against or abstain.")],
    because: Annotated[str, typer.Option("--because", help="Why; public.")] = "",
) -> None:
    """Vote: one member, one vote, once."""
    if ballot.lower() not in BALLOTS:
        raise Malformed("vote", f"is none of {', '.join(BALLOTS)}", ballot)
    found = _find(me, number)
    done = governing.vote(me.wallet, found.id, BALLOTS[ballot.lower()], because)
    _show(me, _again(me, found), done)


@acts
def queue(me: Act, number: Number) -> None:
    """Send what has passed into the timelock. Anyone may."""
    found = _find(me, number)
    done = governing.queue(me.wallet, found)
    _show(me, _again(me, found), done)


@acts
def execute(me: Act, number: Number) -> None:
    """Do what was decided, when it has waited long enough. Anyone may."""
    found = _find(me, number)
    done = governing.execute(me.wallet, found)
    _show(me, _again(me, found), done)


@acts
def cancel(me: Act, number: Number) -> None:
    """Take back your own proposal, before the vote begins."""
    found = _find(me, number)
    done = governing.cancel(me.wallet, found)
    _show(me, _again(me, found), done)


@looks
def proposal(me: Look, number: Number) -> None:
    """Show a proposal: what it would do, the votes, and what it waits for."""
    _show(me, _find(me, number), None)


@looks
def proposals(me: Look) -> None:
    """List all proposals, the newest first."""
    found = governing.proposals(me.client, me.platform)[::-1]
    rows = [
        (_short(one), one.stage.name.lower(), "; ".join(governing.spelled(me.platform, each) for each in one.calls))
        for one in found
    ]

    def render(out: Console) -> None:
        out.print(output.table(("proposal", "stage", "what"), rows) if rows else "nothing was ever proposed")

    me.show([_document(me, one) for one in found], render)


# The guardian


@acts
def pause(me: Act, targets: Targets = None) -> None:
    """Agree, as a guardian, to stop new obligations for 14 days; the one who completes the quorum stops them."""
    _guarded(me, governing.pause(me.wallet, _targets(me, targets)))


@acts
def lift(me: Act, targets: Targets = None) -> None:
    """Agree, as a guardian, to end a pause before its time."""
    _guarded(me, governing.lift(me.wallet, _targets(me, targets)))


@acts
def stop(me: Act, number: Number) -> None:
    """Agree, as a guardian, to cancel a decision that waits; none that is about the guardian."""
    _guarded(me, governing.stop(me.wallet, _find(me, number)))


# What belongs to all


@looks
def community(me: Look, currency: CurrencyOption = None) -> None:
    """Show what belongs to all members, and what decisions may still take of it."""
    money = me.currency(currency)
    found = governing.community(me.client, me.platform, money)
    figures = {"free": found.free, "setAside": found.set_aside, "leftToDecide": found.left}
    me.facts(
        {name: str(amount) for name, amount in figures.items()} | {"currency": money.address},
        {name: money.text(amount) for name, amount in figures.items()},
    )


@acts
def dividend(me: Act, currency: CurrencyOption = None) -> None:
    """Take your dividends into your prepaid account; a former member may too."""
    money = me.currency(currency)
    paid, last = 0, None
    for number in range(1, members.member_count(me.client, me.platform) + 1):
        owed = governing.claimable(me.client, me.platform, number, money)
        if owed and members.member_view(me.client, me.platform, number).holder == me.wallet.address:
            paid, last = paid + owed, governing.claim(me.wallet, number, money)
    document = {"paid": str(paid), "currency": money.address, "transaction": last and last.transaction}
    me.facts(document, document | {"paid": money.text(paid)})


# Roles


@looks
def roles(me: Look) -> None:
    """Show who holds which role, and hold every restricted function against what this release declares."""
    settings, addresses = me.session.settings, me.platform.addresses
    named = {address: name for name, address in addresses.items()}
    with output.waiting("asking the chain", me.as_json):
        everybody = role_members(me.client, addresses[AUTHORITY], settings.start_block, settings.log_chunk)
        wrong = wrong_function_roles(me.client, addresses)
    holders = {one.role: [named.get(each, each) for each in one.accounts] for one in everybody}
    holders = {role: found for role, found in holders.items() if role in roles_in_use(addresses)}
    document = {"roles": holders, "notAsDeclared": wrong}
    rows: dict[str, object] = {role: ", ".join(found) or "nobody" for role, found in holders.items()}
    me.facts(document, rows | {"functions": "; ".join(wrong) or "each as declared"})
    if wrong:
        raise typer.Exit(output.Exit.NO)


@acts
def admit_provider(me: Act, account: Who, off: Off = False) -> None:
    """Let an account offer machines, where a holder of the listing role still keeps that list."""
    who = me.address(account)
    done = governing.admit_provider(me.wallet, who, not off)
    me.facts({"provider": who, "admitted": not off, "transaction": done.transaction})


@acts
def admit_worker(
    me: Act,
    account: Who,
    trade: Annotated[list[str] | None, typer.Option("--trade", help="Only this one; again for more.")] = None,
    off: Off = False,
) -> None:
    """Let an account bid for work, where a holder of the listing role still keeps that list."""
    chosen = () if off else trades_of(trade) or tuple(Trade)
    who = me.address(account)
    done = governing.admit_worker(me.wallet, who, chosen)
    admitted = [one.name.lower() for one in chosen]
    me.facts({"worker": who, "trades": admitted, "transaction": done.transaction})


COMMANDS = {
    "list": decidable, "propose": propose, "vote": vote, "queue": queue, "execute": execute, "cancel": cancel,
    "proposal": proposal, "proposals": proposals, "pause": pause, "lift": lift, "stop": stop, "community": community,
    "dividend": dividend, "roles": roles, "admit-provider": admit_provider, "admit-worker": admit_worker,
}  # fmt: skip


def trades_of(names: list[str] | None) -> tuple[Trade, ...]:
    """Raises Malformed for a name that is none."""
    known = {trade.name.lower(): trade for trade in Trade}
    for name in names or ():
        if name.lower() not in known:
            raise Malformed("trade", f"is none of {', '.join(known)}", name)
    return tuple(known[name.lower()] for name in names or ())


def _place(me: Look, text: str) -> Address:
    """A contract of the platform by its name, else as everywhere."""
    return me.platform.addresses[text] if text in me.platform.addresses else me.address(text)


def _targets(me: Look, names: list[str] | None) -> list[Address]:
    return [_place(me, name) for name in names] if names else governing.pausable(me.platform)


def _find(me: Look, number: str) -> Proposal:
    found = [one for one in governing.proposals(me.client, me.platform) if str(one.id).startswith(number)]
    if len(found) != 1:
        raise Malformed("proposal", f"{len(found)} proposals begin with it; see `cise governance proposals`", number)
    return found[0]


def _again(me: Look, found: Proposal) -> Proposal:
    return governing.proposal_of(me.client, me.platform, found.id)


def _short(found: Proposal) -> str:
    return str(found.id)[:10]


def _document(me: Look, found: Proposal) -> dict[str, object]:
    return {
        "proposal": str(found.id),
        "stage": found.stage.name.lower(),
        "proposer": found.proposer,
        "calls": [governing.spelled(me.platform, one) for one in found.calls],
        "because": found.because,
        "votesFrom": found.votes_from,
        "votesUntil": found.votes_until,
        "votes": {ballot.name.lower(): count for ballot, count in found.votes.items()},
        "quorum": found.quorum,
        "executableFrom": found.executable_from,
    }


def _waits_for(found: Proposal) -> str | None:
    match found.stage:
        case Stage.PENDING:
            return f"the vote, from {output.moment(found.votes_from)}"
        case Stage.ACTIVE:
            return f"votes, until {output.moment(found.votes_until)}"
        case Stage.SUCCEEDED:
            return "the timelock: `cise governance queue`"
        case Stage.QUEUED:
            return f"its time, {output.moment(found.executable_from)}: `cise governance execute`"
        case _:
            return None


def _show(me: Look, found: Proposal, done: Done | None) -> None:
    document = _document(me, found)
    counted = ", ".join(f"{count} {ballot.name.lower()}" for ballot, count in found.votes.items())
    rows: dict[str, Any] = {
        "proposal": found.id,
        "stage": found.stage.name.lower(),
        "would do": "; ".join(governing.spelled(me.platform, one) for one in found.calls),
        "because": found.because or None,
        "by": found.proposer,
        "votes": f"{counted}; for and abstain need {found.quorum}",
        "waits for": _waits_for(found),
    }
    if done is not None:
        document["transaction"] = rows["transaction"] = done.transaction
    me.facts(document, rows)


def _guarded(me: Act, done: Done) -> None:
    people, quorum, free_from = governing.guardians(me.client, me.platform)
    paused = governing.paused(me.client, me.platform)
    document = {
        "paused": paused, "guardians": people, "quorum": quorum, "pausableFrom": free_from,
        "transaction": done.transaction,
    }  # fmt: skip
    rows = {
        "paused now": ", ".join(paused) or "nothing",
        "guardians": f"{quorum} of {len(people)} agree",
        "next pause": f"from {output.moment(free_from)}",
        "transaction": done.transaction,
    }
    me.facts(document, rows)
