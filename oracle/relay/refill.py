"""Tops up holds that a later deposit can fill again: anyone may, the relay does."""

from oracle.chain.node_errors import CallReverted
from oracle.relay.context import NOTHING, Outcome, RelayContext
from oracle.relay.permits import refillable
from oracle.relay.submit import queue_call
from oracle.store import batches, checkpoints, read_model
from oracle.store.batches import BatchKind
from oracle.store.read_model import Agreement
from oracle.types import Address

LEAST_PART = 4
"""A refill moves at least a quarter of the target: nobody makes the relay pay gas for dust."""
_FAILURES = 3
_FAILURES_WITHIN = 3_600.0


def refill(context: RelayContext, now: float) -> Outcome:
    """Holds under half their target, where free balance, cap and allowance give enough."""
    wanted = _candidates(context, now)
    if not wanted:
        return NOTHING
    if context.sender is None:
        return Outcome("dry", {"agreements": len(wanted)})
    sent = refused = 0
    for agreement in wanted:
        try:
            function = context.platform.refill(agreement.id)
            sent += queue_call(context, context.sender, BatchKind.REFILL, str(agreement.id), function, now)
        except CallReverted:
            refused += 1
    return Outcome("done", {"sent": sent, "refused": refused})


def _candidates(context: RelayContext, now: float) -> list[Agreement]:
    found: list[tuple[Agreement, Address, int]] = []
    with context.database.reading() as connection:
        checkpoint = checkpoints.load(connection)
        if checkpoint is None:
            return []
        time = checkpoint.chain_time(now)
        travelling = batches.open_subjects(connection, BatchKind.REFILL)
        for agreement in read_model.open_agreements(connection):
            tariff = read_model.tariff(connection, agreement.tariff_id)
            if tariff is None or agreement.suspended or agreement.end_at is not None:
                continue
            if str(agreement.id) in travelling or 2 * agreement.hold >= tariff.hold_target:
                continue
            free = read_model.balance(connection, agreement.customer, tariff.currency)
            amount = refillable(agreement, tariff, free, time)
            enough = amount > 0 and amount * LEAST_PART >= tariff.hold_target
            tired = batches.failures(connection, BatchKind.REFILL, str(agreement.id), now - _FAILURES_WITHIN)
            if enough and tired < _FAILURES:
                found.append((agreement, tariff.currency, tariff.hold_target))
    return [
        agreement
        for agreement, currency, target in found
        if _allowance(context, agreement, currency) * LEAST_PART >= target
    ]


def _allowance(context: RelayContext, agreement: Agreement, currency: Address) -> int:
    module = context.platform.addresses["UsageAgreements"]
    function = context.platform.accounts.functions.allowance(agreement.customer, module, int(currency, 16))
    return int(context.client.call(function))
