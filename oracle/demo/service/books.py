"""Who received what: every movement of the ledger, read from its logs and named by where it came from and went to."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import AGREEMENTS, MARKET, SPLITTER, Platform
from oracle.chain.node_errors import typed_errors
from oracle.demo.service.cast import Role
from oracle.parties import orders
from oracle.parties.currencies import Currency
from oracle.types import ZERO_ADDRESS, Address, AssetId, SplitId

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
Row = Counter[str]


def _rows() -> dict[str, Row]:
    return defaultdict(Counter)


@dataclass(slots=True)
class Books:
    """By name, one figure for each column. `pots`: where nobody's name is on it."""

    people: dict[str, Row] = field(default_factory=_rows)
    pots: dict[str, Row] = field(default_factory=_rows)

    @property
    def paid_in(self) -> int:
        return sum(row["paid in"] for row in self.people.values())

    @property
    def taken_out(self) -> int:
        return -sum(row["taken out"] for row in self.people.values())

    @property
    def remainders(self) -> int:
        return sum(sum(row.values()) for row in self.pots.values())


def read_books(
    client: ChainClient, platform: Platform, currency: Currency, machines: Sequence[AssetId], splits: Sequence[SplitId]
) -> Books:
    """From the ledger's Transfer logs alone; sums of people and pots are what is still in the ledger."""
    names = {role.address: role.label for role in Role}
    pots = _pots(client, platform, machines, splits)
    books = Books()
    with typed_errors("Transfer"):
        found = platform.accounts.events.Transfer().get_logs(from_block=0)
    for log in found:
        moved = log["args"]
        if moved["id"] != currency.id:
            continue
        sender, receiver = checksummed(moved["sender"]), checksummed(moved["receiver"])
        for account, other, amount in ((sender, receiver, -moved["amount"]), (receiver, sender, moved["amount"])):
            if account in names:
                books.people[names[account]][_column(pots, other, amount)] += amount
            elif account != ZERO_ADDRESS:
                books.pots[pots[account][1]][_column(pots, other, amount)] += amount
    return books


def _column(pots: Mapping[Address, tuple[str, str]], other: Address, amount: int) -> str:
    if other == ZERO_ADDRESS:
        return "paid in" if amount > 0 else "taken out"
    return pots[other][0] if other in pots else "people"


def _pots(
    client: ChainClient, platform: Platform, machines: Sequence[AssetId], splits: Sequence[SplitId]
) -> dict[Address, tuple[str, str]]:
    """Account → (column, name) of the platform's own pots."""
    functions = platform.accounts.functions

    def pot(module: str, key: bytes) -> Address:
        return checksummed(client.call(functions.subaccount(platform.addresses[module], key.ljust(32, b"\0"))))

    found = {
        pot(AGREEMENTS, b"holds"): ("holds", "holds of agreements"),
        pot(MARKET, b"escrow"): ("escrow", "escrow of orders"),
    }
    for split in splits:
        found[pot(SPLITTER, split.to_bytes(32))] = ("splits", f"split {split}")
    for machine in machines:
        found[orders.reserve_of(client, platform, machine)] = ("reserves", f"reserve of machine {machine}")
    return found
