"""`cise booking`: slots on shared machines, from the rules to the deposit's return."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from oracle.cli import output
from oracle.cli.options import BPS, DAY, HOUR, Act, AssetNumber, Look, MaybePaper, Off, Paper, Uri, acts, looks
from oracle.cli.papers import paper
from oracle.cli.session import CurrencyOption
from oracle.parties import bookings
from oracle.parties.bookings import Booking, BookingStage, Rules
from oracle.parties.currencies import currency_at
from oracle.parties.wallet import Done
from oracle.types import AgreementId, AssetId, ReservationId, Seconds, UnixTime

app = typer.Typer(
    no_args_is_help=True,
    help="Slots on shared machines: rules, allow, book, cancel, check-in, report-return, prove-use, end, contest, "
    "rule, show, list.",
)
Number = Annotated[int, typer.Argument(help="The booking's number.", min=1)]
When = Annotated[datetime, typer.Argument(help="In UTC, for instance 2026-12-01T08:00.", formats=["%Y-%m-%dT%H:%M"])]


@app.command()
@acts
def rules(
    me: Act,
    asset: AssetNumber,
    off: Off = False,
    deposit: Annotated[str, typer.Option(help="For each booking.")] = "0",
    no_show: Annotated[int, typer.Option(help="Percent of it to the machine where nobody came.", min=0, max=100)] = 100,
    slot_minutes: Annotated[int, typer.Option(help="Slots begin at multiples of it, from 1970.", min=5)] = 60,
    most_slots: Annotated[int, typer.Option(help="In one booking.", min=1, max=256)] = 24,
    days_ahead: Annotated[int, typer.Option(help="How far ahead a booking may begin.", min=1)] = 30,
    cancel_hours: Annotated[int, typer.Option(help="Until so long before, the customer may cancel.", min=0)] = 24,
    contest_hours: Annotated[int, typer.Option(help="To contest the condition, or prove use, afterwards.", min=1)] = 24,
    arbitration_hours: Annotated[int, typer.Option(help="For the arbiters.", min=24)] = 168,
    arbiter: Annotated[list[str] | None, typer.Option(help="Who judges the condition; up to five.")] = None,
    currency: CurrencyOption = None,
) -> None:
    """Say, as provider, under which rules the machine is booked from now on; --off: no new bookings."""
    if off:
        stopped = bookings.stop_booking(me.wallet, AssetId(asset))
        me.facts({"asset": asset, "rules": None, "transaction": stopped.transaction})
        return
    money = me.currency(currency)
    content = Rules(
        money.address, money.parse(deposit), no_show * BPS, Seconds(slot_minutes * 60), most_slots,
        Seconds(days_ahead * DAY), Seconds(cancel_hours * HOUR), Seconds(contest_hours * HOUR),
        Seconds(arbitration_hours * HOUR),
    )  # fmt: skip
    judges = [me.address(one) for one in arbiter or ()]
    number, done = bookings.set_rules(me.wallet, AssetId(asset), content, judges)
    document = {"asset": asset, "rules": number, "deposit": str(content.deposit), "slotLength": content.slot_length}
    me.facts(document | {"transaction": done.transaction})


@app.command()
@acts
def allow(
    me: Act, amount: Annotated[str, typer.Argument(help="In whole currency.")], currency: CurrencyOption = None
) -> None:
    """Set what deposits may take from your prepaid account."""
    money = me.currency(currency)
    allowed = money.parse(amount)
    done = bookings.allow(me.wallet, money, allowed)
    document = {"allowed": str(allowed), "currency": money.address, "transaction": done.transaction}
    me.facts(document, document | {"allowed": money.text(allowed)})


@app.command()
@acts
def book(
    me: Act,
    asset: AssetNumber,
    begins: When,
    ends: When,
    agreement: Annotated[
        int | None, typer.Option("--agreement", help="Your own on it: its readings can prove use.", min=1)
    ] = None,
) -> None:
    """Book free slots; the deposit is taken now."""
    own = None if agreement is None else AgreementId(agreement)
    number, done = bookings.book(me.wallet, AssetId(asset), _unix(begins), _unix(ends), own)
    _show(me, number, done)


@app.command()
@acts
def cancel(me: Act, number: Number) -> None:
    """Give the slots and the deposit back: as customer in time, as provider any time before check-in."""
    _show(me, ReservationId(number), bookings.cancel(me.wallet, ReservationId(number)))


@app.command("check-in")
@acts
def check_in(me: Act, number: Number) -> None:
    """Say, as customer, that you have come."""
    _show(me, ReservationId(number), bookings.check_in(me.wallet, ReservationId(number)))


@app.command("report-return")
@acts
def report_return(me: Act, number: Number, document: Paper, uri: Uri = "") -> None:
    """Tell, as customer, in which condition you leave the machine."""
    done = bookings.report_return(me.wallet, ReservationId(number), paper(document, uri))
    _show(me, ReservationId(number), done)


@app.command("prove-use")
@acts
def prove_use(me: Act, number: Number) -> None:
    """Show by a settled reading that the customer came. Anyone may."""
    _show(me, ReservationId(number), bookings.prove_use(me.wallet, ReservationId(number)))


@app.command()
@acts
def end(me: Act, number: Number) -> None:
    """End what has waited long enough: nobody came, nobody contested, or the arbiters are silent. Anyone may."""
    _show(me, ReservationId(number), bookings.end(me.wallet, ReservationId(number)))


@app.command()
@acts
def contest(
    me: Act,
    number: Number,
    document: Paper,
    following: Annotated[
        int | None, typer.Option("--next", help="Your own booking, where you found the machine so.", min=1)
    ] = None,
    uri: Uri = "",
) -> None:
    """Contest the condition in which a machine was left: as provider, or as the next customer."""
    after = None if following is None else ReservationId(following)
    done = bookings.contest(me.wallet, ReservationId(number), after, paper(document, uri))
    _show(me, ReservationId(number), done)


@app.command()
@acts
def rule(
    me: Act,
    number: Number,
    share: Annotated[int, typer.Argument(help="Percent of the deposit to the machine.", min=0, max=100)],
    document: MaybePaper = None,
) -> None:
    """Say, as an arbiter, how the deposit is divided; the first word decides."""
    done = bookings.rule(me.wallet, ReservationId(number), share * BPS, paper(document, ""))
    _show(me, ReservationId(number), done)


@app.command()
@looks
def show(me: Look, number: Number) -> None:
    """Show a booking and what it waits for."""
    _show(me, ReservationId(number), None)


@app.command("list")
@looks
def list_bookings(
    me: Look, asset: Annotated[int | None, typer.Option("--asset", help="Of this machine only.", min=1)] = None
) -> None:
    """List bookings, the newest first."""
    client, platform = me.client, me.platform
    with output.waiting("asking the chain", me.as_json):
        count = bookings.booking_count(client, platform)
        views = [bookings.booking_of(client, platform, ReservationId(number)) for number in range(count, 0, -1)]
    found = [view for view in views if asset in (None, view.asset)]
    rows = [
        (one.id, one.asset, output.moment(one.begins), output.moment(one.ends), _words(one.stage), one.customer)
        for one in found
    ]

    def render(out: Console) -> None:
        headings = ("booking", "machine", "from", "until", "stage", "customer")
        out.print(output.table(headings, rows) if rows else "no bookings yet: `cise booking book`")

    me.show([_document(one) for one in found], render)


def _unix(moment: datetime) -> UnixTime:
    return UnixTime(int(moment.replace(tzinfo=UTC).timestamp()))


def _words(stage: BookingStage) -> str:
    return stage.name.lower().replace("_", " ")


def _document(found: Booking) -> dict[str, object]:
    """Amounts in base units."""
    return {
        "booking": found.id,
        "asset": found.asset,
        "from": found.begins,
        "until": found.ends,
        "stage": found.stage.name.lower(),
        "customer": found.customer,
        "deposit": str(found.deposit),
        "agreement": found.agreement,
        "deadline": found.deadline,
        "contestableUntil": found.contestable_until,
    }


def _waits_for(found: Booking) -> str | None:
    match found.stage:
        case BookingStage.BOOKED:
            return f"the customer until {output.moment(found.ends)}, proof of use until " + str(
                output.moment(found.contestable_until)
            )
        case BookingStage.CHECKED_IN:
            return f"the return; contestable until {output.moment(found.contestable_until)}"
        case BookingStage.CONTESTED:
            return f"an arbiter until {output.moment(found.deadline)}"
        case _:
            return None


def _show(me: Look, number: ReservationId, done: Done | None) -> None:
    found = bookings.booking_of(me.client, me.platform, number)
    money = currency_at(me.client, found.rules.currency)
    document = _document(found)
    rows: dict[str, object] = {
        "booking": f"{number}: machine {found.asset}",
        "stage": _words(found.stage),
        "from": output.moment(found.begins),
        "until": output.moment(found.ends),
        "customer": found.customer,
        "deposit": money.text(found.deposit),
        "waits for": _waits_for(found),
    }
    if done is not None:
        document["transaction"] = rows["transaction"] = done.transaction
        for event in done.events:
            if event.name == "ReservationEnded":
                to_customer, to_asset = event.integer("toCustomer"), event.integer("toAsset")
                document |= {"toCustomer": str(to_customer), "toMachine": str(to_asset)}
                rows["paid"] = f"{money.text(to_customer)} to the customer, {money.text(to_asset)} to the machine"
    me.facts(document, rows)
