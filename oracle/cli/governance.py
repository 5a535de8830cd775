"""`cise governance`: what a member does, from joining to leaving; what all decide together is in governance_votes."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from oracle.cli import governance_votes, output
from oracle.cli.options import Act, Look, MaybePaper, Paper, Uri, acts, looks
from oracle.cli.papers import hash_of, paper, signed_code_from, write_text
from oracle.domain.membership import MemberClass
from oracle.errors import Malformed
from oracle.parties import members
from oracle.parties.members import MemberView
from oracle.parties.wallet import Done
from oracle.types import ZERO_BYTES32

app = typer.Typer(
    no_args_is_help=True,
    help="Owned by its users. Membership: code, join, sign-code, carry, accept-code, vouch, begin-vote, request-class, "
    "sponsor, object, take-class, end-class, hearing, answer, recovery, reinstate, resign, show, members. Decisions: "
    "list, propose, vote, queue, execute, cancel, proposal, proposals. Guardian: pause, lift, stop. Money: community, "
    "dividend. Roles: roles, admit-provider, admit-worker.",
)
Account = Annotated[str, typer.Argument(help="An address, account:N, or the name of a key.")]
ClassName = Annotated[str, typer.Argument(help="provider, service-provider, financier, operator, recycler or auditor.")]
Trades = Annotated[
    list[str] | None, typer.Option("--trade", help="inspect, maintain, repair, upgrade, refurbish, collect, dismantle.")
]
CodeFile = Annotated[Path, typer.Argument(help="What `sign-code` wrote.", metavar="FILE")]

for name, command in governance_votes.COMMANDS.items():
    app.command(name)(command)


@app.command()
@looks
def code(
    me: Look,
    document: Annotated[Path | None, typer.Option(help="A copy: is it the one?", metavar="FILE")] = None,
) -> None:
    """Show the present code of conduct: version, hash, where it is to be read."""
    found = members.code_of_conduct(me.client, me.platform)
    shown: dict[str, object] = {
        "version": found.version, "hash": "0x" + found.hash.hex(), "since": found.since, "uri": found.uri,
    }  # fmt: skip
    rows = shown | {"since": output.moment(found.since)}
    if document is not None:
        shown["isThisOne"] = hash_of(document) == found.hash
        rows["this file"] = "the code, word for word" if shown["isThisOne"] else "another text"
    me.facts(shown, rows)


@app.command()
@acts
def join(me: Act) -> None:
    """Accept the present code and become a member: a plain user, without a vote yet."""
    _acted(me, members.join(me.wallet))


@app.command("sign-code")
@acts
def sign_code(me: Act, file: CodeFile) -> None:
    """Accept the present code on paper; somebody else carries it within the hour and pays the gas."""
    signed = members.sign_code(me.wallet)
    document = {"acceptCode": signed.form.to_json(), "signature": "0x" + signed.signature.hex()}
    write_text(file, json.dumps(document, indent=2) + "\n")
    me.facts({"file": str(file), "member": me.wallet.address})


@app.command()
@acts
def carry(me: Act, file: CodeFile) -> None:
    """Bring a signed acceptance to the chain: its signer joins, or has accepted the new code."""
    signed = signed_code_from(file)
    done = members.carry(me.wallet, signed)
    _show(me, members.member_number(me.client, me.platform, signed.form.member), done)


@app.command("accept-code")
@acts
def accept_code(me: Act) -> None:
    """Accept a code that has changed; 30 days after the change class rights rest until then."""
    _acted(me, members.accept_code(me.wallet))


@app.command()
@acts
def vouch(me: Act, candidate: Account) -> None:
    """Say, as a voting member, that this member shall have a vote; one in 30 days."""
    _about(me, candidate, members.vouch(me.wallet, me.address(candidate)))


@app.command("begin-vote")
@acts
def begin_vote(me: Act, candidate: Account) -> None:
    """Give the vote to whom two have vouched for 30 days ago. Anyone may."""
    _about(me, candidate, members.begin_vote(me.wallet, me.address(candidate)))


@app.command("request-class")
@acts
def request_class(me: Act, wanted: ClassName, trade: Trades = None, certificate: MaybePaper = None) -> None:
    """Ask for a class: a financier is one at once, others need two sponsors and 7 days, or a vote."""
    shown = ZERO_BYTES32 if certificate is None else hash_of(certificate)
    _acted(me, members.request_class(me.wallet, _class(wanted), governance_votes.trades_of(trade), shown))


@app.command()
@acts
def sponsor(me: Act, applicant: Account, wanted: ClassName) -> None:
    """Stand up for an applicant, as a voting member."""
    _about(me, applicant, members.sponsor(me.wallet, me.address(applicant), _class(wanted)))


@app.command("object")
@acts
def object_to(me: Act, applicant: Account, wanted: ClassName, document: Paper) -> None:
    """Object to an applicant, with a reason: then members vote on it."""
    who = me.address(applicant)
    _about(me, applicant, members.object_to(me.wallet, who, _class(wanted), paper(document, "")))


@app.command("take-class")
@acts
def take_class(me: Act, applicant: Account, wanted: ClassName) -> None:
    """Make the class good when nobody has objected for 7 days. Anyone may."""
    _about(me, applicant, members.take_class(me.wallet, me.address(applicant), _class(wanted)))


@app.command("end-class")
@acts
def end_class(me: Act, held: ClassName) -> None:
    """Give a class back."""
    _acted(me, members.end_class(me.wallet, _class(held)))


@app.command()
@acts
def hearing(me: Act, account: Account, document: Paper, uri: Uri = "") -> None:
    """Open a hearing of a member; 14 days later an expulsion may be proposed."""
    _about(me, account, members.open_hearing(me.wallet, me.address(account), paper(document, uri)))


@app.command()
@acts
def answer(me: Act, document: Paper, uri: Uri = "") -> None:
    """Answer, as the member who is heard."""
    _acted(me, members.answer_hearing(me.wallet, paper(document, uri)))


@app.command()
@acts
def recovery(
    me: Act,
    member: Annotated[int | None, typer.Option("--member", help="Of the lost key; you sign with the new.")] = None,
    deny: Annotated[str | None, typer.Option("--deny", help="An address that asked, but not for you.")] = None,
) -> None:
    """Ask, with a new key, for the membership of a lost one; or deny it with the old. A vote decides."""
    if (member is None) == (deny is None):
        raise Malformed("recovery", "give --member, or --deny")
    if deny is not None:
        _acted(me, members.deny_recovery(me.wallet, me.address(deny)))
    elif member is not None:
        _show(me, member, members.ask_recovery(me.wallet, member))


@app.command()
@acts
def reinstate(me: Act, account: Account) -> None:
    """Give the vote back when a suspension is over. Anyone may."""
    _about(me, account, members.reinstate(me.wallet, me.address(account)))


@app.command()
@acts
def resign(me: Act) -> None:
    """Leave. Balances, holds, titles and dividends stay yours."""
    number = members.member_number(me.client, me.platform, me.wallet.address)
    _show(me, number, members.resign(me.wallet))


@app.command()
@looks
def show(me: Look, account: Account) -> None:
    """Show a member: classes, vote, and what they wait for."""
    _show(me, members.member_number(me.client, me.platform, me.address(account)), None)


@app.command("members")
@looks
def list_members(me: Look) -> None:
    """List everybody who ever joined, the newest first."""
    count = members.member_count(me.client, me.platform)
    with output.waiting("asking the chain", me.as_json):
        views = [members.member_view(me.client, me.platform, number) for number in range(count, 0, -1)]
    rows = [(one.id, one.holder, _classes(one), "yes" if one.has_vote else "no", one.resting) for one in views]

    def render(out: Console) -> None:
        out.print(output.table(("member", "account", "classes", "vote", "rests"), rows))

    me.show([_document(one) for one in views], render)


def _class(name: str) -> MemberClass:
    known = {one.name.lower().replace("_", "-"): one for one in MemberClass}
    if name.lower() not in known:
        raise Malformed("class", f"is none of {', '.join(known)}", name)
    return known[name.lower()]


def _classes(view: MemberView) -> str:
    return ", ".join(one.name.lower().replace("_", " ") for one in view.classes)


def _document(view: MemberView) -> dict[str, object]:
    return {
        "member": view.id,
        "account": view.holder,
        "joinedAt": view.joined_at,
        "hasVote": view.has_vote,
        "votingSince": view.voting_since,
        "votingUntil": view.voting_until,
        "classes": [one.name.lower() for one in view.classes],
        "trades": [one.name.lower() for one in view.trades],
        "codeVersion": view.code_version,
        "vouchedBy": {str(by): since for by, since in view.vouched_by.items()},
        "suspendedUntil": view.suspended_until,
        "hearingSince": view.hearing_since,
        "resting": view.resting,
    }


def _acted(me: Act, done: Done) -> None:
    _show(me, members.member_number(me.client, me.platform, me.wallet.address), done)


def _about(me: Act, account: str, done: Done) -> None:
    _show(me, members.member_number(me.client, me.platform, me.address(account)), done)


def _show(me: Look, number: int, done: Done | None) -> None:
    view = members.member_view(me.client, me.platform, number)
    document = _document(view)
    rows: dict[str, object] = {
        "member": f"{view.id}: {view.holder}",
        "classes": _classes(view),
        "trades": ", ".join(one.name.lower() for one in view.trades) or None,
        "vote": f"since {output.moment(view.voting_since)}" if view.has_vote else "none",
        "vouched for by": ", ".join(map(str, view.vouched_by)) or None,
        "code": f"version {view.code_version}",
        "heard since": output.moment(view.hearing_since),
        "rests": view.resting,
    }
    if done is not None:
        document["transaction"] = rows["transaction"] = done.transaction
    me.facts(document, rows)
