"""One who has all votes does all the harm there is, guardians pause when they may, people go on: nobody's money moves
but by its owner (Q-26), no role changes hands (I-16), a pause ends by itself and reaches no exit (I-15), and in the end
everybody leaves with everything (I-14)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from oracle.deployment.decisions import DECISIONS as LIST
from oracle.parties.governing import PAUSABLE
from tests.helpers.anvil import Node
from tests.stateful.governance_world import DAY, EUR, PAPER, GovernanceWorld

GOVERNED_BY_ITSELF = "NetworkGovernor"
"""Its functions take no call but its own; what they may be set to is in Governance.t.sol."""
Harm = Callable[[GovernanceWorld], list[Any]]
HARM: dict[str, Harm] = {
    "Directory.set": lambda w: [b"another".ljust(32, b"\0"), w.stranger],
    "PrepaidAccounts.admitCurrency": lambda w: [w.contracts["Membership"].address],
    "AssetRegistry.setEligibility": lambda w: [w.contracts["WorkerList"].address],
    "AssetRegistry.appointRecorder": lambda w: [w.contracts["ServiceMarket"].address, False],
    "EligibilityList.admit": lambda w: [w.stranger],
    "EligibilityList.dismiss": lambda w: [w.stranger],
    "ServiceMarket.setEligibility": lambda w: [w.contracts["EligibilityList"].address],
    "WorkerList.admit": lambda w: [w.stranger, 127],
    "Membership.setCode": lambda w: [PAPER, ""],
    "Membership.giveClass": lambda w: [w.founders[0], 6, 0, bytes(32)],
    "Membership.withdrawClass": lambda w: [w.provider, 1],
    "Membership.suspend": lambda w: [w.provider, w.chain.now + 90 * DAY, PAPER],
    "Membership.expel": lambda w: [w.founders[4], PAPER],
    "Membership.recover": lambda w: [2, w.stranger],
    "CommunityAccount.spend": lambda w: [w.currency, w.stranger, w.read("CommunityAccount", "left", w.currency), PAPER],
    "CommunityAccount.declareDividend": lambda w: [w.currency, w.read("CommunityAccount", "left", w.currency)],
    "Guardian.replace": lambda w: [[*w.guardians, w.stranger], 2],
    "Timelock.updateDelay": lambda w: [30 * DAY],
    "Authority.setTargetFunctionRole": lambda w: [w.stranger, [b"\x12\x34\x56\x78"], 1],
    "Decisions.add": lambda w: [(w.stranger, b"\x12\x34\x56\x78", [])],
}
REFUSED = {
    "Directory_AlreadySet", "Accounts_NotAToken", "Accounts_CurrencyAlreadyAdmitted", "Eligibility_AlreadyAdmitted",
    "Eligibility_NotAdmitted", "Membership_HasClass", "Membership_HasNoClass", "Membership_IsSuspended",
    "Membership_NotHeard", "Membership_NotMember", "Membership_RecoveryNotAsked", "Membership_RecoveryTooEarly",
    "Membership_AlreadyMember", "Community_NothingToShare", "Decisions_ListedAlready",
}  # fmt: skip
picks = st.integers(0, 1_000)


@pytest.fixture(scope="module")
def world():
    with Node("--accounts", "16", "--timestamp", "1700000000") as node:
        yield GovernanceWorld(node.port)


def test_every_decision_is_tried():
    assert set(HARM) == {
        f"{each.contract}.{each.function.split('(')[0]}" for each in LIST if each.contract != GOVERNED_BY_ITSELF
    }


class GovernanceMachine(RuleBasedStateMachine):
    world: GovernanceWorld

    @initialize()
    def begin(self):
        """With some money in the community's account, and the time to recover a key almost over."""
        world = self.world
        world.reset()
        for which in (0, 1):
            world.use(which, 40 * EUR)
        assert world.attempt(world.stranger, "FeeSplitter", "distributeAll", 1) is None
        code = world.read("Membership", "code")[1][0]
        assert world.attempt(world.stranger, "Membership", "askRecovery", 2, code) is None
        world.chain.warp(13 * DAY)
        self.roles = self._roles()

    @rule(names=st.lists(st.sampled_from(sorted(HARM)), min_size=2, max_size=6))
    def harm(self, names):
        """By the timelock itself, as if every vote were one person's."""
        world = self.world
        for name in names:
            before = world.balances()
            contract, _, function = name.partition(".")
            refusal = world.attempt(world.timelock, contract, function, *HARM[name](world))
            assert refusal is None or refusal in REFUSED, (name, refusal)
            after = world.balances()
            common = before[world.community] - after[world.community]
            assert 0 <= common <= before[world.community] // 4, "a quarter at most"
            gained = common if name == "CommunityAccount.spend" else 0
            assert {**after, world.community: 0, world.stranger: 0} == {
                **before, world.community: 0, world.stranger: 0,
            }, f"Q-26: {name} moved somebody's money"  # fmt: skip
            assert after[world.stranger] - before[world.stranger] == gained

    @rule()
    def pause(self):
        world = self.world
        allowed = world.chain.now + 1 >= world.pausable_from
        # A set of guardians that was replaced has no old agreements, and these two are in every set.
        assert world.pause() == (None if allowed else "Guardian_PauseTooSoon")

    @rule(days=st.sampled_from([1, 13, 15, 31, 45, 200]))
    def wait(self, days):
        self.world.chain.warp(days * DAY)

    @rule(
        pick=picks, amount=st.integers(1, 20 * EUR), way=st.sampled_from(["in", "out", "use", "use", "share", "claim"])
    )
    def go_on(self, pick, amount, way):
        world = self.world
        customer = world.customers[pick % 2]
        match way:
            case "in":
                assert world.deposit(customer, amount) == ("EnforcedPause" if world.is_paused else None)
            case "out":
                kept = min(amount, world.balances()[customer])
                assert world.withdraw(customer, kept) == (None if kept else "Accounts_ZeroAmount")
            case "use":
                world.use(pick % 2, amount)
            case "share":
                assert world.attempt(world.stranger, "FeeSplitter", "distributeAll", 1) is None
            case _:
                assert world.attempt(world.stranger, "CommunityAccount", "claim", 1 + pick % 5, world.currency) is None

    @rule(way=st.sampled_from(["join", "resign", "ask"]))
    def come_and_go(self, way):
        world = self.world
        code = world.read("Membership", "code")[1][0]
        call = {"join": ("join", code), "resign": ("resign",), "ask": ("askRecovery", 2, code)}[way]
        sender = world.founders[3] if way == "resign" else world.stranger
        refusal = world.attempt(sender, "Membership", *call)
        assert refusal in (None, "Membership_AlreadyMember", "Membership_NotMember", "ERC721NonexistentToken")

    @invariant()
    def pauses_and_roles_are_as_they_must_be(self):
        world = self.world
        world.tick()
        paused = world.chain.read([(world.contracts[name], "paused", ()) for name in PAUSABLE])
        expected = bool(world.pauses) and world.chain.now < world.pauses[-1] + 14 * DAY
        assert paused == [expected] * len(PAUSABLE), "Q-27"
        assert self._roles() == self.roles, "I-16"
        total = world.read("PrepaidAccounts", "totalSupply", world.token)
        assert sum(world.balances().values()) == total, "I-1"

    def _roles(self) -> list[Any]:
        world = self.world
        authority = world.contracts["Authority"]
        people = [
            *world.founders,
            *world.guardians,
            world.stranger,
            world.timelock,
            world.contracts["Guardian"].address,
        ]
        return world.chain.read([(authority, "hasRole", (role, one)) for role in range(4) for one in people])

    def teardown(self):
        """I-14, I-15: harmed and paused as it is, everybody ends, closes, shares, claims and takes everything home."""
        world = self.world
        world.pause()
        for number, customer in enumerate(world.customers, 1):
            assert world.attempt(customer, "UsageAgreements", "end", number) is None
        world.chain.warp(2 * DAY)
        for number in (1, 2):
            assert world.attempt(world.stranger, "UsageAgreements", "close", number) is None
        assert world.attempt(world.stranger, "FeeSplitter", "distributeAll", 1) is None
        for member in range(1, world.read("Membership", "memberCount") + 1):
            assert world.attempt(world.stranger, "CommunityAccount", "claim", member, world.currency) is None
        assert world.read("CommunityAccount", "setAside", world.currency) == 0
        title = world.read("AssetRegistry", "providerOf", 1)
        assert title == world.provider.lower(), "nobody's title moved"
        for person, amount in world.balances().items():
            if amount and person not in (world.community, world.holds, world.split):
                assert world.withdraw(person, amount) is None
        left = {who: amount for who, amount in world.balances().items() if amount}
        assert world.split not in left or left.pop(world.split) < 3, "less than a unit a payee"
        assert set(left) <= {world.community}, "I-14"


def test_all_votes_in_one_hand_and_pauses_at_random_take_nothing(world):
    GovernanceMachine.world = world
    quarter = settings.default.max_examples // 4
    run_state_machine_as_test(
        GovernanceMachine, settings=settings(max_examples=quarter, stateful_step_count=16, deadline=None)
    )
