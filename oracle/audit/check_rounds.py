"""I-8, I-9 and rounds' part of I-10 and I-11, from logs and storage of the chain: every unit that a round ever had."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from oracle.audit.checks import Evidence
from oracle.audit.findings import Balanced, Place
from oracle.audit.replay.positions import position_id
from oracle.audit.round_tally import Followed
from oracle.audit.waterfall import SCALE

ROUNDS: Final = "CoFinancing"
COLLATERAL: Final = "RoundCollateral"
AMOUNT, INDEX, FRACTION, CLAIM, STATE, TOTAL = 88, 80, 56, 80, 8, 128
ADDRESS: Final = (1 << 160) - 1


@dataclass(frozen=True, slots=True)
class Stored:
    """A tranche as the chain holds it."""

    outstanding: int
    written_down: int
    invested: int
    index: int
    carry: int
    unclaimed: int

    @property
    def paid_parts(self) -> int:
        return self.index * self.invested + self.carry


def check_i8(evidence: Evidence) -> None:
    """Receipts = claimed + claimable + undistributed, and what was the provider's; each claim is backed to a part of a
    unit. That no junior gained out of turn, the tally judged log by log."""
    sums = dict.fromkeys(("received", "to providers", "refunded", "claimed", "skimmed", "claimable", "kept"), 0)
    holders = defaultdict[int, list[bytes]](list)
    for token, holder in evidence.world.rounds.positions:
        holders[token].append(holder)
    for number, followed in _followed(evidence):
        currency, account = evidence.world.rounds.rounds[number].currency, evidence.world.rounds.account_of(number)
        received, paid = evidence.tally.received[account, currency], evidence.tally.paid[account, currency]
        kept = _balance(evidence, account, currency)
        stored = _tranches(evidence, number)
        claimable = sum(tranche.unclaimed for tranche in stored)
        claimed = sum(tranche.taken for tranche in followed.tranches)
        to_provider = followed.to_provider + (followed.raised if followed.started else 0)
        figures = (received, to_provider, followed.refunded, claimed, followed.skimmed, claimable, kept)
        for name, amount in zip(sums, figures, strict=True):
            sums[name] += amount
        waiting = 0 if followed.started else followed.raised - followed.refunded
        whole = paid == to_provider + followed.refunded + claimed + followed.skimmed
        if received != paid + kept or not whole or kept < claimable + waiting:
            _report(evidence, "I-8", number, f"does not balance: {dict(zip(sums, figures, strict=True))}")
        state = evidence.member(evidence.world.rounds, ("_rounds", number, "state"), STATE)
        if state != followed.state:
            _report(evidence, "I-8", number, f"stands at {state}, its logs end at {followed.state}")
        shared = evidence.member(evidence.world.rounds, ("_rounds", number, "toProvider"), TOTAL)
        if shared != followed.to_provider:
            _report(evidence, "I-8", number, f"{shared} to the provider by its own word, {followed.to_provider} told")
        for index, tranche in enumerate(stored):
            _check_positions(evidence, number, index, tranche, followed, holders[position_id(number, index)])
    evidence.findings.balanced.append(Balanced("I-8", f"{len(evidence.tally.rounds.rounds)} rounds", sums))
    _check_auctions(evidence)


def check_i9(evidence: Evidence) -> None:
    """Per tranche: outstanding + repaid + written down = invested, and every position stands for a part of that."""
    sums = dict.fromkeys(("invested", "outstanding", "repaid", "written down"), 0)
    for number, followed in _followed(evidence):
        for index, (stored, told) in enumerate(zip(_tranches(evidence, number), followed.tranches, strict=True)):
            evidence.findings.count("I-9 tranches compared")
            figures = (stored.invested, stored.outstanding, told.repaid, stored.written_down)
            if followed.started:
                for name, amount in zip(sums, figures, strict=True):
                    sums[name] += amount
            parts = stored.outstanding + told.repaid + stored.written_down
            sound = parts == (stored.invested if followed.started else 0) and stored.invested == told.invested
            if not sound or stored.written_down != told.written_down:
                message = (
                    f"tranche {index}: {dict(zip(sums, figures, strict=True))}, {told.written_down} told written down"
                )
                _report(evidence, "I-9", number, message)
    evidence.findings.balanced.append(Balanced("I-9", "tranches of rounds that started", sums))


def check_rounds_collateral(evidence: Evidence) -> None:
    """I-10: what guarantors paid to rounds reached them. I-11: a running round's titles stand under its lien."""
    _check_claims(evidence)
    world = evidence.world
    assets, place = world.assets, Place(contract=COLLATERAL, address=world.collateral.address)
    held = 0
    for asset in world.collateral.round_of:
        number = evidence.stored(world.collateral, ("roundOf", asset))
        if number == 0 or not (0 < number <= len(world.round_book.terms)) or not world.round_book.of(number).secured:
            continue
        held += 1
        lienholder = evidence.stored(assets, ("lienholderOf", asset)) & ADDRESS
        owner = evidence.stored(assets, ("_owners", asset)) & ADDRESS
        provider = evidence.member(world.rounds, ("_rounds", number, "provider"), 160)
        if lienholder != _number(world.collateral.address) or owner != provider:
            message = f"asset {asset} of round {number} is not its provider's under the round's lien"
            evidence.findings.add("I-11", place, message)
    evidence.findings.balanced.append(Balanced("I-11", "titles of running rounds", {"under their lien": held}))


