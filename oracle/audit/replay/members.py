"""Membership again: who belongs, as what, since when with a vote, and who left how; no money is in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from oracle.audit.abi import Value
from oracle.audit.replay.traces import Trace
from oracle.audit.replay.world import ZERO, Call, Handler, Module, Path, Refused, World, struct_storage
from oracle.audit.signatures import ACCEPT_CODE

DAY: Final = 86_400
CODE_GRACE, VOUCH_INTERVAL, VOUCH_RIPENS, OBJECTION = 30 * DAY, 30 * DAY, 30 * DAY, 7 * DAY
HEARING, HEARING_LAPSES, LONGEST_SUSPENSION, RECOVERY = 14 * DAY, 180 * DAY, 90 * DAY, 14 * DAY
USER, PROVIDER, SERVICE_PROVIDER, FINANCIER, RECYCLER, CLASSES = 0, 1, 2, 3, 5, 7
TRADES: Final = 7
DENIED: Final = (1 << 40) - 1
NOTHING: Final = bytes(32)


@dataclass(slots=True)
class Member:
    holder: bytes
    joined_at: int
    voting_since: int = 0
    voting_until: int = 0
    suspended_until: int = 0
    vouched_at: int = 0
    code_version: int = 0
    classes: int = 1
    trades: int = 0
    hearing_since: int = 0
    is_gone: bool = False
    certificate: bytes = NOTHING

    @property
    def votes(self) -> bool:
        return self.voting_since != 0 and self.voting_until == 0 and self.suspended_until == 0


@dataclass(slots=True)
class Application:
    trades: int
    certificate: bytes
    sponsored_at: int = 0
    first_sponsor: int = 0
    objected: bool = False


@dataclass(slots=True)
class Books:
    codes: list[tuple[bytes, int, str]] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    ids: dict[bytes, int] = field(default_factory=dict)
    barred: set[bytes] = field(default_factory=set)
    delegates: dict[bytes, bytes] = field(default_factory=dict)
    vouches: defaultdict[int, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    applications: dict[tuple[int, int], Application] = field(default_factory=dict)
    recoveries: dict[tuple[int, bytes], int] = field(default_factory=dict)
    votes: defaultdict[bytes, Trace] = field(default_factory=lambda: defaultdict(Trace))
    total: Trace = field(default_factory=Trace)
    sharers: Trace = field(default_factory=Trace)


class Membership(Module):
    CONTRACT = "Membership"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.books = Books()

    def handlers(self) -> dict[str, Handler]:
        never = ("transferFrom", "safeTransferFrom", "setApprovalForAll", "delegate", "delegateBySig")
        return {
            "join": self.join, "joinSigned": self.join_signed, "acceptCode": self.accept_code,
            "acceptCodeSigned": self.accept_code_signed, "setCode": self.set_code, "vouch": self.vouch,
            "beginVote": self.begin_vote, "requestClass": self.request_class, "sponsor": self.sponsor,
            "object": self.object_to, "takeClass": self.take_class, "endClass": self.end_class,
            "giveClass": self.give_class, "withdrawClass": self.withdraw_class, "resign": self.resign,
            "suspend": self.suspend, "reinstate": self.reinstate, "openHearing": self.open_hearing,
            "answerHearing": self.answer_hearing, "expel": self.expel, "askRecovery": self.ask_recovery,
            "denyRecovery": self.deny_recovery, "recover": self.recover, "approve": self.approve,
            "cancelNonce": self.cancel_nonce, "setAuthority": self.set_authority,
            **dict.fromkeys(never, self.never),
        }  # fmt: skip

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        authority, code, uri, founders = arguments
        self.begin_managed(call, authority)
        self._set_code(call, code, uri)
        for account, classes, trades, certificate in founders:
            number = self._join(call, account)
            self._give_vote(call, number)
            for kind in range(1, CLASSES):
                if classes >> kind & 1:
                    self._give(call, number, kind, trades, certificate)

    # Questions of other modules

    def refuses(self, account: bytes, kind: int, now: int) -> bool:
        number = self.books.ids.get(account, 0)
        if not number:
            return True
        member = self._at(number)
        return now < member.suspended_until or not self._keeps_code(member, now) or not member.classes >> kind & 1

    def trades_of(self, account: bytes) -> int:
        number = self.books.ids.get(account, 0)
        return self._at(number).trades if number else 0

    def votes_at(self, account: bytes, time: int) -> int:
        trace = self.books.votes.get(account)
        return 0 if trace is None else trace.at(time)

    def is_heard(self, account: bytes, now: int) -> bool:
        since = self._at(self._known(account)).hearing_since
        return since != 0 and since + HEARING <= now <= since + HEARING_LAPSES

    def at(self, number: int) -> Member | None:
        return self.books.members[number - 1] if 0 < number <= len(self.books.members) else None

    # Joining

    def join(self, call: Call, code: bytes) -> None:
        self._require_current(code)
        self._join(call, call.sender)

    def join_signed(self, call: Call, form: tuple[Value, ...], signature: bytes) -> None:
        self._require_current(form[1])
        self.consume_form(call, form[0], ACCEPT_CODE, form, signature)
        self._join(call, form[0])

    def accept_code(self, call: Call, code: bytes) -> None:
        number = self._known(call.sender)
        self._require_current(code)
        self._accept(call, number)

    def accept_code_signed(self, call: Call, form: tuple[Value, ...], signature: bytes) -> None:
        self._require_current(form[1])
        self.consume_form(call, form[0], ACCEPT_CODE, form, signature)
        self._accept(call, self._known(form[0]))

    def set_code(self, call: Call, code: bytes, uri: str) -> None:
        self.require_role(call, "setCode")
        self._set_code(call, code, uri)

    # The vote

    def vouch(self, call: Call, candidate: bytes) -> None:
        by, number = self._voter(call), self._known(candidate)
        self.refuse_unless(self._at(number).voting_since == 0, "the candidate votes already")
        self.refuse_unless(all(each != by for each, _ in self.books.vouches[number]), "vouched already")
        voucher = self._at(by)
        ready = voucher.vouched_at == 0 or call.now >= voucher.vouched_at + VOUCH_INTERVAL
        self.refuse_unless(ready, "one in 30 days")
        voucher.vouched_at = call.now
        self.books.vouches[number].append((by, call.now))
        self.emit(call, "Vouched", number, by)

    def begin_vote(self, call: Call, candidate: bytes) -> None:
        number = self._known(candidate)
        member = self._at(number)
        self.refuse_unless(member.voting_since == 0 == member.suspended_until, "votes already, or is suspended")
        self.refuse_unless(self._keeps_code(member, call.now), "the code is not accepted")
        ripe = [by for by, at in self.books.vouches[number] if call.now >= at + VOUCH_RIPENS and self._at(by).votes]
        self.refuse_unless(len(ripe) >= 2, "two must have vouched for 30 days and still vote")
        self._give_vote(call, number)

    # Classes

    def request_class(self, call: Call, kind: int, trades: int, certificate: bytes) -> None:
        number = self._known(call.sender)
        self._require_fit(number, kind, trades, certificate)
        self.emit(call, "ClassRequested", number, kind, trades, certificate)
        if kind == FINANCIER:
            self._give(call, number, kind, trades, certificate)
        else:
            self.books.applications[number, kind] = Application(trades, certificate)

    def sponsor(self, call: Call, applicant: bytes, kind: int) -> None:
        by = self._voter(call)
        number, asked = self._asked(applicant, kind)
        self.refuse_unless(by != number, "nobody sponsors himself")
        self.refuse_unless(asked.sponsored_at == 0 and asked.first_sponsor != by, "sponsored already")
        if asked.first_sponsor == 0:
            asked.first_sponsor = by
        else:
            asked.sponsored_at = call.now
        self.emit(call, "Sponsored", number, kind, by)

    def object_to(self, call: Call, applicant: bytes, kind: int, reason: bytes) -> None:
        by = self._voter(call)
        number, asked = self._asked(applicant, kind)
        late = asked.sponsored_at != 0 and call.now >= asked.sponsored_at + OBJECTION
        self.refuse_unless(not late, "the objection period is over")
        asked.objected = True
        self.emit(call, "Objected", number, kind, by, reason)

    def take_class(self, call: Call, applicant: bytes, kind: int) -> None:
        number, asked = self._asked(applicant, kind)
        self.refuse_unless(not asked.objected and asked.sponsored_at != 0, "needs a vote, or sponsors")
        self.refuse_unless(call.now >= asked.sponsored_at + OBJECTION, "the objection period runs")
        self._give(call, number, kind, asked.trades, asked.certificate)

    def end_class(self, call: Call, kind: int) -> None:
        self._end(call, self._known(call.sender), kind)

    def give_class(self, call: Call, account: bytes, kind: int, trades: int, certificate: bytes) -> None:
        self.require_role(call, "giveClass")
        number = self._known(account)
        self._require_fit(number, kind, trades, certificate)
        self._give(call, number, kind, trades, certificate)

    def withdraw_class(self, call: Call, account: bytes, kind: int) -> None:
        self.require_role(call, "withdrawClass")
        self._end(call, self._known(account), kind)

    # Out, and lost keys

    def resign(self, call: Call) -> None:
        number = self._known(call.sender)
        self.emit(call, "Resigned", number)
        self._leave(call, number)

    def suspend(self, call: Call, account: bytes, until: int, reason: bytes) -> None:
        self.require_role(call, "suspend")
        number = self._known(account)
        member = self._at(number)
        self.refuse_unless(call.now < until <= call.now + LONGEST_SUSPENSION, "in the past, or too long")
        self.refuse_unless(member.suspended_until == 0, "suspended already")
        if member.votes:
            self._shift_votes(call, account, None)
        member.suspended_until = until
        self.emit(call, "Suspended", number, until, reason)

    def reinstate(self, call: Call, account: bytes) -> None:
        number = self._known(account)
        member = self._at(number)
        self.refuse_unless(0 < member.suspended_until <= call.now, "not suspended, or still")
        member.suspended_until = 0
        if member.votes:
            self._shift_votes(call, None, account)
        self.emit(call, "Reinstated", number)

    def open_hearing(self, call: Call, account: bytes, reason: bytes, uri: str) -> None:
        by, number = self._voter(call), self._known(account)
        member = self._at(number)
        over = member.hearing_since == 0 or call.now > member.hearing_since + HEARING_LAPSES
        self.refuse_unless(over, "a hearing is open")
        member.hearing_since = call.now
        self.emit(call, "HearingOpened", number, by, reason, uri)

    def answer_hearing(self, call: Call, answer: bytes, uri: str) -> None:
        number = self._known(call.sender)
        self.refuse_unless(self._at(number).hearing_since != 0, "there is no hearing")
        self.emit(call, "HearingAnswered", number, answer, uri)

    def expel(self, call: Call, account: bytes, reason: bytes) -> None:
        self.require_role(call, "expel")
        number = self._known(account)
        self.refuse_unless(self.is_heard(account, call.now), "not heard for 14 days, or too long ago")
        self.books.barred.add(account)
        self.emit(call, "Expelled", number, reason)
        self._leave(call, number)

    def ask_recovery(self, call: Call, number: int, code: bytes) -> None:
        self._require_current(code)
        self.refuse_unless(call.sender not in self.books.barred, "barred")
        self.refuse_unless(call.sender not in self.books.ids, "a member already")
        self._require_present(number)
        self.refuse_unless(self.books.recoveries.get((number, call.sender)) != DENIED, "denied")
        self.books.recoveries[number, call.sender] = call.now
        self.emit(call, "RecoveryAsked", number, call.sender)

    def deny_recovery(self, call: Call, to: bytes) -> None:
        number = self._known(call.sender)
        self.books.recoveries[number, to] = DENIED
        self.emit(call, "RecoveryDenied", number, to)

    def recover(self, call: Call, number: int, to: bytes) -> None:
        self.require_role(call, "recover")
        asked = self.books.recoveries.get((number, to), 0)
        self.refuse_unless(asked not in (0, DENIED) and call.now >= asked + RECOVERY, "not asked for, or too early")
        self.refuse_unless(to not in self.books.ids and to not in self.books.barred, "a member, or barred")
        member = self._require_present(number)
        old = member.holder
        if member.voting_since:
            self._delegate(call, to)
            if member.votes:
                self._shift_votes(call, old, to)
        del self.books.ids[old]
        self.books.ids[to], member.holder = number, to
        self.emit(call, "Recovered", number, old, to)
        self._accept(call, number)
        self.emit(call, "Transfer", old, to, number)

    def approve(self, call: Call, to: bytes, number: int) -> None:
        """Nobody is approved; that nobody is, the holder may say."""
        self.refuse_unless(to == ZERO, "soul-bound")
        self.refuse_unless(self._require_present(number).holder == call.sender, "not the holder")
        self.emit(call, "Approval", call.sender, to, number)

    def never(self, _call: Call, *_values: Value) -> None:
        raise Refused("a membership does not move, and its vote is not delegated")

    # Internals

    def _join(self, call: Call, account: bytes) -> int:
        self.refuse_unless(account not in self.books.barred and account not in self.books.ids, "barred, or a member")
        self.books.members.append(Member(account, call.now))
        number = self.books.ids[account] = len(self.books.members)
        self.emit(call, "Joined", account, number)
        self._accept(call, number)
        self.emit(call, "Transfer", ZERO, account, number)
        self.emit(call, "Locked", number)
        return number

    def _accept(self, call: Call, number: int) -> None:
        version = self._at(number).code_version = len(self.books.codes)
        self.emit(call, "CodeAccepted", number, version, self.books.codes[-1][0])

    def _set_code(self, call: Call, code: bytes, uri: str) -> None:
        self.refuse_unless(any(code), "a code needs a hash")
        self.books.codes.append((code, call.now, uri))
        self.emit(call, "CodeChanged", len(self.books.codes), code, uri)

    def _give_vote(self, call: Call, number: int) -> None:
        member = self._at(number)
        self._delegate(call, member.holder)
        member.voting_since = call.now
        self._shift_votes(call, None, member.holder)
        self.books.sharers.push(call.now, self.books.sharers.latest + 1)
        self.emit(call, "VoteBegan", number)

    def _leave(self, call: Call, number: int) -> None:
        member = self._at(number)
        if member.voting_since:
            if member.votes:
                self._shift_votes(call, member.holder, None)
            member.voting_until = call.now
            self.books.sharers.push(call.now, self.books.sharers.latest - 1)
            self.emit(call, "VoteEnded", number)
        member.is_gone, member.classes, member.trades = True, 0, 0
        del self.books.ids[member.holder]
        self.emit(call, "Transfer", member.holder, ZERO, number)

    def _delegate(self, call: Call, account: bytes) -> None:
        self.emit(call, "DelegateChanged", account, self.books.delegates.get(account, ZERO), account)
        self.books.delegates[account] = account

    def _shift_votes(self, call: Call, source: bytes | None, to: bytes | None) -> None:
        """One vote; None is nowhere, and changes how many there are."""
        if source is None or to is None:
            self.books.total.push(call.now, self.books.total.latest + (1 if source is None else -1))
        for account, step in ((source, -1), (to, 1)):
            if account is not None:
                trace = self.books.votes[account]
                before = trace.latest
                trace.push(call.now, before + step)
                self.emit(call, "DelegateVotesChanged", account, before, before + step)

    def _require_fit(self, number: int, kind: int, trades: int, certificate: bytes) -> None:
        has = self._at(number).classes >> kind & 1
        self.refuse_unless(not has or kind == SERVICE_PROVIDER, "has the class")
        self.refuse_unless(kind != RECYCLER or any(certificate), "a recycler needs a certificate")
        self.refuse_unless(kind != SERVICE_PROVIDER or trades != 0, "a service provider needs a trade")
        self.refuse_unless(trades >> TRADES == 0, "an unknown trade")

    def _give(self, call: Call, number: int, kind: int, trades: int, certificate: bytes) -> None:
        member = self._at(number)
        member.classes |= 1 << kind
        if kind == SERVICE_PROVIDER:
            member.trades = trades
        if kind == RECYCLER:
            member.certificate = certificate
        self.books.applications.pop((number, kind), None)
        self.emit(call, "ClassGiven", number, kind, trades, certificate)

    def _end(self, call: Call, number: int, kind: int) -> None:
        member = self._at(number)
        self.refuse_unless(kind != USER and member.classes >> kind & 1 == 1, "has no such class")
        member.classes &= ~(1 << kind)
        if kind == SERVICE_PROVIDER:
            member.trades = 0
        if kind == RECYCLER:
            member.certificate = NOTHING
        self.emit(call, "ClassEnded", number, kind)

    def _asked(self, applicant: bytes, kind: int) -> tuple[int, Application]:
        number = self._known(applicant)
        if (asked := self.books.applications.get((number, kind))) is None:
            raise Refused("the class was not asked for")
        return number, asked

    def _voter(self, call: Call) -> int:
        number = self._known(call.sender)
        member = self._at(number)
        self.refuse_unless(member.votes and self._keeps_code(member, call.now), "no vote, or the code is not accepted")
        return number

    def _keeps_code(self, member: Member, now: int) -> bool:
        accepted = member.code_version
        return accepted == len(self.books.codes) or now < self.books.codes[accepted][1] + CODE_GRACE

    def _require_current(self, code: bytes) -> None:
        self.refuse_unless(code == self.books.codes[-1][0], "another code")

    def _require_present(self, number: int) -> Member:
        member = self.at(number)
        if member is None or member.is_gone:
            raise Refused("there is no such member")
        return member

    def _known(self, account: bytes) -> int:
        if (number := self.books.ids.get(account)) is None:
            raise Refused("not a member")
        return number

    def _at(self, number: int) -> Member:
        return self.books.members[number - 1]

    def storage(self) -> Iterator[tuple[Path, Value]]:
        books = self.books
        yield from self.managed_storage()
        yield from self.nonce_storage()
        yield ("_name",), "CISE membership"
        yield ("_symbol",), "CISE-M"
        yield ("_count",), len(books.members)
        yield ("_codeVersion",), len(books.codes)
        for version, (code, since, uri) in enumerate(books.codes, 1):
            yield from struct_storage(("_codes", version), {"hash": code, "since": since, "uri": uri})
        for account, number in books.ids.items():
            yield ("_ids", account), number
            yield ("_owners", number), account
            yield ("_balances", account), 1
        for account in books.barred:
            yield ("_barred", account), True
        for account, delegate in books.delegates.items():
            yield ("_delegatee", account), delegate
        for account, trace in books.votes.items():
            yield from trace.storage(("_delegateCheckpoints", account))
        yield from books.total.storage(("_totalCheckpoints",))
        yield from books.sharers.storage(("_sharers",))
        for number, member in enumerate(books.members, 1):
            yield from struct_storage(("_members", number), _members_of(member))
        yield from self._pending_storage()

    def _pending_storage(self) -> Iterator[tuple[Path, Value]]:
        for number, vouches in self.books.vouches.items():
            yield ("_vouches", number), len(vouches)
            for index, (by, since) in enumerate(vouches):
                yield from struct_storage(("_vouches", number, index), {"by": by, "since": since})
        for (number, kind), asked in self.books.applications.items():
            members = {
                "sponsoredAt": asked.sponsored_at, "trades": asked.trades, "objected": asked.objected,
                "firstSponsor": asked.first_sponsor, "certificate": asked.certificate, "isOpen": True,
            }  # fmt: skip
            yield from struct_storage(("_applications", number, kind), members)
        for (number, to), asked_at in self.books.recoveries.items():
            yield ("_recoveries", number, to), asked_at


def _members_of(member: Member) -> dict[str, Value]:
    return {
        "joinedAt": member.joined_at, "votingSince": member.voting_since, "votingUntil": member.voting_until,
        "suspendedUntil": member.suspended_until, "vouchedAt": member.vouched_at, "codeVersion": member.code_version,
        "classes": member.classes, "trades": member.trades, "holder": member.holder,
        "hearingSince": member.hearing_since, "isGone": member.is_gone, "certificate": member.certificate,
    }  # fmt: skip
