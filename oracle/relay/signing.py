"""What every transaction passes on its way into the outbox: the hour's gas, then the key."""

from sqlalchemy import Connection

from oracle.chain.client import Fees
from oracle.chain.transactions import PreparedCall, Sender
from oracle.errors import Rejected
from oracle.relay.context import RelayContext
from oracle.store import batches
from oracle.store.batches import SignedBytes
from oracle.types import Address, BlockNumber, ChainId

HOUR = 3_600.0


class GasBudgetSpent(Rejected):
    """So much gas was used within the hour that something is wrong: readings wait, a person looks."""

    def __init__(self, used: int, wanted: int, limit: int) -> None:
        super().__init__("gas_budget_spent", "relayer", "has used the gas of this hour", f"{used} + {wanted} > {limit}")


def require_gas(connection: Connection, context: RelayContext, sender: Address, gas: int, now: float) -> None:
    """Raises GasBudgetSpent. In the transaction that writes the batch, so that two at once cannot both fit."""
    used = batches.gas_since(connection, context.platform.chain_id, sender, now - HOUR)
    if used + gas > context.settings.gas_per_hour:
        raise GasBudgetSpent(used, gas, context.settings.gas_per_hour)


def sign_version(
    sender: Sender, chain_id: ChainId, call: PreparedCall, nonce: int, fees: Fees, head: BlockNumber, now: float
) -> SignedBytes:
    """The bytes with the time and block they were signed at."""
    raw, transaction = sender.sign(call, chain_id, nonce, fees)
    return SignedBytes(raw, transaction, fees.max_fee, fees.tip, now, head, noop=call == sender.noop())
