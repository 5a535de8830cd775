import os
import random
from contextlib import ExitStack

import pytest

from tests.chaos.kill.nursery import Nursery
from tests.chaos.kill.run import Run
from tests.chaos.kill.scene import running_place, scene_at


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    with running_place(tmp_path_factory.mktemp("place"), machines=6) as found:
        yield found


@pytest.fixture
def begin_run(place, tmp_path):
    """`begin_run(seed, defect)`: a run of its own; the chain is as before when the test is over."""

    def begin(seed: int, defect: str | None = None) -> Run:
        scene = scenes.enter_context(scene_at(place, tmp_path, seed))
        nursery = scenes.enter_context(Nursery(tmp_path))
        return Run(scene, nursery, random.Random(seed), seed, defect)

    with ExitStack() as scenes:
        yield begin


@pytest.fixture
def kills():
    """1,000, or the share of it that the caller of `make chaos` wants; each point in both modes at least."""
    return max(int(1_000 * float(os.environ.get("CISE_CHAOS_SCALE", "100")) / 100), 56)
