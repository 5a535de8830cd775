"""Who received what in a machine's life: the platform's own pots, and what each of them is to a person."""

from collections.abc import Mapping, Sequence

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import AGREEMENTS, MARKET, SPLITTER, Platform
from oracle.demo import books
from oracle.demo.books import Books, Pot
from oracle.demo.service.cast import Role
from oracle.parties import orders
from oracle.parties.currencies import Currency
from oracle.types import Address, AssetId, SplitId

COLUMNS = {
    "paid in": "paid in",
    "holds": "use of machines",
    "splits": "share of fees",
    "escrow": "work, top-ups, bonds",
    "reserves": "from a machine's reserve",
    "people": "from or to each other",
    "taken out": "taken out",
}
"""Where money came from or went to, and what that is to a person. Figures are the account's own: what it used, put into
orders or took out is negative."""


def read_books(
    client: ChainClient, platform: Platform, currency: Currency, machines: Sequence[AssetId], splits: Sequence[SplitId]
) -> Books:
    names = {role.address: role.label for role in Role}
    return books.read_books(platform, currency, names, _pots(client, platform, machines, splits))


def _pots(
    client: ChainClient, platform: Platform, machines: Sequence[AssetId], splits: Sequence[SplitId]
) -> Mapping[Address, Pot]:
    functions = platform.accounts.functions

    def account(module: str, key: bytes) -> Address:
        return checksummed(client.call(functions.subaccount(platform.addresses[module], key.ljust(32, b"\0"))))

    found = {
        account(AGREEMENTS, b"holds"): Pot("holds of agreements", "holds", "holds"),
        account(MARKET, b"escrow"): Pot("escrow of orders", "escrow", "escrow"),
    }
    for split in splits:
        found[account(SPLITTER, split.to_bytes(32))] = Pot(f"split {split}", "splits", "splits")
    for machine in machines:
        reserve = orders.reserve_of(client, platform, machine)
        found[reserve] = Pot(f"reserve of machine {machine}", "reserves", "reserves")
    return found
