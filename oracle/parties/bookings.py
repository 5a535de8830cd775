"""Bookings of shared machines: rules, slots, deposits, and the condition in which a machine is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import RESERVATIONS, Platform
from oracle.errors import Rejected
from oracle.parties.currencies import Currency
from oracle.parties.orders import Document
from oracle.parties.wallet import Done, Wallet
from oracle.types import Address, AgreementId, AssetId, BaseUnits, ReservationId, Seconds, UnixTime


class BookingStage(IntEnum):
    """From CANCELLED on it has ended."""

    BOOKED = 1
    CHECKED_IN = 2
    CONTESTED = 3
    CANCELLED = 4
    NO_SHOW = 5
    RETURNED = 6
    RULED = 7
    UNRULED = 8


@dataclass(frozen=True, slots=True)
class Rules:
    """In the order of the contract. Amounts in base units, shares of 10,000."""

    currency: Address
    deposit: BaseUnits
    no_show_bps: int
    slot_length: Seconds
    most_slots: int
    furthest: Seconds
    cancel_before: Seconds
    contest_time: Seconds
    arbitration_time: Seconds

    def values(self) -> tuple[object, ...]:
        return (
            self.currency, self.deposit, self.no_show_bps, self.slot_length, self.most_slots, self.furthest,
            self.cancel_before, self.contest_time, self.arbitration_time,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Booking:
    id: ReservationId
    asset: AssetId
    rules: Rules
    begins: UnixTime
    ends: UnixTime
    stage: BookingStage
    customer: Address
    deposit: BaseUnits
    agreement: AgreementId | None
    deadline: UnixTime | None

    @property
    def contestable_until(self) -> UnixTime:
        return UnixTime(self.ends + self.rules.contest_time)


# Provider


def set_rules(wallet: Wallet, asset: AssetId, rules: Rules, arbiters: Sequence[Address]) -> tuple[int, Done]:
    book = wallet.platform.reservations.functions
    done = wallet.send(book.setRules(asset, rules.values(), list(arbiters)))
    return done.integer("RulesSet", "rules"), done


def stop_booking(wallet: Wallet, asset: AssetId) -> Done:
    return wallet.send(wallet.platform.reservations.functions.stopBooking(asset))


# Customer


def allow(wallet: Wallet, currency: Currency, amount: BaseUnits) -> Done:
    """Sets what deposits may take from the prepaid account."""
    spender = wallet.platform.addresses[RESERVATIONS]
    return wallet.send(wallet.platform.accounts.functions.approve(spender, currency.id, amount))


def book(
    wallet: Wallet, asset: AssetId, begins: UnixTime, ends: UnixTime, agreement: AgreementId | None
) -> tuple[ReservationId, Done]:
    done = wallet.send(wallet.platform.reservations.functions.book(asset, begins, ends, agreement or 0))
    return ReservationId(done.integer("Booked", "reservation")), done


def cancel(wallet: Wallet, booking: ReservationId) -> Done:
    return wallet.send(wallet.platform.reservations.functions.cancel(booking))


def check_in(wallet: Wallet, booking: ReservationId) -> Done:
    return wallet.send(wallet.platform.reservations.functions.checkIn(booking))


def report_return(wallet: Wallet, booking: ReservationId, condition: Document) -> Done:
    """Evidence of the condition in which the machine was left."""
    return wallet.send(wallet.platform.reservations.functions.reportReturn(booking, condition.hash, condition.uri))


# Anyone


def prove_use(wallet: Wallet, booking: ReservationId) -> Done:
    """A settled reading of the booking's agreement shows that the customer came."""
    return wallet.send(wallet.platform.reservations.functions.proveUse(booking))


def end(wallet: Wallet, booking: ReservationId) -> Done:
    """After its time: nobody came, nobody contested, or the arbiters said nothing. Raises Rejected after the end."""
    stage = booking_of(wallet.client, wallet.platform, booking).stage
    functions = wallet.platform.reservations.functions
    match stage:
        case BookingStage.BOOKED:
            return wallet.send(functions.forfeit(booking))
        case BookingStage.CHECKED_IN | BookingStage.CONTESTED:
            return wallet.send(functions.release(booking))
        case _:
            raise Rejected("nothing_to_end", f"booking {booking}", f"is {stage.name.lower()}: it has ended", "")


# Return condition


def contest(wallet: Wallet, booking: ReservationId, following: ReservationId | None, document: Document) -> Done:
    """By the provider, or by the customer of the `following` booking."""
    functions = wallet.platform.reservations.functions
    return wallet.send(functions.contest(booking, following or 0, document.hash, document.uri))


def rule(wallet: Wallet, booking: ReservationId, to_asset_bps: int, document: Document) -> Done:
    return wallet.send(wallet.platform.reservations.functions.rule(booking, to_asset_bps, document.hash))


# Views


def present_rules(client: ChainClient, platform: Platform, asset: AssetId) -> Rules:
    """Raises CallReverted where the present provider has set none."""
    return _rules(client, platform, client.call(platform.reservations.functions.presentRulesOf(asset)))


def is_free(client: ChainClient, platform: Platform, asset: AssetId, begins: UnixTime, ends: UnixTime) -> bool:
    return bool(client.call(platform.reservations.functions.isFree(asset, begins, ends)))


def booking_count(client: ChainClient, platform: Platform) -> int:
    return int(client.call(platform.reservations.functions.reservationCount()))


def booking_of(client: ChainClient, platform: Platform, booking: ReservationId) -> Booking:
    """Raises CallReverted where there is none."""
    found = client.call(platform.reservations.functions.reservationOf(booking))
    asset, rules, begins, ends, stage, deadline, customer, deposit, agreement, _ = found
    return Booking(
        booking, AssetId(asset), _rules(client, platform, rules), UnixTime(begins), UnixTime(ends),
        BookingStage(stage), checksummed(customer), BaseUnits(deposit), AgreementId(agreement) or None,
        UnixTime(deadline) if deadline else None,
    )  # fmt: skip


def _rules(client: ChainClient, platform: Platform, number: int) -> Rules:
    currency, deposit, *rest = client.call(platform.reservations.functions.rulesOf(number))
    return Rules(checksummed(currency), BaseUnits(deposit), *rest)