def _check_positions(
    evidence: Evidence, number: int, index: int, stored: Stored, followed: Followed, holders: Sequence[bytes]
) -> None:
    """paid × 2^56 = index × invested + carry, and what is not claimed is what positions have earned, exactly."""
    told, balances, earned = followed.tranches[index], 0, 0
    for holder in holders:
        evidence.findings.count("I-8 positions compared")
        balance, at, fraction = _position(evidence, position_id(number, index), holder)
        balances += balance
        earned += balance * (stored.index - at) + fraction
    forfeited = sum(amount * (stored.index - at) for which, amount, at in followed.forfeited if which == index)
    burned = sum(amount for which, amount, _ in followed.forfeited if which == index)
    if stored.invested > burned and earned + forfeited + stored.carry != stored.unclaimed * SCALE:
        _report(evidence, "I-8", number, f"tranche {index}: {stored.unclaimed} claimable is not what positions earned")
    if stored.paid_parts != told.paid * SCALE or stored.unclaimed != told.paid - told.taken:
        message = f"tranche {index}: {told.paid} paid, {told.taken} taken, {stored.unclaimed} claimable"
        _report(evidence, "I-8", number, message)
    if not followed.started:
        return
    if balances + burned != stored.invested:
        _report(evidence, "I-9", number, f"tranche {index}: {balances} held, {burned} burned, of {stored.invested}")


def _check_auctions(evidence: Evidence) -> None:
    """Each bid went back to its bidder or on to the round; a standing one is there."""
    auctions = evidence.world.auctions
    sums = {"received": 0, "paid": 0, "standing bids": 0}
    for number, auction in enumerate(auctions.auctions, 1):
        account = auctions.account_of(number)
        received, paid = (
            evidence.tally.received[account, auction.currency],
            evidence.tally.paid[account, auction.currency],
        )
        kept = _balance(evidence, account, auction.currency)
        closed = evidence.member(auctions, ("_auctions", number, "closed"), 8)
        standing = 0 if closed else evidence.member(auctions, ("_auctions", number, "amount"), AMOUNT)
        for name, amount in zip(sums, (received, paid, standing), strict=True):
            sums[name] += amount
        if received != paid + kept or kept < standing:
            place = Place(contract=auctions.CONTRACT, address=auctions.address)
            message = f"auction {number}: {received} received, {paid} paid, {kept} kept, {standing} bid"
            evidence.findings.add("I-8", place, message)
    evidence.findings.balanced.append(Balanced("I-8", "titles for sale", sums))


