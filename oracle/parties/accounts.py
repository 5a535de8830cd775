"""Prepaid accounts: what an owner does with them."""

from dataclasses import dataclass

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform
from oracle.parties.currencies import Currency, token
from oracle.parties.wallet import Done, Wallet
from oracle.types import Address, BaseUnits, UnixTime


@dataclass(frozen=True, slots=True)
class Balances:
    """`prepaid`: free in the ledger. `wallet`: tokens outside. `allowed`: what agreements may still take."""

    currency: Currency
    prepaid: BaseUnits
    wallet: BaseUnits
    allowed: BaseUnits


@dataclass(frozen=True, slots=True)
class TokenPermit:
    """An ERC-2612 signature."""

    deadline: UnixTime
    v: int
    r: bytes
    s: bytes


def prepaid(client: ChainClient, platform: Platform, owner: Address, currency: Currency) -> BaseUnits:
    return BaseUnits(client.call(platform.accounts.functions.balanceOf(owner, currency.id)))


def balances(client: ChainClient, platform: Platform, owner: Address, currency: Currency) -> Balances:
    agreements = platform.addresses["UsageAgreements"]
    return Balances(
        currency,
        prepaid(client, platform, owner, currency),
        BaseUnits(client.call(token(client, currency.address).functions.balanceOf(owner))),
        BaseUnits(client.call(platform.accounts.functions.allowance(owner, agreements, currency.id))),
    )


def mint_play_money(wallet: Wallet, currency: Currency, amount: BaseUnits) -> Done:
    """Only MicroEuro can, the currency of local chains."""
    return wallet.send(token(wallet.client, currency.address).functions.mint(wallet.address, amount))


def deposit(wallet: Wallet, currency: Currency, amount: BaseUnits) -> Done:
    """From the wallet's tokens into its account, with a token permit: one signature, one transaction."""
    permit = sign_token_permit(wallet, currency, amount)
    return wallet.send(
        wallet.platform.accounts.functions.depositWithPermit(
            currency.address, wallet.address, amount, permit.deadline, permit.v, permit.r, permit.s
        )
    )


def withdraw(wallet: Wallet, currency: Currency, amount: BaseUnits, to: Address) -> Done:
    return wallet.send(wallet.platform.accounts.functions.withdraw(currency.address, amount, to))


def allow(wallet: Wallet, currency: Currency, amount: BaseUnits) -> Done:
    """Sets what agreements may move into holds."""
    agreements = wallet.platform.addresses["UsageAgreements"]
    return wallet.send(wallet.platform.accounts.functions.approve(agreements, currency.id, amount))


def sign_token_permit(wallet: Wallet, currency: Currency, amount: BaseUnits) -> TokenPermit:
    """Lets the ledger take exactly `amount` of the owner's tokens."""
    contract = token(wallet.client, currency.address)
    deadline = wallet.deadline()
    signed = wallet.account.sign_typed_data(
        domain_data={
            "name": wallet.client.call(contract.functions.name()),
            "version": "1",
            "chainId": wallet.client.chain_id,
            "verifyingContract": currency.address,
        },
        message_types={
            "Permit": [
                {"name": "owner", "type": "address"},
                {"name": "spender", "type": "address"},
                {"name": "value", "type": "uint256"},
                {"name": "nonce", "type": "uint256"},
                {"name": "deadline", "type": "uint256"},
            ]
        },
        message_data={
            "owner": wallet.address,
            "spender": wallet.platform.addresses["PrepaidAccounts"],
            "value": amount,
            "nonce": wallet.client.call(contract.functions.nonces(wallet.address)),
            "deadline": deadline,
        },
    )
    return TokenPermit(deadline, signed.v, signed.r.to_bytes(32), signed.s.to_bytes(32))
