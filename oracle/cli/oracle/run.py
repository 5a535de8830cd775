"""`cise oracle run`: door and relay in one process."""

from oracle import page
from oracle.cli.session import DataDir, DirectoryAddress, Rpc, settings_from
from oracle.ingest.app import create_app
from oracle.ingest.server import BackgroundServer
from oracle.parties.currencies import admitted_currencies
from oracle.relay.daemon import Daemon
from oracle.relay.logs import configure_logging
from oracle.store.database import Database


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
