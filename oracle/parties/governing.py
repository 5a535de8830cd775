"""What members decide: proposals and their way, the guardian, the community account, and the lists of early days."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import EncodingError
from eth_utils.abi import collapse_if_tuple, event_abi_to_log_topic, function_abi_to_4byte_selector
from web3.contract import Contract

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import Platform, contract, load_artefact
from oracle.chain.node_errors import NodeRefused
from oracle.domain.hashing import keccak
from oracle.domain.membership import Trade, bits
from oracle.errors import Fatal, Malformed, Rejected
from oracle.parties.currencies import Currency
from oracle.parties.module_calls import module, told
from oracle.parties.wallet import Done, Wallet
from oracle.types import Address, BlockNumber, UnixTime

GOVERNOR = "NetworkGovernor"
GUARDIAN = "Guardian"
COMMUNITY = "CommunityAccount"
PAUSABLE = ("PrepaidAccounts", "AssetRegistry", "OfferBook", "ServiceMarket", "RoundBook")
"""Contracts of new obligations; no exit is in any of their pauses."""
_CHUNK = 10_000


class Ballot(IntEnum):
    AGAINST = 0
    FOR = 1
    ABSTAIN = 2


class Stage(IntEnum):
    """In the governor's order."""

    PENDING = 0
    ACTIVE = 1
    CANCELED = 2
    DEFEATED = 3
    SUCCEEDED = 4
    QUEUED = 5
    EXPIRED = 6
    EXECUTED = 7


@dataclass(frozen=True, slots=True)
class CallTo:
    """One function of one contract with its arguments."""

    target: Address
    data: bytes


@dataclass(frozen=True, slots=True)
class Proposal:
    """As it was made; stage and votes as they are now. `executable_from` None: not queued."""

    id: int
    proposer: Address
    calls: tuple[CallTo, ...]
    because: str
    stage: Stage
    votes_from: UnixTime
    votes_until: UnixTime
    votes: Mapping[Ballot, int]
    quorum: int
    executable_from: UnixTime | None

    def arguments(self) -> tuple[list[Address], list[int], list[bytes], bytes]:
        """As governor and guardian want them."""
        targets, payloads = [one.target for one in self.calls], [one.data for one in self.calls]
        return targets, [0] * len(targets), payloads, bytes(keccak(self.because.encode()))


@dataclass(frozen=True, slots=True)
class CommunityView:
    free: int
    set_aside: int
    left: int


# What is proposed


def call_to(platform: Platform, what: str, texts: Sequence[str], resolve: Callable[[str], Address]) -> CallTo:
    """`what`: "Membership.expel"; its arguments as people write them, `resolve` turns names into addresses.

    Raises Malformed where there is no such function or an argument does not fit.
    """
    name, _, function = what.partition(".")
    if name not in platform.addresses:
        raise Malformed("proposal", "this platform has no such contract", name)
    found = [one for one in load_artefact(name)["abi"] if one["type"] == "function" and one["name"] == function]
    if not found:
        raise Malformed("proposal", f"{name} has no such function", function)
    shapes = [one for one in found if len(one["inputs"]) == len(texts)]
    if not shapes:
        wanted = ", ".join(f"{one['type']} {one['name']}" for one in found[0]["inputs"])
        raise Malformed("proposal", f"{what} wants: {wanted or 'nothing'}", f"{len(texts)} were given")
    types = [collapse_if_tuple(one) for one in shapes[0]["inputs"]]
    values = [_value(kind, text, resolve) for kind, text in zip(types, texts, strict=True)]
    try:
        data = encode(types, values)
    except EncodingError as error:
        raise Malformed("proposal", f"{what} does not take this", str(error)) from None
    return CallTo(platform.addresses[name], function_abi_to_4byte_selector(shapes[0]) + data)


