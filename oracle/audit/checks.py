"""The invariants of architecture.md §6 that concern this path, one function each, from logs and storage of the chain.

Each says what it compared. They stand beside the replay and do not use what it predicts, only where things are kept.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from oracle.audit import quote
from oracle.audit.abi import AbiError, Value
from oracle.audit.blocks import Block
from oracle.audit.findings import Balanced, Findings, Place
from oracle.audit.keccak import checksum_address
from oracle.audit.replay.world import Module, Path, World
from oracle.audit.split import entitlement
from oracle.audit.storage import Layout
from oracle.audit.tokens import Custody

MASK_80: Final = 2**80 - 1
STATE_EVENTS: Final = ("AgreementOpened", "ReadingSettled", "StandingAccrued", "HoldRefilled", "AgreementClosed")


@dataclass(frozen=True, slots=True)
class Told:
    """One decoded log of a platform contract."""

    contract: str
    event: str
    values: Mapping[str, Value]
    place: Place


@dataclass(frozen=True, slots=True)
class State:
    """The one slot of an agreement."""

    sequence: int
    last_elapsed: int
    settled: int
    hold: int

    @classmethod
    def of(cls, word: int) -> State:
        return cls(word >> 224 & 0x7FFFFFFF, word >> 160 & 0xFFFFFFFF, word >> 80 & MASK_80, word & MASK_80)


@dataclass(slots=True)
class Evidence:
    """What the checks look at."""

    world: World
    told: Sequence[Told]
    words: Mapping[bytes, Mapping[int, int]]
    custodies: Mapping[bytes, Custody]
    findings: Findings
    layouts: dict[bytes, Layout] = field(default_factory=dict)

    def stored(self, module: Module, path: Path) -> int:
        """A whole word of storage as the chain holds it."""
        layout = self.layouts.setdefault(module.address, Layout(module.abi.layout))
        return self.words[module.address].get(layout.spot(path).slot, 0)

    def of(self, contract: str, *events: str) -> Iterator[Told]:
        return (told for told in self.told if told.contract == contract and told.event in events)


def decode_logs(chain: Sequence[Block], world: World, findings: Findings) -> list[Told]:
    """Every log of every platform contract by name; one that its contract does not declare is a finding."""
    decoded: list[Told] = []
    for block in chain:
        for transaction, receipt in zip(block.transactions, block.receipts, strict=False):
            for log in receipt.logs:
                if (module := world.modules.get(log.address)) is None:
                    continue
                place = Place(
                    block=block.header.number,
                    transaction=transaction.name,
                    log_index=log.index,
                    contract=module.CONTRACT,
                    address=log.address,
                )
                event = module.abi.events.get(log.topics[0]) if log.topics else None
                if event is None:
                    findings.add("events", place, "a log that the contract does not declare")
                    continue
                try:
                    decoded.append(Told(module.CONTRACT, event.name, event.decode(log.topics, log.data), place))
                except AbiError as error:
                    findings.add("events", place, f"{event.name} does not decode: {error}")
    findings.count("logs of the platform decoded", len(decoded))
    return decoded


def check_i1(evidence: Evidence) -> None:
    """Per currency: sum of balances = credited − withdrawn ≤ tokens in custody; the surplus is gifts only."""
    credited: Counter[bytes] = Counter()
    withdrawn: Counter[bytes] = Counter()
    for told in evidence.of("PrepaidAccounts", "Deposited", "Withdrawn"):
        side = credited if told.event == "Deposited" else withdrawn
        side[told.values["currency"]] += told.values["amount"]
    ledger = evidence.world.accounts
    for currency in sorted(ledger.admitted):
        token = int.from_bytes(currency, "big")
        balances = sum(
            evidence.stored(ledger, ("_balances", owner, held)) for owner, held in ledger.balances if held == token
        )
        supply = evidence.stored(ledger, ("_totalSupplies", token))
        custody = evidence.custodies.get(currency)
        figures = {"credited": credited[currency], "withdrawn": withdrawn[currency], "balances": balances}
        if custody is not None:
            figures |= {"tokens": custody.balance, "gifts": custody.balance - balances}
        net = credited[currency] - withdrawn[currency]
        sound = balances == net == supply and (custody is None or balances <= custody.balance)
        _conclude(evidence, "I-1", _currency(currency), figures, sound, ledger)


def check_i2(evidence: Evidence) -> None:
    """Each decrease is by the owner, an approved spender, or the module of the sub-account: the replay judged each."""
    moves = sum(
        1 for told in evidence.of("PrepaidAccounts", "Transfer") if any(told.values[_party(evidence, "sender")])
    )
    judged = evidence.findings.figures["I-2 decreases of an account authorised"]
    figures = {"decreases": moves, "authorised": judged}
    _conclude(evidence, "I-2", "all accounts", figures, moves == judged, evidence.world.accounts)


def _party(evidence: Evidence, side: str) -> str:
    """The ERC-6909 event names its parties differently in different versions of the library."""
    names = evidence.world.accounts.abi.event_names["Transfer"].names
    return names[1] if side == "sender" else names[2]


def check_i3_and_i6(evidence: Evidence) -> None:
    """settled and sequence never fall and each unit leaves the hold once (I-3); settled + hold never falls before
    close, so a permit once issued stays covered (I-6, the part of it that the chain knows)."""
    last: dict[int, State] = {}
    steps = 0
    for told in evidence.of("UsageAgreements", *STATE_EVENTS):
        number, state = told.values["agreement"], State.of(told.values["state"])
        before = last.get(number)
        last[number] = state
        if before is None:
            continue
        steps += 1
        _check_step(evidence, told, before, state)
    figures = {"agreements": len(last), "steps of their states": steps}
    _conclude(evidence, "I-3", "settled and sequence only rise", figures, True, evidence.world.agreements)
    _conclude(evidence, "I-6", "settled + hold only rises before close", figures, True, evidence.world.agreements)


def _check_step(evidence: Evidence, told: Told, before: State, state: State) -> None:
    taken = state.settled - before.settled
    if taken < 0 or state.sequence < before.sequence or state.last_elapsed < before.last_elapsed:
        evidence.findings.add("I-3", told.place, "settled, sequence or elapsed fell")
    if told.event in ("ReadingSettled", "StandingAccrued") and taken != before.hold - state.hold:
        evidence.findings.add("I-3", told.place, f"{taken} settled, {before.hold - state.hold} left the hold")
    if told.event == "HoldRefilled" and state.hold - before.hold != told.values["amount"]:
        evidence.findings.add("I-3", told.place, "the hold did not grow by the refill")
    if told.event != "AgreementClosed" and state.settled + state.hold < before.settled + before.hold:
        evidence.findings.add("I-6", told.place, "settled + hold fell: a permit may be uncovered")


def check_i4(evidence: Evidence) -> None:
    """settled + arrears = usage(registers of the last accepted reading) + standing(elapsed)."""
    settled = arrears = due = 0
    for number, agreement in evidence.world.agreements.agreements.items():
        word = evidence.stored(evidence.world.agreements, evidence.world.agreements.state_path(agreement))
        state, terms = State.of(word), agreement.terms
        charge = quote.charge(terms.prices, terms.standing_per_day, agreement.last_registers, state.last_elapsed)
        settled, due = settled + state.settled, due + charge
        arrears += max(0, charge - state.settled)
        if state.settled > charge:
            place = Place(contract="UsageAgreements", variable=f"agreement {number}")
            evidence.findings.add("I-4", place, f"{state.settled} settled, {charge} due")
    figures = {"settled": settled, "arrears": arrears, "charges": due}
    _conclude(evidence, "I-4", "all agreements", figures, settled + arrears == due, evidence.world.agreements)


def check_i5(evidence: Evidence) -> None:
    """Sum of tracked holds ≤ balance of the agreements' sub-account; the difference is gifts."""
    world = evidence.world
    holds: Counter[bytes] = Counter()
    for agreement in world.agreements.agreements.values():
        word = evidence.stored(world.agreements, world.agreements.state_path(agreement))
        holds[agreement.terms.currency] += State.of(word).hold
    for currency in sorted(set(holds) | set(world.agreements.held)):
        tracked = evidence.stored(world.agreements, ("_held", currency))
        token = int.from_bytes(currency, "big")
        balance = evidence.stored(world.accounts, ("_balances", world.agreements.holds_account, token))
        figures = {"holds": holds[currency], "tracked": tracked, "sub-account": balance, "gifts": balance - tracked}
        sound = holds[currency] == tracked <= balance
        _conclude(evidence, "I-5", _currency(currency), figures, sound, world.agreements)


