"""The short form of tests/chaos/kill: every point once, and proof that the run can fail."""

import pytest

from oracle.points import Point
from tests.chaos.kill.checks import Broken
from tests.chaos.kill.defects import DEFECTS
from tests.chaos.kill.plan import plan

SEED = 4
HARM = {
    "acknowledges_before_the_commit": ([Point.ACKNOWLEDGED], "acknowledged, but not there"),
    "signs_again_with_a_new_nonce": ([Point.SENT], "sent, but not in the outbox"),
    "moves_the_checkpoint_without_the_events": ([Point.INDEXED], "chain_events differs from a fresh index"),
}


def test_killed_once_at_every_point(begin_run):
    run = begin_run(SEED)
    run.all(plan(len(Point), run.chance, restless=0.6), print)
    assert {done.kill.point for done in run.done} == set(Point)


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_found(begin_run, defect):
    points, words = HARM[defect]
    run = begin_run(SEED, defect)
    with pytest.raises(Broken, match=words):
        run.all(plan(2, run.chance, points), print)
