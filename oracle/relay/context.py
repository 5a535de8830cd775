"""What every cycle of the relay needs."""

from dataclasses import dataclass, field
from typing import Self

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform
from oracle.chain.signers import relayer_secret
from oracle.chain.transactions import Sender
from oracle.relay.seal import Sealing
from oracle.settings import Settings
from oracle.store.database import Database


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one cycle did, in one word and a few figures: exactly one record per cycle."""

    word: str
    detail: dict[str, object] = field(default_factory=dict)


NOTHING = Outcome("nothing")


@dataclass(frozen=True, slots=True)
class RelayContext:
    """`sender` None: the relay runs dry, looks and sends nothing."""

    settings: Settings
    database: Database
    client: ChainClient
    platform: Platform
    sender: Sender | None
    sealing: Sealing = field(default_factory=Sealing)

    @classmethod
    def open(cls, settings: Settings, database: Database) -> Self:
        """Raises Fatal where the chain is not reachable, is another one, or the Directory is not there."""
        client = ChainClient(settings.rpc_url, settings.rpc_timeout, settings.chain_id)
        client.connect()
        platform = Platform.locate(client, settings.directory)
        secret = relayer_secret(settings)
        sender = None if secret is None else Sender(secret, settings.gas_limit, settings.max_fee_gwei)
        return cls(settings, database, client, platform, sender)
