"""Price lists: publishing and reading them."""

from typing import Any, cast

from web3.contract.contract import ContractFunction

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import Platform
from oracle.domain.tariffs import Tariff, require_publishable
from oracle.parties.wallet import Done, Wallet
from oracle.types import BaseUnits, Bytes32, Seconds, TariffId


def publish(wallet: Wallet, tariff: Tariff) -> tuple[TariffId, Done]:
    """Raises Rejected where the tariff breaks a rule of TariffBook, before anything is sent."""
    require_publishable(tariff)
    functions = wallet.platform.tariffs.functions
    values = _as_struct(tariff)
    done = wallet.send(functions.publish([values[name] for name in _members(functions.tariffOf(0))]))
    return TariffId(done.integer("TariffPublished", "tariff")), done


def tariff_of(client: ChainClient, platform: Platform, tariff: TariffId) -> Tariff:
    """Raises CallReverted where there is none."""
    function = platform.tariffs.functions.tariffOf(tariff)
    return _from_struct(dict(zip(_members(function), client.call(function), strict=True)))


def _members(tariff_of: ContractFunction) -> list[str]:
    """The struct's members in the order of the contract, which packs them into slots."""
    abi = cast(Any, tariff_of.abi)
    return [part["name"] for part in abi["outputs"][0]["components"]]


def _as_struct(tariff: Tariff) -> dict[str, object]:
    return {
        "currency": tariff.currency,
        "standingPerDay": tariff.standing_per_day,
        "taxBps": tariff.tax_bps,
        **{f"pricePerMillion{index}": price for index, price in enumerate(tariff.price_per_million)},
        "notice": tariff.notice,
        "minimumTerm": tariff.minimum_term,
        "permitValidity": tariff.permit_validity,
        "deliveryTime": tariff.delivery_time,
        "holdTarget": tariff.hold_target,
        "maxChargePerHour": tariff.max_charge_per_hour,
        "burst": tariff.burst,
        "taxIncluded": tariff.tax_included,
        "kind": tariff.kind,
        "sessionCap": tariff.session_cap,
        "idleStop": tariff.idle_stop,
        "unusedDays": tariff.unused_days,
        "termsHash": tariff.terms_hash,
    }


def _from_struct(found: dict[str, Any]) -> Tariff:
    return Tariff(
        currency=checksummed(found["currency"]),
        price_per_million=(
            found["pricePerMillion0"],
            found["pricePerMillion1"],
            found["pricePerMillion2"],
            found["pricePerMillion3"],
        ),
        standing_per_day=BaseUnits(found["standingPerDay"]),
        hold_target=BaseUnits(found["holdTarget"]),
        max_charge_per_hour=BaseUnits(found["maxChargePerHour"]),
        burst=BaseUnits(found["burst"]),
        notice=Seconds(found["notice"]),
        minimum_term=Seconds(found["minimumTerm"]),
        permit_validity=Seconds(found["permitValidity"]),
        delivery_time=Seconds(found["deliveryTime"]),
        session_cap=Seconds(found["sessionCap"]),
        idle_stop=Seconds(found["idleStop"]),
        unused_days=found["unusedDays"],
        tax_bps=found["taxBps"],
        tax_included=found["taxIncluded"],
        kind=found["kind"],
        terms_hash=Bytes32(found["termsHash"]),
    )