def check_i7(evidence: Evidence) -> None:
    """Per split: received = paid + undistributed, and each payee has exactly its entitlement under each version."""
    world = evidence.world
    numbers = {world.splits.account_of(number): number for number in world.splits.splits}
    received: Counter[tuple[int, bytes]] = Counter()
    paid: Counter[tuple[int, bytes]] = Counter()
    got: defaultdict[tuple[int, int, bytes], Counter[bytes]] = defaultdict(Counter)
    version: dict[int, int] = {}
    totals: dict[tuple[int, int, bytes], tuple[int, Place]] = {}
    sender, receiver = _party(evidence, "sender"), _party(evidence, "receiver")
    for told in evidence.told:
        if told.contract == "FeeSplitter" and told.event == "Distributed":
            number = told.values["split"]
            version[number] = told.values["version"]
            totals[number, version[number], told.values["currency"]] = (told.values["total"], told.place)
        elif told.contract == "PrepaidAccounts" and told.event == "Transfer":
            currency, amount = told.values["id"].to_bytes(32, "big")[12:], told.values["amount"]
            if (number := numbers.get(told.values[receiver], 0)) != 0:
                received[number, currency] += amount
            if (number := numbers.get(told.values[sender], 0)) != 0:
                paid[number, currency] += amount
                got[number, version.get(number, 0), currency][told.values[receiver]] += amount
    for (number, present, currency), (total, place) in totals.items():
        _check_entitlements(evidence, number, present, total, got[number, present, currency], place)
    sums = {"received": sum(received.values()), "paid": sum(paid.values()), "undistributed": 0}
    for (number, currency), amount in received.items():
        token = int.from_bytes(currency, "big")
        left = evidence.stored(world.accounts, ("_balances", world.splits.account_of(number), token))
        sums["undistributed"] += left
        if amount != paid[number, currency] + left:
            place = Place(contract="FeeSplitter", address=world.splits.address, variable=f"split {number}")
            evidence.findings.add("I-7", place, f"{amount} received, {paid[number, currency]} paid, {left} left")
    sound = sums["received"] == sums["paid"] + sums["undistributed"]
    _conclude(evidence, "I-7", f"{len(numbers)} splits", sums, sound, world.splits)


