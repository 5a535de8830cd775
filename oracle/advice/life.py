"""How long machines and components live, from lives that ended and lives that go on.

Use is counted in units of the machine's odometer (seconds, cycles, metres …). A life that has not failed is censored:
it counts as survived up to now and no further.

Sources: Kaplan and Meier, Nonparametric estimation from incomplete observations (1958); Weibull maximum likelihood with
censoring as in Meeker and Escobar, Statistical Methods for Reliability Data (1998), chapter 8.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import gamma

from oracle.errors import Rejected

_FEWEST_FAILURES = 2
_SMALLEST_SHAPE, _LARGEST_SHAPE = 0.01, 100.0


@dataclass(frozen=True, slots=True)
class Life:
    """One unit's use until it failed, or until now."""

    units: int
    failed: bool


@dataclass(frozen=True, slots=True)
class SurvivalStep:
    """After `units` of use, `survival` of all units still work; `failures` of the `at_risk` failed just then."""

    units: int
    at_risk: int
    failures: int
    survival: float


@dataclass(frozen=True, slots=True)
class WeibullFit:
    """Survival to u units is exp(−(u / scale)^shape). Shape under 1: early failures; 1: chance; over 1: wear."""

    shape: float
    scale: float
    lives: int
    failures: int
    log_likelihood: float

    @property
    def mean_units(self) -> float:
        """Expected use until failure."""
        return self.scale * float(gamma(1 + 1 / self.shape))

    def survival(self, units: float) -> float:
        """Share that still works after `units`."""
        return math.exp(-((units / self.scale) ** self.shape))

    def units_survived_by(self, share: float) -> float:
        """Use that this share survives (0 < share ≤ 1)."""
        return self.scale * math.pow(-math.log(share), 1 / self.shape)

    def fails_within(self, age: float, further: float) -> float:
        """Chance that a unit which has worked for `age` units fails within `further` more."""
        return -math.expm1((age / self.scale) ** self.shape - ((age + further) / self.scale) ** self.shape)


def survival_curve(lives: Sequence[Life]) -> list[SurvivalStep]:
    """The product-limit estimate: one step for each use at which something failed. No assumption about the shape."""
    _check(lives)
    failed = Counter(life.units for life in lives if life.failed)
    ordered = sorted(life.units for life in lives)
    steps: list[SurvivalStep] = []
    survival, passed = 1.0, 0
    for units in sorted(failed):
        while passed < len(ordered) and ordered[passed] < units:
            passed += 1
        at_risk = len(ordered) - passed
        survival *= 1 - failed[units] / at_risk
        steps.append(SurvivalStep(units, at_risk, failed[units], survival))
    return steps


def fit_weibull(lives: Sequence[Life]) -> WeibullFit:
    """Maximum likelihood. Raises Rejected where there are fewer than two different failures to learn from."""
    _check(lives)
    units = np.array([max(life.units, 1) for life in lives], dtype=float)
    failed = np.array([life.failed for life in lives])
    failures = int(failed.sum())
    if failures < _FEWEST_FAILURES or len(set(units[failed])) < _FEWEST_FAILURES:
        raise Rejected("too_few_failures", "life", "needs two different failures to learn from", f"{failures} failures")

    # Relative to the longest life, so that no power overflows.
    longest = float(units.max())
    relative = units / longest
    shape = _solve_shape(relative, failed)
    scale = longest * float((relative**shape).sum() / failures) ** (1 / shape)
    return WeibullFit(shape, scale, len(lives), failures, _likelihood(shape, units, failed))


def shape_range(lives: Sequence[Life], fit: WeibullFit, confidence: float = 0.9) -> tuple[float, float]:
    """Shapes that the lives do not speak against, by the likelihood ratio with the scale chosen for each shape.

    Where 1 is among them, nobody can tell yet whether it is wear, chance or early failure.
    """
    units = np.array([max(life.units, 1) for life in lives], dtype=float)
    failed = np.array([life.failed for life in lives])
    # The chi-squared quantile of one degree of freedom is a normal one squared.
    least = fit.log_likelihood - NormalDist().inv_cdf((1 + confidence) / 2) ** 2 / 2

    def above(shape: float) -> float:
        return _likelihood(shape, units, failed) - least

    low = _SMALLEST_SHAPE if above(_SMALLEST_SHAPE) > 0 else float(brentq(above, _SMALLEST_SHAPE, fit.shape))
    high = _LARGEST_SHAPE if above(_LARGEST_SHAPE) > 0 else float(brentq(above, fit.shape, _LARGEST_SHAPE))
    return low, high


def _likelihood(shape: float, units: NDArray[np.float64], failed: NDArray[np.bool_]) -> float:
    """Log-likelihood with the best scale for this shape, where Σ (u / scale)^shape is the number of failures."""
    failures, longest = int(failed.sum()), float(units.max())
    log_scale = math.log(longest) + math.log(float(((units / longest) ** shape).sum()) / failures) / shape
    logs = float(np.log(units[failed]).sum())
    return failures * (math.log(shape) - shape * log_scale) + (shape - 1) * logs - failures


def _solve_shape(relative: NDArray[np.float64], failed: NDArray[np.bool_]) -> float:
    logs = np.log(relative)
    mean_log = float(logs[failed].mean())

    def slope(shape: float) -> float:
        powers = relative**shape
        return float((powers * logs).sum() / powers.sum()) - 1 / shape - mean_log

    if slope(_LARGEST_SHAPE) <= 0:
        raise Rejected("failures_too_alike", "life", "failures are too close together for a Weibull shape", "over 100")
    return float(brentq(slope, _SMALLEST_SHAPE, _LARGEST_SHAPE, xtol=1e-12, rtol=1e-12))


def _check(lives: Sequence[Life]) -> None:
    if not lives:
        raise Rejected("no_lives", "life", "needs at least one life", "0")
    least = min(life.units for life in lives)
    if least < 0:
        raise Rejected("negative_use", "life", "use cannot be negative", str(least))
