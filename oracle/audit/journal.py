"""Every movement of the ledger as one double entry: for spreadsheets, programs, and plain-text accounting."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from oracle.audit.blocks import Block
from oracle.audit.keccak import checksum_address
from oracle.audit.onlooker import Onlooker
from oracle.audit.replay.world import World
from oracle.audit.told import Told

COLUMNS: Final = ("time", "block", "transaction", "log", "kind", "from", "to", "currency", "amount")
NOBODY: Final = bytes(20)


@dataclass(frozen=True, slots=True)
class Movement:
    """From one account of the ledger to another; nobody stands for the currency outside it."""

    time: int
    block: int
    transaction: str
    log: int
    kind: str
    source: bytes
    target: bytes
    currency: bytes
    amount: int


class Movements(Onlooker):
    """Keeps the movements between two chain times, both included, in order."""

    def __init__(self, since: int | None = None, until: int | None = None) -> None:
        self._since, self._until = since, until
        self.rows: list[Movement] = []

    def block(self, block: Block, told: Sequence[Told], world: World) -> None:
        now = block.header.timestamp
        if (self._since is None or now >= self._since) and (self._until is None or now <= self._until):
            self.rows += _movements(now, told, world)


def _movements(now: int, told: Sequence[Told], world: World) -> Iterator[Movement]:
    splits = world.splits.accounts()
    for each in told:
        if each.contract == "PrepaidAccounts" and each.event == "Transfer":
            _, source, target, token, amount = each.values.values()
            kind = _kind(source, target, world.agreements.holds_account, splits)
            currency = token.to_bytes(32, "big")[12:]
            name = each.transaction.name
            yield Movement(now, each.block, name, each.log.index, kind, source, target, currency, amount)


def _kind(source: bytes, target: bytes, holds: bytes, splits: Collection[bytes]) -> str:
    if source == NOBODY:
        return "deposit"
    if target == NOBODY:
        return "withdrawal"
    if source == holds:
        return "fee" if target in splits else "release"
    if source in splits:
        return "payout"
    return "hold" if target == holds else "transfer"


def as_csv(rows: Sequence[Movement]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_values(row) for row in rows)
    return out.getvalue()


def as_json(rows: Sequence[Movement]) -> str:
    return json.dumps([dict(zip(COLUMNS, _values(row), strict=True)) for row in rows], indent=2)


def _values(row: Movement) -> tuple[int | str, ...]:
    parties = (checksum_address(row.source), checksum_address(row.target), checksum_address(row.currency))
    return (row.time, row.block, row.transaction, row.log, row.kind, *parties, str(row.amount))


def as_beancount(rows: Sequence[Movement]) -> str:
    """The ledger's own books: what it holds for others is a liability, the tokens in its custody the asset."""
    opened: dict[str, str] = {}
    entries: list[str] = []
    for row in rows:
        day = datetime.fromtimestamp(row.time, UTC).date().isoformat()
        unit = commodity(row.currency)
        debit, credit = _account(row.source, unit), _account(row.target, unit)
        for account in (debit, credit):
            opened.setdefault(account, day)
        # Added to custody, or taken off what is owed to the source; liabilities stand with a minus in beancount.
        entries.append(
            f'{day} * "{row.kind}" "block {row.block} log {row.log}"\n'
            f'  transaction: "{row.transaction}"\n  {debit}  {row.amount} {unit}\n  {credit}  -{row.amount} {unit}\n'
        )
    heads = [f"{day} open {account}" for account, day in opened.items()]
    return "\n".join([*heads, "", *entries])


def commodity(currency: bytes) -> str:
    """A name that beancount takes: a letter and the first digits of the address, base units as they are."""
    return "T" + currency.hex()[:20].upper()


def _account(account: bytes, unit: str) -> str:
    return f"Assets:Custody:{unit}" if account == NOBODY else f"Liabilities:Accounts:{checksum_address(account)}"
