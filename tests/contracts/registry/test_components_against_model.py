"""After any run of steps, refused ones included: no cycles, at most four levels, titles of parts with their root's,
liens held, odometer shares exact."""

from __future__ import annotations

from typing import Any

import pytest
from brownie.test import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.contracts.registry.tree import ORDER, run
from tests.contracts.registry.world import ZERO
from tests.helpers.errors import typed_error_named
from tests.models.components import Forest

ASSETS = 7

assets = st.integers(1, ASSETS)
people = st.integers(0, 1)
steps = st.one_of(
    st.tuples(st.just("attach"), assets, assets),
    st.tuples(st.just("attach"), assets, assets),
    st.tuples(st.just("detach"), assets, people),
    st.tuples(st.just("transfer"), assets, people),
    st.tuples(st.just("pledge"), assets),
    st.tuples(st.just("release"), assets),
    st.tuples(st.just("run"), assets, st.integers(0, 1_000)),
)


@pytest.fixture(scope="module")
def yard(world):
    """Assets with meters of two owners; work on everything goes on all the time."""
    for number in range(1, ASSETS + 1):
        asset = world.register(number, (world.provider, world.buyer)[number % 2])
        world.steps.set(asset, ORDER, True, {"from": world.stranger})
        run(world, asset, 0)
    return world


class Run:
    """Makes each step on the contracts and on the model, and expects the same outcome."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.people = (world.provider, world.buyer)
        self.why = (world.steps.address, ORDER)
        self.model = Forest()
        for asset in range(1, ASSETS + 1):
            self.model.add(asset, asset % 2)

    def owner(self, asset: int) -> Any:
        return self.people[self.model.nodes[asset].owner]

    def tell(self, refusal: str | None, send: Any) -> bool:
        if refusal is None:
            send()
            return True
        with typed_error_named(refusal):
            send()
        return False

    def attach(self, part: int, parent: int) -> None:
        tree, by = self.world.components, self.owner(part)
        if self.owner(parent) != by:
            tree.consentToAttach(part, parent, self.why, {"from": self.owner(parent)})
        refusal = self.model.why_not_attach(part, parent)
        if self.tell(refusal, lambda: tree.attach(part, parent, self.why, {"from": by})):
            self.model.attach(part, parent)

    def detach(self, part: int, to: int) -> None:
        tree, by, taker = self.world.components, self.owner(part), self.people[to]
        if taker != by and self.model.nodes[part].parent is not None:
            tree.consentToDetach(part, taker, self.why, {"from": taker})
        refusal = self.model.why_not_detach(part, to)
        if self.tell(refusal, lambda: tree.detach(part, taker, self.why, {"from": by})):
            self.model.detach(part, to)

    def transfer(self, asset: int, to: int) -> None:
        by = self.owner(asset)
        refusal = self.model.why_not_transfer(asset)
        if self.tell(refusal, lambda: self.world.assets.transferFrom(by, self.people[to], asset, {"from": by})):
            self.model.transfer(asset, to)

    def pledge(self, asset: int) -> None:
        by, refusal = self.owner(asset), self.model.why_not_pledge(asset)
        if self.tell(refusal, lambda: self.world.assets.placeLien(asset, self.world.lienholder, {"from": by})):
            self.model.nodes[asset].lienholder = 1

    def release(self, asset: int) -> None:
        if self.model.nodes[asset].lienholder is not None:
            self.world.assets.releaseLien(asset, {"from": self.world.lienholder})
            self.model.nodes[asset].lienholder = None

    def run(self, asset: int, distance: int) -> None:
        run(self.world, asset, self.model.nodes[asset].odometer + distance)
        self.model.run(asset, distance)

    def check(self) -> None:
        for asset, node in self.model.nodes.items():
            assert self.world.assets.ownerOf(asset) == self.people[node.owner]
            assert self.world.assets.parentOf(asset) == (node.parent or 0)
            assert self.world.components.rootOf(asset) == self.model.root(asset)
            assert set(self.world.components.withParts(asset)) == self.model.below(asset)
            assert self.world.components.useOf(asset) == node.use
            assert self.world.assets.lienholderOf(asset) == (self.world.lienholder if node.lienholder else ZERO)


@given(run_of=st.lists(steps, min_size=5, max_size=30))
@settings(max_examples=12)
def test_trees_follow_the_model(yard, run_of):
    run_ = Run(yard)
    for name, *arguments in run_of:
        getattr(run_, name)(*arguments)
    run_.check()
