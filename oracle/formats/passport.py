"""Material passports: read, checked, hashed. What the schema (`schemas/passport.json`) cannot say is here."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from oracle.domain.hashing import keccak
from oracle.domain.wire import canonical_json, decode_json
from oracle.errors import Fatal, Rejected
from oracle.types import Bytes32

FORMAT = "cise-passport/1"
WHOLE = 10_000
"""A hundred per cent in bps."""
DESTRUCTIVE = frozenset({"adhesive", "weld", "solder"})
"""Fastenings that do not come apart unharmed, unless the document says otherwise."""
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """Where in the document, what is wrong, and how much."""

    where: str
    what: str
    how_much: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f" ({self.how_much})" if self.how_much else "")


@dataclass(frozen=True, slots=True)
class Summary:
    """What a reader wants to know first. Shares are in bps of all materials' mass."""

    grams: int
    recycled_bps: int
    renewable_bps: int
    reversible_steps: int
    steps: int


def read(data: bytes, today: date) -> Document:
    """A sound passport. Raises Malformed where it is no JSON, Rejected `passport_unsound` naming the first problem."""
    document = parse(data)
    if found := problems(document, today):
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        raise Rejected("passport_unsound", found[0].where, found[0].what + more, found[0].how_much)
    assert isinstance(document, dict)
    return document


def parse(data: bytes) -> object:
    """The document as it stands, sound or not. Raises Malformed where it is no JSON."""
    return decode_json(data)


def shipped(name: str) -> bytes:
    """An example that comes with the package. Raises Rejected `unknown_passport`."""
    document = files(__package__) / f"{name}.passport.json"
    if "/" in name or not document.is_file():
        raise Rejected("unknown_passport", name, "is not among the examples")
    return document.read_bytes()


def shelf(folder: Path | None) -> dict[Bytes32, Document]:
    """Passports at hand by their hash: the examples, and every JSON document in the folder. Raises Fatal."""
    try:
        papers = [] if folder is None else [path.read_bytes() for path in sorted(folder.glob("*.json"))]
    except OSError as error:
        raise Fatal(
            "passports", f"{folder} cannot be read ({type(error).__name__})", "Name a readable folder."
        ) from error
    papers += [one.read_bytes() for one in files(__package__).iterdir() if one.name.endswith(".passport.json")]
    documents = (parse(paper) for paper in papers)
    return {
        passport_hash(document): document
        for document in documents
        if isinstance(document, dict) and not any(_validator().iter_errors(document))
    }


def passport_hash(document: Document) -> Bytes32:
    """keccak256 of the canonical JSON: what AssetRegistry keeps."""
    return keccak(canonical_json(document))


def summary(document: Document) -> Summary:
    """Of a sound passport."""
    materials = document["materials"]
    whole = sum(each["grams"] for each in materials)
    recycled = sum(each["grams"] * _recycled(each) for each in materials)
    renewable = sum(each["grams"] * each.get("renewableBps", 0) for each in materials)
    steps = document["disassembly"]["steps"]
    reversible = sum(step["reversible"] for step in steps)
    return Summary(document["mass"]["grams"], recycled // whole, renewable // whole, reversible, len(steps))


def problems(document: object, today: date) -> list[Problem]:
    """All that is wrong; where the form is wrong already, only that."""
    wrong = sorted(_validator().iter_errors(document), key=lambda error: list(map(str, error.absolute_path)))
    if wrong:
        return [Problem(_path(error.absolute_path), error.message[:200]) for error in wrong]
    assert isinstance(document, dict)
    return [*_masses(document), *_shares(document), *_dates(document, today), *_substances(document)]


def _masses(document: Document) -> Iterator[Problem]:
    whole, tolerance = document["mass"]["grams"], document["mass"]["toleranceBps"]
    total = sum(each["grams"] for each in document["materials"])
    if abs(total - whole) * WHOLE > tolerance * whole:
        amount = f"{total} g, the mass is {whole} g, {tolerance / 100:g} % allowed"
        yield Problem("materials", "do not add up to the mass", amount)
    for name, count in Counter(each["name"] for each in document["materials"]).items():
        if count > 1:
            yield Problem("materials", f"{name!r} is listed more than once", str(count))


def _shares(document: Document) -> Iterator[Problem]:
    for each in document["materials"]:
        if _recycled(each) > WHOLE:
            yield Problem(each["name"], "more than all of it is recycled", f"{_recycled(each) / 100:g} %")
        elif _recycled(each) + each.get("renewableBps", 0) > WHOLE:
            share = _recycled(each) + each["renewableBps"]
            yield Problem(each["name"], "more than all of it is recycled or renewable", f"{share / 100:g} %")


def _dates(document: Document, today: date) -> Iterator[Problem]:
    made, promised = document["product"]["madeOn"], document.get("takeBack", {}).get("until")
    days = {"product.madeOn": _day(made), "takeBack.until": _day(promised)}
    for where, text in (("product.madeOn", made), ("takeBack.until", promised)):
        if text is not None and days[where] is None:
            yield Problem(where, "is no day of the calendar", text)
    begun, ends = days.values()
    if begun is not None and begun > today:
        yield Problem("product.madeOn", "lies in the future", f"{made}, today is {today}")
    if begun is not None and ends is not None and ends <= begun:
        yield Problem("takeBack.until", "lies before the machine was made", f"{promised}, made on {made}")


def _substances(document: Document) -> Iterator[Problem]:
    """The last digit of a CAS number is the sum of the others, each times its place from the right, modulo ten."""
    for each in document.get("substancesOfConcern", []):
        *digits, check = (int(digit) for digit in each["cas"] if digit != "-")
        expected = sum(place * digit for place, digit in enumerate(reversed(digits), 1)) % 10
        if check != expected:
            yield Problem(each["name"], "its CAS number has a wrong check digit", f"{each['cas']}, expected {expected}")


def _recycled(material: Document) -> int:
    share: int = material["recycledPreConsumerBps"] + material["recycledPostConsumerBps"]
    return share


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        return None


def _path(path: Sequence[object]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".") or "passport"


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(files("oracle.schemas").joinpath("passport.json").read_text("utf-8")))
