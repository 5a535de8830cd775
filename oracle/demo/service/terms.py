"""What the story's people agree on: prices of use, terms of service, shares, bids."""

import json
from dataclasses import replace
from pathlib import Path

from oracle.demo.service.cast import Role
from oracle.demo.service.machine import HOUR_MS
from oracle.domain.hashing import keccak
from oracle.domain.tariffs import Tariff
from oracle.parties import orders
from oracle.parties.currencies import Currency
from oracle.tariffs import published_tariff
from oracle.types import BaseUnits, Bytes32, Seconds

HOUR = 3_600
DAY = 24 * HOUR

SHARES = {Role.OWNER: 5_000, Role.MAKER: 1_500, Role.COMMUNITY: 300}
RESERVE_SHARE = 3_200
"""Of 10,000: what the machine puts aside for its own service."""

HOURS_BETWEEN_SERVICES = 60
ROUGH = 10_000
"""Micrometres a second, as the line through the last six hours of running ends."""
CEILING_UNITS = 16_000_000
"""Most that a bid for work by rule may ask, in units of the local chain's currency, which has six decimals."""
CEILING, RULE_CEILING, RULE_BUDGET, BOND = "16", "20", "40", "2"
CORE_PRICES = ("5", "3", "1", "0")
REPAIR_BIDS = {Role.REPAIRER_1: "14.00", Role.REPAIRER_2: "12.50", Role.REPAIRER_3: "15.00"}
SERVICE_BIDS = {Role.REPAIRER_1: "8.00", Role.REPAIRER_2: "9.00", Role.REPAIRER_3: "8.80"}
UPGRADE_BID, COLLECT_BID = "11.00", "4.00"
TO_WORKER_BPS = 4_000
"""What the arbiter finds the disputed service worth, of 10,000."""


def tariff(currency: Currency) -> Tariff:
    """The Smart Drill's published prices; hold, permit and notice are long, because weeks pass between settlements."""
    return replace(
        published_tariff("smart-drill").tariff(currency.address),
        hold_target=currency.parse("70"),
        notice=Seconds(14 * DAY),
        permit_validity=Seconds(13 * DAY),
        session_cap=Seconds(0),
        idle_stop=Seconds(0),
    )


def write_text(folder: Path) -> Bytes32:
    """The terms in words, where the watcher finds them; their hash goes on chain."""
    document = {
        "name": "Service of drills",
        "service": {
            "odometerBetween": HOURS_BETWEEN_SERVICES * HOUR_MS,
            "onMeterError": True,
            "ceiling": str(CEILING_UNITS),
            "biddingHours": 1,
            "workHours": 48,
            "trends": [{"measure": "vibration", "limit": ROUGH, "runningMinutes": 360}],
            "places": [],
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    data = json.dumps(document, indent=2).encode()
    (folder / "service.json").write_bytes(data)
    return keccak(data)


def service_terms(currency: Currency, text: Bytes32) -> orders.ServiceTerms:
    return orders.ServiceTerms(
        currency=currency.address,
        rule_ceiling=currency.parse(RULE_CEILING),
        silent_share_bps=5_000,
        rule_budget=currency.parse(RULE_BUDGET),
        dispute_bond=currency.parse(BOND),
        shortest_bidding=Seconds(60),
        acceptance_time=Seconds(DAY),
        grace_time=Seconds(DAY),
        inspection_time=Seconds(2 * DAY),
        arbitration_time=Seconds(7 * DAY),
        included_per_year=1,
        quorum=1,
        own_bids=False,
        status_needed=True,
        terms_hash=text,
    )


def core_prices(currency: Currency) -> list[BaseUnits]:
    return [currency.parse(price) for price in CORE_PRICES]