def _check_claims(evidence: Evidence) -> None:
    """The account that guarantors pay to keeps nothing but what nobody has collected yet, and gifts."""
    world, tally = evidence.world, evidence.tally
    account = world.collateral.address
    collectable: dict[bytes, int] = {}
    for guarantee in world.collateral.claims:
        uncollected = evidence.member(world.collateral, ("_claims", guarantee, "uncollected"), CLAIM)
        owed = evidence.member(world.buybacks, ("_buybacks", guarantee, "owed"), CLAIM)
        currency = bytes(world.buybacks.known(guarantee).terms["currency"])
        collectable[currency] = collectable.get(currency, 0) + uncollected - owed
        kept, collected = tally.rounds.kept[guarantee], tally.rounds.collected[guarantee]
        if kept != collected + uncollected or uncollected < owed:
            message = f"guarantee {guarantee}: {kept} claimed, {collected} collected, {uncollected} not, {owed} owed"
            evidence.findings.add("I-10", Place(contract=COLLATERAL, address=account), message)
    sums = {"received": 0, "to rounds": 0, "not collected": sum(collectable.values())}
    for (holder, currency), received in tally.received.items():
        if holder == account:
            paid, kept = tally.paid[account, currency], _balance(evidence, account, currency)
            sums["received"] += received
            sums["to rounds"] += paid
            if received != paid + kept or kept < collectable.get(currency, 0):
                message = f"{received} received from guarantors, {paid} to rounds, {kept} kept"
                evidence.findings.add("I-10", Place(contract=COLLATERAL, address=account), message)
    passed_on = tally.rounds.bought_back + sum(tally.rounds.collected.values())
    if sums["to rounds"] != passed_on:
        message = f"{passed_on} of proceeds and claims told, {sums['to rounds']} moved"
        evidence.findings.add("I-10", Place(contract=COLLATERAL, address=account), message)
    evidence.findings.balanced.append(Balanced("I-10", "guarantees of rounds", sums))


def _followed(evidence: Evidence) -> Iterator[tuple[int, Followed]]:
    """Rounds that logs and storage both know, with as many tranches in one as in the other."""
    for number, found in evidence.world.rounds.rounds.items():
        followed = evidence.tally.rounds.rounds.get(number)
        if followed is None or len(followed.tranches) != len(found.tranches):
            _report(evidence, "I-8", number, "no log tells of its opening with these tranches")
        else:
            yield number, followed


def _tranches(evidence: Evidence, number: int) -> list[Stored]:
    rounds = evidence.world.rounds
    names = (
        ("outstanding", AMOUNT), ("writtenDown", AMOUNT), ("invested", AMOUNT), ("index", INDEX), ("carry", AMOUNT),
        ("unclaimed", AMOUNT),
    )  # fmt: skip
    paths = [("_tranches", position_id(number, index)) for index in range(len(rounds.rounds[number].tranches))]
    return [Stored(*(evidence.member(rounds, (*path, name), bits) for name, bits in names)) for path in paths]


def _position(evidence: Evidence, token: int, holder: bytes) -> tuple[int, int, int]:
    """Balance, index and fraction."""
    rounds, path = evidence.world.rounds, ("_positions", token, holder)
    return (
        evidence.member(rounds, (*path, "balance"), AMOUNT),
        evidence.member(rounds, (*path, "index"), INDEX),
        evidence.member(rounds, (*path, "fraction"), FRACTION),
    )


def _balance(evidence: Evidence, account: bytes, currency: bytes) -> int:
    return evidence.stored(evidence.world.accounts, ("_credit", _number(currency), account))


def _report(evidence: Evidence, check: str, number: int, message: str) -> None:
    rounds = evidence.world.rounds
    evidence.findings.add(check, Place(contract=ROUNDS, address=rounds.address, variable=f"round {number}"), message)


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")
