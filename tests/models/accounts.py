"""Reference model of `PrepaidAccounts`: balances, allowances and token movements, in base units.

Addresses are checksummed strings as web3 and brownie give them. A call that the contract refuses raises `Refused` with
the name and arguments of the contract's custom error, and changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from eth_abi import encode
from eth_utils import keccak, to_checksum_address

MOST_CREDIT = 2**128 - 1
UNLIMITED = 2**256 - 1
ZERO_ADDRESS = "0x" + "00" * 20


class Refused(Exception):
    """What the contract would revert with: `name` of the error and its arguments."""

    def __init__(self, name: str, *arguments: object) -> None:
        super().__init__(name, *arguments)
        self.name = name
        self.arguments = arguments


@dataclass(frozen=True, slots=True)
class AllowForm:
    owner: str
    spender: str
    currency: str
    amount: int
    nonce: int
    deadline: int


@dataclass(frozen=True, slots=True)
class WithdrawForm:
    owner: str
    currency: str
    amount: int
    to: str
    nonce: int
    deadline: int


def subaccount(module: str, key: bytes) -> str:
    """The account that only `module` can move money out of, under a 32-byte key."""
    return str(to_checksum_address(keccak(encode(["address", "bytes32"], [module, key]))[12:]))


def currency_id(currency: str) -> int:
    return int(currency, 16)


class AccountsModel:
    """The ledger and, as far as they matter to it, the wallets of its currencies.

    `address` is the ledger's own. Tokens are taken to be well behaved; signatures are taken to be valid.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.admitted: set[str] = set()
        self.paused = False
        self.balances: defaultdict[tuple[str, str], int] = defaultdict(int)  # (account, currency)
        self.allowances: defaultdict[tuple[str, str, str], int] = defaultdict(int)  # (owner, spender, currency)
        self.operators: set[tuple[str, str]] = set()  # (owner, spender)
        self.used_nonces: set[tuple[str, int]] = set()  # (signer, nonce)
        self.credited: defaultdict[str, int] = defaultdict(int)
        self.withdrawn: defaultdict[str, int] = defaultdict(int)
        self.gifts: defaultdict[str, int] = defaultdict(int)  # tokens sent to the ledger without a deposit

    # What is read

    def balance(self, account: str, currency: str) -> int:
        return self.balances[account, currency]

    def allowance(self, owner: str, spender: str, currency: str) -> int:
        return self.allowances[owner, spender, currency]

    def total(self, currency: str) -> int:
        """Credited minus withdrawn: the contract's `totalSupply`."""
        return self.credited[currency] - self.withdrawn[currency]

    def tokens_held(self, currency: str) -> int:
        """What `token.balanceOf(ledger)` must be (I-1)."""
        return self.total(currency) + self.gifts[currency]

    def check(self) -> None:
        """I-1 and Q-3 on the model itself: every balance is at least zero and the sum is what was credited."""
        sums: defaultdict[str, int] = defaultdict(int)
        for (account, currency), amount in self.balances.items():
            if amount < 0:
                raise ArithmeticError(f"{account} is at {amount} in {currency}")
            sums[currency] += amount
        for currency in set(sums) | set(self.credited):
            if sums[currency] != self.total(currency):
                raise ArithmeticError(
                    f"{currency}: balances {sums[currency]}, credited − withdrawn {self.total(currency)}"
                )

    # Governance

    def admit(self, currency: str) -> None:
        if currency in self.admitted:
            raise Refused("Accounts_CurrencyAlreadyAdmitted", currency)
        self.admitted.add(currency)

    # Entries

    def deposit(self, currency: str, owner: str, amount: int) -> None:
        if self.paused:
            raise Refused("EnforcedPause")
        if amount == 0:
            raise Refused("Accounts_ZeroAmount")
        if currency not in self.admitted:
            raise Refused("Accounts_CurrencyNotAdmitted", currency)
        self._check_receiver(owner)
        if amount > MOST_CREDIT - self.total(currency):
            raise Refused("Accounts_CreditTooLarge", currency, self.total(currency), amount, MOST_CREDIT)
        self.credited[currency] += amount
        self.balances[owner, currency] += amount

    def deposit_for(self, caller: str, currency: str, owner: str, amount: int) -> None:
        """`depositWithPermit` with a permit that is good."""
        if self.paused:
            raise Refused("EnforcedPause")
        if caller != owner and self.allowance(owner, caller, currency) < amount:
            raise Refused("Accounts_NotAllowedToDepositFor", caller, owner, amount)
        if currency not in self.admitted:
            raise Refused("Accounts_CurrencyNotAdmitted", currency)
        self.deposit(currency, owner, amount)

    def gift(self, currency: str, amount: int) -> None:
        """Tokens sent straight to the ledger's address: nobody's credit."""
        self.gifts[currency] += amount

    # Exits

    def withdraw(self, owner: str, currency: str, amount: int, to: str) -> None:
        if amount == 0:
            raise Refused("Accounts_ZeroAmount")
        self._check_receiver(to)
        self._debit(owner, currency, amount)
        self.withdrawn[currency] += amount

    def withdraw_signed(self, form: WithdrawForm, now: int) -> None:
        self._check_form(form.owner, form.nonce, form.deadline, now)
        self.withdraw(form.owner, form.currency, form.amount, form.to)
        self.used_nonces.add((form.owner, form.nonce))

    def transfer(self, caller: str, receiver: str, currency: str, amount: int) -> None:
        self._move(caller, receiver, currency, amount)

    def transfer_from(self, caller: str, sender: str, receiver: str, currency: str, amount: int) -> None:
        if caller == sender or (sender, caller) in self.operators:
            self._move(sender, receiver, currency, amount)
            return
        allowed = self.allowance(sender, caller, currency)
        if allowed < amount:
            raise Refused("ERC6909InsufficientAllowance", caller, allowed, amount, currency_id(currency))
        self._move(sender, receiver, currency, amount)
        if allowed != UNLIMITED:
            self.allowances[sender, caller, currency] = allowed - amount

    # Powers over an account

    def approve(self, owner: str, spender: str, currency: str, amount: int) -> None:
        if spender == ZERO_ADDRESS:
            raise Refused("ERC6909InvalidSpender", spender)
        self.allowances[owner, spender, currency] = amount

    def set_operator(self, owner: str, spender: str, approved: bool) -> None:
        if spender == ZERO_ADDRESS:
            raise Refused("ERC6909InvalidSpender", spender)
        if approved:
            self.operators.add((owner, spender))
        else:
            self.operators.discard((owner, spender))

    def allow(self, form: AllowForm, now: int) -> bool:
        """Set an allowance by signature; False where nothing had to be done because the nonce is used."""
        if (form.owner, form.nonce) in self.used_nonces and (
            self.allowance(form.owner, form.spender, form.currency) >= form.amount
        ):
            return False
        self._check_form(form.owner, form.nonce, form.deadline, now)
        self.approve(form.owner, form.spender, form.currency, form.amount)
        self.used_nonces.add((form.owner, form.nonce))
        return True

    def cancel_nonce(self, signer: str, nonce: int) -> None:
        if (signer, nonce) in self.used_nonces:
            raise Refused("Forms_NonceUsed", signer, nonce)
        self.used_nonces.add((signer, nonce))

    def move_from(self, module: str, key: bytes, to: str, currency: str, amount: int) -> None:
        self._move(subaccount(module, key), to, currency, amount)

    # Steps

    def _check_form(self, signer: str, nonce: int, deadline: int, now: int) -> None:
        if now > deadline:
            raise Refused("Forms_Expired", deadline, now)
        if (signer, nonce) in self.used_nonces:
            raise Refused("Forms_NonceUsed", signer, nonce)

    def _check_receiver(self, to: str) -> None:
        if to in (ZERO_ADDRESS, self.address):
            raise Refused("Accounts_InvalidReceiver", to)

    def _move(self, sender: str, receiver: str, currency: str, amount: int) -> None:
        if receiver == ZERO_ADDRESS:
            raise Refused("ERC6909InvalidReceiver", receiver)
        if receiver == self.address:
            raise Refused("Accounts_InvalidReceiver", receiver)
        self._debit(sender, currency, amount)
        self.balances[receiver, currency] += amount

    def _debit(self, account: str, currency: str, amount: int) -> None:
        balance = self.balance(account, currency)
        if balance < amount:
            raise Refused("ERC6909InsufficientBalance", account, balance, amount, currency_id(currency))
        self.balances[account, currency] = balance - amount
