"""What the oracle's commands share."""

from oracle.errors import Fatal
from oracle.settings import Settings
from oracle.store.database import Database

WEI_PER_COIN = 10**18


def database_file_is_missing(settings: Settings) -> bool:
    return settings.database_url is None and not (settings.data_dir / "oracle.db").is_file()


def existing_database(settings: Settings) -> Database:
    """Raises Fatal where no oracle has worked here, instead of making an empty database."""
    if database_file_is_missing(settings):
        file = settings.data_dir / "oracle.db"
        raise Fatal("database", f"{file} does not exist", "Name the oracle's data directory with --data.")
    return Database(settings.database)
