"""`cise oracle`: the door and the relay of one operator."""

import time
from collections.abc import Callable
from typing import Annotated

import httpx
import typer
from rich.console import Console, Group
from rich.live import Live

from oracle import page
from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform
from oracle.chain.signers import permit_key, relayer_secret
from oracle.chain.transactions import Sender
from oracle.cli import output
from oracle.cli.session import DataDir, DirectoryAddress, Json, Rpc, read_running, settings_from
from oracle.errors import CiseError, Fatal
from oracle.ingest.app import create_app
from oracle.ingest.quarantine_desk import QuarantineDesk
from oracle.ingest.server import BackgroundServer
from oracle.ingest.terms import PublishedTerms
from oracle.parties.currencies import admitted_currencies
from oracle.relay.daemon import Daemon
from oracle.relay.logs import configure_logging
from oracle.settings import Settings
from oracle.store import checkpoints, cycles
from oracle.store.database import Database
from oracle.store.quarantine import QuarantineEntry

app = typer.Typer(no_args_is_help=True, help="The oracle: run, status, check, quarantine.")
quarantine = typer.Typer(no_args_is_help=True, help="Readings that contradict themselves, and who decides on them.")
app.add_typer(quarantine, name="quarantine")
WEI_PER_GAS_COIN = 10**18


@app.command()
def run(rpc: Rpc = None, directory: DirectoryAddress = None, data: DataDir = None) -> None:
    """Take readings and relay them until Ctrl-C. All settings come from the environment (CISE_…)."""
    settings = settings_from(data, rpc, directory)
    configure_logging(settings.log_level)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    daemon = Daemon(settings, database)
    application = create_app(settings, database, daemon.permits)
    chain = daemon.context
    page.mount(
        application,
        lambda: {
            one.address: page.ShownCurrency(one.symbol, one.decimals)
            for one in admitted_currencies(chain.client, chain.platform)
        },
    )
    try:
        with BackgroundServer(application, settings):
            daemon.run()
    finally:
        database.close()


