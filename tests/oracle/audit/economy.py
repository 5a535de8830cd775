"""A small economy that walks every path of the platform once; each step is a transaction on a private chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oracle.audit import signatures
from tests.oracle.audit.beginning import (
    ANNA,
    BERT,
    CLARA,
    COMMUNITY,
    FLEET,
    GUARDIAN,
    LISTING,
    OWNER,
    REPAIRER,
    STATUS_RESET,
    STATUS_UP,
    SecureElement,
    meter,
    word,
)  # fmt: skip
from tests.oracle.audit.booking import Booking
from tests.oracle.audit.guaranteed import Guaranteed
from tests.oracle.audit.orders import Orders
from tests.oracle.audit.support import DAY, FOREVER, FORWARDER, HOUR, WALLET, Platform, batch


@dataclass(frozen=True)
class Story:
    """What later tests need to know of the economy."""

    platform: Platform
    settlement: str
    relayed: str


class Teller(Booking, Guaranteed, Orders):
    def tell(self) -> Story:
        self.currencies()
        self.tariffs()
        self.assets()
        self.meters()
        self.offers()
        self.accounts()
        self.openings()
        settlement = self.settlements()
        self.refused_readings()
        self.customers_choices()
        self.ends()
        self.shares()
        self.titles()
        self.through_others()
        self.governance()
        self.other_meters()
        self.trees()
        self.ways_back()
        self.sales()
        self.buybacks()
        self.uptimes()
        self.bookings()
        self.orders()
        self.guaranteed_orders()
        return Story(self.on, settlement, self.relayed)

    def settlements(self) -> str:
        """Several groups and runs, refills, a reading from a drifting clock, and one through `settleSigned`."""
        self.on.later(2 * HOUR)
        on = self.on
        settlement = self._settle(
            (
                1,
                [
                    on.reading(meter(1), 1, 1, 1, (1_000, 2_000, 3_000, 0)),
                    on.reading(meter(3), 3, 3, 1, (60_000, 0, 0, 0)),
                ],
            ),
            (2, [on.reading(meter(2), 2, 2, 1, (30_000, 0, 0, 0))]),
            (
                1,
                [
                    on.reading(meter(3), 4, 3, 1, (10_000, 0, 1, 0), flags=2),
                    on.reading(meter(1), 1, 1, 2, (60_000, 2_000, 3_000, 9)),
                ],
            ),
        )
        self.on.later(30 * HOUR)
        self._settle(
            (
                1,
                [
                    on.reading(meter(1), 1, 1, number, (60_000 + 9_000 * number, 9_000, 3_000, 9))
                    for number in range(3, 9)
                ],
            )
        )
        values, signature = on.reading(meter(3), 3, 3, 2, (250_000, 0, 0, 0))
        self.send(CLARA, "UsageAgreements", "settleSigned", values, signature)
        self._settle((1, [on.reading(meter(3), 3, 3, 2, (250_000, 0, 0, 0))]))
        for agreement in (2, 1):
            self.send(COMMUNITY, "UsageAgreements", "accrue", agreement)
        self.send(COMMUNITY, "UsageAgreements", "refill", 1)
        self.send(COMMUNITY, "FeeSplitter", "distribute", 1, self.euro)
        return settlement

    def _settle(self, *groups: Any) -> str:
        return self.send(REPAIRER, "UsageAgreements", "settle", batch(*groups))

    def refused_readings(self) -> None:
        """One record for each reason to skip, and one group of a curve that is not verified."""
        on = self.on
        tampered = on.reading(meter(1), 1, 1, 9, (140_000, 9_000, 3_000, 9))
        bad = [
            on.reading(meter(1), 99, 1, 1, (1, 0, 0, 0)),
            on.reading(meter(1), 1, 1, 2**31, (1, 0, 0, 0)),
            on.reading(meter(1), 1, 1, 1, (1_000, 2_000, 3_000, 0)),
            on.reading(meter(2), 1, 1, 9, (140_000, 9_000, 3_000, 9)),
            ((*tampered[0][:4], 141_000, *tampered[0][5:]), tampered[1]),
            on.reading(meter(1), 1, 1, 9, (140_000, 9_000, 3_000, 9), time=on.now + 10_000),
            on.reading(meter(1), 1, 1, 9, (100, 0, 0, 0)),
            on.reading(meter(1), 1, 1, 9, (2**47, 0, 0, 0)),
        ]
        self._settle((1, bad))
        self.send(BERT, "UsageAgreements", "settle", batch((1, [tampered]), kind=1))

    def customers_choices(self) -> None:
        on, keys = self.on, self.on.keys
        self.send(ANNA, "UsageAgreements", "setCap", 1, 300_000, DAY)
        form, signature = on.form(keys[CLARA], "UsageAgreements", signatures.SET_CAP, 3, 6_000_000, 2 * HOUR)
        self.send(BERT, "UsageAgreements", "setCapSigned", form, signature)
        self.send(CLARA, "UsageAgreements", "suspend", 4, True)
        form, signature = on.form(keys[CLARA], "UsageAgreements", signatures.SUSPEND, 4, False)
        self.send(BERT, "UsageAgreements", "suspendSigned", form, signature)
        self.send(CLARA, "UsageAgreements", "suspend", 4, True)
        self.send(ANNA, "UsageAgreements", "nameDelegate", 1, self.names[BERT])
        self.send(BERT, "CreditNotes", "recordDispute", 2, 1, word("complaint"), "https://example.org/complaint")
        self.send(OWNER, "PrepaidAccounts", "approve", self.on.addresses["CreditNotes"], int(self.euro, 16), 4_000)
        self.send(OWNER, "CreditNotes", "creditNote", 2, 1, 1_500, word("too much"))
        for contract in ("UsageAgreements", "AssetRegistry"):
            self.send(BERT, contract, "cancelNonce", 1_000)

    def ends(self) -> None:
        """A notice that runs out, a final reading with a successor beside it, non-use, and a gift to the holds."""
        on = self.on
        form, signature = on.form(on.keys[ANNA], "UsageAgreements", signatures.END_AGREEMENT, 1)
        self.send(BERT, "UsageAgreements", "endSigned", form, signature)
        self.send(ANNA, "UsageAgreements", "open", 1, 1, True, 100_000, 100_000, 0)
        on.later(600)
        self._settle((1, [on.reading(meter(1), 1, 1, 9, (150_000, 9_000, 3_000, 9), flags=1)]))
        self._settle((1, [on.reading(meter(1), 1, 1, 10, (150_100, 9_000, 3_000, 9))]))
        self.send(COMMUNITY, "UsageAgreements", "close", 1)
        self._settle((1, [on.reading(meter(1), 1, 1, 11, (150_100, 9_000, 3_000, 9))]))
        self.send(OWNER, "UsageAgreements", "announceUnused", 2)
        on.later(2 * DAY)
        self.send(OWNER, "UsageAgreements", "endUnused", 2)
        self.send(BERT, "UsageAgreements", "close", 2)
        self.send(CLARA, "UsageAgreements", "end", 4)
        on.later(2 * HOUR)
        self.send(CLARA, "UsageAgreements", "close", 4)
        holds = on.PrepaidAccounts.functions.subaccount(self.agreements, word("holds")).call()
        self.send(BERT, "PrepaidAccounts", "transfer", holds, int(self.euro, 16), 4_321)
        self.send(BERT, "UsageAgreements", "skimSurplus", self.euro)
        self.send(BERT, "PrepaidAccounts", "transfer", holds, int(self.crown, 16), 12)

    def shares(self) -> None:
        names = self.names
        self._settle(
            (
                1,
                [
                    self.on.reading(meter(3), 3, 3, 3, (270_001, 0, 0, 0)),
                    self.on.reading(meter(1), 5, 1, 1, (777, 0, 0, 0)),
                ],
            )
        )
        self.send(
            BERT,
            "PrepaidAccounts",
            "transfer",
            self.on.FeeSplitter.functions.accountOf(1).call(),
            int(self.crown, 16),
            10_007,
        )
        self.send(OWNER, "FeeSplitter", "changeShares", 1, [(names[OWNER], 1), (names[REPAIRER], 1), (names[FLEET], 1)])
        self.send(FLEET, "FeeSplitter", "listCurrency", 3, self.crown)
        self.send(FLEET, "FeeSplitter", "transferControl", 3, names[OWNER])
        self.send(COMMUNITY, "FeeSplitter", "distributeAll", 2)
        self.send(COMMUNITY, "FeeSplitter", "distributeAll", 1)

    def titles(self) -> None:
        """Consents, a lien that moves a title, a sale with fees undistributed, a new meter by each of three ways."""
        on, names = self.on, self.names
        for payee in (OWNER, REPAIRER):
            self.send(payee, "AssetRegistry", "consentToRepoint", 3, 3)
        self.send(FLEET, "AssetRegistry", "repoint", 3, 3)
        self.send(OWNER, "AssetRegistry", "consentToRepoint", 3, 1)
        self.send(OWNER, "AssetRegistry", "placeLien", 2, names[COMMUNITY])
        self.send(COMMUNITY, "AssetRegistry", "transferFrom", names[OWNER], names[REPAIRER], 2)
        self.send(COMMUNITY, "AssetRegistry", "releaseLien", 2)
        self.send(REPAIRER, "AssetRegistry", "transferFrom", names[REPAIRER], names[OWNER], 2)
        self._settle((1, [on.reading(meter(1), 5, 1, 2, (3_777, 0, 0, 0))]))
        self.send(OWNER, "AssetRegistry", "approve", names[CLARA], 1)
        self.send(OWNER, "AssetRegistry", "setApprovalForAll", names[BERT], True)
        self.send(BERT, "AssetRegistry", "transferFrom", names[OWNER], names[FLEET], 1)
        self._settle((1, [on.reading(meter(1), 5, 1, 3, (9_777, 0, 0, 0))]))
        on.later(60)
        reset, signature = on.signed(meter(1), "MeterRegistry", signatures.STATUS, 1, 9, on.now, STATUS_RESET, 17, 600)
        self.send(FLEET, "MeterRegistry", "setRotationKey", 1, meter(42).address, reset, signature)
        binding, possession = self._bind(meter(11), 1, 2, odometer=650)
        together = on.signed(meter(1), "MeterRegistry", signatures.METER_BINDING, *binding)[1]
        self.send(FLEET, "MeterRegistry", "announceMeter", binding, 1, possession, together)
        for key, wait in ((12, HOUR), (13, 2 * HOUR)):
            binding, possession = self._bind(meter(key), 1, 3, on.now + HOUR + wait, 700)
            self.send(FLEET, "MeterRegistry", "announceMeter", binding, 0, possession, b"")
        self.send(FLEET, "MeterRegistry", "withdrawAnnouncement", 1)
        binding, possession = self._bind(meter(14), 1, 3, on.now + 2 * HOUR, 700)
        self.send(FLEET, "MeterRegistry", "announceMeter", binding, 0, possession, b"")
        on.later(3 * HOUR)
        self.send(ANNA, "MeterRegistry", "activate", 1)
        old = on.reading(meter(11), 5, 1, 4, (10_777, 0, 0, 0))
        self._settle((1, [old, on.reading(meter(14), 5, 1, 4, (10_778, 0, 0, 0))]))
        self.send(FLEET, "UsageAgreements", "end", 5)

    def through_others(self) -> None:
        """A reading relayed by a contract, and a customer that is a contract."""
        on = self.on
        forwarder, wallet = on.create(BERT, FORWARDER), on.create(BERT, WALLET)
        data = self._encoded("settle", batch((1, [on.reading(meter(3), 3, 3, 4, (280_001, 0, 0, 0))])))
        self.relayed = on.post(BERT, forwarder, self.agreements.lower() + data[2:])
        self.send(ANNA, "PrepaidAccounts", "deposit", self.euro, wallet, 500_000)
        allow = (wallet, self.agreements, self.euro, 400_000, 1, FOREVER)
        self.send(BERT, "PrepaidAccounts", "allow", allow, b"any")
        self.send(FLEET, "OfferBook", "offer", 3, 1, False, FOREVER)
        form = (wallet, 3, 1, False, 100_000, 200_000, HOUR, 2, FOREVER)
        self.send(BERT, "UsageAgreements", "openSigned", form, b"")

    def other_meters(self) -> None:
        """A P-256 key takes over from a plain one, a contract from that; each signs readings and a status."""
        on, element = self.on, SecureElement(7)
        self.send(OWNER, "OfferBook", "offer", 2, 1, False, FOREVER)
        self.send(ANNA, "UsageAgreements", "open", 2, 1, False, 100_000, 400_000, DAY)
        number = on.UsageAgreements.functions.agreementCount().call()
        binding = (2, element.public_key, 1, 2, 0, bytes(32), 0)
        values, possession = on.signed(element, "MeterRegistry", signatures.METER_BINDING, *binding)
        together = on.signed(meter(2), "MeterRegistry", signatures.METER_BINDING, *binding)[1]
        self.send(OWNER, "MeterRegistry", "announceMeter", values, 1, possession, together)
        on.later(HOUR)
        good = on.reading(element, number, 2, 2, (1_000, 0, 0, 0))
        forged = (good[0], on.reading(element, number, 2, 3, (1_000, 0, 0, 0))[1])
        self._settle_p256(forged, good, on.reading(element, number, 2, 1, (1, 0, 0, 0)))
        self.send(CLARA, "UsageAgreements", "settleSigned", *on.reading(element, number, 2, 3, (2_000, 0, 0, 0)))
        self._settle((1, [on.reading(meter(2), number, 2, 4, (3_000, 0, 0, 0))]))
        status = (2, 1, on.now, STATUS_UP, 0, 0)
        form, signature = on.signed(element, "MeterRegistry", signatures.STATUS, *status)
        self.send(BERT, "MeterRegistry", "recordStatus", form, signature)

        wallet = on.create(BERT, WALLET)
        binding = (2, bytes.fromhex(wallet[2:]), 2, 3, 0, bytes(32), 0)
        together = on.signed(element, "MeterRegistry", signatures.METER_BINDING, *binding)[1]
        self.send(OWNER, "MeterRegistry", "announceMeter", binding, 0, b"any", together)
        on.later(60)
        reading = on.reading(element, number, 2, 4, (4_000, 0, 0, 0))[0]
        self.send(CLARA, "UsageAgreements", "settleSigned", reading, b"any")
        self.send(BERT, "MeterRegistry", "recordStatus", (2, 1, on.now, STATUS_UP, 0, 0), b"")
        self._settle_p256(on.reading(element, number, 2, 5, (5_000, 0, 0, 0)))

    def _settle_p256(self, *readings: Any) -> str:
        return self.send(REPAIRER, "UsageAgreements", "settle", batch((1, list(readings)), kind=1))

    def governance(self) -> None:
        self.send(LISTING, "AssetRegistry", "appointRecorder", self.names[BERT], True)
        self.send(BERT, "AssetRegistry", "recordHistory", 1, word("repair"), word("report"), "ipfs://report")
        self.send(LISTING, "EligibilityList", "dismiss", self.names[REPAIRER])
        self.send(LISTING, "EligibilityList", "admit", self.names[REPAIRER])
        for contract in ("PrepaidAccounts", "AssetRegistry", "OfferBook"):
            self.send(GUARDIAN, contract, "pause")
        self._settle((1, [self.on.reading(meter(3), 3, 3, 5, (340_001, 0, 0, 0))]))
        for contract in ("PrepaidAccounts", "AssetRegistry"):
            self.send(GUARDIAN, contract, "unpause")
        self.send(LISTING, "Authority", "labelRole", 7, "auditors")
        self.send(LISTING, "Authority", "setGrantDelay", 7, HOUR)
        self.send(LISTING, "Authority", "grantRole", 7, self.names[BERT], 60)
        self.send(LISTING, "Authority", "setRoleAdmin", 7, 1)
        self.send(LISTING, "Authority", "setRoleGuardian", 7, 1)
        self.send(LISTING, "Authority", "setTargetAdminDelay", self.on.addresses["OfferBook"], 60)
        self.delayed_roles()

    def delayed_roles(self) -> None:
        """A role with a delay: scheduled and executed, scheduled and cancelled, taken away again."""
        book = self.on.addresses["OfferBook"]
        calls = {
            name: self.on.OfferBook.get_function_by_name(name)()._encode_transaction_data()
            for name in ("unpause", "pause")
        }
        selectors = [bytes.fromhex(data[2:10]) for data in calls.values()]
        self.send(LISTING, "Authority", "setTargetFunctionRole", book, selectors, 7)
        self.send(BERT, "Authority", "schedule", book, calls["unpause"], 0)
        self.on.later(61)
        self.send(BERT, "Authority", "execute", book, calls["unpause"])
        self.send(BERT, "Authority", "schedule", book, calls["pause"], self.on.now + 500)
        self.send(GUARDIAN, "Authority", "cancel", self.names[BERT], book, calls["pause"])
        self.send(GUARDIAN, "Authority", "grantRole", 7, self.names[BERT], 0)
        self.send(GUARDIAN, "Authority", "grantRole", 7, self.names[CLARA], 0)
        self.send(LISTING, "Authority", "execute", self.on.addresses["EligibilityList"], self._admit(CLARA))
        self.send(LISTING, "Authority", "setTargetClosed", book, True)
        self.send(LISTING, "Authority", "setTargetClosed", book, False)
        self.send(GUARDIAN, "Authority", "revokeRole", 7, self.names[CLARA])
        self.send(GUARDIAN, "Authority", "revokeRole", 7, self.names[CLARA])
        self.send(LISTING, "Authority", "grantRole", 2, self.names[CLARA], 30)
        self.send(CLARA, "Authority", "schedule", self.on.addresses["EligibilityList"], self._admit(ANNA), 0)
        self.on.later(31)
        self.send(CLARA, "Authority", "execute", self.on.addresses["EligibilityList"], self._admit(ANNA))

    def _admit(self, who: int) -> str:
        call = self.on.EligibilityList.get_function_by_name("admit")(self.names[who])
        return str(call._encode_transaction_data())


def tell(url: str) -> Story:
    """Plays the whole story on an empty chain."""
    return Teller(Platform(url)).tell()