def _value(kind: str, text: str, resolve: Callable[[str], Address]) -> Any:
    """Lists are separated by commas; a text in the place of bytes32 is padded."""
    if kind.endswith("[]"):
        return [_value(kind[:-2], one.strip(), resolve) for one in text.split(",") if one.strip()]
    if kind == "address":
        return resolve(text)
    if kind == "bool":
        return text.lower() in ("true", "yes", "1")
    if kind == "string":
        return text
    try:
        if not kind.startswith("bytes"):
            return int(text)
        raw = bytes.fromhex(text[2:]) if text.startswith("0x") else text.encode()
    except ValueError:
        raise Malformed("proposal", f"is no {kind}", text) from None
    size = int(kind.removeprefix("bytes") or len(raw))
    return raw.ljust(size, b"\0")


# A proposal's way


def propose(wallet: Wallet, calls: Sequence[CallTo], because: str) -> tuple[int, Done]:
    book = _governor(wallet.client, wallet.platform)
    targets, payloads = [one.target for one in calls], [one.data for one in calls]
    done = wallet.send(book.functions.propose(targets, [0] * len(targets), payloads, because))
    return int(told(book, done, "ProposalCreated")["proposalId"]), done


def vote(wallet: Wallet, proposal: int, ballot: Ballot, because: str = "") -> Done:
    book = _governor(wallet.client, wallet.platform)
    return wallet.send(book.functions.castVoteWithReason(proposal, ballot, because))


def queue(wallet: Wallet, proposal: Proposal) -> Done:
    return wallet.send(_governor(wallet.client, wallet.platform).functions.queue(*proposal.arguments()))


def execute(wallet: Wallet, proposal: Proposal) -> Done:
    return wallet.send(_governor(wallet.client, wallet.platform).functions.execute(*proposal.arguments()))


def cancel(wallet: Wallet, proposal: Proposal) -> Done:
    """By its proposer, before the vote begins."""
    return wallet.send(_governor(wallet.client, wallet.platform).functions.cancel(*proposal.arguments()))


def proposals(client: ChainClient, platform: Platform) -> list[Proposal]:
    """All there were, the oldest first."""
    book = _governor(client, platform)
    return [_proposal(client, book, made) for made in _made(client, book)]


def proposal_of(client: ChainClient, platform: Platform, number: int) -> Proposal:
    """Raises Rejected where there is none."""
    book = _governor(client, platform)
    for made in _made(client, book):
        if made["proposalId"] == number:
            return _proposal(client, book, made)
    raise Rejected("no_such_proposal", "governor", "there is no such proposal", str(number))


