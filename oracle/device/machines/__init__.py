"""Machines that a meter can sit in. A new kind is one module here with a `KIND`, and one tariff in `oracle/tariffs`.

The module has a class with `level`, `outcomes` and `run` (see `Machine`) and the constant `KIND = MachineKind(name,
tariff, build)`. `kinds()` finds it, so that `cise device run --kind name` offers it and the tests of every kind
(`tests/oracle/device/test_kinds.py`) run it. A machine with load levels takes its rule from the tariff's terms and
grows by milliseconds. Any other counts units of its registers directly: it keeps fractions of a unit to itself until
they add up, and says beforehand what the next step can cost at most. The tariff names units and labels, and which
registers the odometer counts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol

from oracle.domain.telemetry import Sample
from oracle.domain.terms import PublishedTariff
from oracle.types import Registers


@dataclass(frozen=True, slots=True)
class Place:
    """In units of 10⁻⁷ degrees."""

    latitude_e7: int
    longitude_e7: int


WORKSHOP = Place(525_200_000, 134_050_000)


@dataclass(frozen=True, slots=True)
class Step:
    """What a machine did in one step: by how much registers and odometer grew, at which level (0: it was not used)."""

    growth: Registers
    odometer: int
    level: int
    sample: Sample


class Machine(Protocol):
    """Something that runs for a while and can say how it went. `level`: what it is set to, 0 to 3."""

    level: int

    def outcomes(self, duration_ms: int) -> Sequence[Registers]:
        """The most that the next step can add to the registers, one growth for each way it may go. None of them ever
        shrinks with the duration, and a step of no duration adds nothing."""
        ...

    def run(self, ended_at_ms: int, duration_ms: int) -> Step:
        """What happened in the step that just ended."""
        ...


@dataclass(frozen=True, slots=True)
class MachineKind:
    """`tariff`: its published tariff; `build` takes the tariff as published and a seed."""

    name: str
    tariff: str
    build: Callable[[PublishedTariff, int], Machine]


@cache
def kinds() -> Mapping[str, MachineKind]:
    """Every kind found in this package, by name."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    all_of_them = (getattr(module, "KIND", None) for module in modules)
    return {kind.name: kind for kind in all_of_them if isinstance(kind, MachineKind)}
