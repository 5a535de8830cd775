"""The first half of the economy: currencies, tariffs, assets, meters, offers, money, agreements."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from eth_account import Account
from eth_account.messages import SignableMessage
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from oracle.audit import signatures
from oracle.chain.contracts import load_artefact
from tests.oracle.audit.support import DAY, FOREVER, HOUR, MOST, Platform
from tests.vectors import p256_plain

DEPLOYER, LISTING, GUARDIAN, OWNER, REPAIRER, FLEET, ANNA, BERT, CLARA, COMMUNITY = range(10)
ZERO = "0x" + "00" * 20
STATUS_UP, STATUS_RESET = 0, 4


def word(text: str) -> bytes:
    return text.encode().ljust(32, b"\0")


def meter(number: int) -> LocalAccount:
    return Account.from_key(bytes(31) + bytes((number,)))


class SecureElement:
    """A P-256 key that signs as a LocalAccount does."""

    def __init__(self, secret: int) -> None:
        self._secret = secret
        self.public_key = p256_plain.public_key(secret)

    def sign_message(self, message: SignableMessage) -> Any:
        digest = keccak(b"\x19" + message.version + message.header + message.body)
        return SimpleNamespace(signature=p256_plain.sign(self._secret, digest))


class Beginning:
    def __init__(self, platform: Platform) -> None:
        self.on = platform
        self.send = platform.send
        self.names = platform.accounts
        self.euro = platform.addresses["MicroEuro"]
        self.agreements = platform.addresses["UsageAgreements"]

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
        self.send(FLEET, "AssetRegistry", "setPassport", 3, word("hash"), "")
        self.send(REPAIRER, "EndOfLife", "promiseTakeBacks", [1, 2], FOREVER, word("terms"))
        self.send(FLEET, "EndOfLife", "promiseTakeBack", 3, FOREVER, word("terms"))
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
