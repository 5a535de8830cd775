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

COLUMNS = ("paid in", "used", "fees", "orders", "reserve", "others", "taken out")
"""Signs are the account's: what it used, put into orders or took out is negative."""
Flows = Mapping[str, Mapping[str, int]]


@dataclass(slots=True)
class Books:
    """`people`: by name, one figure for each column. `pots`: what is left where nobody's name is on it."""

    people: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    pots: Counter[str] = field(default_factory=Counter)

    def left(self, name: str) -> int:
        return sum(self.people[name].values())

    @property
    def paid_in(self) -> int:
        return sum(row["paid in"] for row in self.people.values())

    @property
    def taken_out(self) -> int:
        return -sum(row["taken out"] for row in self.people.values())


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
                books.pots[pots.get(account, ("others", account))[1]] += amount
    return books


def _column(pots: Mapping[Address, tuple[str, str]], other: Address, amount: int) -> str:
    if other == ZERO_ADDRESS:
        return "paid in" if amount > 0 else "taken out"
    return pots.get(other, ("others", ""))[0]


def _pots(
    client: ChainClient, platform: Platform, machines: Sequence[AssetId], splits: Sequence[SplitId]
) -> dict[Address, tuple[str, str]]:
    """Account → (column, name) of the platform's own pots."""
    functions = platform.accounts.functions

    def pot(module: str, key: bytes) -> Address:
        return checksummed(client.call(functions.subaccount(platform.addresses[module], key.ljust(32, b"\0"))))

    found = {pot(AGREEMENTS, b"holds"): ("used", "holds"), pot(MARKET, b"escrow"): ("orders", "escrow")}
    for split in splits:
        found[pot(SPLITTER, split.to_bytes(32))] = ("fees", f"split {split}")
    for machine in machines:
        found[orders.reserve_of(client, platform, machine)] = ("reserve", f"reserve of machine {machine}")
    return found
