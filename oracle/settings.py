"""The only reader of the environment: every variable is CISE_ and the field's name in capitals.

Keys and passwords are `SecretStr`: they show as asterisks in texts and logs, and `public()` leaves them out altogether.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from eth_utils.address import is_address, to_checksum_address
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from oracle.errors import Fatal
from oracle.types import Address


class SealPolicy(StrEnum):
    """When readings go to the chain."""

    SESSION = "session"
    """At the end of a session, at half the hold, at the latest daily: the default, and what privacy needs."""
    EACH_BLOCK = "each_block"
    """Whatever is new, every relay cycle: demo and bench only."""


Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]


class Settings(BaseSettings):
    """What an operator can set. Times are seconds."""

    model_config = SettingsConfigDict(
        env_prefix="CISE_", frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True
    )

    rpc_url: str = "http://127.0.0.1:8545"
    rpc_urls: str | None = None
    """More nodes of the same chain, separated by commas, in the order of preference after `rpc_url`."""
    head_lag: Count = 5
    """Most blocks a node may be behind the best one and still be read from."""
    chain_id: int | None = Field(default=None, gt=0)
    """Checked at every connection where set; otherwise the first answer counts and is kept in the database."""
    directory_address: str | None = None
    confirmations: Count = 2
    """Blocks on top before chain state counts; 0 where blocks are final at once."""
    rpc_timeout: Positive = 10
    log_chunk: int = Field(default=2_000, gt=0)
    """Most blocks per log query."""
    start_block: Count = 1
    """Where the platform was deployed: nothing is read before it. Block 0 holds no transaction, and a local chain may
    make it anew at each start."""

    data_dir: Path = Path(".cise")
    database_url: SecretStr | None = None
    """Secret because it may carry a password. Default: SQLite in `data_dir`."""
    terms_dir: Path | None = None
    """Published terms (JSON) of tariffs; found by their hash."""

    host: str = "127.0.0.1"
    port: int = Field(default=8741, ge=0, lt=65_536)
    sign_in_domain: str | None = None
    """Host and port that wallets show at sign-in (ERC-4361). Default: host:port."""
    sign_in_uri: str | None = None
    body_limit: int = Field(default=1_048_576, gt=0)
    body_timeout: Positive = 8
    """For a whole body to arrive, and for a peer that has stopped reading its answer."""
    items_limit: int = Field(default=5_000, gt=0)
    """Most readings in one request."""
    nonce_lifetime: Positive = 300
    session_lifetime: Positive = 12 * 3_600
    live_interval: float = Field(default=0.25, ge=0.25)
    """Between two live events of one subject: at most four a second."""

    # Doors under pressure
    header_limit: int = Field(default=32_768, ge=1_024)
    header_timeout: Positive = 8
    connections: int = Field(default=1_000, gt=0)
    """Open at once; one more gets 503."""
    connections_per_address: int = Field(default=200, gt=0)
    """Counts the peer: behind a proxy every visitor is the proxy."""
    requests_limit: int = Field(default=256, gt=0)
    """Worked on or waiting at once, live streams apart; one more gets 429."""
    bodies_limit: int = Field(default=67_108_864, gt=0)
    """Bytes of all bodies in memory at once."""
    address_rate: Positive = 500
    """Requests a second by one address; `address_burst` at once."""
    address_burst: float = Field(default=2_000, ge=1)
    account_rate: Positive = 50
    """Requests a second by one signed-in account."""
    account_burst: float = Field(default=500, ge=1)
    meter_rate: Positive = 100
    """New readings a second of one agreement: only its meter can use this up. A backlog comes as a burst."""
    meter_burst: float = Field(default=50_000, ge=1)
    live_streams: int = Field(default=500, gt=0)
    live_streams_per_visitor: int = Field(default=20, gt=0)
    """Of one account; without sign-in of one address."""
    least_free_disk: Count = 268_435_456
    """Bytes. Below, nothing more is acknowledged, so that what was acknowledged can still be settled; 0: no reserve."""

    relayer_key: SecretStr | None = None
    relayer_keystore: Path | None = None
    relayer_keystore_password: SecretStr | None = None
    permit_key: SecretStr | None = None
    permit_keystore: Path | None = None
    permit_keystore_password: SecretStr | None = None
    watcher_key: SecretStr | None = None
    """Opens service orders by the rules in `service_terms_dir`; without it nobody watches."""
    service_terms_dir: Path | None = None
    """Published terms of service (JSON) with rules; found by the hash of the file."""
    service_watch_every: Positive = 60

    seal_policy: SealPolicy = SealPolicy.SESSION
    batch_size: int = Field(default=200, ge=1, le=500)
    daily_after: Positive = 86_400
    telemetry_grace: float = Field(default=60, ge=0)
    """How long a reading with a telemetry root waits for its samples before it is sealed unchecked."""
    index_every: Positive = 1
    relay_every: Positive = 2
    permits_every: Positive = 1
    refill_every: Positive = 2
    distribute_every: Positive = 86_400
    accrue_every: Positive = 86_400
    guarantees_every: Positive = 600
    rounds_every: Positive = 600
    round_payout_bps: int = Field(default=10, ge=0)
    """A round is paid out when so much of its target waits, in 1/10,000: what is less is not worth its gas."""
    forms_every: Positive = 2
    gas_limit: int = Field(default=16_000_000, gt=0)
    """Most gas of one transaction; below the 16,777,216 of EIP-7825."""
    max_fee_gwei: int = Field(default=500, gt=0)
    gas_per_hour: int = Field(default=1_000_000_000, gt=0)
    """Most gas of all transactions made within an hour, counted in the outbox; then readings wait."""
    bump_after: Positive = 20
    bump_after_blocks: Count = 2
    """A transaction that was not mined for so many seconds and blocks is signed again with higher fees."""
    fee_versions: int = Field(default=6, ge=1)
    """Most versions of one transaction; then a person is told."""
    relay_window: float = Field(default=0, ge=0)
    """Where several operators relay: each seals once in so many seconds, at a moment of its own. 0: alone."""
    lease_seconds: float = Field(default=15, ge=1)
    """A process that leads and falls silent is followed by another on the same database after this time."""
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    @field_validator("directory_address")
    @classmethod
    def _checked_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not is_address(value):
            raise ValueError("must be 0x and 40 hexadecimal digits, with the right check sum if in mixed case")
        return to_checksum_address(value)

    @field_validator("database_url")
    @classmethod
    def _readable_url(cls, value: SecretStr | None) -> SecretStr | None:
        try:
            if value is not None:
                make_url(value.get_secret_value())
        except ArgumentError:
            raise ValueError("is not a database address like sqlite:///oracle.db or postgresql+psycopg://…") from None
        return value

    @field_validator("rpc_url")
    @classmethod
    def _one_node(cls, value: str) -> str:
        if "," in value:
            raise ValueError("names one node; put others into CISE_RPC_URLS")
        return value

    @model_validator(mode="after")
    def _one_source_per_key(self) -> "Settings":
        for role in ("relayer", "permit"):
            if getattr(self, f"{role}_key") and getattr(self, f"{role}_keystore"):
                raise ValueError(f"set {role}_key or {role}_keystore, not both")
        return self

    @property
    def nodes(self) -> tuple[str, ...]:
        """Every node's address, the preferred one first. They may hold keys: for the client only."""
        more = (url.strip() for url in (self.rpc_urls or "").split(","))
        return tuple(dict.fromkeys((self.rpc_url, *filter(None, more))))

    @property
    def directory(self) -> Address:
        """The one configured contract. Raises Fatal where none is set."""
        if self.directory_address is None:
            raise Fatal("settings", "no Directory is named", "Set CISE_DIRECTORY_ADDRESS to the platform's Directory.")
        return Address(self.directory_address)

    @property
    def database(self) -> str:
        """The database's address, with its password if it has one: for the engine only."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'oracle.db'}"

    @property
    def database_folder(self) -> Path:
        """The folder whose disk fills up: that of the SQLite file, or the data directory."""
        url = make_url(self.database)
        is_file = url.get_backend_name() == "sqlite" and url.database
        return Path(str(url.database)).absolute().parent if is_file else self.data_dir

    @property
    def domain(self) -> str:
        return self.sign_in_domain or f"{self.host}:{self.port}"

    @property
    def uri(self) -> str:
        return self.sign_in_uri or f"http://{self.domain}"

    def public(self) -> dict[str, object]:
        """Every setting without a secret, for logs and `status`; addresses only as far as they can hold no key."""
        secrets = {name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
        document = self.model_dump(mode="json", exclude=secrets)
        return document | {
            "rpc_url": _without_keys(self.rpc_url),
            "rpc_urls": ",".join(map(_without_keys, self.nodes[1:])) or None,
            "database_url": make_url(self.database).set(query={}).render_as_string(hide_password=True),
        }


def _without_keys(url: str) -> str:
    node = urlsplit(url)
    return f"{node.scheme}://{node.hostname}" + (f":{node.port}" if node.port else "")


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment with overrides. Raises Fatal that names each wrong variable, never its value."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        wrong = "; ".join(f"CISE_{'_'.join(str(p) for p in e['loc']).upper()}: {e['msg']}" for e in error.errors())
        raise Fatal("settings", wrong, "Correct these environment variables and start again.") from None
