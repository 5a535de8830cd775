"""The long form: a thousand kills at every point, with a node that took the transaction and one that did not."""

import secrets

from oracle.points import Point
from tests.chaos.kill import table
from tests.chaos.kill.plan import Mode, plan


def test_killed_at_every_point_a_thousand_times(begin_run, kills, capsys):
    seed = secrets.randbits(32)
    run = begin_run(seed)
    with capsys.disabled():
        print(f"\nseed {seed}", flush=True)
        try:
            run.all(plan(kills, run.chance), lambda text: print(text, flush=True))
        finally:
            print(table.as_text(table.lines(run.done)), flush=True)
    assert {(done.kill.point, done.kill.mode) for done in run.done} == {
        (point, mode) for point in Point for mode in Mode
    }
