"""Who received what: every movement of the ledger, read from its logs and named by where it came from and went to."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from oracle.chain.client import checksummed
from oracle.chain.contracts import Platform
from oracle.chain.node_errors import typed_errors
from oracle.parties.currencies import Currency
from oracle.types import ZERO_ADDRESS, Address

Row = Counter[str]
PAID_IN, TAKEN_OUT, PEOPLE = "paid in", "taken out", "people"


@dataclass(frozen=True, slots=True)
class Pot:
    """An account where nobody's name is on it. What a person puts in and has out of it counts in these columns."""

    name: str
    puts: str
    has: str


def _rows() -> dict[str, Row]:
    return defaultdict(Counter)


@dataclass(slots=True)
class Books:
    """By name, one figure for each column. `pots`: where nobody's name is on it."""

    people: dict[str, Row] = field(default_factory=_rows)
    pots: dict[str, Row] = field(default_factory=_rows)

    @property
    def paid_in(self) -> int:
        return sum(row[PAID_IN] for row in self.people.values())

    @property
    def taken_out(self) -> int:
        return -sum(row[TAKEN_OUT] for row in self.people.values())

    @property
    def remainders(self) -> int:
        return sum(sum(row.values()) for row in self.pots.values())


def read_books(
    platform: Platform, currency: Currency, names: Mapping[Address, str], pots: Mapping[Address, Pot]
) -> Books:
    """From the ledger's Transfer logs alone; sums of people and pots are what is still in the ledger."""
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
                books.pots[pots[account].name][_column(pots, other, amount)] += amount
    return books


def _column(pots: Mapping[Address, Pot], other: Address, amount: int) -> str:
    if other == ZERO_ADDRESS:
        return PAID_IN if amount > 0 else TAKEN_OUT
    if other not in pots:
        return PEOPLE
    return pots[other].has if amount > 0 else pots[other].puts
