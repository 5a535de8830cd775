"""PrepaidAccounts again: balances, allowances, and who may move what (I-1, I-2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from oracle.audit.abi import Value
from oracle.audit.replay.world import ZERO, Call, Expected, Handler, Module, Path, World, subaccount
from oracle.audit.signatures import ALLOW, WITHDRAW

UNLIMITED: Final = 2**256 - 1
MOST_CREDIT: Final = 2**128 - 1

Holder = tuple[bytes, int]
"""(account, ERC-6909 id); the id is the currency's address as a number."""


class Accounts(Module):
    CONTRACT = "PrepaidAccounts"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.balances: defaultdict[Holder, int] = defaultdict(int)
        self.allowances: dict[tuple[bytes, bytes, int], int] = {}
        self.operators: set[tuple[bytes, bytes]] = set()
        self.supplies: defaultdict[int, int] = defaultdict(int)
        self.admitted: set[bytes] = set()
        self._transfer_topic = self.abi.event_names["Transfer"].topic

    def handlers(self) -> dict[str, Handler]:
        return {
            "deposit": self.deposit,
            "depositWithPermit": self.deposit_with_permit,
            "withdraw": self.withdraw,
            "withdrawSigned": self.withdraw_signed,
            "transfer": self.transfer,
            "transferFrom": self.transfer_from,
            "approve": self.approve,
            "setOperator": self.set_operator,
            "allow": self.allow,
            "moveFrom": self.move_from,
            "moveFromToMany": self.move_from_to_many,
            "admitCurrency": self.admit_currency,
            "cancelNonce": self.cancel_nonce,
            "setAuthority": self.set_authority,
            "pause": self.pause,
            "unpause": self.unpause,
        }

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        self.begin_managed(call, arguments[0])

    # Entries and exits

    def deposit(self, call: Call, currency: bytes, owner: bytes, amount: int) -> None:
        self._deposit(call, currency, call.sender, owner, amount)

    def deposit_with_permit(
        self, call: Call, currency: bytes, owner: bytes, amount: int, _deadline: int, _v: int, _r: bytes, _s: bytes
    ) -> None:
        """The token judges the permit; what arrived is what counts."""
        covered = call.sender == owner or self.allowance(owner, call.sender, _id(currency)) >= amount
        self.refuse_unless(covered, "only the owner or a covered spender deposits with a permit")
        self._deposit(call, currency, owner, owner, amount)

    def withdraw(self, call: Call, currency: bytes, amount: int, to: bytes) -> None:
        self._withdraw(call, call.sender, currency, amount, to)

    def withdraw_signed(self, call: Call, form: tuple[Value, ...], signature: bytes) -> None:
        owner, currency, amount, to, _nonce, _deadline = form
        self.consume_form(call, owner, WITHDRAW, form, signature)
        self._withdraw(call, owner, currency, amount, to)

    def _deposit(self, call: Call, currency: bytes, payer: bytes, owner: bytes, amount: int) -> None:
        self.require_running()
        self.refuse_unless(amount > 0, "a deposit of nothing")
        self.refuse_unless(currency in self.admitted, "the currency is not admitted")
        self._check_receiver(owner)
        self.refuse_unless(self.supplies[_id(currency)] + amount <= MOST_CREDIT, "credit beyond 128 bits")
        self._update(call, ZERO, owner, _id(currency), amount)
        self.emit(call, "Deposited", payer, owner, currency, amount)

    def _withdraw(self, call: Call, owner: bytes, currency: bytes, amount: int, to: bytes) -> None:
        self.refuse_unless(amount > 0, "a withdrawal of nothing")
        self._check_receiver(to)
        self._update(call, owner, ZERO, _id(currency), amount)
        self.emit(call, "Withdrawn", owner, currency, to, amount)

    # ERC-6909

    def transfer(self, call: Call, receiver: bytes, token_id: int, amount: int) -> None:
        self._move(call, call.sender, receiver, token_id, amount)

    def transfer_from(self, call: Call, sender: bytes, receiver: bytes, token_id: int, amount: int) -> None:
        """Moves by the owner, an operator, or out of an allowance, which shrinks unless it is unlimited."""
        if sender != call.sender and (sender, call.sender) not in self.operators:
            left = self.allowance(sender, call.sender, token_id)
            self.refuse_unless(left >= amount, "the allowance does not cover it")
            if left != UNLIMITED:
                self.allowances[sender, call.sender, token_id] = left - amount
        self._move(call, sender, receiver, token_id, amount)

    def approve(self, call: Call, spender: bytes, token_id: int, amount: int) -> None:
        self._approve(call, call.sender, spender, token_id, amount)

    def set_operator(self, call: Call, spender: bytes, approved: bool) -> None:
        self.refuse_unless(spender != ZERO, "the zero address is no operator")
        (self.operators.add if approved else self.operators.discard)((call.sender, spender))
        self.emit(call, "OperatorSet", call.sender, spender, approved)

    def allow(self, call: Call, form: tuple[Value, ...], signature: bytes) -> None:
        owner, spender, currency, amount, nonce, _deadline = form
        if (owner, nonce) in self.used_nonces and self.allowance(owner, spender, _id(currency)) >= amount:
            return
        self.consume_form(call, owner, ALLOW, form, signature)
        self._approve(call, owner, spender, _id(currency), amount)

    def _approve(self, call: Call, owner: bytes, spender: bytes, token_id: int, amount: int) -> None:
        self.refuse_unless(spender != ZERO and owner != ZERO, "the zero address neither allows nor spends")
        self.allowances[owner, spender, token_id] = amount
        self.emit(call, "Approval", owner, spender, token_id, amount)

    # Sub-accounts

    def move_from(self, call: Call, key: bytes, to: bytes, currency: bytes, amount: int) -> None:
        self._move(call, subaccount(call.sender, key), to, _id(currency), amount)

    def move_from_to_many(
        self, call: Call, key: bytes, currency: bytes, receivers: tuple[bytes, ...], amounts: tuple[int, ...]
    ) -> None:
        self.refuse_unless(len(receivers) == len(amounts), "receivers and amounts differ in number")
        source = subaccount(call.sender, key)
        for receiver, amount in zip(receivers, amounts, strict=True):
            self._move(call, source, receiver, _id(currency), amount)

    # Governance

    def admit_currency(self, call: Call, currency: bytes) -> None:
        self.require_role(call, "admitCurrency")
        self.refuse_unless(currency not in self.admitted, "the currency is admitted already")
        self.admitted.add(currency)
        self.emit(call, "CurrencyAdmitted", currency)

    # Reading

    def allowance(self, owner: bytes, spender: bytes, token_id: int) -> int:
        return self.allowances.get((owner, spender, token_id), 0)

    def balance(self, owner: bytes, currency: bytes) -> int:
        return self.balances.get((owner, _id(currency)), 0)

    def storage(self) -> Iterator[tuple[Path, Value]]:
        for (owner, token_id), amount in self.balances.items():
            yield ("_credit", token_id, owner), amount
        for owner, spender in self.operators:
            yield ("_operatorApprovals", owner, spender), True
        for (owner, spender, token_id), amount in self.allowances.items():
            yield ("_allowances", owner, spender, token_id), amount
        for token_id, amount in self.supplies.items():
            yield ("_supply", token_id), amount
        for currency in self.admitted:
            yield ("_admitted", currency), True
        yield from self.pause_storage()
        yield from self.nonce_storage()
        yield from self.managed_storage()

    # Internals

    def _move(self, call: Call, sender: bytes, receiver: bytes, token_id: int, amount: int) -> None:
        self.refuse_unless(sender != ZERO and receiver != ZERO, "the zero address neither pays nor receives")
        self._update(call, sender, receiver, token_id, amount)

    def _update(self, call: Call, sender: bytes, receiver: bytes, token_id: int, amount: int) -> None:
        self.refuse_unless(receiver != self.address, "the ledger has no account of its own")
        if sender != ZERO:
            self.refuse_unless(self.balances.get((sender, token_id), 0) >= amount, "the balance does not cover it")
            self.balances[sender, token_id] -= amount
            self.world.findings.count("I-2 decreases of an account authorised")
        if receiver != ZERO:
            self.balances[receiver, token_id] += amount
        if sender == ZERO:
            self.supplies[token_id] += amount
        if receiver == ZERO:
            self.supplies[token_id] -= amount
        topics = (self._transfer_topic, bytes(12) + sender, bytes(12) + receiver, token_id.to_bytes(32, "big"))
        data = bytes(12) + call.sender + amount.to_bytes(32, "big")
        call.logs.append(Expected(self.address, topics, data, call.record))

    def _check_receiver(self, receiver: bytes) -> None:
        self.refuse_unless(receiver not in (ZERO, self.address), "nobody could ever use what arrives there")


def _id(currency: bytes) -> int:
    return int.from_bytes(currency, "big")
