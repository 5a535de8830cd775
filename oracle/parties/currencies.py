"""Currencies that the platform admits, and amounts as people write them."""

import re
from dataclasses import dataclass

from web3.contract import Contract

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform, contract
from oracle.chain.node_errors import typed_errors
from oracle.domain.hashing import parse_address
from oracle.errors import Rejected
from oracle.types import Address, BaseUnits

_AMOUNT = re.compile(r"(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class Currency:
    address: Address
    symbol: str
    decimals: int

    @property
    def id(self) -> int:
        """Its id in the ledger (ERC-6909)."""
        return int(self.address, 16)

    def text(self, amount: int) -> str:
        """ "12.345678 EUR": all decimals, so that no unit is hidden."""
        sign, whole = ("-" if amount < 0 else ""), abs(amount)
        scale = 10**self.decimals
        fraction = f".{whole % scale:0{self.decimals}d}" if self.decimals else ""
        return f"{sign}{whole // scale}{fraction} {self.symbol}"

    def parse(self, text: str) -> BaseUnits:
        """ "20" or "0.5" of the currency, in base units. Raises Rejected `not_an_amount`."""
        found = _AMOUNT.fullmatch(text.strip())
        if found is None or len(found[2] or "") > self.decimals:
            raise Rejected(
                "not_an_amount",
                f"amount in {self.symbol}",
                f"must be a number with at most {self.decimals} decimals",
                text,
            )
        return BaseUnits(int(found[1]) * 10**self.decimals + int((found[2] or "").ljust(self.decimals, "0") or 0))


def admitted_currencies(client: ChainClient, platform: Platform) -> list[Currency]:
    """In the order of admission."""
    with typed_errors("CurrencyAdmitted"):
        events = platform.accounts.events.CurrencyAdmitted().get_logs(from_block=0)
    return [currency_at(client, Address(event["args"]["currency"])) for event in events]


def currency_at(client: ChainClient, address: Address) -> Currency:
    functions = token(client, address).functions
    return Currency(address, str(client.call(functions.symbol())), int(client.call(functions.decimals())))


def find_currency(client: ChainClient, platform: Platform, wanted: str | None) -> Currency:
    """By symbol or address; without a wish the only one there is. Raises Rejected `unknown_currency`."""
    admitted = admitted_currencies(client, platform)
    if wanted is not None and wanted.startswith("0x"):
        address = parse_address(wanted, "currency")
        found = [one for one in admitted if one.address == address]
    else:
        found = [one for one in admitted if wanted is None or one.symbol.lower() == wanted.lower()]
    if len(found) == 1:
        return found[0]
    there = ", ".join(f"{one.symbol} {one.address}" for one in admitted) or "none"
    what = "name one of several by its address" if found else "is not admitted"
    raise Rejected("unknown_currency", f"currency {wanted or ''}".strip(), what, there)


def token(client: ChainClient, address: Address) -> Contract:
    """An ERC-20 token with metadata and permit; the mock's ABI has all that is standard, and `mint`."""
    return contract(client.web3, "MicroEuro", address)
