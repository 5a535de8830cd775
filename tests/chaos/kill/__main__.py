"""`python -m tests.chaos.kill --kills 1000`: a run of any length, with its table at the end."""

from __future__ import annotations

import argparse
import random
import secrets
import sys
import tempfile
import time
from itertools import takewhile
from pathlib import Path

from oracle.points import Point
from tests.chaos.kill import table
from tests.chaos.kill.checks import Broken
from tests.chaos.kill.nursery import Nursery
from tests.chaos.kill.plan import plan
from tests.chaos.kill.run import Run
from tests.chaos.kill.scene import running_place, scene_at


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.kill", description=__doc__)
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    parser.add_argument("--minutes", type=float, default=600, help="end the run after this time, with all its checks")
    parser.add_argument("--machines", type=int, default=8)
    parser.add_argument("--points", help="only these, with commas between")
    parser.add_argument("--json", type=Path, help="write the table here too")
    parser.add_argument("--keep", type=Path, help="folder for database and log, to look at afterwards")
    chosen = parser.parse_args()
    points = [Point(name) for name in chosen.points.split(",")] if chosen.points else list(Point)
    print(f"seed {chosen.seed}", flush=True)
    with tempfile.TemporaryDirectory() as own:
        folder = chosen.keep or Path(own)
        folder.mkdir(parents=True, exist_ok=True)
        chance = random.Random(chosen.seed)
        with (
            running_place(folder, chosen.machines) as place,
            scene_at(place, folder, chosen.seed) as scene,
            Nursery(folder) as nursery,
        ):
            run = Run(scene, nursery, chance, chosen.seed)
            began = time.monotonic()
            kills = plan(chosen.kills, chance, points)
            in_time = takewhile(lambda _: time.monotonic() - began < 60 * chosen.minutes, kills)
            try:
                run.all(in_time, lambda text: print(text, flush=True))
            except Broken as error:
                print(f"BROKEN: {error}", flush=True)
                return 1
            finally:
                seconds = time.monotonic() - began
                found = table.lines(run.done)
                print(table.as_text(found))
                print(f"{60 * len(run.done) / seconds:.0f} kills a minute", flush=True)
                if chosen.json is not None:
                    chosen.json.write_text(table.as_json(found, chosen.seed, seconds) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
