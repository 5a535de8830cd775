import os

import pytest

from tests.chaos.process import Running, start
from tests.e2e.fixtures import deployed_world, start_oracle, world  # noqa: F401 - fixtures of this folder


@pytest.fixture
def scaled():
    """`scaled(n)`: n at the size that the caller of `make chaos` wants, at least 1."""
    percent = float(os.environ.get("CISE_CHAOS_SCALE", "100"))
    return lambda count: max(int(count * percent / 100), 1)


@pytest.fixture
def run_oracle(world, tmp_path):  # noqa: F811
    """`run_oracle(CISE_…=…)`: `cise oracle run` as a process of its own, stopped with the test."""
    begun: list[Running] = []

    def begin(*before: str, **settings: str) -> Running:
        running = start(world, tmp_path / f"oracle-{len(begun)}", before, settings)
        begun.append(running)
        return running

    yield begin
    for running in begun:
        running.stop()
