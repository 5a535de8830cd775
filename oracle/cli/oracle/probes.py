"""What `cise oracle check` looks at. Each probe returns what it found, or raises what is wrong and what to do."""

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform
from oracle.chain.signers import permit_key, relayer_secret
from oracle.chain.transactions import Sender
from oracle.cli.oracle.common import WEI_PER_COIN, database_file_is_missing
from oracle.demo.stack import MANIFEST
from oracle.deployment.inspect import (
    AUTHORITY,
    differing_code,
    role_members,
    roles_in_use,
    unknown_contracts,
    wrong_function_roles,
)
from oracle.deployment.manifest import read_manifest
from oracle.errors import CiseError, Fatal
from oracle.ingest.disk import free_bytes
from oracle.ingest.terms import PublishedTerms
from oracle.settings import Settings
from oracle.store import checkpoints, cycles
from oracle.store.database import RESTORE, Database, newest_revision
from oracle.store.upkeep import damage, revision

_MOST_CLOCK_OFFSET = 15.0
_OLD_BLOCK = 600.0
_TRANSACTIONS = 10
"""Fewer than so many of the largest transactions is too little gas."""
_MEBIBYTE = 2**20


class Site:
    """The place that is looked at; node and Directory are found when a probe first needs them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def client(self) -> ChainClient:
        """Raises Fatal where no node is there or all are on another chain."""
        settings = self.settings
        client = ChainClient(settings.nodes, settings.rpc_timeout, settings.chain_id, settings.head_lag)
        client.connect()
        return client

    def platform(self) -> Platform:
        return Platform.locate(self.client(), self.settings.directory)


def _chain(site: Site) -> str:
    """Each node by itself: one that is away is missed only when the others fail too."""
    settings, lines, wrong = site.settings, [], []
    for url in settings.nodes:
        # Only the host: the path of a node's address may hold a key.
        name = f"{urlsplit(url).hostname}:{urlsplit(url).port or ''}".rstrip(":")
        client = ChainClient(url, settings.rpc_timeout, settings.chain_id)
        try:
            lines.append(f"{name} is on chain {client.connect()} at block {client.head()}")
        except CiseError as error:
            wrong.append(f"{name}: {error.what if isinstance(error, Fatal) else error}")
    if wrong:
        remedy = "Start the node or correct CISE_RPC_URL and CISE_RPC_URLS; `cise up` starts a local chain."
        raise Fatal("chain", "; ".join(wrong + lines), remedy)
    return "; ".join(lines)


def _contracts(site: Site) -> str:
    platform = site.platform()
    return f"Directory {platform.directory} lists {len(platform.addresses)} contracts"


def _code(site: Site) -> str:
    addresses = site.platform().addresses
    wrong = differing_code(site.client(), addresses)
    if wrong:
        raise Fatal(
            "code",
            f"differs from this release: {', '.join(wrong)}",
            "Use the release that these contracts were deployed with, or the Directory of this release's deployment.",
        )
    others = unknown_contracts(addresses)
    known = f"{len(addresses) - len(others)} contracts are those of this release"
    return known + (f"; not known here: {', '.join(others)}" if others else "")


def _roles(site: Site) -> str:
    client, addresses = site.client(), site.platform().addresses
    wrong = wrong_function_roles(client, addresses)
    if wrong:
        raise Fatal("roles", "; ".join(wrong), "Ask who holds the admin role why; deploy again if nobody knows.")
    settings = site.settings
    everybody = role_members(client, addresses[AUTHORITY], settings.start_block, settings.log_chunk)
    members = [one for one in everybody if one.role in roles_in_use(addresses)]
    empty = [one.role for one in members if not one.accounts]
    if empty:
        raise Fatal("roles", f"nobody holds: {', '.join(empty)}", "The admin grants them; without admin, deploy again.")
    manifest = settings.data_dir / MANIFEST
    expected = read_manifest(manifest).roles if manifest.is_file() else {}
    for one in members:
        if one.role in expected and set(one.accounts) != {expected[one.role]}:
            found = ", ".join(one.accounts)
            raise Fatal(
                "roles",
                f"{one.role} is {found}, in {manifest} it is {expected[one.role]}",
                "If the change was decided, correct the file; if not, the admin revokes it.",
            )
    listed = "; ".join(f"{one.role} {', '.join(one.accounts)}" for one in members)
    return f"as declared; {listed}" if expected else f"{listed}; no {MANIFEST} to compare the holders with"


def _relayer(site: Site) -> str:
    settings = site.settings
    secret = relayer_secret(settings)
    if secret is None:
        raise Fatal("relayer key", "no key is set: the relay would run dry", "Set CISE_RELAYER_KEY or …_KEYSTORE.")
    address = Sender(secret, settings.gas_limit, settings.max_fee_gwei).address
    client = site.client()
    balance, fee = client.balance(address), client.fees().max_fee
    least = _TRANSACTIONS * settings.gas_limit * fee
    if balance < max(least, 1):
        what = f"{address} has {balance / WEI_PER_COIN:.6f} coin for gas, and needs {least / WEI_PER_COIN:.6f}"
        raise Fatal("relayer", what, "Send some to this address.")
    return f"{address} has {balance / WEI_PER_COIN:.4f} coin for gas"


def _permits(site: Site) -> str:
    key = permit_key(site.settings)
    if key is None:
        raise Fatal("permit key", "no key is set: this oracle would issue no permits", "Set CISE_PERMIT_KEY.")
    return f"{key.address}; the provider appoints it for each asset"


def _clock(site: Site) -> str:
    client = site.client()
    block = client.block(client.head())
    ahead = block.time - time.time()
    if ahead > _MOST_CLOCK_OFFSET:
        what = f"is {ahead:,.0f} s behind the newest block"
        raise Fatal("clock", what, "Set it by NTP (`timedatectl`), or ask why the chain is ahead.")
    last = _last_cycle(site.settings)
    if last is not None and last - time.time() > _MOST_CLOCK_OFFSET:
        what = f"has gone back: a cycle was recorded {last - time.time():,.0f} s from now"
        raise Fatal("clock", what, "Set it by NTP (`timedatectl`); what is recorded heals by itself.")
    old = f", which is {-ahead:,.0f} s old: an idle chain, or a clock ahead" if -ahead > _OLD_BLOCK else ""
    return f"agrees with the newest block{old}"


def _last_cycle(settings: Settings) -> float | None:
    if database_file_is_missing(settings):
        return None
    database = Database(settings.database)
    try:
        if revision(database) is None:
            return None
        with database.reading() as connection:
            return max((cycle.at for cycle in cycles.all_cycles(connection)), default=None)
    finally:
        database.close()


def _disk(site: Site) -> str:
    folder = site.settings.database_folder
    while not folder.exists():
        folder = folder.parent
    free, least = free_bytes(folder), site.settings.least_free_disk
    if free is None:
        return f"{folder} cannot be asked for its room"
    if free < least:
        what = f"{folder} has {free // _MEBIBYTE:,} MiB free, below the reserve of {least // _MEBIBYTE:,} MiB"
        raise Fatal("disk", what, "Make room, or move the data directory to a larger disk.")
    return f"{free // _MEBIBYTE:,} MiB free, {least // _MEBIBYTE:,} MiB kept as reserve"


def _database(site: Site) -> str:
    settings = site.settings
    if database_file_is_missing(settings):
        return f"{settings.data_dir / 'oracle.db'} will be made at the first start"
    database = Database(settings.database)
    try:
        found = damage(database)
        if found:
            raise Fatal("database", f"is damaged: {'; '.join(found)}", RESTORE)
        at, newest = revision(database), newest_revision()
        if at is None:
            return "sound, and empty"
        if at != newest:
            return f"sound, of release {at}; the next start brings it to {newest}"
        with database.reading() as connection:
            checkpoint = checkpoints.load(connection)
        reached = "has not read the chain yet" if checkpoint is None else f"up to block {checkpoint.number}"
        return f"sound, at {at}, {reached}"
    finally:
        database.close()


def _terms(site: Site) -> str:
    folder = site.settings.terms_dir
    PublishedTerms(folder)
    return "published terms can be read" + ("" if folder is None else f" from {folder}")


PROBES: Mapping[str, Callable[[Site], str]] = MappingProxyType(
    {
        "chain": _chain,
        "contracts": _contracts,
        "code": _code,
        "roles": _roles,
        "relayer": _relayer,
        "permits": _permits,
        "clock": _clock,
        "disk": _disk,
        "database": _database,
        "terms": _terms,
    }
)
