"""On schedule: rounds of co-financing are started or failed in time, paid out, their states recorded, their votes and
auctions completed, and those that are behind their plan are named.

Anyone may send each of these; the relay does, so that no holder waits for want of a transaction. What another has sent
first would revert, or change nothing: each call is tried before it is sent. A buyback is left to the holders, for it
needs the meter's status, and without one the worst wear counts.
"""

from collections.abc import Iterator, Sequence

from web3.contract.contract import ContractFunction

from oracle.chain.contracts import AUCTIONS, ROUND_BALLOTS, ROUND_BOOK, ROUND_COLLATERAL, ROUND_VIEWS, ROUNDS
from oracle.chain.node_errors import CallReverted
from oracle.domain.rounds import ALL_BPS, RoundState
from oracle.errors import Rejected
from oracle.formats import round_documents
from oracle.parties import auctions, ballots, round_views, rounds
from oracle.parties.round_views import ClaimView, RoundView
from oracle.relay.context import NOTHING, Outcome, RelayContext
from oracle.relay.distribute import send_calls
from oracle.relay.turns import Turn
from oracle.store import batches, checkpoints
from oracle.store import round_views as stored
from oracle.store.batches import BatchKind
from oracle.types import AssetId, GuaranteeId, RoundId, UnixTime

Call = tuple[str, ContractFunction]
NEEDED = {ROUNDS, ROUND_BOOK, ROUND_COLLATERAL, ROUND_BALLOTS, ROUND_VIEWS, AUCTIONS}
RATE_TIME = 30 * 86_400
"""After it CoFinancing notes the receipts anew, for the present rate."""


