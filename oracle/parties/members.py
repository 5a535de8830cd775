"""Members: joining under a code of conduct, vouching, classes, leaving. What they decide together is in `governing`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from web3.contract import Contract

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import MEMBERSHIP, Platform, contract
from oracle.domain.forms import Signed
from oracle.domain.membership import AcceptCode, MemberClass, Trade, bits
from oracle.errors import Rejected
from oracle.parties.module_calls import module
from oracle.parties.orders import Document
from oracle.parties.wallet import Done, Wallet, fresh_nonce
from oracle.types import ZERO_BYTES32, Address, Bytes32, UnixTime

_GONE = "has left"


@dataclass(frozen=True, slots=True)
class Code:
    version: int
    hash: Bytes32
    since: UnixTime
    uri: str


@dataclass(frozen=True, slots=True)
class MemberView:
    """`refusals`: why a class that it has gives no rights now. Times None: not so."""

    id: int
    holder: Address
    joined_at: UnixTime
    voting_since: UnixTime | None
    voting_until: UnixTime | None
    suspended_until: UnixTime | None
    hearing_since: UnixTime | None
    code_version: int
    classes: tuple[MemberClass, ...]
    trades: tuple[Trade, ...]
    certificate: Bytes32
    is_gone: bool
    has_vote: bool
    resting: str | None
    vouched_by: Mapping[int, UnixTime]


def code_of_conduct(client: ChainClient, platform: Platform) -> Code:
    version, (content, since, uri) = client.call(_book(client, platform).functions.code())
    return Code(version, Bytes32(content), UnixTime(since), uri)


def join(wallet: Wallet) -> Done:
    """Accepts the present code."""
    return wallet.send(_of(wallet).functions.join(_present(wallet)))


def accept_code(wallet: Wallet) -> Done:
    return wallet.send(_of(wallet).functions.acceptCode(_present(wallet)))


def sign_code(wallet: Wallet) -> Signed[AcceptCode]:
    """The acceptance on paper: somebody else carries it to the chain within the hour."""
    form = AcceptCode(wallet.address, _present(wallet), fresh_nonce(), wallet.deadline())
    return Signed(form, wallet.sign(form))


def carry(wallet: Wallet, paper: Signed[AcceptCode]) -> Done:
    """Joins for who has signed; for a member it accepts a changed code."""
    book = _of(wallet)
    is_member = wallet.client.call(book.functions.memberOf(paper.form.member))
    send = book.functions.acceptCodeSigned if is_member else book.functions.joinSigned
    return wallet.send(send(paper.form.values(), paper.signature))


def vouch(wallet: Wallet, candidate: Address) -> Done:
    return wallet.send(_of(wallet).functions.vouch(candidate))


def begin_vote(wallet: Wallet, candidate: Address) -> Done:
    return wallet.send(_of(wallet).functions.beginVote(candidate))


def request_class(
    wallet: Wallet, wanted: MemberClass, trades: Sequence[Trade] = (), certificate: Bytes32 = ZERO_BYTES32
) -> Done:
    return wallet.send(_of(wallet).functions.requestClass(wanted, bits(trades), certificate))


def sponsor(wallet: Wallet, applicant: Address, wanted: MemberClass) -> Done:
    return wallet.send(_of(wallet).functions.sponsor(applicant, wanted))


def object_to(wallet: Wallet, applicant: Address, wanted: MemberClass, reason: Document) -> Done:
    return wallet.send(_of(wallet).functions.object(applicant, wanted, reason.hash))


def take_class(wallet: Wallet, applicant: Address, wanted: MemberClass) -> Done:
    return wallet.send(_of(wallet).functions.takeClass(applicant, wanted))


def end_class(wallet: Wallet, held: MemberClass) -> Done:
    return wallet.send(_of(wallet).functions.endClass(held))


def resign(wallet: Wallet) -> Done:
    return wallet.send(_of(wallet).functions.resign())


def reinstate(wallet: Wallet, account: Address) -> Done:
    return wallet.send(_of(wallet).functions.reinstate(account))


def open_hearing(wallet: Wallet, account: Address, charge: Document) -> Done:
    return wallet.send(_of(wallet).functions.openHearing(account, charge.hash, charge.uri))


def answer_hearing(wallet: Wallet, answer: Document) -> Done:
    return wallet.send(_of(wallet).functions.answerHearing(answer.hash, answer.uri))


def ask_recovery(wallet: Wallet, member: int) -> Done:
    """By the new key; accepts the present code with it."""
    return wallet.send(_of(wallet).functions.askRecovery(member, _present(wallet)))


def deny_recovery(wallet: Wallet, to: Address) -> Done:
    return wallet.send(_of(wallet).functions.denyRecovery(to))


def member_number(client: ChainClient, platform: Platform, account: Address) -> int:
    """Raises Rejected where the account is no member."""
    number = int(client.call(_book(client, platform).functions.memberOf(account)))
    if not number:
        raise Rejected("not_a_member", "membership", "this account is no member", account)
    return number


def member_view(client: ChainClient, platform: Platform, number: int) -> MemberView:
    """Raises Rejected where there never was such a member."""
    book = _book(client, platform)
    (
        joined, since, until, suspended, _, version, classes, trades, holder, hearing, gone, certificate,
    ) = client.call(book.functions.get(number))  # fmt: skip
    if not joined:
        raise Rejected("not_a_member", "membership", "there never was such a member", str(number))
    user = bytes(client.call(book.functions.refusal(holder, MemberClass.USER))).rstrip(b"\0").decode()
    return MemberView(
        number,
        checksummed(holder),
        UnixTime(joined),
        UnixTime(since) if since else None,
        UnixTime(until) if until else None,
        UnixTime(suspended) if suspended else None,
        UnixTime(hearing) if hearing else None,
        version,
        tuple(one for one in MemberClass if classes >> one & 1),
        tuple(one for one in Trade if trades >> one & 1),
        Bytes32(certificate),
        gone,
        not gone and bool(client.call(book.functions.hasVote(holder))),
        _GONE if gone else user or None,
        {by: UnixTime(at) for by, at in client.call(book.functions.vouchesFor(number))},
    )


def member_count(client: ChainClient, platform: Platform) -> int:
    """Ever: numbers are never used again."""
    return int(client.call(_book(client, platform).functions.memberCount()))


def holds(client: ChainClient, platform: Platform, account: Address, wanted: MemberClass) -> str | None:
    """Why not; None where it does."""
    found = client.call(_book(client, platform).functions.refusal(account, wanted))
    return bytes(found).rstrip(b"\0").decode() or None


def token_of(wallet: Wallet) -> Contract:
    """The membership as the ERC-721 that a wallet sees."""
    return contract(wallet.client.web3, MEMBERSHIP, wallet.platform.addresses[MEMBERSHIP])


def _present(wallet: Wallet) -> Bytes32:
    return code_of_conduct(wallet.client, wallet.platform).hash


def _of(wallet: Wallet) -> Contract:
    return _book(wallet.client, wallet.platform)


def _book(client: ChainClient, platform: Platform) -> Contract:
    return module(client, platform, MEMBERSHIP)