@app.command()
def status(
    watch: Annotated[bool, typer.Option("--watch", help="Keep looking, until Ctrl-C.")] = False,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """What the relay did last, and where it stands on the chain."""
    settings = settings_from(data)
    database = _database(settings)
    if not watch:
        output.show(as_json, _status(database, settings), lambda out: out.print(_status_table(database, settings)))
        return
    with Live(_status_table(database, settings), console=output.console(), auto_refresh=False) as live:
        try:
            while True:
                time.sleep(1)
                live.update(_status_table(database, settings), refresh=True)
        except KeyboardInterrupt:
            return


@app.command()
def check(rpc: Rpc = None, directory: DirectoryAddress = None, data: DataDir = None, as_json: Json = False) -> None:
    """Look at everything the oracle needs before it starts: chain, contracts, keys, gas, database, terms."""
    settings = settings_from(data, rpc, directory)
    results = [_checked(name, probe, settings) for name, probe in _PROBES]
    document = [{"check": name, "ok": ok, "found": found} for name, ok, found in results]

    def render(out: Console) -> None:
        for name, ok, found in results:
            out.print("[green]✓[/]" if ok else "[red]✗[/]", name, end=": ")
            out.print(found, markup=False)

    output.show(as_json, document, render)
    if not all(ok for _, ok, _ in results):
        raise typer.Exit(output.Exit.ENVIRONMENT)


@quarantine.command("list")
def list_quarantine(
    everything: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Readings that wait for a person."""
    entries = _desk(settings_from(data)).entries(open_only=not everything)
    _show_entries(entries, as_json)


@quarantine.command()
def release(
    entry: Annotated[int, typer.Argument(help="The entry's number.", min=1)],
    by: Annotated[str, typer.Option("--by", help="Who decides; kept with the entry.")],
    note: Annotated[str | None, typer.Option("--note", help="Why.")] = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Let the reading count."""
    _show_entries([_desk(settings_from(data)).release(entry, by, note, time.time())], as_json)


@quarantine.command()
def reject(
    entry: Annotated[int, typer.Argument(help="The entry's number.", min=1)],
    by: Annotated[str, typer.Option("--by", help="Who decides; kept with the entry.")],
    note: Annotated[str | None, typer.Option("--note", help="Why.")] = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Never let this oracle count the reading; another relayer still may."""
    _show_entries([_desk(settings_from(data)).reject(entry, by, note, time.time())], as_json)


def _database(settings: Settings) -> Database:
    """Raises Fatal where no oracle has worked here, instead of making an empty database."""
    file = settings.data_dir / "oracle.db"
    if settings.database_url is None and not file.is_file():
        raise Fatal("database", f"{file} does not exist", "Name the oracle's data directory with --data.")
    return Database(settings.database)


def _desk(settings: Settings) -> QuarantineDesk:
    return QuarantineDesk(_database(settings), PublishedTerms(settings.terms_dir))


def _status(database: Database, settings: Settings) -> dict[str, object]:
    with database.reading() as connection:
        checkpoint = checkpoints.load(connection)
        done = cycles.all_cycles(connection)
    running = read_running(settings.data_dir)
    return {
        "block": None if checkpoint is None else checkpoint.number,
        "head": None if checkpoint is None else checkpoint.head,
        "ready": None if running is None else _ready(str(running.get("url", ""))),
        "cycles": [
            {
                "name": cycle.name,
                "outcome": cycle.outcome,
                "at": cycle.at,
                "succeededAt": cycle.succeeded_at,
                "seconds": cycle.seconds,
                "detail": dict(cycle.detail),
            }
            for cycle in done
        ],
    }


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=2).is_success
    except httpx.HTTPError:
        return False


def _status_table(database: Database, settings: Settings) -> Group:
    now = time.time()
    with database.reading() as connection:
        checkpoint = checkpoints.load(connection)
        done = cycles.all_cycles(connection)
    place = {
        "confirmed block": None if checkpoint is None else checkpoint.number,
        "head": None if checkpoint is None else checkpoint.head,
        "database": settings.public()["database_url"],
    }
    rows = [
        (
            cycle.name,
            cycle.outcome,
            f"{now - cycle.at:.0f} s ago",
            "never" if cycle.succeeded_at is None else f"{now - cycle.succeeded_at:.0f} s ago",
            ", ".join(f"{name} {value}" for name, value in cycle.detail.items()),
        )
        for cycle in done
    ]
    return Group(output.facts(place), output.table(("cycle", "outcome", "last", "last success", "detail"), rows))


def _checked(name: str, probe: Callable[[Settings], str], settings: Settings) -> tuple[str, bool, str]:
    try:
        return name, True, probe(settings)
    except Fatal as error:
        return name, False, f"{error.what}. {error.remedy}"
    except CiseError as error:
        return name, False, str(error)


def _probe_chain(settings: Settings) -> str:
    client = ChainClient(settings.rpc_url, settings.rpc_timeout, settings.chain_id)
    return f"chain {client.connect()}, block {client.head()}"


def _probe_contracts(settings: Settings) -> str:
    client = ChainClient(settings.rpc_url, settings.rpc_timeout, settings.chain_id)
    client.connect()
    platform = Platform.locate(client, settings.directory)
    return f"Directory {platform.directory} lists {len(platform.addresses)} contracts"


def _probe_relayer(settings: Settings) -> str:
    secret = relayer_secret(settings)
    if secret is None:
        raise Fatal("relayer key", "is not set: the relay would run dry", "Set CISE_RELAYER_KEY or …_KEYSTORE.")
    address = Sender(secret, settings.gas_limit, settings.max_fee_gwei).address
    client = ChainClient(settings.rpc_url, settings.rpc_timeout, settings.chain_id)
    client.connect()
    balance = client.balance(address)
    if balance == 0:
        raise Fatal("relayer", f"{address} has no coin for gas", "Send some to this address.")
    return f"{address} has {balance / WEI_PER_GAS_COIN:.4f} for gas"


def _probe_permits(settings: Settings) -> str:
    key = permit_key(settings)
    if key is None:
        raise Fatal("permit key", "is not set: this oracle would issue no permits", "Set CISE_PERMIT_KEY.")
    return f"{key.address}; the provider appoints it for each asset"


def _probe_database(settings: Settings) -> str:
    file = settings.data_dir / "oracle.db"
    if settings.database_url is None and not file.is_file():
        return f"{file} will be made at the first start"
    database = Database(settings.database)
    with database.reading() as connection:
        checkpoint = checkpoints.load(connection)
    database.close()
    return "can be read, " + ("empty" if checkpoint is None else f"up to block {checkpoint.number}")


def _probe_terms(settings: Settings) -> str:
    PublishedTerms(settings.terms_dir)
    return "published terms can be read" + ("" if settings.terms_dir is None else f" from {settings.terms_dir}")


_PROBES = (
    ("chain", _probe_chain),
    ("contracts", _probe_contracts),
    ("relayer", _probe_relayer),
    ("permits", _probe_permits),
    ("database", _probe_database),
    ("terms", _probe_terms),
)


def _show_entries(entries: list[QuarantineEntry], as_json: bool) -> None:
    document = [
        {
            "entry": one.id,
            "agreement": one.agreement_id,
            "sequence": one.sequence,
            "reason": one.reason,
            "detail": one.detail,
            "openedAt": one.opened_at,
            "resolution": None if one.resolution is None else one.resolution.value,
            "resolvedBy": one.resolved_by,
            "note": one.note,
        }
        for one in entries
    ]
    headings = ("entry", "agreement", "reading", "reason", "detail", "decided")
    rows = [
        (
            one.id,
            one.agreement_id,
            one.sequence,
            one.reason,
            one.detail,
            None if one.resolution is None else f"{one.resolution.value} by {one.resolved_by}",
        )
        for one in entries
    ]
    output.show(as_json, document, lambda out: out.print(output.table(headings, rows) if rows else "nothing waits"))
