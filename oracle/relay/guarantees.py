"""On schedule: checkpoints and settlements of uptime promises, and a look at what guarantors could not pay today.

Anyone may send either; the relay does, so that no customer loses its part of a period for want of a transaction.
"""

from collections.abc import Iterator

from web3.contract.contract import ContractFunction

from oracle.chain.contracts import BUYBACKS, UPTIMES
from oracle.parties import guarantees, uptimes
from oracle.parties.guarantees import BuybackView
from oracle.parties.uptimes import UptimeView
from oracle.relay.context import NOTHING, Outcome, RelayContext
from oracle.relay.distribute import send_calls
from oracle.store import batches, checkpoints, read_model
from oracle.store.batches import BatchKind
from oracle.store.read_model import Agreement
from oracle.types import GuaranteeId, UnixTime, UptimeId

Call = tuple[str, ContractFunction]


class GuaranteeWatch:
    """Remembers what has ended, so that a round asks only for what may still change."""

    def __init__(self, context: RelayContext) -> None:
        self._context = context
        self._ended: set[GuaranteeId] = set()
        self._settled: set[UptimeId] = set()

    def run(self, now: float) -> Outcome:
        """Raises Retryable where the node is away."""
        with self._context.database.reading() as connection:
            checkpoint = checkpoints.load(connection)
        if checkpoint is None or not {BUYBACKS, UPTIMES} <= set(self._context.platform.addresses):
            return NOTHING
        time = checkpoint.chain_time(now)
        running = list(self._running())
        under = [*self._buybacks_short(time), *(f"uptime {view.id}" for view in running if self._is_short(view, time))]
        done = send_calls(
            self._context, BatchKind.UPTIME, [call for view in running for call in self._due(view, time)], now
        )
        return Outcome(done.word, {**done.detail, "underCovered": under})

    def _buybacks_short(self, time: UnixTime) -> Iterator[str]:
        """Those that a holder waits for, that owe, or that could be exercised now for more than their collateral."""
        client, platform = self._context.client, self._context.platform
        for number in map(GuaranteeId, range(1, guarantees.count(client, platform) + 1)):
            if number in self._ended:
                continue
            view = guarantees.buyback_view(client, platform, number)
            if view.has_ended:
                self._ended.add(number)
            elif view.waits or view.owed or self._lacks_collateral(view, time):
                yield f"buyback {number}"

    def _lacks_collateral(self, view: BuybackView, time: UnixTime) -> bool:
        if not view.terms.window_from <= time <= view.open_until:
            return False
        return guarantees.highest_price(self._context.client, self._context.platform, view) > view.collateral

    def _running(self) -> Iterator[UptimeView]:
        client, platform = self._context.client, self._context.platform
        for number in map(UptimeId, range(1, uptimes.count(client, platform) + 1)):
            if number in self._settled:
                continue
            view = uptimes.uptime_view(client, platform, number)
            if view.settled < view.terms.periods:
                yield view
            else:
                self._settled.add(number)

    def _is_short(self, view: UptimeView, time: UnixTime) -> bool:
        """Whether the periods that have ended give back more than the bond has, by what is reported so far."""
        client, platform = self._context.client, self._context.platform
        over = [uptimes.period_view(client, platform, view, period) for period in _ended_periods(view, time)]
        return sum(period.charged * period.credit_bps // uptimes.WHOLE for period in over) > view.free

    def _due(self, view: UptimeView, time: UnixTime) -> Iterator[Call]:
        """The next period's settlement; one checkpoint an agreement, of the earliest period that takes it."""
        client, platform, terms = self._context.client, self._context.platform, view.terms
        with self._context.database.reading() as connection:
            travelling = batches.open_subjects(connection, BatchKind.UPTIME)
            agreements = read_model.agreements_of_asset(connection, terms.asset)
        calls = [
            (
                f"{view.id}/{agreement.id}/{period}",
                uptimes.checkpoint_call(client, platform, view.id, agreement.id, period),
            )
            for agreement in agreements
            if (period := self._period_of(view, agreement, time)) is not None
        ]
        if time > terms.begin(view.settled + 1) + terms.grace_time:
            calls.append((f"{view.id}/{view.settled}", uptimes.settlement_call(client, platform, view.id)))
        yield from (call for call in calls if call[0] not in travelling)

    def _period_of(self, view: UptimeView, agreement: Agreement, time: UnixTime) -> int | None:
        """None where nothing is to be written down: of the guarantor's own, or of one closed and written down."""
        terms = view.terms
        open_still = [
            period
            for period in _ended_periods(view, time)
            if time <= terms.begin(period + 1) + terms.grace_time and agreement.opened_at < terms.begin(period + 1)
        ]
        if not open_still or agreement.customer == view.guarantor:
            return None
        behind, settled = uptimes.last_checkpoint(self._context.client, self._context.platform, view.id, agreement.id)
        if agreement.closed and agreement.settled == settled:
            return None
        return next((period for period in open_still if period >= behind), None)


def _ended_periods(view: UptimeView, time: UnixTime) -> list[int]:
    """Over, and not settled."""
    return [period for period in range(view.settled, view.terms.periods) if view.terms.begin(period + 1) <= time]
