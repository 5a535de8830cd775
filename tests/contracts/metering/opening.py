"""Signed openings."""

from __future__ import annotations

from typing import Any

from oracle.domain.customer_forms import OpenAgreement
from tests.fixtures.economy import FAR_FUTURE, HOLD_TARGET, MONTH, USUAL_CAP, Drill, Economy, Priced


def form_of(customer: Any, drill: Drill, priced: Priced, nonce: int = 1) -> OpenAgreement:
    return OpenAgreement(customer.address, drill.id, priced.id, True, HOLD_TARGET, USUAL_CAP, MONTH, nonce, FAR_FUTURE)


def carry(economy: Economy, form: OpenAgreement, signature: bytes) -> Any:
    """A stranger brings what the customer signed."""
    return economy.agreements.openSigned(economy.values(form), signature, {"from": economy.stranger})
