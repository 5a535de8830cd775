"""One settled reading as a document that a stranger can check, off line first and then against the chain."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from jsonschema import Draft202012Validator

from oracle.audit import quote
from oracle.audit.abi import unhex
from oracle.audit.calldata import Reading, pack_reading, parse_reading
from oracle.audit.findings import Findings, Place
from oracle.audit.keccak import checksum_address
from oracle.audit.onlooker import Settlements
from oracle.audit.replay.agreements import Entry
from oracle.audit.signatures import CURVES, ERC1271, GRADES, domain, plain_signer
from oracle.audit.statement import reading_document
from oracle.audit.verify import Audit
from oracle.errors import Rejected

FORMAT: Final = "cise-receipt/1"
Document = Mapping[str, Any]


def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        files("oracle.schemas").joinpath("receipt.schema.json").read_text(encoding="utf-8")
    )
    return found


def write(audit: Audit, kept: Settlements, agreement: int, sequence: int) -> dict[str, Any]:
    """The receipt of the last settlement of this reading; `kept` has all of the agreement's.

    Raises:
        Rejected: no such reading has settled up to the pinned block.
    """
    for entry in reversed(kept.entries):
        if entry.agreement == agreement and entry.reading is not None and entry.reading.sequence == sequence:
            return _document(audit, kept, entry, entry.reading)
    raise Rejected(
        "not_settled", f"agreement {agreement}, reading {sequence}", "it has not settled up to the pinned block"
    )


def _document(audit: Audit, kept: Settlements, entry: Entry, reading: Reading) -> dict[str, Any]:
    agreement = audit.world.agreements.agreements[entry.agreement]
    terms = agreement.terms
    taken = entry.settled_after - entry.settled_before
    block = kept.headers[entry.block]
    split = audit.world.splits.splits.get(entry.split)
    payees = split.shares_of.get(entry.split_version, ()) if split else ()
    return {
        "format": FORMAT,
        "chainId": audit.pinned.chain_id,
        "contracts": {name: checksum_address(address) for name, address in sorted(audit.addresses.items())},
        "block": {"number": block.number, "hash": "0x" + block.hash.hex(), "time": block.timestamp},
        "transaction": entry.transaction,
        "record": entry.record,
        "reading": reading_document(reading),
        "signature": "0x" + entry.signature.hex(),
        "meter": checksum_address(entry.meter),
        "curve": CURVES[entry.curve],
        "trustGrade": GRADES[entry.grade],
        "customer": checksum_address(agreement.customer),
        "tariff": {
            "id": agreement.tariff,
            "currency": checksum_address(terms.currency),
            "pricePerMillion": [str(price) for price in terms.prices],
            "standingPerDay": str(terms.standing_per_day),
            "taxBps": terms.tax_bps,
            "termsHash": "0x" + terms.terms_hash.hex(),
        },
        "charge": {
            "elapsed": entry.elapsed,
            "usage": str(quote.usage(terms.prices, reading.registers)),
            "standing": str(quote.standing(terms.standing_per_day, entry.elapsed)),
            "due": str(entry.charge),
            "before": str(entry.settled_before),
            "after": str(entry.settled_after),
            "taken": str(taken),
            "tax": str(quote.tax_part(taken, terms.tax_bps)),
        },
        "split": {
            "id": entry.split,
            "version": entry.split_version,
            "payees": [
                {"account": checksum_address(account), "share": str(share), "portion": str(portion)}
                for (account, share), portion in zip(payees, _portions(taken, [s for _, s in payees]), strict=True)
            ],
        },
    }


def _portions(taken: int, shares: list[int]) -> list[int]:
    """Each payee's part of this one charge, rounded down; what floors leave counts in the split's next distribution."""
    return [taken * share // sum(shares) for share in shares]


def check_document(document: object, findings: Findings, offline: bool = False) -> None:
    """All that needs no chain: the form, the meter's signature, the arithmetic from reading to payees.

    Args:
        offline: nothing follows; what only the chain can say is then unchecked.

    Raises:
        Rejected: it is no receipt.
    """
    errors = sorted(Draft202012Validator(schema()).iter_errors(document), key=lambda error: list(error.absolute_path))
    if errors or not isinstance(document, dict):
        where = "/".join(map(str, errors[0].absolute_path)) or "the document"
        raise Rejected("not_a_receipt", where, errors[0].message)
    reading = _reading(document["reading"])
    place = Place(transaction=document["transaction"], record=document["record"])
    if document["curve"] != CURVES[ERC1271]:
        _check_signature(document, reading, place, findings)
    elif offline:
        findings.unchecked("receipt signature", place, "whether the contract accepted it, only the chain can say")
    _check_charge(document, reading, place, findings)
    payees = document["split"]["payees"]
    if payees:
        portions = _portions(int(document["charge"]["taken"]), [int(payee["share"]) for payee in payees])
        if portions != [int(payee["portion"]) for payee in payees]:
            findings.add("receipt split", place, f"the portions must be {portions}")
    findings.count("receipts checked")


def _check_signature(document: Document, reading: Reading, place: Place, findings: Findings) -> None:
    agreements = unhex(document["contracts"]["UsageAgreements"])
    digest = domain(document["chainId"], agreements).digest(reading.struct_hash)
    signature = unhex(document["signature"])
    signer = plain_signer(digest, signature)
    if signer != unhex(document["meter"]):
        said = checksum_address(signer) if signer else "nobody"
        findings.add("receipt signature", place, f"signed by {said}, not by the meter")


def _check_charge(document: Document, reading: Reading, place: Place, findings: Findings) -> None:
    tariff, charge = document["tariff"], document["charge"]
    prices = [int(price) for price in tariff["pricePerMillion"]]
    per_day = int(tariff["standingPerDay"])
    taken = int(charge["after"]) - int(charge["before"])
    expected = {
        "usage": quote.usage(prices, reading.registers),
        "standing": quote.standing(per_day, charge["elapsed"]),
        "due": quote.charge(prices, per_day, reading.registers, charge["elapsed"]),
        "taken": taken,
        "tax": quote.tax_part(taken, tariff["taxBps"]),
    }
    for name, value in expected.items():
        if int(charge[name]) != value:
            findings.add("receipt charge", place, f"{name} is {charge[name]}, it must be {value}")
    if not int(charge["before"]) <= int(charge["after"]) <= expected["due"]:
        findings.add("receipt charge", place, "more was taken than was due")


def check_against_chain(document: Document, audit: Audit, kept: Settlements, findings: Findings) -> None:
    """The same reading as the audit saw it settle, field by field; `kept` has all of the agreement's."""
    reading = document["reading"]
    place = Place(transaction=document["transaction"], record=document["record"])
    for entry in kept.entries:
        found = entry.reading
        if found is None or (entry.transaction, entry.record) != (document["transaction"], document["record"]):
            continue
        if (found.agreement, found.sequence) == (reading["agreementId"], reading["sequence"]):
            break
    else:
        findings.add("receipt", place, "no such reading settled there")
        return
    true = _document(audit, kept, entry, found)
    for name, value in true.items():
        if document[name] != value:
            findings.add("receipt", place, f"{name} differs from the chain: it must be {json.dumps(value)}")
    findings.count("receipts compared with the chain")


def _reading(document: Document) -> Reading:
    fields = (document["agreementId"], document["assetId"], document["sequence"], document["time"])
    rest = (*document["registers"], document["odometer"], document["flags"], unhex(document["telemetryRoot"]))
    return parse_reading(pack_reading((*fields, *rest)))
