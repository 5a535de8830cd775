"""The bill: each settlement with its reading and signature, the tariff line by line, tax, transaction."""

import csv
import io

from sqlalchemy import Connection

from oracle.chain.contracts import SlotState
from oracle.domain.tariffs import SECONDS_PER_DAY, Tariff, included_tax, standing_charge, usage_charge
from oracle.ingest.terms import PublishedTerms
from oracle.ingest.views import GRADES, Document, register_labels, settled_view, trust_view
from oracle.store import read_model, readings
from oracle.store.checkpoints import Checkpoint
from oracle.store.read_model import Agreement, ChainEvent
from oracle.store.readings import ReadingState, StoredReading
from oracle.types import ZERO_REGISTERS, AssetId, BaseUnits, Registers

_TAKING = ("ReadingSettled", "StandingAccrued")
_OTHER = ("AgreementOpened", "HoldRefilled", "CreditNoteIssued", "AgreementClosed", "EndAnnounced")
_MOST = 100_000
COLUMNS = (
    "time",
    "block",
    "transaction",
    "kind",
    "sequence",
    "register0",
    "register1",
    "register2",
    "register3",
    "elapsed",
    "chargeBefore",
    "chargeAfter",
    "taken",
    "includedTax",
    "meter",
    "trustGrade",
    "signature",
)


def statement(connection: Connection, agreement: Agreement, checkpoint: Checkpoint, terms: PublishedTerms) -> Document:
    """Settled figures only. `taken` of all lines sums to the settled charge."""
    tariff = read_model.tariff(connection, agreement.tariff_id)
    assert tariff is not None
    asset = read_model.asset(connection, agreement.asset_id)
    assert asset is not None
    lines = _lines(connection, agreement, tariff)
    return {
        "agreementId": agreement.id,
        "assetId": agreement.asset_id,
        "customer": agreement.customer,
        "chainId": checkpoint.chain_id,
        "contracts": dict(checkpoint.contracts),
        "currency": tariff.currency,
        "tariff": tariff.to_json(),
        "registers": register_labels(terms.find(tariff.terms_hash)),
        "trust": trust_view(agreement, asset),
        "lines": lines,
        "movements": _movements(connection, agreement),
        "settled": settled_view(agreement, checkpoint),
        "includedTax": str(included_tax(tariff, agreement.settled)),
        "taxBps": tariff.tax_bps,
    }


def statement_csv(document: Document) -> str:
    """The lines of a statement, one row each."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    lines = document["lines"]
    assert isinstance(lines, list)
    for line in lines:
        registers = line["registers"] or ("", "", "", "")
        writer.writerow({**line, **{f"register{i}": value for i, value in enumerate(registers)}})
    return out.getvalue()


def _lines(connection: Connection, agreement: Agreement, tariff: Tariff) -> list[Document]:
    known = {
        reading.reading.sequence: reading
        for reading in readings.of_agreement(connection, agreement.id, ReadingState.ACCEPTED)
    }
    lines: list[Document] = []
    before, registers = SlotState.unpack(0), ZERO_REGISTERS
    history = _Meters(connection, agreement.asset_id)
    for event in read_model.events(connection, _TAKING, agreement_id=agreement.id, limit=_MOST):
        after = SlotState.unpack(event.arguments["state"])
        reading = known.get(after.sequence) if event.name == "ReadingSettled" else None
        line = _line(tariff, event, before, after, reading, registers)
        lines.append(line | history.at(event))
        before = after
        registers = registers if reading is None else reading.registers
    return lines


def _line(
    tariff: Tariff,
    event: ChainEvent,
    before: SlotState,
    after: SlotState,
    reading: StoredReading | None,
    registers_before: Registers,
) -> Document:
    taken = BaseUnits(event.amount or 0)
    return {
        "time": event.block_time,
        "block": event.block,
        "transaction": event.transaction,
        "kind": "reading" if event.name == "ReadingSettled" else "standing",
        "sequence": after.sequence,
        "elapsed": after.last_elapsed,
        "chargeBefore": str(before.settled),
        "chargeAfter": str(after.settled),
        "taken": str(taken),
        "includedTax": str(included_tax(tariff, taken)),
        "registers": None if reading is None else list(reading.registers),
        "reading": None if reading is None else reading.reading.to_json(),
        "signature": None if reading is None else "0x" + reading.signed.signature.hex(),
        "usage": None if reading is None else _usage(tariff, reading.registers, registers_before),
        "standing": {
            "perDay": str(tariff.standing_per_day),
            "seconds": after.last_elapsed,
            "secondsPerDay": SECONDS_PER_DAY,
            "charge": str(standing_charge(tariff, after.last_elapsed)),
        },
    }


class _Meters:
    """Which meter an asset had at a place in the chain, and how far it was trusted then."""

    def __init__(self, connection: Connection, asset_id: AssetId) -> None:
        names = ("MeterActivated", "GradeAttested")
        self._events = read_model.events(connection, names, asset_id=asset_id, limit=_MOST)

    def at(self, event: ChainEvent) -> Document:
        meter: str | None = None
        grade: int | None = None
        for known in self._events:
            if (known.block, known.log_index) > (event.block, event.log_index):
                break
            meter = known.arguments.get("signer", meter)
            grade = known.arguments["grade"]
        return {"meter": meter, "trustGrade": None if grade is None else GRADES[grade]}


def _usage(tariff: Tariff, registers: Registers, before: Registers) -> Document:
    """Exact line items: register × price in millionths of a base unit; one floor over their sum."""
    items = [
        {
            "register": index,
            "cumulative": register,
            "used": register - before[index],
            "pricePerMillion": str(price),
            "millionths": str(register * price),
        }
        for index, (register, price) in enumerate(zip(registers, tariff.price_per_million, strict=True))
    ]
    return {"items": items, "charge": str(usage_charge(tariff, registers))}


def _movements(connection: Connection, agreement: Agreement) -> list[Document]:
    """What moved money without being a charge, and what ended it."""
    found = []
    for event in read_model.events(connection, _OTHER, agreement_id=agreement.id, limit=_MOST):
        state = event.arguments.get("state")
        amount = event.arguments.get("amount", event.arguments.get("returned"))
        if event.name == "AgreementOpened" and state is not None:
            amount = SlotState.unpack(state).hold
        found.append(
            {
                "kind": event.name,
                "time": event.block_time,
                "block": event.block,
                "transaction": event.transaction,
                "amount": None if amount is None else str(amount),
            }
        )
    return found
