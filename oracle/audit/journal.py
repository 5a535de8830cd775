"""Every movement of the ledger as one double entry: for spreadsheets, programs, and plain-text accounting."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from oracle.audit.abi import AbiError
from oracle.audit.keccak import checksum_address
from oracle.audit.verify import Audit

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


def movements(audit: Audit, since: int | None = None, until: int | None = None) -> Iterator[Movement]:
    """Between two chain times, both included, in order."""
    world = audit.world
    ledger = world.accounts
    transfer = ledger.abi.event_names["Transfer"]
    splits = {world.splits.account_of(number) for number in world.splits.splits}
    for block in audit.chain:
        now = block.header.timestamp
        if (since is not None and now < since) or (until is not None and now > until):
            continue
        for transaction, receipt in zip(block.transactions, block.receipts, strict=False):
            for log in receipt.logs:
                if log.address != ledger.address or log.topics[:1] != (transfer.topic,):
                    continue
                try:
                    _, source, target, token, amount = transfer.decode(log.topics, log.data).values()
                except AbiError:
                    # The audit has named this log as a finding already.
                    continue
                kind = _kind(source, target, world.agreements.holds_account, splits)
                currency = token.to_bytes(32, "big")[12:]
                yield Movement(
                    now, block.header.number, transaction.name, log.index, kind, source, target, currency, amount
                )


def _kind(source: bytes, target: bytes, holds: bytes, splits: set[bytes]) -> str:
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
