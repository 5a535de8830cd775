"""The audit can fail: every single alteration of a log, of calldata or of storage is found, and its place named."""

from __future__ import annotations

import gc
import multiprocessing
from collections import Counter

import pytest

from oracle.audit.rpc import Node
from oracle.audit.verify import Audit, audit
from tests.oracle.audit.corruptions import Lie, draw, draw_about
from tests.oracle.audit.financed import CONTRACTS, Financed
from tests.oracle.audit.proxy import LyingNode
from tests.oracle.audit.seen import Seen

SEED = 20_261_121
LIES = 501
PROCESSES = 2

Missed = tuple[Lie, list[str]]


def run(url: str, directory: bytes) -> Audit:
    node = Node(url)
    try:
        return audit(node, directory)
    finally:
        node.close()


def hunt(url: str, directory: bytes, lies: list[Lie]) -> tuple[Counter[str], list[Missed]]:
    """Audits once per lie through a lying node of its own."""
    found: Counter[str] = Counter()
    missed: list[Missed] = []
    proxy = LyingNode(url)
    try:
        assert run(proxy.url, directory).clean
        for lie in lies:
            with proxy.telling(lie):
                findings = run(proxy.url, directory).findings.found
            if any(lie.found_by(finding) for finding in findings):
                found[type(lie).__name__] += 1
            else:
                missed.append((lie, [str(finding) for finding in findings[:8]]))
    finally:
        proxy.stop()
    return found, missed


def test_every_lie_is_found_and_its_place_named(chain_url: str, directory: bytes, honest: Seen) -> None:
    lies = draw(honest, LIES, SEED)
    parts = [(chain_url, directory, lies[start::PROCESSES]) for start in range(PROCESSES)]
    # Hundreds of audits of one chain leave no cycles worth looking for.
    with multiprocessing.get_context("spawn").Pool(PROCESSES, gc.disable) as pool:
        results = pool.starmap(hunt, parts)
    missed = [each for _, part in results for each in part]
    told = "\n".join(f"{lie}: {findings}" for lie, findings in missed)
    assert missed == [], f"{len(missed)} of {LIES} lies were not named (seed {SEED}):\n{told}"
    found = sum((counter for counter, _ in results), Counter())
    assert found.total() == LIES
    assert min(found["LogLie"], found["CalldataLie"], found["StorageLie"]) >= LIES // 3


def test_a_few_lies_within_this_process(chain_url: str, directory: bytes, honest: Seen) -> None:
    """The same on a small scale and with another seed, where a debugger and the coverage see it."""
    lies = draw(honest, 30, SEED + 1)
    found, missed = hunt(chain_url, directory, lies)
    assert missed == []
    assert found.total() == len(lies)


def test_i8_i9_every_lie_about_rounds_is_found(financed_url: str, financed: Financed, financed_honest: Seen) -> None:
    """One about each kind of log: dropped, doubled or altered; and about calldata and storage of rounds."""
    lies = draw_about(financed_honest, CONTRACTS, storage=8, calldata=2, seed=SEED)
    found, missed = hunt(financed_url, financed.directory, lies)
    told = "\n".join(f"{lie}: {findings}" for lie, findings in missed)
    assert missed == [], f"{len(missed)} of {len(lies)} lies were not named (seed {SEED}):\n{told}"
    assert found["LogLie"] >= 25
    assert (found["CalldataLie"], found["StorageLie"]) == (2, 8)


@pytest.mark.parametrize("seed", [1])
def test_the_same_seed_draws_the_same_lies(honest: Seen, seed: int) -> None:
    assert draw(honest, 30, seed) == draw(honest, 30, seed)
