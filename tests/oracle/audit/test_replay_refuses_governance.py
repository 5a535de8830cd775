"""What governance must refuse, the replay refuses too. No chain: the modules alone, as deployment constructs them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from oracle.audit.check_members import check_i20
from oracle.audit.checks import Evidence
from oracle.audit.findings import Findings
from oracle.audit.keccak import keccak
from oracle.audit.member_tally import MemberTally
from oracle.audit.replay.accounts import Accounts
from oracle.audit.replay.authority import Authority
from oracle.audit.replay.community import Community
from oracle.audit.replay.deciding import Decisions, Guardian, Timelock
from oracle.audit.replay.governor import Governor
from oracle.audit.replay.members import Membership
from oracle.audit.replay.world import Call, Refused, World
from oracle.audit.storage import Layout

START, DAY = 1_700_000_000, 86_400
CODE, REASON, NONE = keccak(b"code"), keccak(b"x"), bytes(32)
FOUNDERS = [bytes([1]) * 19 + bytes([number]) for number in range(4)]
GUARDIANS = [bytes([2]) * 19 + bytes([number]) for number in range(3)]
ANNA, BERT, EURO, DEPLOYER = (bytes([number]) * 20 for number in (3, 4, 5, 6))
KINDS = (Authority, Accounts, Membership, Community, Timelock, Guardian, Decisions, Governor)
AT = {kind.CONTRACT: bytes([9]) * 19 + bytes([index]) for index, kind in enumerate(KINDS)}
PROVIDER, RECYCLER = 1, 5


class Platform:
    """`by(who, …)` calls a handler now; `wait` moves the clock."""

    def __init__(self) -> None:
        self.world = World(1, AT, Findings(), lambda *_: False)
        self.made = {kind.CONTRACT: kind(self.world, AT[kind.CONTRACT]) for kind in KINDS}
        self.world.accounts, self.world.authority = self.made["PrepaidAccounts"], self.made["Authority"]
        self.now, self.logs = START, list[SimpleNamespace]()
        members = [(account, 0, 0, NONE) for account in FOUNDERS]
        timelock, governor = self.made["Timelock"], AT["NetworkGovernor"]
        quorum_rule = (governor, self.selector("NetworkGovernor", "setQuorum"), ((0, False, 3, 100),))
        expel_rule = (AT["Membership"], self.selector("Membership", "expel"), ())
        for name, *arguments in (
            ("Authority", DEPLOYER),
            ("PrepaidAccounts", AT["Authority"]),
            ("Membership", AT["Authority"], CODE, "", members),
            ("CommunityAccount", AT["Authority"], AT["PrepaidAccounts"], AT["Membership"]),
            ("Timelock", 30 * DAY, governor, AT["Guardian"]),
            ("Guardian", AT["Authority"], timelock.address, governor, GUARDIANS, 2),
            ("Decisions", timelock.address, AT["Membership"], list(AT.values()), [quorum_rule, expel_rule]),
            ("NetworkGovernor", AT["Membership"], timelock.address, AT["Decisions"], (2 * DAY, 7 * DAY, DAY, 1, 3)),
        ):
            call = self.call(DEPLOYER)
            self.made[name].construct(call, tuple(arguments))
            self._tell(call)
        for contract, function, holder in (
            ("Membership", "suspend", timelock.address), ("Membership", "expel", timelock.address),
            ("CommunityAccount", "spend", timelock.address), ("CommunityAccount", "declareDividend", timelock.address),
            ("PrepaidAccounts", "pause", AT["Guardian"]),
        ):  # fmt: skip
            role = 1 if function == "pause" else 3
            self.by(
                DEPLOYER, "Authority", "setTargetFunctionRole", AT[contract], (self.selector(contract, function),), role
            )
            self.by(DEPLOYER, "Authority", "grantRole", role, holder, 0)
        self.made["PrepaidAccounts"].balances[AT["CommunityAccount"], int.from_bytes(EURO, "big")] = 100
        self.now += 1

    def selector(self, contract: str, function: str) -> bytes:
        found: bytes = self.made[contract].abi.by_name[function].selector
        return found

    def call(self, who: bytes) -> Call:
        return Call(who, self.now, 1, "0x")

    def by(self, who: bytes, contract: str, function: str, *arguments: Any) -> list[str]:
        """The names of the logs it emits."""
        call, module = self.call(who), self.made[contract]
        module.run(call, self.made[contract].abi.by_name[function].encode(*arguments))
        return self._tell(call)

    def _tell(self, call: Call) -> list[str]:
        for log in call.logs:
            event = self.world.modules[log.address].abi.events[log.topics[0]]
            self.logs.append(SimpleNamespace(event=event.name, values=event.decode(log.topics, log.data)))
        return [told.event for told in self.logs[len(self.logs) - len(call.logs) :]]

    def judged(self) -> list[str]:
        """What I-20 finds between these logs and the storage that the books make."""
        tally = SimpleNamespace(members=MemberTally(), received=Counter(), paid=Counter())
        tally.received[AT["CommunityAccount"], EURO] = 100
        for told in self.logs:
            tally.members.add(told)
            if (
                told.event == "Transfer"
                and told.values.get("sender", told.values.get("from")) == AT["CommunityAccount"]
            ):
                tally.paid[AT["CommunityAccount"], EURO] += told.values["amount"]
        self.world.accounts.admitted = {EURO}
        words = {at: Layout(module.abi.layout).words(module.storage()) for at, module in self.world.modules.items()}
        findings = Findings()
        check_i20(Evidence(self.world, tally, words, {}, findings))
        assert [each.check for each in findings.balanced] == ["I-20", "I-20"]
        return [each.check for each in findings.found]

    def wait(self, days: int) -> Platform:
        self.now += days * DAY
        return self

    # What many rows need

    def decided(self, target: str, function: str, *arguments: Any) -> tuple[Any, ...]:
        return ((AT[target],), (0,), (self.made[target].abi.by_name[function].encode(*arguments),))

    def proposed(self, batch: tuple[Any, ...]) -> int:
        self.by(FOUNDERS[0], "NetworkGovernor", "propose", *batch, "x")
        return max(self.made["NetworkGovernor"].proposals)

    def passed(self, batch: tuple[Any, ...], heads: int = 3) -> None:
        number = self.proposed(batch)
        self.wait(3)
        for founder in FOUNDERS[:heads]:
            self.by(founder, "NetworkGovernor", "castVote", number, 1)
        self.wait(7)


@pytest.fixture
def platform() -> Platform:
    return Platform()


Act = Callable[[Platform], Any]


def _quorum(p: Platform, heads: int = 4) -> tuple[Any, ...]:
    return p.decided("NetworkGovernor", "setQuorum", heads)


def _executed(p: Platform, days: int, times: int = 1) -> None:
    p.passed(_quorum(p))
    p.by(ANNA, "NetworkGovernor", "queue", *_quorum(p), REASON)
    p.wait(days)
    for _ in range(times):
        p.by(ANNA, "NetworkGovernor", "execute", *_quorum(p), REASON)


def _paused(p: Platform, days: int) -> None:
    for _ in range(2):
        for guardian in GUARDIANS[:2]:
            p.by(guardian, "Guardian", "pause", (AT["PrepaidAccounts"],))
        p.wait(days)


def _member(p: Platform, *acts: tuple[Any, ...]) -> None:
    p.by(ANNA, "Membership", "join", CODE)
    for who, function, *arguments in acts:
        p.by(who, "Membership", function, *arguments)


def _vouched(p: Platform, days: int) -> None:
    _member(p, (FOUNDERS[0], "vouch", ANNA), (FOUNDERS[1], "vouch", ANNA))
    p.wait(days).by(BERT, "Membership", "beginVote", ANNA)


def _class(p: Platform, days: int, *more: tuple[Any, ...]) -> None:
    sponsors = [(one, "sponsor", ANNA, PROVIDER) for one in FOUNDERS[:2]]
    _member(p, (ANNA, "requestClass", PROVIDER, 0, NONE), *sponsors, *more)
    p.wait(days).by(BERT, "Membership", "takeClass", ANNA, PROVIDER)


TIMELOCK = AT["Timelock"]
REFUSED: dict[str, tuple[str, Act]] = {
    "a second membership": ("member", lambda p: _member(p, (ANNA, "join", CODE))),
    "another code": ("another code", lambda p: p.by(ANNA, "Membership", "join", REASON)),
    "a membership that moves": ("does not move", lambda p: p.by(ANNA, "Membership", "transferFrom", ANNA, BERT, 1)),
    "a vote that is delegated": ("delegated", lambda p: p.by(FOUNDERS[0], "Membership", "delegate", ANNA)),
    "vouching without a vote": ("no vote", lambda p: _member(p, (ANNA, "vouch", ANNA))),
    "vouching twice in a month": (
        "30 days", lambda p: (p.by(BERT, "Membership", "join", CODE), _member(
            p, (FOUNDERS[0], "vouch", ANNA), (FOUNDERS[0], "vouch", BERT))),
    ),
    "a vote after 29 days": ("two must", lambda p: _vouched(p, 29)),
    "a class without sponsors": (
        "sponsors", lambda p: _member(
            p, (ANNA, "requestClass", PROVIDER, 0, NONE), (BERT, "takeClass", ANNA, PROVIDER)),
    ),
    "a class too early": ("runs", lambda p: _class(p, 6)),
    "a class objected to": ("vote", lambda p: _class(p, 8, (FOUNDERS[2], "object", ANNA, PROVIDER, REASON))),
    "a recycler without a certificate": (
        "certificate", lambda p: _member(p, (ANNA, "requestClass", RECYCLER, 0, NONE)),
    ),
    "a suspension by anybody": (
        "role", lambda p: p.by(ANNA, "Membership", "suspend", FOUNDERS[0], START + DAY, REASON),
    ),
    "a suspension without end": (
        "too long", lambda p: p.by(TIMELOCK, "Membership", "suspend", FOUNDERS[0], START + 91 * DAY, REASON),
    ),
    "an expulsion unheard": ("not heard", lambda p: p.by(TIMELOCK, "Membership", "expel", FOUNDERS[0], REASON)),
    "more than a quarter": ("quarter", lambda p: p.by(TIMELOCK, "CommunityAccount", "spend", EURO, ANNA, 26, REASON)),
    "a dividend by anybody": ("role", lambda p: p.by(ANNA, "CommunityAccount", "declareDividend", EURO, 8)),
    "a dividend of less than a unit each": (
        "nothing to share", lambda p: p.by(TIMELOCK, "CommunityAccount", "declareDividend", EURO, 3),
    ),
    "a proposal without a vote": ("no vote", lambda p: p.by(ANNA, "NetworkGovernor", "propose", *_quorum(p), "x")),
    "a proposal beyond its bounds": ("bounds", lambda p: p.proposed(_quorum(p, 2))),
    "a proposal beyond the list": (
        "not on the list", lambda p: p.proposed(p.decided("Timelock", "updateDelay", DAY)),
    ),
    "a proposal to expel the unheard": (
        "unheard", lambda p: p.proposed(p.decided("Membership", "expel", FOUNDERS[1], REASON)),
    ),
    "a vote twice": ("voted", lambda p: (n := p.proposed(_quorum(p)), p.wait(3), [
        p.by(FOUNDERS[0], "NetworkGovernor", "castVote", n, 1) for _ in range(2)])),
    "a vote too early": (
        "stand there", lambda p: p.by(FOUNDERS[0], "NetworkGovernor", "castVote", p.proposed(_quorum(p)), 1),
    ),
    "a queue without a quorum": (
        "stand there", lambda p: (p.passed(_quorum(p), 2), p.by(ANNA, "NetworkGovernor", "queue", *_quorum(p), REASON)),
    ),
    "an execution too early": ("too early", lambda p: _executed(p, 29)),
    "an execution twice": ("stand there", lambda p: _executed(p, 30, 2)),
    "a quorum out of reach": ("out of reach", lambda p: (p.by(FOUNDERS[3], "Membership", "resign"), _executed(p, 30))),
    "a setting by anybody": ("only a decision", lambda p: p.by(ANNA, "NetworkGovernor", "setQuorum", 3)),
    "an operation past the governor": (
        "lacks the role", lambda p: p.by(ANNA, "Timelock", "scheduleBatch", *_quorum(p), NONE, NONE, 30 * DAY),
    ),
    "a pause by anybody": ("no guardian", lambda p: p.by(ANNA, "Guardian", "pause", (AT["PrepaidAccounts"],))),
    "one guardian twice": ("agreed already", lambda p: [
        p.by(GUARDIANS[0], "Guardian", "pause", (AT["PrepaidAccounts"],)) for _ in range(2)]),
    "pauses in a chain": ("too soon", lambda p: _paused(p, 43)),
    "a cancellation about the guardian": (
        "itself", lambda p: p.by(GUARDIANS[0], "Guardian", "cancel", (AT["Guardian"],), (0,), (b"",), REASON),
    ),
    "a longer list by anybody": ("only a decision", lambda p: p.by(ANNA, "Decisions", "add", (ANNA, b"abcd", ()))),
    "a longer list of a founding contract": (
        "founding", lambda p: p.by(TIMELOCK, "Decisions", "add", (AT["Guardian"], b"abcd", ())),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_the_replay_refuses(platform, case):
    reason, act = REFUSED[case]
    with pytest.raises(Refused, match=reason):
        act(platform)


def test_what_is_in_order_goes_through(platform):
    """The other side of every row: or the rows above might fail for another reason."""
    _vouched(platform, 30)
    assert platform.made["Membership"].votes_at(ANNA, platform.now) == 1
    _executed(platform, 30)
    assert platform.made["NetworkGovernor"].quorums.latest == 4
    _paused(platform, 44)
    paid = platform.by(TIMELOCK, "CommunityAccount", "spend", EURO, ANNA, 25, REASON)
    assert paid == ["Spent", "Transfer"]
    platform.wait(30).by(TIMELOCK, "CommunityAccount", "declareDividend", EURO, 11)
    assert platform.made["CommunityAccount"].set_aside[EURO] == 10
    assert platform.by(BERT, "CommunityAccount", "claim", 1, EURO) == ["DividendClaimed", "Transfer"]
    assert platform.by(BERT, "CommunityAccount", "claim", 1, EURO) == []


def test_a_class_after_its_time(platform):
    _class(platform, 7)
    assert not platform.made["Membership"].refuses(ANNA, PROVIDER, platform.now)


@pytest.mark.parametrize(
    "event", ["VoteBegan", "VoteEnded", "Suspended", "Spent", "DividendDeclared", "DividendClaimed"]
)
def test_i20_a_log_that_is_missing_does_not_balance(platform, event):
    platform.by(FOUNDERS[3], "Membership", "resign")
    platform.by(TIMELOCK, "Membership", "suspend", FOUNDERS[2], START + 30 * DAY, REASON)
    platform.by(TIMELOCK, "CommunityAccount", "spend", EURO, ANNA, 5, REASON)
    platform.wait(1).by(TIMELOCK, "CommunityAccount", "declareDividend", EURO, 9)
    platform.by(BERT, "CommunityAccount", "claim", 1, EURO)
    assert platform.judged() == []
    told = [one for one in platform.logs if one.event == event]
    platform.logs.remove(told[0])
    assert "I-20" in platform.judged()
