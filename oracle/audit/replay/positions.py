"""What CoFinancing remembers again: rounds, tranches, ERC-1155 positions that are paid by index (I-8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from oracle.audit.abi import Value
from oracle.audit.keccak import word
from oracle.audit.replay.world import ZERO, Call, Module, Path, Refused, World, struct_storage, subaccount
from oracle.audit.waterfall import PARTS, SCALE, Tranche

FUNDING, ON_PLAN, LATE, IMPAIRED, DEFAULTED, REPAID, RECOVERED, FAILED = range(1, 9)
RUNNING: Final = range(ON_PLAN, DEFAULTED + 1)


@dataclass(slots=True)
class Round:
    """`earlier`, `later`: two moments and what had been received by then."""

    currency: bytes
    split: int
    provider: bytes
    tranches: tuple[Tranche, ...]
    state: int = FUNDING
    raised: int = 0
    started_at: int = 0
    defaulted_at: int = 0
    residual_total: int = 0
    to_provider: int = 0
    earlier: tuple[int, int] = (0, 0)
    later: tuple[int, int] = (0, 0)

    @property
    def is_running(self) -> bool:
        return self.state in RUNNING

    @property
    def received(self) -> int:
        """All that was ever distributed."""
        return self.to_provider + sum(tranche.paid for tranche in self.tranches)

    @property
    def unclaimed(self) -> int:
        return sum(tranche.unclaimed for tranche in self.tranches)

    def members(self) -> dict[str, Value]:
        return {
            "currency": self.currency, "split": self.split, "state": self.state, "tranches": len(self.tranches),
            "provider": self.provider, "startedAt": self.started_at, "defaultedAt": self.defaulted_at,
            "residualTotal": self.residual_total, "toProvider": self.to_provider, "raised": self.raised,
            "earlierAt": self.earlier[0], "earlierReceived": self.earlier[1],
            "laterAt": self.later[0], "laterReceived": self.later[1],
        }  # fmt: skip


@dataclass(slots=True)
class Position:
    """`parts`: all that it has earned up to `index`, in 1/SCALE units; whole units of it were paid."""

    balance: int = 0
    index: int = 0
    parts: int = 0


class Positions(Module):
    CONTRACT = "CoFinancing"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.rounds: dict[int, Round] = {}
        self.positions: dict[tuple[int, bytes], Position] = {}
        self.operators: set[tuple[bytes, bytes]] = set()

    def claim(self, call: Call, number: int, tranche: int, holder: bytes) -> None:
        paid = self.pay_earnings(call, position_id(number, tranche), holder)
        self.refuse_unless(paid > 0, "nothing to claim")

    def refund(self, call: Call, number: int, tranche: int, holder: bytes) -> None:
        found = self._in(number, FAILED)
        amount = self._burn_all(call, number, tranche, holder)
        found.raised -= amount
        self.emit(call, "Refunded", number, tranche, holder, amount)
        self.pay(call, number, holder, amount)

    def burn(self, call: Call, number: int, tranche: int) -> None:
        """The last to burn has what the floors of all before left."""
        found = self.known(number)
        self.refuse_unless(found.state in (REPAID, RECOVERED), "the round is not over")
        token = position_id(number, tranche)
        amount = self.pay_earnings(call, token, call.sender)
        held = self._burn_all(call, number, tranche, call.sender)
        rest = found.tranches[tranche].burn(held)
        self.pay(call, number, call.sender, rest)
        self.emit(call, "PositionBurned", number, tranche, call.sender, amount + rest)

    # ERC-1155

    def transfer_one(
        self, call: Call, sender: bytes, receiver: bytes, token: int, amount: int, _data: bytes = b""
    ) -> None:
        self.transfer(call, sender, receiver, (token,), (amount,))

    def set_approval_for_all(self, call: Call, operator: bytes, approved: bool) -> None:
        self.refuse_unless(operator != ZERO, "the zero address is no operator")
        (self.operators.add if approved else self.operators.discard)((call.sender, operator))
        self.emit(call, "ApprovalForAll", call.sender, operator, approved)

    def transfer(
        self,
        call: Call,
        sender: bytes,
        receiver: bytes,
        tokens: Sequence[int],
        amounts: Sequence[int],
        _data: bytes = b"",
    ) -> None:
        """What was earned stays with the seller; what votes stays where it is."""
        may = call.sender == sender or (sender, call.sender) in self.operators
        self.refuse_unless(may and ZERO not in (sender, receiver), "not the holder's doing, or nobody to receive it")
        for token in tokens:
            self.pay_earnings(call, token, sender)
            self.pay_earnings(call, token, receiver)
        self.move(call, sender, receiver, tokens, amounts)
        for token in tokens:
            locked = self.world.ballots.locked(call, token, sender)
            self.refuse_unless(locked <= self.balance_of(token, sender), "the position is voting")

    def move(self, call: Call, sender: bytes, receiver: bytes, tokens: Sequence[int], amounts: Sequence[int]) -> None:
        self.refuse_unless(len(tokens) == len(amounts), "positions and amounts differ in number")
        for token, amount in zip(tokens, amounts, strict=True):
            if sender != ZERO:
                held = self._held(token, sender)
                self.refuse_unless(held.balance >= amount, "more than the position")
                held.balance -= amount
            if receiver != ZERO:
                self._held(token, receiver).balance += amount
        if len(tokens) == 1:
            self.emit(call, "TransferSingle", call.sender, sender, receiver, tokens[0], amounts[0])
        else:
            self.emit(call, "TransferBatch", call.sender, sender, receiver, tuple(tokens), tuple(amounts))

    # Reading

    def known(self, number: int) -> Round:
        if (found := self.rounds.get(number)) is None:
            raise Refused(f"there is no round {number}")
        return found

    def account_of(self, number: int) -> bytes:
        return subaccount(self.address, word(number))

    def balance_of(self, token: int, holder: bytes) -> int:
        held = self.positions.get((token, holder))
        return held.balance if held else 0

    def tranche_of(self, token: int) -> Tranche | None:
        number, tranche = divmod(token, 256)
        found = self.rounds.get(number)
        return found.tranches[tranche] if found and tranche < len(found.tranches) else None

    def claimable(self, token: int, holder: bytes) -> int:
        held, tranche = self.positions.get((token, holder)), self.tranche_of(token)
        return _earned(held, tranche)[0] if held and tranche else 0

    def storage(self) -> Iterator[tuple[Path, Value]]:
        for number, found in self.rounds.items():
            yield from struct_storage(("_rounds", number), found.members())
            for index, tranche in enumerate(found.tranches):
                yield from struct_storage(("_tranches", position_id(number, index)), _members(tranche))
                yield ("_burned", position_id(number, index)), tranche.burned
        for (token, holder), held in self.positions.items():
            members = {"balance": held.balance, "index": held.index, "fraction": held.parts % SCALE}
            yield from struct_storage(("_positions", token, holder), members)
        for owner, operator in self.operators:
            yield ("_operatorApprovals", owner, operator), True

    # Internals

    def pay_earnings(self, call: Call, token: int, holder: bytes) -> int:
        tranche = self.tranche_of(token)
        held = self._held(token, holder)
        if tranche is None or held.index == tranche.index:
            return 0
        amount, held.parts = _earned(held, tranche)
        held.index = tranche.index
        if amount:
            tranche.taken += amount
            number, index = divmod(token, 256)
            self.emit(call, "Claimed", number, index, holder, amount)
            self.pay(call, number, holder, amount)
            self.world.findings.count("I-8 earnings of positions recomputed")
        return amount

    def pay(self, call: Call, number: int, to: bytes, amount: int) -> None:
        if amount:
            currency = self.rounds[number].currency
            self.world.accounts.move_from(call.by(self.address), word(number), to, currency, amount)

    def _burn_all(self, call: Call, number: int, tranche: int, holder: bytes) -> int:
        token = position_id(number, tranche)
        held = self.balance_of(token, holder)
        self.refuse_unless(held > 0, "no position")
        self.move(call, holder, ZERO, (token,), (held,))
        return held

    def _held(self, token: int, holder: bytes) -> Position:
        return self.positions.setdefault((token, holder), Position())

    def _in(self, number: int, state: int) -> Round:
        found = self.known(number)
        self.refuse_unless(found.state == state, "the round is in another state")
        return found


def position_id(number: int, tranche: int) -> int:
    return number * 256 + tranche


def _earned(held: Position, tranche: Tranche) -> tuple[int, int]:
    """Whole units not paid yet, and all parts up to the tranche's index."""
    parts = held.parts + held.balance * (tranche.index - held.index)
    return parts // SCALE - held.parts // SCALE, parts


def _members(tranche: Tranche) -> dict[str, Value]:
    return {
        "outstanding": tranche.outstanding, "interestDue": int(tranche.due),
        "fraction": int(tranche.due % 1 * PARTS), "accruedAt": tranche.since,
        "index": tranche.index, "carry": tranche.carry, "unclaimed": tranche.unclaimed,
        "invested": tranche.invested, "writtenDown": tranche.written_down,
        "rateBps": tranche.rate_bps, "capBps": tranche.cap_bps, "residualBps": tranche.residual_bps,
    }  # fmt: skip
