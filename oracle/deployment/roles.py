"""Who may call what: the declared matrix. Deployment sets it, a test holds the chain against it."""

from collections.abc import Container, Mapping
from types import MappingProxyType

ADMIN = 0
GUARDIAN = 1
LISTING = 2
DECISIONS = 3

ROLE_NAMES: Mapping[int, str] = MappingProxyType(
    {ADMIN: "admin", GUARDIAN: "guardian", LISTING: "listing", DECISIONS: "decisions"}
)

RESTRICTED: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "Directory": {"set(bytes32,address)": LISTING},
        "PrepaidAccounts": {"admitCurrency(address)": LISTING, "pause()": GUARDIAN, "unpause()": GUARDIAN},
        "AssetRegistry": {
            "setEligibility(address)": LISTING,
            "appointRecorder(address,bool)": LISTING,
            "pause()": GUARDIAN,
            "unpause()": GUARDIAN,
        },
        "OfferBook": {"pause()": GUARDIAN, "unpause()": GUARDIAN},
        "EligibilityList": {"admit(address)": LISTING, "dismiss(address)": LISTING},
        "ServiceMarket": {"setEligibility(address)": LISTING, "pause()": GUARDIAN, "unpause()": GUARDIAN},
        "WorkerList": {"admit(address,uint8)": LISTING},
        "RoundBook": {"pause()": GUARDIAN, "unpause()": GUARDIAN},
    }
)
"""Every restricted function of the platform. What is not named here nobody has special power over: UsageAgreements,
FeeSplitter, MeterRegistry, TariffBook, CreditNotes, Components, EndOfLife, Reservations, ServiceTermsBook, HandOvers,
TitleSales, BuybackGuarantees, AvailabilityGuarantees, CoFinancing, RoundCollateral, RoundBallots, RoundViews,
TitleAuction, SparePools, SpareLoans and SpareStock have no authority at all."""

GOVERNANCE: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "Membership": {
            "setCode(bytes32,string)": DECISIONS,
            "giveClass(address,uint8,uint8,bytes32)": DECISIONS,
            "withdrawClass(address,uint8)": DECISIONS,
            "suspend(address,uint40,bytes32)": DECISIONS,
            "expel(address,bytes32)": DECISIONS,
            "recover(uint64,address)": DECISIONS,
        },
        "CommunityAccount": {
            "spend(address,address,uint256,bytes32)": DECISIONS,
            "declareDividend(address,uint256)": DECISIONS,
        },
        "Guardian": {"replace(address[],uint8)": DECISIONS},
    }
)
"""Of the contracts that stand only where members decide. Governor and timelock guard themselves (OpenZeppelin)."""


def restricted(deployed: Container[str]) -> dict[str, Mapping[str, int]]:
    """The matrix of one deployment, with or without members who decide."""
    return {name: functions for name, functions in {**RESTRICTED, **GOVERNANCE}.items() if name in deployed}
