"""Refusals in words, and amounts as people write them."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_utils.abi import function_abi_to_4byte_selector
from hypothesis import given
from hypothesis import strategies as st

from oracle.chain.contracts import load_artefact
from oracle.chain.node_errors import CallReverted
from oracle.domain.hashing import keccak
from oracle.errors import Rejected
from oracle.parties.currencies import Currency
from oracle.parties.reverts import explain
from oracle.types import Address

EURO = Currency(Address("0xB7f8BC63BbcaD18155201308C8f3540b07f84F5e"), "EUR", 6)


def reverted(signature: str, *values: object) -> CallReverted:
    types = signature[signature.index("(") + 1 : -1].split(",") if not signature.endswith("()") else []
    return CallReverted("call", "0x" + (keccak(signature.encode())[:4] + encode(types, values)).hex())


def test_a_typed_error_is_named_with_its_figures_and_a_remedy():
    found = explain(reverted("Agreements_HoldBelowTarget(uint80,uint80)", 5, 9), "open")
    assert (found.code, found.who, found.how_much) == ("Agreements_HoldBelowTarget", "open", "hold 5, target 9")
    assert found.remedy == "Give at least the tariff's hold target as --hold."


def test_a_reason_in_bytes32_is_read_as_text():
    found = explain(reverted("Offers_Refused(uint64,bytes32)", 3, b"not admitted".ljust(32, b"\0")), "offer")
    assert found.how_much == "asset 3, reason not admitted"


def test_an_error_of_no_contract_of_ours_is_shown_as_it_is():
    found = explain(reverted("Elsewhere_Unknown()"), "open")
    assert (found.code, found.remedy) == ("call_reverted", None)


@pytest.mark.parametrize(
    "contract", ["CoFinancing", "TitleAuction", "BuybackGuarantees", "AvailabilityGuarantees", "TitleSales"]
)
def test_whoever_finances_or_guarantees_is_told_what_to_do(contract):
    ours = ("Financing_", "Auction_", "Buyback_", "Uptime_", "Sales_")
    errors = [item for item in load_artefact(contract)["abi"] if item["type"] == "error"]
    selectors = {one["name"]: function_abi_to_4byte_selector({**one, "type": "function"}) for one in errors}
    without = [
        name
        for name, selector in selectors.items()
        if name.startswith(ours)
        and explain(CallReverted("call", "0x" + (selector + bytes(32 * 4)).hex()), contract).remedy is None
    ]
    assert without == []


@given(st.integers(min_value=0, max_value=2**128))
def test_every_amount_reads_back(units):
    assert EURO.parse(EURO.text(units).removesuffix(" EUR")) == units


@pytest.mark.parametrize("text", ["", "-1", "1,5", "1e3", "0.0000001", "NaN", "½", " ", "1.", ".5"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(Rejected) as refused:
        EURO.parse(text)
    assert refused.value.code == "not_an_amount"


def test_a_debt_keeps_its_sign():
    assert EURO.text(-1) == "-0.000001 EUR"
