"""`python -m scripts.bench [--only NAME]`: measures, prints, and writes docs/benchmarks.md and docs/benchmarks.json."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from scripts.bench import audit, flights, gas, growth, ingest, latency
from scripts.bench.report import DATA, PAGE, Book, Origin, Result, show

BENCHES: dict[str, Callable[[], Result]] = {
    "gas": gas.measure,
    "ingest": ingest.measure,
    "latency": latency.measure,
    "audit": audit.measure,
    "growth": growth.measure,
    "flights": flights.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.bench", description=__doc__)
    parser.add_argument("--only", choices=sorted(BENCHES), action="append")
    chosen = parser.parse_args().only or list(BENCHES)
    book = Book.load()
    for name in BENCHES:
        if name in chosen:
            began = time.monotonic()
            origin = Origin.now()
            result = BENCHES[name]()
            book.results[name] = (result, origin)
            show(result, origin)
            print(f"  ({time.monotonic() - began:.0f} s)")
            # After each bench, so that a long run that is stopped keeps what it has.
            book.save(list(BENCHES))
    print(f"\nwritten: {PAGE.name} and {DATA.name} in docs/")


if __name__ == "__main__":
    main()
