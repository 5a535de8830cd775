"""Queues with known answers: who finds all servers busy, and what is out for repair behind a shelf of spares.

Loads are in erlangs: failures in the mean time that one repair takes. Sources: Erlang's formulas B and C (1917); Palm's
theorem for the infinite-server queue (1938): what is out is Poisson, whatever the distribution of the times.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Chances = NDArray[np.float64]
"""Of 0, 1, 2 … being out."""
_NEGLIGIBLE = math.log(1e-16)


def erlang_b(load: float, servers: int) -> float:
    """Share that finds every server busy and goes elsewhere (M/G/s/s: only the mean of the times counts)."""
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked


def erlang_c(load: float, servers: int) -> float:
    """Share that finds every server busy and waits (M/M/s). 1 where the servers cannot keep up."""
    if load >= servers:
        return 1.0
    blocked = erlang_b(load, servers)
    return servers * blocked / (servers - load * (1 - blocked))


def out_of_many(load: float, repairers: int | None, least: int) -> Chances:
    """What is out where failures come at random from many: M/G/∞, or M/M/s with so many repairers.

    At least `least` + 1 entries, and as many more as matter. Empty where the repairers cannot keep up.
    """
    if repairers is not None and load >= repairers:
        return np.zeros(0)
    logs, number = [0.0], 0
    while number < least or number < load or logs[-1] > max(logs) + _NEGLIGIBLE:
        number += 1
        logs.append(logs[-1] + math.log(load / min(number, repairers or number)))
    return _shares(logs)


def birth_death(births: Callable[[int], float], deaths: Callable[[int], float], most: int) -> Chances:
    """Long-run shares of the states 0 to `most`."""
    logs = [0.0]
    for state in range(most):
        logs.append(logs[-1] + math.log(births(state) / deaths(state + 1)))
    return _shares(logs)


def waiting(out: Chances, spares: int) -> float:
    """Mean number that waits for a spare: what is out beyond the shelf."""
    return float(sum((number - spares) * share for number, share in enumerate(out) if number > spares))


def _shares(logs: Sequence[float]) -> Chances:
    """Weights as logarithms, for those of large loads overflow."""
    weights = np.exp(np.array(logs) - max(logs))
    return np.asarray(weights / weights.sum())
