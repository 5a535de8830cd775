"""On schedule: pays out what splits have received, and takes standing charges of agreements that stand still."""

from collections.abc import Iterable

from web3.contract.contract import ContractFunction

from oracle.chain.node_errors import CallReverted
from oracle.domain.tariffs import standing_charge
from oracle.relay.context import NOTHING, Outcome, RelayContext
from oracle.relay.submit import queue_call
from oracle.store import batches, checkpoints, read_model
from oracle.store.batches import BatchKind
from oracle.types import Seconds


def distribute(context: RelayContext, now: float) -> Outcome:
    """Every split and currency with at least one unit per payee waiting."""
    with context.database.reading() as connection:
        travelling = batches.open_subjects(connection, BatchKind.DISTRIBUTE)
        wanted = [
            (f"{split.id}/{currency}", context.platform.distribute(split.id, currency))
            for split in read_model.all_splits(connection)
            for currency in split.currencies
            if read_model.balance(connection, split.account, currency) >= len(split.payees)
        ]
    return send_calls(context, BatchKind.DISTRIBUTE, [item for item in wanted if item[0] not in travelling], now)


def accrue(context: RelayContext, now: float) -> Outcome:
    """Every open agreement whose standing part has grown since it was last taken, as far as its hold reaches."""
    wanted = []
    with context.database.reading() as connection:
        checkpoint = checkpoints.load(connection)
        if checkpoint is None:
            return NOTHING
        time = checkpoint.chain_time(now)
        travelling = batches.open_subjects(connection, BatchKind.ACCRUE)
        for agreement in read_model.open_agreements(connection):
            tariff = read_model.tariff(connection, agreement.tariff_id)
            if tariff is None or agreement.hold == 0 or str(agreement.id) in travelling:
                continue
            until = time if agreement.end_at is None else min(time, agreement.end_at)
            elapsed = Seconds(max(until - agreement.opened_at, 0))
            if standing_charge(tariff, elapsed) > standing_charge(tariff, agreement.last_elapsed):
                wanted.append((str(agreement.id), context.platform.accrue(agreement.id)))
    return send_calls(context, BatchKind.ACCRUE, wanted, now)


def send_calls(
    context: RelayContext, kind: BatchKind, wanted: Iterable[tuple[str, ContractFunction]], now: float
) -> Outcome:
    """Each call by its subject; what would revert is passed over."""
    calls = list(wanted)
    if not calls:
        return NOTHING
    if context.sender is None:
        return Outcome("dry", {"calls": len(calls)})
    sent = refused = 0
    for subject, function in calls:
        try:
            sent += queue_call(context, context.sender, kind, subject, function, now)
        except CallReverted:
            refused += 1
    return Outcome("done", {"sent": sent, "refused": refused})