def _made(client: ChainClient, book: Contract) -> list[Mapping[str, Any]]:
    """A node that refuses a range of blocks is asked for half of it."""
    made: list[Mapping[str, Any]] = []
    created = event_abi_to_log_topic(book.events.ProposalCreated().abi)
    event, start, head, chunk = book.events.ProposalCreated(), 0, client.head(), _CHUNK
    while start <= head:
        end = min(start + chunk - 1, head)
        try:
            logs = client.logs([Address(book.address)], BlockNumber(start), BlockNumber(end))
        except NodeRefused:
            if end == start:
                raise
            chunk = max((end - start + 1) // 2, 1)
            continue
        made += [event.process_log(log)["args"] for log in logs if bytes(log["topics"][0]) == created]
        start = end + 1
    return made


def _proposal(client: ChainClient, book: Contract, made: Mapping[str, Any]) -> Proposal:
    number = int(made["proposalId"])
    against, in_favour, abstaining = client.call(book.functions.proposalVotes(number))
    waits = int(client.call(book.functions.proposalEta(number)))
    return Proposal(
        number,
        checksummed(made["proposer"]),
        tuple(
            CallTo(checksummed(to), bytes(data)) for to, data in zip(made["targets"], made["calldatas"], strict=True)
        ),
        made["description"],
        Stage(client.call(book.functions.state(number))),
        UnixTime(made["voteStart"]),
        UnixTime(client.call(book.functions.proposalDeadline(number))),
        {Ballot.AGAINST: against, Ballot.FOR: in_favour, Ballot.ABSTAIN: abstaining},
        int(client.call(book.functions.quorum(made["voteStart"]))),
        UnixTime(waits) if waits else None,
    )


def spelled(platform: Platform, one: CallTo) -> str:
    """ "Membership.expel(account=0x…, reason=0x…)"."""
    names = {address: name for name, address in platform.addresses.items()}
    name = names.get(one.target)
    if name is None:
        return f"{one.target}: 0x{one.data.hex()}"
    for entry in load_artefact(name)["abi"]:
        if entry["type"] == "function" and function_abi_to_4byte_selector(entry) == one.data[:4]:
            values = decode([collapse_if_tuple(each) for each in entry["inputs"]], one.data[4:])
            told_of = zip(entry["inputs"], values, strict=True)
            said = ", ".join(f"{each['name']}={_plain(value)}" for each, value in told_of)
            return f"{name}.{entry['name']}({said})"
    return f"{name}: 0x{one.data.hex()}"


def _plain(value: Any) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


# The guardian: each of these happens with the call that completes the quorum


def pause(wallet: Wallet, targets: Sequence[Address]) -> Done:
    return wallet.send(_guardian(wallet.client, wallet.platform).functions.pause(list(targets)))


def lift(wallet: Wallet, targets: Sequence[Address]) -> Done:
    return wallet.send(_guardian(wallet.client, wallet.platform).functions.lift(list(targets)))


def stop(wallet: Wallet, proposal: Proposal) -> Done:
    """Cancels what waits in the timelock, unless it is about the guardian."""
    return wallet.send(_guardian(wallet.client, wallet.platform).functions.cancel(*proposal.arguments()))


def guardians(client: ChainClient, platform: Platform) -> tuple[list[Address], int, UnixTime]:
    """Who they are, how many must agree, when the next pause is possible."""
    book = _guardian(client, platform)
    people, quorum = client.call(book.functions.guardians())
    return [checksummed(one) for one in people], quorum, UnixTime(client.call(book.functions.pausableFrom()))


def pausable(platform: Platform) -> list[Address]:
    return [platform.addresses[name] for name in PAUSABLE]


def paused(client: ChainClient, platform: Platform) -> list[str]:
    """Contracts that take no new obligations now."""
    bound = {name: contract(client.web3, name, platform.addresses[name]) for name in PAUSABLE}
    return [name for name, each in bound.items() if client.call(each.functions.paused())]


# What belongs to all


def community(client: ChainClient, platform: Platform, currency: Currency) -> CommunityView:
    book = module(client, platform, COMMUNITY)
    views = (book.functions.free, book.functions.setAside, book.functions.left)
    return CommunityView(*(int(client.call(view(currency.address))) for view in views))


def claimable(client: ChainClient, platform: Platform, member: int, currency: Currency) -> int:
    return int(client.call(module(client, platform, COMMUNITY).functions.claimable(member, currency.address)))


def claim(wallet: Wallet, member: int, currency: Currency) -> Done:
    book = module(wallet.client, wallet.platform, COMMUNITY)
    return wallet.send(book.functions.claim(member, currency.address))


# Early days: lists that an account with the listing role keeps


def admit_provider(wallet: Wallet, account: Address, on: bool) -> Done:
    book = _listed(wallet, "EligibilityList")
    return wallet.send(book.functions.admit(account) if on else book.functions.dismiss(account))


def admit_worker(wallet: Wallet, account: Address, trades: Sequence[Trade]) -> Done:
    """For these kinds of work and no others; none dismisses."""
    return wallet.send(_listed(wallet, "WorkerList").functions.admit(account, bits(trades)))


def _listed(wallet: Wallet, name: str) -> Contract:
    return contract(wallet.client.web3, name, wallet.platform.addresses[name])


def _governor(client: ChainClient, platform: Platform) -> Contract:
    if GOVERNOR not in platform.addresses:
        remedy = "Its roles are held by accounts: `cise governance roles`."
        raise Fatal("directory", f"members do not decide on this platform ({platform.directory})", remedy)
    return contract(client.web3, GOVERNOR, platform.addresses[GOVERNOR])


def _guardian(client: ChainClient, platform: Platform) -> Contract:
    return module(client, platform, GUARDIAN)
