"""The books of one ending: every movement of the ledger by person and purpose, and claims about all of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oracle.chain.client import checksummed
from oracle.chain.contracts import AGREEMENTS, BUYBACKS, SPLITTER
from oracle.demo.books import Books, Pot, read_books
from oracle.demo.laundry.cash import Cash, read_cash
from oracle.demo.laundry.cast import HOUSEHOLDS, NEWCOMER, Role
from oracle.demo.laundry.leaving import go_home
from oracle.demo.laundry.terms import MACHINE_PRICE, STAKES, TRANCHES
from oracle.demo.laundry.world import Life, World
from oracle.parties import auctions, guarantees, round_views
from oracle.parties.currencies import token
from oracle.parties.guarantees import Stage
from oracle.types import Address, SplitId

COLUMNS = {
    "paid in": "paid in",
    "washing": "washing",
    "fees": "share of fees",
    "into round": "into the round",
    "from round": "from the round",
    "auction": "bids, less what came back",
    "collateral": "put up for the guarantee",
    "floor": "from the guarantee",
    "people": "from or to each other",
    "taken out": "taken out",
}
"""Where money came from or went to. Figures are the account's own: what it used or paid is negative."""
CUSTOMERS = (*HOUSEHOLDS, NEWCOMER)


@dataclass(frozen=True, slots=True)
class Account:
    """How one ending came out."""

    name: str
    title: str
    life: Life
    books: Books
    cash: Cash

    @property
    def washed(self) -> int:
        """What the customers' use has cost them."""
        return -sum(self.books.people[role.label]["washing"] for role in CUSTOMERS)

    @property
    def deposited(self) -> int:
        """By customers, to wash; what they invested is counted with the round."""
        return sum(self.books.people[role.label]["paid in"] for role in CUSTOMERS) - sum(
            units for (role, _), units in STAKES.items() if role in CUSTOMERS
        )

    @property
    def fees(self) -> dict[str, int]:
        """What became of the fees: by payee, and what stays in the splits because it is less than a unit for each."""
        found = {"the round": self.books.pots["round 1"]["fees"]}
        found |= {name: row["fees"] for name, row in self.books.people.items() if row["fees"]}
        kept = sum(sum(row.values()) for name, row in self.books.pots.items() if name.startswith("split"))
        return found | {"stays as remainder": kept}

    def net(self, role: Role) -> int:
        row = self.books.people[role.label]
        return -row["taken out"] - row["paid in"]


def settle_up(world: World, life: Life, name: str, title: str) -> Account:
    go_home(world, life, list(STAKES))
    account = Account(name, title, life, _books(world), read_cash(world, life))
    _check_books(world, account)
    _check_washes(world, account)
    _check_round(world, account)
    return account


def _books(world: World) -> Books:
    names = {role.address: role.label for role in Role}
    return read_books(world.platform, world.currency, names, _pots(world))


def _pots(world: World) -> Mapping[Address, Pot]:
    client, platform = world.client, world.platform
    functions = platform.accounts.functions

    def account(module: str, key: bytes) -> Address:
        return checksummed(client.call(functions.subaccount(platform.addresses[module], key)))

    found = {account(AGREEMENTS, b"holds".ljust(32, b"\0")): Pot("holds of agreements", "washing", "washing")}
    split = 1
    while client.call(platform.splitter.functions.exists(split)):
        found[account(SPLITTER, SplitId(split).to_bytes(32))] = Pot(f"split {split}", "fees", "fees")
        split += 1
    for number in range(1, round_views.count(client, platform) + 1):
        found[account("CoFinancing", number.to_bytes(32))] = Pot(f"round {number}", "into round", "from round")
    for number in range(1, auctions.count(client, platform) + 1):
        found[account("TitleAuction", number.to_bytes(32))] = Pot(f"auction {number}", "auction", "auction")
    for number in range(1, guarantees.count(client, platform) + 1):
        found[account(BUYBACKS, number.to_bytes(32))] = Pot(f"guarantee {number}", "collateral", "floor")
    return found


