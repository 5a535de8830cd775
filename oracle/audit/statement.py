"""The bill of an agreement or of an account: every settled reading with its signature, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from oracle.audit import quote
from oracle.audit.calldata import Reading
from oracle.audit.keccak import checksum_address
from oracle.audit.onlooker import Settlements
from oracle.audit.replay.agreements import Agreement, Entry
from oracle.audit.signatures import GRADES
from oracle.audit.verify import Audit
from oracle.errors import Rejected

NOTHING = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class BillLine:
    """One settlement: what the reading made due, how much of it the hold paid, and the tax inside that."""

    entry: Entry
    units: tuple[int, ...]
    priced: tuple[quote.Line, ...]
    usage: int
    standing: int
    taken: int
    tax: int
    arrears: int


@dataclass(frozen=True, slots=True)
class Bill:
    agreement: Agreement
    lines: tuple[BillLine, ...]
    credits: tuple[tuple[int, int, str, int], ...]
    """(sequence, amount, transaction, chain time)"""

    @property
    def taken(self) -> int:
        return sum(line.taken for line in self.lines)

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines)

    @property
    def credited(self) -> int:
        return sum(amount for _, amount, _, _ in self.credits)


def bill(audit: Audit, kept: Settlements, number: int, since: int | None = None, until: int | None = None) -> Bill:
    """Settlements of one agreement between two chain times, both included; `kept` has all of the agreement's.

    Raises:
        Rejected: there is no such agreement.
    """
    agreement = audit.world.agreements.agreements.get(number)
    if agreement is None:
        raise Rejected("unknown_agreement", f"agreement {number}", "there is none up to the pinned block")
    lines = []
    registers, elapsed = NOTHING, 0
    for entry in kept.entries:
        if entry.agreement != number:
            continue
        after = entry.reading.registers if entry.reading else registers
        if _within(entry.now, since, until):
            lines.append(_line(agreement, entry, registers, after, elapsed))
        registers, elapsed = after, entry.elapsed
    credits = tuple(
        (sequence, amount, transaction, now)
        for noted, sequence, amount, transaction, now in audit.world.credits.notes
        if noted == number and _within(now, since, until)
    )
    return Bill(agreement, tuple(lines), credits)


def bills_of(
    audit: Audit, kept: Settlements, account: bytes, since: int | None = None, until: int | None = None
) -> list[Bill]:
    """Bills of every agreement that the account is customer of."""
    own = [each.number for each in audit.world.agreements.agreements.values() if each.customer == account]
    return [bill(audit, kept, number, since, until) for number in own]


def _within(now: int, since: int | None, until: int | None) -> bool:
    return (since is None or now >= since) and (until is None or now <= until)


def _line(
    agreement: Agreement,
    entry: Entry,
    before: tuple[int, int, int, int],
    after: tuple[int, int, int, int],
    elapsed: int,
) -> BillLine:
    terms = agreement.terms
    units = tuple(new - old for new, old in zip(after, before, strict=True))
    taken = entry.settled_after - entry.settled_before
    due = quote.charge(terms.prices, terms.standing_per_day, after, entry.elapsed)
    return BillLine(
        entry=entry,
        units=units,
        priced=tuple(quote.lines(terms.prices, units)),
        usage=quote.usage(terms.prices, after) - quote.usage(terms.prices, before),
        standing=quote.standing(terms.standing_per_day, entry.elapsed)
        - quote.standing(terms.standing_per_day, elapsed),
        taken=taken,
        tax=quote.tax_part(taken, terms.tax_bps),
        arrears=max(0, due - entry.settled_after),
    )


def as_documents(bills: Sequence[Bill]) -> list[dict[str, Any]]:
    """Amounts in base units as decimal text, so that no reader loses a unit to a float."""
    return [
        {
            "agreement": each.agreement.number,
            "customer": checksum_address(each.agreement.customer),
            "asset": each.agreement.asset,
            "tariff": each.agreement.tariff,
            "currency": checksum_address(each.agreement.terms.currency),
            "openedAt": each.agreement.opened_at,
            "trustAtOpening": GRADES[each.agreement.grade_at_opening],
            "lines": [_line_document(line) for line in each.lines],
            "creditNotes": [
                {"sequence": sequence, "amount": str(amount), "transaction": transaction, "time": now}
                for sequence, amount, transaction, now in each.credits
            ],
            "taken": str(each.taken),
            "tax": str(each.tax),
            "credited": str(each.credited),
        }
        for each in bills
    ]


def _line_document(line: BillLine) -> dict[str, Any]:
    entry = line.entry
    return {
        "block": entry.block,
        "time": entry.now,
        "transaction": entry.transaction,
        "record": entry.record,
        "reading": reading_document(entry.reading) if entry.reading else None,
        "signature": "0x" + entry.signature.hex() if entry.reading else None,
        "meter": checksum_address(entry.meter),
        "trustGrade": GRADES[entry.grade],
        "registers": [
            {
                "register": priced.register,
                "units": str(priced.units),
                "pricePerMillion": str(priced.price_per_million),
                "exact": f"{priced.exact.numerator}/{priced.exact.denominator}",
            }
            for priced in line.priced
        ],
        "usage": str(line.usage),
        "standing": str(line.standing),
        "taken": str(line.taken),
        "tax": str(line.tax),
        "arrears": str(line.arrears),
    }


def reading_document(reading: Reading) -> dict[str, Any]:
    return {
        "agreementId": reading.agreement,
        "assetId": reading.asset,
        "sequence": reading.sequence,
        "time": reading.time,
        "registers": list(reading.registers),
        "odometer": reading.odometer,
        "flags": reading.flags,
        "telemetryRoot": "0x" + reading.telemetry_root.hex(),
    }
