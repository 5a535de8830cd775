"""The flights' bill once more, from the CSV files alone: no code in common with replay, contracts or auditor."""

import csv
import io
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Prices:
    """Base units per million seconds and per million cycles."""

    second: int
    cycle: int


@dataclass(frozen=True, slots=True)
class Bill:
    """Amounts in base units by (tail number, carrier), each rounded down once."""

    amounts: dict[tuple[str, str], int]
    flights: int
    not_billed: int

    @property
    def total(self) -> int:
        return sum(self.amounts.values())


def recompute(folder: Path, days: int, by_thrust: Prices, by_hour: Prices) -> Bill:
    """What each carrier owes for each aircraft after the first `days` days."""
    with (folder / "planes.csv").open(newline="") as file:
        engines = {plane["tailnum"]: int(plane["engines"]) for plane in csv.DictReader(file)}
    minutes: dict[tuple[str, str], int] = defaultdict(int)
    flown: dict[tuple[str, str], int] = defaultdict(int)
    not_billed = 0
    with zipfile.ZipFile(folder / "flights.csv.zip") as archive, archive.open("flights.csv") as raw:
        for row in csv.DictReader(io.TextIOWrapper(raw)):
            if date(2013, int(row["month"]), int(row["day"])).timetuple().tm_yday > days:
                continue
            if row["tailnum"] == "NA" or row["air_time"] == "NA":
                not_billed += 1
                continue
            pair = row["tailnum"], row["carrier"]
            minutes[pair] += int(row["air_time"])
            flown[pair] += 1
    amounts = {}
    for pair, flights in flown.items():
        count, prices = (engines[pair[0]], by_thrust) if pair[0] in engines else (1, by_hour)
        seconds = minutes[pair] * 60 * count
        amounts[pair] = (seconds * prices.second + flights * count * prices.cycle) // MILLION
    return Bill(amounts, sum(flown.values()), not_billed)
