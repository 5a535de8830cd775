"""On schedule: checkpoints and settlements of uptime promises, and a look at what guarantors could not pay today.

Anyone may send either; the relay does, so that no customer loses its part of a period for want of a transaction.
"""

from collections.abc import Iterator

from web3.contract.contract import ContractFunction

from oracle.chain.contracts import BUYBACKS, UPTIMES
from oracle.errors import Rejected
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
        calls = [call for view in running for call in self._due(view, time)]
        try:
            done = send_calls(self._context, BatchKind.UPTIME, calls, now)
        except Rejected as error:
            # Gas that is dear or spent must not hide who lacks money.
            done = Outcome("refused", {"code": error.code, "why": str(error)})
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
        """Checkpoints of the periods that still take them, in their order, and what can be settled."""
        client, platform, terms = self._context.client, self._context.platform, view.terms
        with self._context.database.reading() as connection:
            travelling = batches.open_subjects(connection, BatchKind.UPTIME)
            agreements = read_model.agreements_of_asset(connection, terms.asset)
        for agreement in agreements:
            for period in self._periods_of(view, agreement, time):
                if (subject := f"{view.id}/{agreement.id}/{period}") not in travelling:
                    yield subject, uptimes.checkpoint_call(client, platform, view.id, agreement.id, period)
        for period in _ended_periods(view, time):
            if time > _last_report(view, period) and (subject := f"{view.id}/{period}") not in travelling:
                yield subject, uptimes.settlement_call(client, platform, view.id)

    def _periods_of(self, view: UptimeView, agreement: Agreement, time: UnixTime) -> list[int]:
        """None of the guarantor's own agreements, nor of one that is closed and written down."""
        begins = view.terms.begin
        taking = [
            period
            for period in _ended_periods(view, time)
            if time <= _last_report(view, period) and agreement.opened_at < begins(period + 1)
        ]
        if not taking or agreement.customer == view.guarantor:
            return []
        behind, settled = uptimes.last_checkpoint(self._context.client, self._context.platform, view.id, agreement.id)
        if agreement.closed and agreement.settled == settled:
            return []
        return [period for period in taking if period >= behind]


def _last_report(view: UptimeView, period: int) -> int:
    """The last second for statuses and checkpoints of a period."""
    return view.terms.begin(period + 1) + view.terms.grace_time


def _ended_periods(view: UptimeView, time: UnixTime) -> list[int]:
    """Over, and not settled."""
    return [period for period in range(view.settled, view.terms.periods) if view.terms.begin(period + 1) <= time]