class RoundWatch:
    """Remembers what has ended, so that a cycle asks only for what may still change."""

    def __init__(self, context: RelayContext) -> None:
        self._context = context
        self._ended: set[RoundId] = set()
        settings = context.settings
        operator = "" if context.sender is None else context.sender.address
        self._turn = Turn(settings.rounds_every if settings.relay_window else 0, operator)

    def run(self, now: float) -> Outcome:
        """Raises Retryable where the node is away."""
        with self._context.database.reading() as connection:
            checkpoint = checkpoints.load(connection)
            travelling = batches.open_subjects(connection, BatchKind.ROUND)
        if checkpoint is None or not set(self._context.platform.addresses) >= NEEDED:
            return NOTHING
        time, turn = checkpoint.chain_time(now), self._turn.has_come(now)
        behind: list[str] = []
        calls: list[Call] = []
        views = list(self._open())
        self._keep(views)
        for view in views:
            after = self._after_update(view)
            if RoundState.LATE <= after <= RoundState.DEFAULTED:
                behind.append(f"round {view.id} {after.words}")
            if turn:
                due = self._due(view, after, time)
                calls += [call for call in due if call[0] not in travelling and self._goes_through(call[1])]
        try:
            done = send_calls(self._context, BatchKind.ROUND, calls, now)
        except Rejected as error:
            # Gas that is dear or spent must not hide who is behind.
            done = Outcome("refused", {"code": error.code, "why": str(error)})
        if turn:
            self._turn.taken(now)
        return Outcome(done.word, {**done.detail, "behind": behind})

    def _open(self) -> Iterator[RoundView]:
        client, platform = self._context.client, self._context.platform
        for number in map(RoundId, range(1, round_views.count(client, platform) + 1)):
            if number in self._ended:
                continue
            view = round_views.round_view(client, platform, number)
            if view.state.has_ended and not list(self._auctioned(view)) and not list(self._claims(view)):
                self._ended.add(number)
            yield view

    def _keep(self, views: Sequence[RoundView]) -> None:
        """Copies for those who read: of one that has ended the last."""
        client, platform = self._context.client, self._context.platform
        documents = {}
        for view in views:
            standing = round_views.standing(client, platform, view)
            tranches = round_views.tranche_views(client, platform, view)
            whole = round_documents.whole(view, standing, tranches, ballots.ballot_view(client, platform, view.id))
            documents[view.id] = round_documents.for_the_api(whole, view)
        if documents:
            with self._context.writing() as connection:
                for number, document in documents.items():
                    stored.save(connection, number, document)

    def _after_update(self, view: RoundView) -> RoundState:
        """The state with all fees that wait in the split; of a round that does not run its own."""
        if not view.state.is_running:
            return view.state
        return rounds.state_after_update(self._context.client, self._context.platform, view.id)

    def _due(self, view: RoundView, after: RoundState, time: UnixTime) -> Iterator[Call]:
        if view.state is RoundState.FUNDING:
            yield from self._funding(view, time)
        elif view.state.is_running:
            yield from self._running(view, after, time)
        if view.defaulted_at is not None:
            yield from self._defaulted(view, time)

    def _funding(self, view: RoundView, time: UnixTime) -> Iterator[Call]:
        client, platform, terms = self._context.client, self._context.platform, view.terms
        if view.raised >= terms.target or time >= terms.deadline:
            yield f"{view.id}/start", rounds.start_call(client, platform, view.id)
        if time >= terms.deadline:
            yield f"{view.id}/fail", rounds.fail_call(client, platform, view.id)

    def _running(self, view: RoundView, after: RoundState, time: UnixTime) -> Iterator[Call]:
        client, platform = self._context.client, self._context.platform
        if after is not view.state or time >= view.rate_noted_at + RATE_TIME:
            # It distributes too.
            yield f"{view.id}/update", rounds.update_state_call(client, platform, view.id)
        else:
            waiting = round_views.waiting(client, platform, view)
            least = view.terms.target * self._context.settings.round_payout_bps
            if waiting > 0 and waiting * ALL_BPS >= least:
                yield f"{view.id}/distribute", rounds.distribute_call(client, platform, view.id)
        ballot = ballots.ballot_view(client, platform, view.id)
        if ballot is not None and ballot.can_be_decided(time):
            yield f"{view.id}/decide", ballots.decide_call(client, platform, view.id)

    def _defaulted(self, view: RoundView, time: UnixTime) -> Iterator[Call]:
        """Auctions that are over, or whose round was paid in full meanwhile; those that the holders decided on."""
        client, platform = self._context.client, self._context.platform
        auctioned = dict(self._auctioned(view))
        for asset, closes_at in auctioned.items():
            if view.state.has_ended or time >= closes_at:
                yield f"{view.id}/settle/{asset}", auctions.settle_call(client, platform, view.id, asset)
        for guarantee, claim in self._claims(view):
            if claim.collectable:
                yield f"{view.id}/claim/{guarantee}", rounds.collect_claim_call(client, platform, guarantee)
        decision = ballots.decision(client, platform, view.id)
        if decision is None or view.state.has_ended:
            return
        if decision.buyback and not view.terms.secured:
            yield f"{view.id}/write-off", rounds.write_off_call(client, platform, view.id)
        for one in view.assets if view.terms.secured else ():
            if one.asset not in auctioned and not (decision.buyback and one.guarantee is not None):
                yield f"{view.id}/auction/{one.asset}", auctions.start_call(client, platform, view.id, one.asset)

    def _auctioned(self, view: RoundView) -> Iterator[tuple[AssetId, UnixTime]]:
        """What is being auctioned, and until when."""
        client, platform = self._context.client, self._context.platform
        for one in view.assets if view.defaulted_at is not None else ():
            number = auctions.running(client, platform, view.id, one.asset)
            if number is not None:
                yield one.asset, auctions.auction_view(client, platform, number).closes_at

    def _claims(self, view: RoundView) -> Iterator[tuple[GuaranteeId, ClaimView]]:
        """What guarantors of sold machines still owe or have paid since."""
        client, platform = self._context.client, self._context.platform
        for one in view.assets if view.defaulted_at is not None else ():
            claim = None if one.guarantee is None else round_views.claim_view(client, platform, one.guarantee)
            if one.guarantee is None or claim is None or claim.round != view.id:
                continue
            if claim.unpaid or claim.collectable:
                yield one.guarantee, claim

    def _goes_through(self, function: ContractFunction) -> bool:
        try:
            self._context.client.call(function)
        except CallReverted:
            return False
        return True
