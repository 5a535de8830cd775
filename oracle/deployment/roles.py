"""Who may call what: the declared matrix. Deployment sets it, a test holds the chain against it."""

from collections.abc import Mapping
from types import MappingProxyType

ADMIN = 0
GUARDIAN = 1
LISTING = 2

ROLE_NAMES: Mapping[int, str] = MappingProxyType({ADMIN: "admin", GUARDIAN: "guardian", LISTING: "listing"})

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
"""Every restricted function of every contract. What is not named here nobody has special power over: UsageAgreements,
FeeSplitter, MeterRegistry, TariffBook, CreditNotes, Components, EndOfLife, Reservations, ServiceTermsBook, HandOvers,
TitleSales, BuybackGuarantees, AvailabilityGuarantees, CoFinancing, RoundCollateral, RoundBallots, RoundViews,
TitleAuction, SparePools, SpareLoans and SpareStock have no authority at all."""
