"""What building in, taking out and selling a machine with its parts cost."""

from __future__ import annotations

import pytest

from oracle.types import ZERO_ADDRESS, ZERO_BYTES32

PARTS = 4
REPAIR = 2
ASSEMBLY = (ZERO_ADDRESS, 0)


@pytest.fixture
def machine(economy, deployment):
    """Assembled by its maker out of four parts, then sold to the provider with a fifth beside it."""
    maker = {"from": economy.maker}
    register = economy.assets.register
    assets = [
        register(b"drill".ljust(32, b"\0"), (900 + n).to_bytes(32), economy.maker, maker).return_value
        for n in range(PARTS + 2)
    ]
    for part in assets[1 : PARTS + 1]:
        deployment.Components.attach(part, assets[0], ASSEMBLY, maker)
    for asset in (assets[0], assets[-1]):
        economy.assets.transferFrom(economy.maker, economy.provider, asset, maker)
    return assets


def test_a_part_is_built_in_and_taken_out_and_a_machine_sold(economy, deployment, machine, gas):
    root, *_, part = machine
    provider, buyer = economy.provider, economy.buyer
    decided = deployment.EndOfLife.decide(root, REPAIR, provider, ZERO_BYTES32[:-1] + b"r", "", {"from": provider})
    step = (deployment.EndOfLife, decided.return_value)
    for _ in range(2):
        built_in = deployment.Components.attach(part, root, step, {"from": provider})
        taken_out = deployment.Components.detach(part, provider, step, {"from": provider})
    gas.check("attach", built_in)
    gas.check("detach", taken_out)
    gas.check("transfer of a title", economy.assets.transferFrom(provider, buyer, part, {"from": provider}))
    gas.check(
        "transfer of a machine with 4 parts", economy.assets.transferFrom(provider, buyer, root, {"from": provider})
    )
    for asset in machine:
        assert economy.assets.ownerOf(asset) == buyer