def check_i17(evidence: Evidence) -> None:
    """Deposits of reservations that have not ended = what the contract counts ≤ its sub-account; the rest is gifts."""
    world, live = evidence.world, Counter[bytes]()
    for booking in world.reservations.live():
        live[world.reservations.currency_of(booking)] += booking.deposit
    for currency in sorted(set(live) | set(world.reservations.deposits)):
        counted = evidence.stored(world.reservations, ("depositsIn", currency))
        token = int.from_bytes(currency, "big")
        balance = evidence.stored(world.accounts, ("_balances", world.reservations.account, token))
        figures = {"deposits": live[currency], "counted": counted, "sub-account": balance, "gifts": balance - counted}
        sound = live[currency] == counted <= balance
        _conclude(evidence, "I-17", _currency(currency), figures, sound, world.reservations)


def _check_entitlements(
    evidence: Evidence, number: int, version: int, total: int, got: Counter[bytes], place: Place
) -> None:
    split = evidence.world.splits.splits.get(number)
    payees = split.shares_of.get(version, ()) if split else ()
    whole = sum(share for _, share in payees)
    for account, share in payees:
        evidence.findings.count("I-7 payees' entitlements compared")
        if got[account] != entitlement(total, share, whole):
            message = f"{checksum_address(account)} got {got[account]} of {entitlement(total, share, whole)}"
            evidence.findings.add("I-7", place, message)


def _conclude(
    evidence: Evidence, check: str, subject: str, figures: Mapping[str, int], sound: bool, module: Module
) -> None:
    balanced = Balanced(check, subject, figures)
    evidence.findings.balanced.append(balanced)
    if not sound:
        place = Place(contract=module.CONTRACT, address=module.address)
        evidence.findings.add(check, place, f"does not balance: {balanced}")


def _currency(currency: bytes) -> str:
    return f"currency {checksum_address(currency)}"


ALL: Final = (check_i1, check_i2, check_i3_and_i6, check_i4, check_i5, check_i7, check_i17)
