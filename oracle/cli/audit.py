"""`cise audit`: recompute everything from the chain alone. Needs a node and the Directory's address, nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from oracle.audit import history, journal, receipt, report, statement
from oracle.audit.abi import unhex
from oracle.audit.findings import Findings
from oracle.audit.keccak import checksum_address
from oracle.audit.onlooker import Onlooker, Settlements
from oracle.audit.rpc import Node
from oracle.audit.rpc import Progress as Watch
from oracle.audit.verify import Audit
from oracle.audit.verify import audit as run_audit
from oracle.cli import output
from oracle.cli.papers import write_text
from oracle.cli.session import CurrencyOption, DataDir, DirectoryAddress, Json, Rpc, connect, settings_from
from oracle.errors import Rejected
from oracle.formats import epcis
from oracle.formats.sankey import sankey_svg
from oracle.formats.told import FlowsOf, LifeOf
from oracle.types import Address, AssetId, ChainId

app = typer.Typer(no_args_is_help=True, help="Trust nobody: recompute every figure from the chain alone.")

At = Annotated[int | None, typer.Option("--at", help="Block to pin; the latest by default.", metavar="BLOCK")]
Since = Annotated[int | None, typer.Option("--from", help="From this chain time on.", metavar="UNIX")]
Until = Annotated[int | None, typer.Option("--to", help="Up to this chain time.", metavar="UNIX")]


class Format(StrEnum):
    CSV = "csv"
    JSON = "json"
    BEANCOUNT = "beancount"


@app.command()
def verify(
    at: At = None, rpc: Rpc = None, directory: DirectoryAddress = None, data: DataDir = None, as_json: Json = False
) -> None:
    """Replay the whole chain of this platform and compare everything with everything."""
    audited = _audit(rpc, directory, data, at, as_json)
    output.show(as_json, report.as_document(audited), lambda out: report.show(out, audited))
    _finish(audited.findings)


@app.command("receipt")
def check_receipt(
    file: Annotated[Path, typer.Argument(help="The receipt to check, or to write with --agreement.")],
    agreement: Annotated[int | None, typer.Option("--agreement", help="Write the receipt of this agreement …")] = None,
    sequence: Annotated[int | None, typer.Option("--sequence", help="… and this reading.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Check without a node: signature and arithmetic.")] = False,
    at: At = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Check a receipt off line and against the chain; or write one."""
    if (agreement is None) != (sequence is None) or (offline and agreement is not None):
        raise typer.BadParameter("--agreement and --sequence belong together, and not with --offline")
    findings = Findings()
    if agreement is not None and sequence is not None:
        kept = Settlements.of_agreement(agreement)
        audited = _audit(rpc, directory, data, at, as_json, kept)
        findings = audited.findings
        document = receipt.write(audited, kept, agreement, sequence)
        file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        well = f"Written: {file}"
    else:
        document = _read(file)
        receipt.check_document(document, findings, offline)
        if not offline:
            kept = Settlements.of_agreement(document["reading"]["agreementId"])
            audited = _audit(rpc, directory, data, at, as_json, kept)
            receipt.check_against_chain(document, audited, kept, findings)
            findings.found += audited.findings.found
            findings.not_checked += audited.findings.not_checked
        well = "The receipt is what it says."
    result = {"clean": findings.clean} | report.findings_document(findings)
    output.show(as_json, result, lambda out: report.show_findings(out, findings, well))
    _finish(findings)


