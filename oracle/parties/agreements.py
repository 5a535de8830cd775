"""Agreements: what a customer (and a provider) does with them."""

from dataclasses import dataclass

from web3.contract.contract import ContractFunction

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import Platform, SlotState, encode
from oracle.domain.customer_forms import Allow
from oracle.parties.accounts import sign_token_permit
from oracle.parties.currencies import Currency
from oracle.parties.wallet import Done, Wallet, fresh_nonce
from oracle.types import Address, AgreementId, AssetId, BaseUnits, Seconds, TariffId, UnixTime


@dataclass(frozen=True, slots=True)
class Wish:
    """What a customer asks for: a hold now, and refills up to `cap` per `period` (0: none)."""

    asset: AssetId
    tariff: TariffId
    exclusive: bool
    hold: BaseUnits
    cap: BaseUnits
    period: Seconds


@dataclass(frozen=True, slots=True)
class AgreementView:
    """As it stands on chain. `end_at` None: not ending."""

    id: AgreementId
    customer: Address
    asset: AssetId
    tariff: TariffId
    exclusive: bool
    opened_at: UnixTime
    sequence: int
    settled: BaseUnits
    hold: BaseUnits
    cap_per_period: BaseUnits
    period: Seconds
    spent_in_period: BaseUnits
    end_at: UnixTime | None
    final_accepted: bool
    suspended: bool
    closed: bool


def open_agreement(wallet: Wallet, wish: Wish) -> tuple[AgreementId, Done]:
    """Out of a balance that is there, within an allowance that is there."""
    done = wallet.send(_open(wallet, wish))
    return AgreementId(done.integer("AgreementOpened", "agreement")), done


def fund_and_open(wallet: Wallet, currency: Currency, amount: BaseUnits, wish: Wish) -> tuple[AgreementId, Done]:
    """From tokens in the wallet to a machine that may start: two signatures (token permit, Allow), one transaction."""
    functions = wallet.platform.agreements.functions
    calls = [*_fund(wallet, currency, amount, amount), _open(wallet, wish)]
    done = wallet.send(functions.multicall([encode(call) for call in calls]))
    return AgreementId(done.integer("AgreementOpened", "agreement")), done


def top_up(wallet: Wallet, currency: Currency, amount: BaseUnits, agreement: AgreementId) -> Done:
    """More money for an open agreement, and at once into its hold: again two signatures and one transaction."""
    functions = wallet.platform.agreements.functions
    allowed = wallet.client.call(
        wallet.platform.accounts.functions.allowance(wallet.address, functions.address, currency.id)
    )
    calls = [*_fund(wallet, currency, amount, BaseUnits(allowed + amount)), functions.refill(agreement)]
    return wallet.send(functions.multicall([encode(call) for call in calls]))


def refill(wallet: Wallet, agreement: AgreementId) -> tuple[BaseUnits, Done]:
    """What the hold got. Anyone may."""
    done = wallet.send(wallet.platform.agreements.functions.refill(agreement))
    return BaseUnits(sum(event.integer("amount") for event in done.events if event.name == "HoldRefilled")), done


def suspend(wallet: Wallet, agreement: AgreementId, on: bool) -> Done:
    return wallet.send(wallet.platform.agreements.functions.suspend(agreement, on))


def end(wallet: Wallet, agreement: AgreementId) -> Done:
    return wallet.send(wallet.platform.agreements.functions.end(agreement))


def close(wallet: Wallet, agreement: AgreementId) -> tuple[BaseUnits, Done]:
    """The hold that went back to the customer. Anyone may, once the agreement has ended."""
    done = wallet.send(wallet.platform.agreements.functions.close(agreement))
    return BaseUnits(done.integer("AgreementClosed", "returned")), done


def agreement_view(client: ChainClient, platform: Platform, agreement: AgreementId) -> AgreementView:
    """Raises CallReverted where there is none."""
    functions = platform.agreements.functions
    customer, asset, tariff, _, _, exclusive = client.call(functions.agreementOf(agreement))
    state = slot_of(client, platform, agreement)
    cap, period, spent, _ = client.call(functions.capOf(agreement))
    end_at, final, suspended, closed, *_ = client.call(functions.endingOf(agreement))
    return AgreementView(
        agreement,
        checksummed(customer),
        AssetId(asset),
        TariffId(tariff),
        exclusive,
        state.opened_at,
        state.sequence,
        state.settled,
        state.hold,
        BaseUnits(cap),
        Seconds(period),
        BaseUnits(spent),
        UnixTime(end_at) if end_at else None,
        final,
        suspended,
        closed,
    )


def slot_of(client: ChainClient, platform: Platform, agreement: AgreementId) -> SlotState:
    return SlotState.unpack(client.call(platform.agreements.functions.stateOf(agreement)))


def _open(wallet: Wallet, wish: Wish) -> ContractFunction:
    return wallet.platform.agreements.functions.open(
        wish.asset, wish.tariff, wish.exclusive, wish.hold, wish.cap, wish.period
    )


def _fund(wallet: Wallet, currency: Currency, amount: BaseUnits, allowance: BaseUnits) -> list[ContractFunction]:
    """The ledger asks `fund` for an allowance, therefore `allow` comes first."""
    functions = wallet.platform.agreements.functions
    form = Allow(
        wallet.address,
        wallet.platform.addresses["UsageAgreements"],
        currency.address,
        allowance,
        fresh_nonce(),
        wallet.deadline(),
    )
    permit = sign_token_permit(wallet, currency, amount)
    return [
        functions.allow(form.values(), wallet.sign(form)),
        functions.fund(currency.address, amount, permit.deadline, permit.v, permit.r, permit.s),
    ]
