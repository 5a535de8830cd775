"""A small economy that walks every path of the platform once; each step is a transaction on a private chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount

from oracle.audit import signatures
from oracle.chain.contracts import load_artefact
from tests.oracle.audit.support import DAY, FOREVER, FORWARDER, HOUR, MOST, WALLET, Platform, batch

DEPLOYER, LISTING, GUARDIAN, OWNER, REPAIRER, FLEET, ANNA, BERT, CLARA, COMMUNITY = range(10)
ZERO = "0x" + "00" * 20
STATUS_UP, STATUS_RESET = 0, 4


def word(text: str) -> bytes:
    return text.encode().ljust(32, b"\0")


def meter(number: int) -> LocalAccount:
    return Account.from_key(bytes(31) + bytes((number,)))


@dataclass(frozen=True)
class Story:
    """What later tests need to know of the economy."""

    platform: Platform
    settlement: str
    receipts_of: int


class Teller:
    def __init__(self, platform: Platform) -> None:
        self.on = platform
        self.send = platform.send
        self.names = platform.accounts
        self.euro = platform.addresses["MicroEuro"]
        self.agreements = platform.addresses["UsageAgreements"]

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
        return Story(self.on, settlement, 1)

    def currencies(self) -> None:
        artefact = load_artefact("MicroEuro")
        self.on.post(DEPLOYER, None, artefact["bytecode"])
        self.crown = str(self.on.last_receipt["contractAddress"])
        self.on.contracts["Crown"] = self.on.web3.eth.contract(address=self.crown, abi=artefact["abi"])
        self.on.addresses["Crown"] = self.crown
        self.send(LISTING, "PrepaidAccounts", "admitCurrency", self.crown)
        for who in (ANNA, BERT, CLARA, OWNER):
            for currency in ("MicroEuro", "Crown"):
                self.send(who, currency, "mint", self.names[who], 10**12)
                self.send(who, currency, "approve", self.on.addresses["PrepaidAccounts"], MOST)

    def tariffs(self) -> None:
        drill = self._tariff(self.euro, (1_000_000, 2_000_000, 3_000_000, 0), standing=0)
        flat = self._tariff(self.euro, (500_000, 0, 0, 0), standing=864_000, unused=2)
        crowns = self._tariff(self.crown, (7, 11, 13, 17), standing=86_399, tax=1_900)
        for terms in (drill, flat, crowns):
            self.send(OWNER, "TariffBook", "publish", terms)

    def _tariff(self, currency: str, prices: tuple[int, ...], standing: int, unused: int = 0, tax: int = 0) -> Any:
        names = load_artefact("TariffBook")["abi"]
        members = next(entry for entry in names if entry.get("name") == "publish")["inputs"][0]["components"]
        given = {f"pricePerMillion{index}": price for index, price in enumerate(prices)}
        given |= {"standingPerDay": standing, "taxBps": tax, "taxIncluded": tax > 0, "currency": currency}
        given |= {"notice": HOUR, "permitValidity": 600, "deliveryTime": 60, "holdTarget": 100_000, "burst": 50_000}
        given |= {"maxChargePerHour": 1_000_000, "unusedDays": unused, "kind": 1, "termsHash": word("terms")}
        return tuple(given.get(member["name"], 0) for member in members)

    def assets(self) -> None:
        form, signature = self.on.form(
            self.on.keys[REPAIRER], "AssetRegistry", signatures.REGISTER,
            self.names[REPAIRER], word("drill"), word("serial 1"), self.names[OWNER],
        )  # fmt: skip
        self.send(BERT, "AssetRegistry", "registerSigned", form, signature)
        self.send(REPAIRER, "AssetRegistry", "register", word("washer"), word("serial 2"), self.names[OWNER])
        self.send(
            FLEET, "AssetRegistry", "registerSelfDeclared", ZERO, word("car"), word("serial 3"), self.names[FLEET]
        )
        self.send(OWNER, "AssetRegistry", "setPassport", 1, word("hash"), "ipfs://short")
        self.send(OWNER, "AssetRegistry", "setPassport", 2, word("hash"), "https://example.org/" + "long/" * 12)
        self.send(OWNER, "AssetRegistry", "setLifecycle", 1, 1, word("service"))
        payees = [(self.names[OWNER], 6_000), (self.names[REPAIRER], 3_333), (self.names[COMMUNITY], 667)]
        both = [self.euro, self.crown]
        self.send(OWNER, "FeeSplitter", "create", self.names[OWNER], payees, both)
        self.send(FLEET, "FeeSplitter", "create", ZERO, payees[:2], [self.euro])
        self.send(FLEET, "FeeSplitter", "create", self.names[FLEET], payees, [self.euro])
        for owner, asset, split in ((OWNER, 1, 1), (OWNER, 2, 1), (FLEET, 3, 2)):
            self.send(owner, "AssetRegistry", "repoint", asset, split)

    def _bind(self, key: LocalAccount, asset: int, epoch: int, effective_at: int = 0, odometer: int = 0) -> Any:
        binding = (asset, bytes.fromhex(key.address[2:]), 0, epoch, odometer, bytes(32), effective_at)
        return self.on.signed(key, "MeterRegistry", signatures.METER_BINDING, *binding)

    def meters(self) -> None:
        for owner, asset in ((OWNER, 1), (OWNER, 2), (FLEET, 3)):
            binding, possession = self._bind(meter(asset), asset, 1)
            self.send(owner, "MeterRegistry", "announceMeter", binding, 1, possession, b"")
        self.send(REPAIRER, "MeterRegistry", "attestGrade", 1, 1, 2)
        self.send(OWNER, "MeterRegistry", "declareOdometerRate", 1, 1_000_000)
        self.on.later(HOUR)
        for sequence, odometer in ((1, 10), (4, 500)):
            self.on.later(60)
            self._record_status(1, sequence, STATUS_UP, odometer)
        self.send(OWNER, "MeterRegistry", "setRotationKey", 1, meter(41).address, (0, 0, 0, 0, 0, 0), b"")
        for epoch, valid_from in ((1, 0), (2, self.on.now + DAY)):
            form = (1, meter(50 + epoch).address, epoch, valid_from)
            values, signature = self.on.signed(meter(41), "MeterRegistry", signatures.PERMIT_SIGNER, *form)
            self.send(BERT, "MeterRegistry", "appointPermitSigner", values, signature)

    def _record_status(self, asset: int, sequence: int, state: int, odometer: int, key: int = 0) -> None:
        values = (asset, sequence, self.on.now, state, 0, odometer)
        form, signature = self.on.signed(meter(key or asset), "MeterRegistry", signatures.STATUS, *values)
        self.send(CLARA, "MeterRegistry", "recordStatus", form, signature)

    def offers(self) -> None:
        for owner, asset, tariff, exclusive in (
            (OWNER, 1, 1, True), (OWNER, 1, 2, False), (OWNER, 2, 2, True), (OWNER, 2, 3, False), (FLEET, 3, 1, False),
        ):  # fmt: skip
            self.send(owner, "OfferBook", "offer", asset, tariff, exclusive, FOREVER)
        self.send(OWNER, "OfferBook", "withdrawOffer", 1, 2, False)

    def accounts(self) -> None:
        for who in (ANNA, BERT, CLARA, OWNER):
            self.send(who, "PrepaidAccounts", "deposit", self.euro, self.names[who], 5_000_000)
            self.send(who, "PrepaidAccounts", "deposit", self.crown, self.names[who], 3_000_000)
        self.send(ANNA, "PrepaidAccounts", "approve", self.agreements, int(self.euro, 16), MOST)
        self.send(BERT, "PrepaidAccounts", "approve", self.agreements, int(self.crown, 16), 250_000)
        self.send(CLARA, "PrepaidAccounts", "setOperator", self.names[BERT], True)
        self.send(
            BERT, "PrepaidAccounts", "transferFrom", self.names[CLARA], self.names[ANNA], int(self.euro, 16), 1_234
        )
        self.send(CLARA, "PrepaidAccounts", "setOperator", self.names[BERT], False)
        self.send(CLARA, "PrepaidAccounts", "transfer", self.names[BERT], int(self.euro, 16), 77)
        self.send(CLARA, "PrepaidAccounts", "withdraw", self.euro, 1_000, self.names[COMMUNITY])
        form, signature = self.on.signed(
            self.on.keys[CLARA], "PrepaidAccounts", signatures.WITHDRAW,
            self.names[CLARA], self.crown, 2_000, self.names[CLARA], 5, FOREVER,
        )  # fmt: skip
        self.send(BERT, "PrepaidAccounts", "withdrawSigned", form, signature)
        self.send(CLARA, "PrepaidAccounts", "cancelNonce", 6)
        self.send(BERT, "MicroEuro", "transfer", self.on.addresses["PrepaidAccounts"], 999)

    def openings(self) -> None:
        self.send(ANNA, "UsageAgreements", "open", 1, 1, True, 100_000, 400_000, DAY)
        allow, allowed = self.on.form(
            self.on.keys[BERT], "PrepaidAccounts", signatures.ALLOW,
            self.names[BERT], self.agreements, self.euro, 10_000_000,
        )  # fmt: skip
        calls = [
            self._encoded("allow", allow, allowed),
            self._encoded("fund", self.euro, 50_000, FOREVER, 27, bytes(32), bytes(32)),
            self._encoded("open", 2, 2, True, 150_000, 900_000, 0),
        ]
        self.send(BERT, "UsageAgreements", "multicall", calls)
        self.send(BERT, "PrepaidAccounts", "allow", allow, allowed) if False else None
        allow, allowed = self.on.form(
            self.on.keys[CLARA], "PrepaidAccounts", signatures.ALLOW,
            self.names[CLARA], self.agreements, self.euro, MOST,
        )  # fmt: skip
        self.send(BERT, "PrepaidAccounts", "allow", allow, allowed)
        self.send(OWNER, "PrepaidAccounts", "allow", allow, allowed)
        for number in range(2):
            form, signature = self.on.form(
                self.on.keys[CLARA], "UsageAgreements", signatures.OPEN_AGREEMENT,
                self.names[CLARA], 3, 1, False, 100_000 + number, 5_000_000, HOUR,
            )  # fmt: skip
            self.send(BERT, "UsageAgreements", "openSigned", form, signature)

    def _encoded(self, function: str, *arguments: Any) -> str:
        call = self.on.contracts["UsageAgreements"].get_function_by_name(function)(*arguments)
        return str(call._encode_transaction_data())

    def settlements(self) -> str:
        """Two groups, three splits' worth of runs, refills, a reading from a drifting clock, and one through `settleSigned`."""
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
        self.send(BERT, "UsageAgreements", "cancelNonce", 1_000)

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
        self.traced = on.post(BERT, forwarder, self.agreements.lower() + data[2:])
        self.send(ANNA, "PrepaidAccounts", "deposit", self.euro, wallet, 500_000)
        allow = (wallet, self.agreements, self.euro, 400_000, 1, FOREVER)
        self.send(BERT, "PrepaidAccounts", "allow", allow, b"any")
        self.send(FLEET, "OfferBook", "offer", 3, 1, False, FOREVER)
        form = (wallet, 3, 1, False, 100_000, 200_000, HOUR, 2, FOREVER)
        self.send(BERT, "UsageAgreements", "openSigned", form, b"")

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
        self.send(LISTING, "Authority", "setRoleGuardian", 7, 2)
        self.send(LISTING, "Authority", "setTargetAdminDelay", self.on.addresses["OfferBook"], 60)
        self.send(LISTING, "Directory", "set", word("Crown"), self.crown) if False else None


def tell(url: str) -> Story:
    """Plays the whole story on an empty chain."""
    return Teller(Platform(url)).tell()
