"""What every cycle of the relay needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

from sqlalchemy import Connection

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform
from oracle.chain.signers import relayer_secret
from oracle.chain.transactions import Sender
from oracle.relay.lead import Leadership
from oracle.relay.seal import Sealing
from oracle.relay.turns import Turn
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
    leadership: Leadership
    turn: Turn
    sealing: Sealing = field(default_factory=Sealing)

    @classmethod
    def open(cls, settings: Settings, database: Database) -> Self:
        """Raises Fatal where the chain is not reachable, is another one, or the Directory is not there."""
        client = ChainClient(settings.nodes, settings.rpc_timeout, settings.chain_id, settings.head_lag)
        client.connect()
        platform = Platform.locate(client, settings.directory)
        secret = relayer_secret(settings)
        sender = None
        if secret is not None:
            sender = Sender(secret, settings.gas_limit, settings.max_fee_gwei, platform.relayed())
        leadership = Leadership(database, settings.lease_seconds)
        turn = Turn(settings.relay_window, "" if sender is None else sender.address)
        return cls(settings, database, client, platform, sender, leadership, turn)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction of the process that leads. Raises LeaseLost in any other: nothing is kept."""
        with self.database.writing() as connection:
            self.leadership.require(connection)
            yield connection
