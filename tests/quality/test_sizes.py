"""Files long enough to hide something. The good ones are half as long; this is where a second look is overdue."""

from __future__ import annotations

import pytest

from tests.environment import ROOT
from tests.quality.tree import shown, tracked

MOST_LINES = {"contracts": 600, "oracle": 500, "scripts": 300, "tests": 400}
MOST_BYTES = 1_500_000


@pytest.mark.parametrize("folder", sorted(MOST_LINES))
def test_no_source_file_is_a_book(folder):
    long = {
        shown(path): lines
        for path in tracked(f"{folder}/*.py", f"{folder}/*.sol")
        if (lines := len(path.read_text().splitlines())) > MOST_LINES[folder]
    }
    assert long == {}


def test_no_tracked_file_is_heavy():
    assert {shown(path): size for path in tracked() if (size := path.stat().st_size) > MOST_BYTES} == {}


def test_tests_are_where_some_job_runs_them():
    """`make test` runs folders: a test file directly in tests/ would never run."""
    assert [shown(path) for path in (ROOT / "tests").glob("test_*.py")] == []