@app.command("statement")
def show_statement(
    agreement: Annotated[int | None, typer.Option("--agreement", help="The bill of one agreement.")] = None,
    account: Annotated[str | None, typer.Option("--account", help="Bills of all of a customer's agreements.")] = None,
    since: Since = None,
    until: Until = None,
    at: At = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """The bill, line by line, with every signed reading behind it."""
    if (agreement is None) == (account is None):
        raise typer.BadParameter("name either --agreement or --account")
    customer = None if account is None else _address(account)
    number = agreement or 0
    kept = Settlements.of_agreement(number) if customer is None else Settlements.of_customer(customer)
    audited = _audit(rpc, directory, data, at, as_json, kept)
    if customer is not None:
        bills = statement.bills_of(audited, kept, customer, since, until)
    else:
        bills = [statement.bill(audited, kept, number, since, until)]
    document = {"block": audited.pinned.number, "clean": audited.clean, "bills": statement.as_documents(bills)}
    output.show(as_json, document, lambda out: report.show_bills(out, bills))
    _finish(audited.findings, quiet=as_json)


@app.command("history")
def show_history(
    asset: Annotated[int, typer.Option("--asset", help="The asset's number.", min=1)],
    as_epcis: Annotated[bool, typer.Option("--epcis", help="As EPCIS 2.0 JSON-LD, without customers.")] = False,
    sankey: Annotated[
        Path | None, typer.Option("--sankey", help="Draw whose money it took in and paid, as SVG.", metavar="FILE")
    ] = None,
    currency: CurrencyOption = None,
    at: At = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """The life of one asset: title, meters, liens, documents, agreements with units and money."""
    if as_epcis:
        _show_epcis(asset, rpc, directory, data, at)
        return
    if sankey is not None:
        _draw(asset, sankey, currency, rpc, directory, data, at, as_json)
        return
    life = history.Life(asset)
    audited = _audit(rpc, directory, data, at, as_json, life)
    document = life.document(audited)
    output.show(as_json, document, lambda out: history.show(out, document))
    _finish(audited.findings, quiet=as_json)


def _show_epcis(asset: int, rpc: str | None, directory: str | None, data: Path | None, at: int | None) -> None:
    life = LifeOf(AssetId(asset))
    audited = _audit(rpc, directory, data, at, True, life)
    if not life.happenings:
        raise Rejected("unknown_asset", f"asset {asset}", "there is none up to the pinned block")
    registry = Address(checksum_address(audited.world.assets.address))
    platform = epcis.Platform(ChainId(audited.pinned.chain_id), registry)
    document = epcis.epcis_document(platform, life.happenings, life.happenings[-1].time)
    typer.echo(json.dumps(document, indent=2))
    _finish(audited.findings, quiet=True)


def _draw(
    asset: int, file: Path, wanted: str | None, rpc: str | None, directory: str | None, data: Path | None,
    at: int | None, as_json: bool,
) -> None:  # fmt: skip
    following = FlowsOf(AssetId(asset))
    audited = _audit(rpc, directory, data, at, as_json, following)
    if asset not in audited.world.assets.assets:
        raise Rejected("unknown_asset", f"asset {asset}", "there is none up to the pinned block")
    session = connect(rpc, directory, data)
    flowing = following.money.currencies()
    money = session.currency(flowing[0] if wanted is None and len(flowing) == 1 else wanted)
    flows = following.money.flows(money.address, following.reserve(audited.world))
    write_text(file, sankey_svg(f"The money of machine {asset}", flows, money.text))
    lines = [{"from": one.source, "to": one.target, "amount": str(one.amount)} for one in flows]
    document = {"asset": asset, "currency": money.address, "file": str(file), "flows": lines}
    rows = [(one.source, one.target, money.text(one.amount)) for one in flows]
    output.show(as_json, document, lambda out: out.print(output.table(("from", "to", "amount"), rows)))
    _finish(audited.findings, quiet=as_json)


@app.command()
def export(
    form: Annotated[Format, typer.Option("--format", help="csv, json or beancount.")] = Format.CSV,
    since: Since = None,
    until: Until = None,
    at: At = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Every movement of the ledger as a double entry."""
    seen = journal.Movements(since, until)
    audited = _audit(rpc, directory, data, at, True, seen)
    wanted = Format.JSON if as_json else form
    writers = {Format.CSV: journal.as_csv, Format.JSON: journal.as_json, Format.BEANCOUNT: journal.as_beancount}
    typer.echo(writers[wanted](seen.rows).rstrip("\n"))
    _finish(audited.findings, quiet=False)


def _audit(
    rpc: str | None, directory: str | None, data: Path | None, at: int | None, quiet: bool, *onlookers: Onlooker
) -> Audit:
    settings = settings_from(data, rpc, directory)
    with _watching(quiet) as watch:
        node = Node(settings.rpc_url, watch)
        try:
            return run_audit(node, _address(settings.directory), at, watch, onlookers)
        finally:
            node.close()


@contextmanager
def _watching(quiet: bool) -> Iterator[Watch]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=output.error_console(), transient=True, disable=quiet) as bars:
        tasks: dict[str, TaskID] = {}

        def watch(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield watch


def _finish(findings: Findings, quiet: bool = True) -> None:
    """Exit 1 where the audit found something; a bill or an export says so beside itself."""
    if findings.clean:
        return
    if not quiet:
        report.show_findings(output.error_console(), findings, "")
    raise typer.Exit(output.Exit.NO)


def _address(text: str) -> bytes:
    try:
        found = unhex(text)
    except ValueError:
        found = b""
    if len(found) != 20:
        raise typer.BadParameter(f"{text!r} is no address")
    return found


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read") from error
    except ValueError as error:
        raise Rejected("not_a_receipt", str(file), "it is no JSON document") from error
