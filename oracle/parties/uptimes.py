"""Promises of uptime: given, reported on, settled period by period, and claimed."""

from collections.abc import Sequence
from dataclasses import dataclass

from web3.contract import Contract
from web3.contract.contract import ContractFunction

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import UPTIMES, Platform
from oracle.domain.forms import Signed
from oracle.domain.statuses import Status
from oracle.parties.module_calls import allow, module, told
from oracle.parties.wallet import Done, Wallet
from oracle.types import (
    ZERO_BYTES32,
    Address,
    AgreementId,
    AssetId,
    BaseUnits,
    Bytes32,
    Seconds,
    UnixTime,
    UptimeId,
)

WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class UptimeTerms:
    """In the order of the contract's struct. `credit_bps` of a period's charges for each per cent that is missing."""

    asset: AssetId
    currency: Address
    starts_at: UnixTime
    heartbeat: Seconds
    slots_per_period: int
    periods: int
    grace_time: Seconds
    promised_bps: int
    credit_bps: int
    most_credit_bps: int
    most_maintenance: int = 0
    customer_faults_from: int = 0
    terms_hash: Bytes32 = ZERO_BYTES32

    def values(self) -> tuple[int | str | bytes, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def begin(self, period: int) -> UnixTime:
        return UnixTime(self.starts_at + period * self.heartbeat * self.slots_per_period)


@dataclass(frozen=True, slots=True)
class PeriodView:
    """`up` of the slots that count; `charged` and what comes back of it, `pool`, once settled."""

    period: int
    begins: UnixTime
    settled: bool
    up: int
    counted: int
    credit_bps: int
    charged: BaseUnits
    pool: BaseUnits


@dataclass(frozen=True, slots=True)
class UptimeView:
    id: UptimeId
    terms: UptimeTerms
    guarantor: Address
    bond: BaseUnits
    settled: int
    reserved: BaseUnits
    free: BaseUnits


def give(wallet: Wallet, terms: UptimeTerms, bond: BaseUnits) -> tuple[UptimeId, Done]:
    """Allows exactly the bond and promises."""
    allow(wallet, UPTIMES, terms.currency, bond)
    book = _book(wallet.client, wallet.platform)
    done = wallet.send(book.functions.give(terms.values(), bond))
    return UptimeId(told(book, done, "UptimePromised")["uptime"]), done


def announce_maintenance(wallet: Wallet, uptime: UptimeId, period: int, first: int, slots: int) -> Done:
    return wallet.send(
        _book(wallet.client, wallet.platform).functions.announceMaintenance(uptime, period, first, slots)
    )


def report(wallet: Wallet, uptime: UptimeId, statuses: Sequence[Signed[Status]]) -> Done:
    forms = [status.form.values() for status in statuses]
    signatures = [status.signature for status in statuses]
    return wallet.send(_book(wallet.client, wallet.platform).functions.report(uptime, forms, signatures))


def checkpoint(wallet: Wallet, uptime: UptimeId, agreement: AgreementId, period: int) -> Done:
    return wallet.send(checkpoint_call(wallet.client, wallet.platform, uptime, agreement, period))


def checkpoint_call(
    client: ChainClient, platform: Platform, uptime: UptimeId, agreement: AgreementId, period: int
) -> ContractFunction:
    return _book(client, platform).functions.checkpoint(uptime, agreement, period)


def settle_period(wallet: Wallet, uptime: UptimeId) -> Done:
    return wallet.send(settlement_call(wallet.client, wallet.platform, uptime))


def settlement_call(client: ChainClient, platform: Platform, uptime: UptimeId) -> ContractFunction:
    return _book(client, platform).functions.settlePeriod(uptime)


def claim(wallet: Wallet, uptime: UptimeId, agreement: AgreementId, period: int) -> tuple[BaseUnits, Done]:
    """The credit goes to the agreement's customer, whoever claims."""
    book = _book(wallet.client, wallet.platform)
    done = wallet.send(book.functions.claim(uptime, agreement, period))
    return BaseUnits(told(book, done, "CreditClaimed")["credit"]), done


def top_up(wallet: Wallet, view: UptimeView, amount: BaseUnits) -> Done:
    allow(wallet, UPTIMES, view.terms.currency, amount)
    return wallet.send(_book(wallet.client, wallet.platform).functions.topUp(view.id, amount))


def count(client: ChainClient, platform: Platform) -> int:
    return int(client.call(_book(client, platform).functions.uptimeCount()))


def last_checkpoint(
    client: ChainClient, platform: Platform, uptime: UptimeId, agreement: AgreementId
) -> tuple[int, BaseUnits]:
    """The first period that is still to be written down, and what had settled at the last checkpoint."""
    periods, settled = client.call(_book(client, platform).functions.customerOf(uptime, agreement))
    return periods, BaseUnits(settled)


def uptime_view(client: ChainClient, platform: Platform, uptime: UptimeId) -> UptimeView:
    """Raises CallReverted where there is none."""
    book = _book(client, platform).functions
    terms, guarantor, bond, settled, reserved = client.call(book.uptimeOf(uptime))
    asset, currency, *rest = terms
    return UptimeView(
        uptime,
        UptimeTerms(AssetId(asset), checksummed(currency), *rest),
        checksummed(guarantor),
        BaseUnits(bond),
        settled,
        BaseUnits(reserved),
        BaseUnits(client.call(book.freeBondOf(uptime))),
    )


def period_view(client: ChainClient, platform: Platform, view: UptimeView, period: int) -> PeriodView:
    book = _book(client, platform).functions
    up, counted, credit = client.call(book.uptimeIn(view.id, period))
    charged, _, pool, _, _ = client.call(book.periodOf(view.id, period))
    begins, settled = view.terms.begin(period), period < view.settled
    return PeriodView(period, begins, settled, up, counted, credit, BaseUnits(charged), BaseUnits(pool))


def _book(client: ChainClient, platform: Platform) -> Contract:
    return module(client, platform, UPTIMES)
