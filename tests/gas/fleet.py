"""Many agreements at once: sent without waiting for each transaction, so that two hundred take seconds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import brownie
from brownie.network.transaction import TransactionReceipt

from oracle.domain.bindings import MeterBinding, signer_bytes
from oracle.domain.customer_forms import Allow, OpenAgreement
from oracle.domain.hashing import keccak
from oracle.domain.signatures import Curve, MeterKey, SigningKey
from oracle.types import ZERO_BYTES32
from tests.fixtures.economy import EUR, FAR_FUTURE, MONTH, Drill, Economy, Hire, Priced

GAS_PER_TRANSACTION = 500_000
SPLIT = (1 << 64) - 1


def send_all(calls: Iterable[tuple[Any, Any, tuple[Any, ...]]]) -> None:
    """(sender, contract's method, arguments) × any, each in a transaction of its own; fails if one of them does."""
    request = brownie.web3.provider.make_request
    request("evm_setAutomine", [False])
    hashes = []
    for sender, method, arguments in calls:
        transaction = {
            "from": str(sender), "to": method._address, "data": method.encode_input(*arguments),
            "gas": hex(GAS_PER_TRANSACTION), "gasPrice": "0x0",
        }  # fmt: skip
        answer = request("eth_sendTransaction", [transaction])
        assert "error" not in answer, answer
        hashes.append(answer["result"])
    request("evm_setAutomine", [True])
    while int(request("txpool_status", [])["result"]["pending"], 16):
        request("evm_mine", [])
    failed = [tx for tx in hashes if brownie.web3.eth.get_transaction_receipt(tx)["status"] != 1]
    assert not failed, failed


def settle_large(economy: Economy, batch: bytes) -> Any:
    """As `economy.settle_bytes`, for batches of hundreds: brownie takes a transaction for dropped when the sender's
    nonce has risen and the receipt is not yet there, which anvil shows for a moment with large blocks.
    """
    settle = economy.agreements.settle
    transaction = {"from": str(economy.relayer), "to": settle._address, "data": settle.encode_input(batch)}
    sent = brownie.web3.eth.send_transaction({**transaction, "gas": 60_000_000, "gasPrice": 0})
    receipt = brownie.web3.eth.wait_for_transaction_receipt(sent, timeout=30, poll_latency=0.01)
    assert receipt["status"] == 1
    return TransactionReceipt(sent, economy.relayer)


def batch_of(economy: Economy, hires: list[Hire], sequence: int, time: int, charge: int) -> bytes:
    """One reading of each, with a telemetry root, by tariff and then by split: one group a tariff, few new pots."""
    ordered = sorted(hires, key=lambda hire: (hire.priced.id, economy.assets.route(hire.drill.id) >> 32 & SPLIT))
    root = keccak(b"telemetry")
    return economy.batch(
        *((h, economy.signed(h, sequence, charge, time=time, odometer=charge, root=root)) for h in ordered)
    )


def build_fleet(
    economy: Economy, size: int, tariffs: list[Priced], splits: list[int], curve: Curve = Curve.SECP256K1
) -> list[Hire]:
    """`size` drills, each with its own meter and customer; tariffs and splits are dealt out in turn."""
    provider, relayer, currency = economy.provider, economy.relayer, economy.euro
    first = int(economy.assets.assetCount()) + 1
    ids = range(first, first + size)
    customers = {asset: SigningKey(keccak(b"customer %d" % asset)) for asset in ids}
    meters = {asset: economy.meter_key(asset, curve=curve) for asset in ids}
    tariff = {asset: tariffs[i % len(tariffs)] for i, asset in enumerate(ids)}

    send_all(
        (economy.maker, economy.assets.register, (b"drill".ljust(32, b"\0"), asset.to_bytes(32), provider))
        for asset in ids
    )
    send_all(_announcement(economy, asset, meters[asset]) for asset in ids)
    send_all((provider, economy.assets.repoint, (asset, splits[i % len(splits)])) for i, asset in enumerate(ids))
    send_all((provider, economy.assets.setPassport, (asset, b"passport".ljust(32, b"\0"), "")) for asset in ids)
    send_all((economy.maker, economy.end_of_life.promiseTakeBack, (asset, FAR_FUTURE, ZERO_BYTES32)) for asset in ids)
    send_all((provider, economy.offers.offer, (asset, tariff[asset].id, True, FAR_FUTURE)) for asset in ids)

    currency.mint(relayer, size * 100 * EUR, {"from": relayer})
    currency.approve(economy.ledger, size * 100 * EUR, {"from": relayer})
    send_all((relayer, economy.ledger.deposit, (currency, customers[asset].address, 100 * EUR)) for asset in ids)
    send_all(_allowance(economy, customers[asset]) for asset in ids)
    first_agreement = int(economy.agreements.agreementCount()) + 1
    send_all(_opening(economy, customers[asset], asset, tariff[asset]) for asset in ids)
    return [
        _hire(economy, first_agreement + i, customers[asset], Drill(asset, meters[asset]), tariff[asset])
        for i, asset in enumerate(ids)
    ]


def _hire(economy: Economy, agreement: int, customer: SigningKey, drill: Drill, priced: Priced) -> Hire:
    opened_at = (int(economy.agreements.stateOf(agreement)) >> 192) & 0xFFFFFFFF
    return Hire(agreement, customer, drill, priced, opened_at, priced.tariff.hold_target)


def _announcement(economy: Economy, asset: int, meter: MeterKey) -> tuple[Any, Any, tuple[Any, ...]]:
    binding = MeterBinding(asset, signer_bytes(meter), int(meter.curve), 1, 0, ZERO_BYTES32, 0)
    arguments = (economy.values(binding), 1, economy.signature(binding, meter), b"")
    return economy.provider, economy.meters.announceMeter, arguments


def _allowance(economy: Economy, customer: SigningKey) -> tuple[Any, Any, tuple[Any, ...]]:
    form = Allow(customer.address, economy.agreements.address, economy.euro.address, 100 * EUR, 1, FAR_FUTURE)
    return economy.relayer, economy.ledger.allow, (economy.values(form), economy.signature(form, customer))


def _opening(economy: Economy, customer: SigningKey, asset: int, priced: Priced) -> tuple[Any, Any, tuple[Any, ...]]:
    hold = priced.tariff.hold_target
    form = OpenAgreement(customer.address, asset, priced.id, True, hold, 50 * EUR, MONTH, 1, FAR_FUTURE)
    return economy.relayer, economy.agreements.openSigned, (economy.values(form), economy.signature(form, customer))