def _check_books(world: World, account: Account) -> None:
    books, claims, name = account.books, world.claims, account.name
    guarantee = guarantees.buyback_view(world.client, world.platform, account.life.guarantee)
    standing = guarantee.collateral if guarantee.stage is Stage.LIVE else 0
    for who, row in books.people.items():
        claims.equal(f"{name}: left of {who} in the ledger", 0, sum(row.values()))
    left = {who: sum(row.values()) for who, row in books.pots.items()}
    splits = {who: units for who, units in left.items() if who.startswith("split")}
    for who in left.keys() - splits.keys():
        expected = standing if who.startswith("guarantee") else 0
        claims.equal(f"{name}: left in {who}", expected, left[who])
    # Round, laundry and community: less than a unit for each of them, and the provider's own splits are empty.
    claims.true(f"{name}: what splits keep are fewer units than payees", sum(splits.values()) < 3)
    claims.equal(f"{name}: paid in = taken out + what stays", books.paid_in, books.taken_out + books.remainders)
    custody = world.platform.addresses["PrepaidAccounts"]
    held = world.client.call(token(world.client, world.currency.address).functions.balanceOf(custody))
    claims.equal(f"{name}: tokens in custody = what stays", books.remainders, held)
    claims.equal(f"{name}: fees = what customers washed for", account.washed, sum(account.fees.values()))
    home = -sum(books.people[role.label]["taken out"] for role in CUSTOMERS)
    back = sum(books.people[role.label]["from round"] for role in CUSTOMERS)
    claims.equal(f"{name}: deposited to wash = washed + taken home", account.deposited, account.washed + home - back)
    for role in CUSTOMERS:
        expected = account.life.bill(role) if role in account.life.washed else 0
        claims.equal(f"{name}: washing of {role.label}", -expected, books.people[role.label]["washing"])
    gained = sum(account.net(role) for role in Role if role not in CUSTOMERS)
    customers = sum(account.net(role) for role in CUSTOMERS)
    claims.equal(f"{name}: what customers are short of, everybody else and the pots have", -customers,
                 gained + books.remainders)  # fmt: skip


def _check_washes(world: World, account: Account) -> None:
    washes = sum(sum(washes.values()) for washes in account.life.washed.values())
    shown = account.life.machine.meter.odometer
    world.claims.equal(f"{account.name}: the odometer shows the washes that were billed", washes, shown)


def _check_round(world: World, account: Account) -> None:
    cash, claims, name, people = account.cash, world.claims, account.name, account.books.people
    received = account.life.view(world).received
    claims.equal(f"{name}: I-8: received = paid to tranches + to the provider", received, cash.paid + cash.to_provider)
    claimed = sum(stake.claimed for stake in cash.stakes)
    claims.equal(f"{name}: I-8: paid to tranches = claimed, nothing is left", cash.paid, claimed)
    out = sum(row["from round"] for row in people.values())
    claims.equal(f"{name}: out of the round: the price, claims, the provider's rest", out,
                 MACHINE_PRICE + claimed + cash.to_provider)  # fmt: skip
    claims.true(f"{name}: I-8: no tranche is paid before those above it are repaid", _in_order(cash))
    for index, (tranche, view) in enumerate(zip(TRANCHES, cash.tranches, strict=True)):
        claims.equal(f"{name}: I-9: {tranche.name}: outstanding + repaid + written down",
                     tranche.size, view.outstanding + view.repaid + view.written_down)  # fmt: skip
        claims.equal(f"{name}: {tranche.name}: repaid, from the payments", view.repaid, cash.total(index, "principal"))
        claimed = sum(stake.claimed for stake in cash.stakes if stake.tranche == index)
        claims.equal(f"{name}: {tranche.name}: claimed = paid", cash.paid_to(index), claimed)


def _in_order(cash: Cash) -> bool:
    outstanding = [tranche.size for tranche in TRANCHES]
    for payment in cash.payments:
        if any(outstanding[: payment.tranche]):
            return False
        outstanding[payment.tranche] -= payment.principal
    return True


def figures(account: Account) -> dict[str, Any]:
    """For programs: base units as text, times in seconds of chain time."""
    cash = account.cash
    return {
        "washed": str(account.washed),
        "books": {
            name: {column: str(row[column]) for column in COLUMNS} for name, row in sorted(account.books.people.items())
        },
        "pots": {name: str(sum(row.values())) for name, row in sorted(account.books.pots.items())},
        "washes": {
            role.label: [account.life.washed[role][programme] for programme in range(3)]
            for role in CUSTOMERS
            if role in account.life.washed
        },
        "started": cash.started,
        "states": [{"time": time, "state": state.words} for time, state in cash.changes],
        "payments": [
            {
                "time": payment.time,
                "tranche": payment.tranche,
                "interest": str(payment.interest),
                "principal": str(payment.principal),
                "residual": str(payment.residual),
            }
            for payment in cash.payments
        ],
        "toProvider": str(cash.to_provider),
        "tranches": [
            {"name": tranche.name, "repaid": str(view.repaid), "writtenDown": str(view.written_down)}
            for tranche, view in zip(TRANCHES, cash.tranches, strict=True)
        ],
        "stakes": [
            {
                "investor": stake.role.label,
                "tranche": TRANCHES[stake.tranche].name,
                "putIn": str(stake.put_in),
                "claimed": str(stake.claimed),
                "principal": str(stake.principal),
                "earned": str(stake.earned),
                "lost": str(stake.lost),
            }
            for stake in cash.stakes
        ],
    }
