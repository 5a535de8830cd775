"""What members may decide, and within which bounds: the list that deployment publishes (`Decisions`).

What is not here is refused when it is proposed, for ever: a proposal may add functions of contracts that come later.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from web3 import Web3

from oracle.types import Address

DAY = 86_400
MOST_HEADS = (1 << 208) - 1


@dataclass(frozen=True, slots=True)
class Bound:
    """Argument `word` lies in [least, most]; `outside`: it is an address, and none of the founding contracts."""

    word: int
    least: int = 0
    most: int = 0
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """`also`: what the contract itself demands at execution; `worst`: the most that one who had all votes could do."""

    contract: str
    function: str
    worst: str
    bounds: tuple[Bound, ...] = ()
    also: str = ""


DECISIONS: tuple[Decision, ...] = (
    Decision("Directory", "set(bytes32,address)", "a name that nothing here reads", also="new names only"),
    Decision(
        "PrepaidAccounts",
        "admitCurrency(address)",
        "a bad token that only who deposits it has",
        also="never taken back",
    ),
    Decision("AssetRegistry", "setEligibility(address)", "no new offers", also="what is open stays"),
    Decision("AssetRegistry", "appointRecorder(address,bool)", "entries in histories that mean nothing, or none"),
    Decision("EligibilityList", "admit(address)", "bad machines are offered"),
    Decision("EligibilityList", "dismiss(address)", "no new offers", also="what is open stays"),
    Decision("ServiceMarket", "setEligibility(address)", "no new bids, or bad workers", also="what is assigned stays"),
    Decision("WorkerList", "admit(address,uint8)", "no new bids, or bad workers", also="what is assigned stays"),
    Decision("Membership", "setCode(bytes32,string)", "classes rest until it is accepted", also="30 days to accept"),
    Decision("Membership", "giveClass(address,uint8,uint8,bytes32)", "a bad provider, worker or recycler"),
    Decision("Membership", "withdrawClass(address,uint8)", "no new offers or bids of that member"),
    Decision("Membership", "suspend(address,uint40,bytes32)", "a member rests and has no vote", also="90 days at most"),
    Decision("Membership", "expel(address,bytes32)", "a member is out", also="heard for 14 days before"),
    Decision(
        "Membership",
        "recover(uint64,address)",
        "a membership and its dividends go to another address",
        also="asked for 14 days before, not denied by the old key",
    ),
    Decision(
        "CommunityAccount",
        "spend(address,address,uint256,bytes32)",
        "a quarter of the free community money each 30 days",
        also="at most that, dividends included",
    ),
    Decision(
        "CommunityAccount",
        "declareDividend(address,uint256)",
        "the same quarter, to members in equal parts",
        also="at most that, spending included",
    ),
    Decision(
        "Guardian",
        "replace(address[],uint8)",
        "friends pause twice a year, or cancel nothing",
        also="three to nine people, more than half of them agree",
    ),
    Decision("NetworkGovernor", "setVotingDelay(uint48)", "slower or hastier votes", (Bound(0, DAY, 14 * DAY),)),
    Decision("NetworkGovernor", "setVotingPeriod(uint32)", "slower or hastier votes", (Bound(0, 7 * DAY, 30 * DAY),)),
    Decision(
        "NetworkGovernor", "setLateQuorumVoteExtension(uint48)", "slower or hastier votes", (Bound(0, DAY, 7 * DAY),)
    ),
    Decision(
        "NetworkGovernor",
        "setQuorum(uint208)",
        "three decide, or nobody can any more",
        (Bound(0, 3, MOST_HEADS),),
        "at most as many as vote",
    ),
    Decision("Timelock", "updateDelay(uint256)", "decisions wait for three months", (Bound(0, 30 * DAY, 90 * DAY),)),
    Decision(
        "Authority",
        "setTargetFunctionRole(address,bytes4[],uint64)",
        "a contract that came later is under guardian or timelock",
        (Bound(0, outside=True), Bound(2, 1, 2)),
    ),
    Decision(
        "Decisions",
        "add((address,bytes4,(uint8,bool,uint256,uint256)[]))",
        "a contract that came later does as decided",
        also="no founding contract",
    ),
)

Rule = tuple[Address, bytes, list[tuple[int, bool, int, int]]]


def rules(addresses: Mapping[str, Address]) -> list[Rule]:
    """As the contract `Decisions` is given them."""
    return [
        (
            addresses[each.contract],
            selector(each),
            [(bound.word, bound.outside, bound.least, bound.most) for bound in each.bounds],
        )
        for each in DECISIONS
    ]


def selector(decision: Decision) -> bytes:
    return bytes(Web3.keccak(text=decision.function)[:4])


def table() -> str:
    """As it stands in contracts/governance/README.md, where a test looks for it."""
    rows = [
        f"| `{each.contract}.{each.function.split('(')[0]}` | {bounds_in_words(each)} | {each.worst} |"
        for each in DECISIONS
    ]
    return "\n".join(["| may be decided | within | at worst |", "|---|---|---|", *rows])


def bounds_in_words(decision: Decision) -> str:
    """One cell of the README's table."""
    said = [_in_words(decision, bound) for bound in decision.bounds]
    return "; ".join([*said, decision.also] if decision.also else said) or "–"


def _in_words(decision: Decision, bound: Bound) -> str:
    if bound.outside:
        return "no founding contract"
    if decision.contract == "Authority":
        return f"role {bound.least} or {bound.most}"
    if decision.function.startswith("setQuorum"):
        return f"at least {bound.least} heads"
    return f"{bound.least // DAY} to {bound.most // DAY} days"
