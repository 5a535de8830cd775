"""Steps on trees of assets, as the registries' world takes them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from tests.contracts.registry.signing import key
from tests.contracts.registry.world import ZERO as NOBODY
from tests.contracts.registry.world import World, now, wait_until

ORDER = 7
NO_REASON = (NOBODY, 0)
RATE = 86_400_000
HOUR = 3_600


def reason(world: World, *machines: int) -> tuple[Any, int]:
    """A step that the recorder knows for these machines."""
    for machine in machines:
        world.steps.set(machine, ORDER, True, {"from": world.stranger})
    return world.steps.address, ORDER


def attach(world: World, part: int, parent: int, by: Any = None, why: Any = None) -> Any:
    why = why or reason(world, parent)
    return world.components.attach(part, parent, why, {"from": by or world.provider})


def detach(world: World, part: int, to: Any = None, by: Any = None, why: Any = None) -> Any:
    why = why or reason(world, int(world.assets.parentOf(part)))
    return world.components.detach(part, to or world.provider, why, {"from": by or world.provider})


def built(world: World, *numbers: int) -> list[int]:
    """A chain: each asset stands in the one before it."""
    assets = [world.register(number) for number in numbers]
    for parent, part in pairwise(assets):
        attach(world, part, parent)
    return assets


def run(world: World, asset: int, odometer: int) -> None:
    """The asset's meter has come so far, and a status says so; it gets its meter first."""
    meter = key(f"meter of {asset}")
    if int(world.assets.route(asset)) >> 96 == 0:
        world.announce(world.binding(asset, meter), meter, by=world.assets.ownerOf(asset))
        world.meters.declareOdometerRate(asset, RATE, {"from": world.maker})
    wait_until(now() + HOUR)
    sequence = world.meters.odometerOf(asset)[0] + 1
    world.record(meter, (asset, sequence, now(), 0, 0, odometer))
