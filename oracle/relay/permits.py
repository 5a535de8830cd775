"""Permits to run, from confirmed chain state: limit = settled + hold at the block they name (I-6)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from oracle.chain.contracts import domains
from oracle.domain.forms import Domains, Signed, digest
from oracle.domain.permits import Permit, permit_limit
from oracle.domain.signatures import SigningKey
from oracle.domain.stop_reasons import StopReason
from oracle.domain.tariffs import Tariff
from oracle.points import Point, passed
from oracle.relay.watch import Watch
from oracle.store import bookings, checkpoints, live, permits, read_model
from oracle.store.bookings import Booking
from oracle.store.checkpoints import Checkpoint
from oracle.store.database import Database
from oracle.store.permits import IssuedPermit, Standing
from oracle.store.read_model import Agreement, Asset, ReadModelCache, shared_cache
from oracle.types import (
    ZERO_ADDRESS,
    ZERO_BYTES32,
    Address,
    AgreementId,
    AssetId,
    BaseUnits,
    Bytes32,
    TariffId,
    UnixTime,
)

_NEVER = UnixTime(1 << 40)
_REMEMBERED = 100_000
"""Most permits that are kept read."""


@dataclass(frozen=True, slots=True)
class PermitAnswer:
    """A permit, or why there is none."""

    permit: Signed[Permit] | None
    stop_reason: StopReason | None


@dataclass(frozen=True, slots=True)
class _Facts:
    """One consistent look at the database."""

    checkpoint: Checkpoint
    agreements: Mapping[AgreementId, Agreement]
    assets: Mapping[AssetId, Asset]
    tariffs: Mapping[TariffId, Tariff]
    standings: Mapping[AgreementId, Standing]
    newest: Mapping[tuple[AssetId, Address], AgreementId]
    bookings: Mapping[AssetId, Sequence[Booking]]


class PermitDesk:
    """Answers for any agreement at any time; issues anew where the limit has changed or half the time is over."""

    def __init__(self, database: Database, key: SigningKey | None) -> None:
        self._database = database
        self._key = key
        self._cache = shared_cache(database)
        self._issued: dict[int, IssuedPermit] = {}
        self._watch = Watch(ignored=("permit",))

    @property
    def signer(self) -> Address | None:
        return None if self._key is None else self._key.address

    def answers(
        self, agreements: Iterable[AgreementId], now: float, challenge: Bytes32 = ZERO_BYTES32
    ) -> dict[AgreementId, PermitAnswer]:
        """One answer for each agreement. What is handed out is stored first."""
        return self._answers(agreements, now, challenge)[0]

    def renew(self, now: float) -> int:
        """Issues what is missing or due for renewal without being asked; returns how many.

        Looked at are agreements of which something was told, and permits whose half time is over.
        """
        with self._database.reading() as connection:
            checkpoint = checkpoints.load(connection)
            if checkpoint is None:
                return 0
            wanted = self._watch.begin(connection, checkpoint.chain_time(now), now)
            if wanted is None:
                wanted = read_model.open_ids(connection)
        answers, issued = self._answers(wanted, now, ZERO_BYTES32)
        for key, answer in answers.items():
            if answer.permit is not None:
                permit = answer.permit.form
                self._watch.at(key, permit.valid_until - (permit.valid_until - permit.issued_at) // 2)
        return issued

    def _answers(
        self, agreements: Iterable[AgreementId], now: float, challenge: Bytes32
    ) -> tuple[dict[AgreementId, PermitAnswer], int]:
        wanted = sorted(set(agreements))
        with self._database.reading() as connection:
            facts = _facts(connection, wanted, self._cache, challenge, now)
            if facts is None:
                return {key: PermitAnswer(None, StopReason.NO_PERMIT) for key in wanted}, 0
            time = facts.checkpoint.chain_time(now)
            if len(self._issued) > _REMEMBERED:
                self._issued = {}
            latest = {key: found.latest for key, found in facts.standings.items() if found.latest is not None}
            held = permits.by_row(connection, latest.values(), self._issued)
            answers: dict[AgreementId, PermitAnswer] = {}
            fresh: list[tuple[Agreement, UnixTime]] = []
            for key in wanted:
                reason = self._refusal(connection, facts, key, time)
                if reason is not None:
                    answers[key] = PermitAnswer(None, reason)
                    continue
                agreement = facts.agreements[key]
                tariff = facts.tariffs[agreement.tariff_id]
                issued = held[latest[key]] if key in latest else None
                until = min(UnixTime(time + tariff.permit_validity), _free_until(facts, agreement))
                if issued is not None and _still_good(issued, agreement, tariff, time, until):
                    answers[key] = PermitAnswer(issued.signed, None)
                else:
                    fresh.append((agreement, until))
        if fresh:
            answers |= self._issue(facts.checkpoint, fresh, challenge, time, now)
        return answers, len(fresh)

    def _refusal(self, connection: Connection, facts: _Facts, key: AgreementId, time: UnixTime) -> StopReason | None:
        """Why this agreement may not run now; None where it may."""
        agreement, standing = facts.agreements.get(key), facts.standings.get(key)
        if agreement is None or standing is None or self._key is None:
            return StopReason.NO_PERMIT
        asset = facts.assets[agreement.asset_id]
        appointed = asset.permit_signer_at(time) == self._key.address
        if agreement.closed or agreement.end_at is not None:
            return StopReason.ENDED
        if agreement.suspended:
            return StopReason.SUSPENDED
        if standing.is_quarantined:
            return StopReason.QUARANTINED
        if facts.newest.get((agreement.asset_id, agreement.customer)) != key:
            return StopReason.SUPERSEDED
        if _free_until(facts, agreement) <= time:
            return StopReason.BOOKED
        if standing.is_stopped or not appointed:
            return StopReason.NO_PERMIT
        settled, partly = agreement.settled, standing.at_settled
        used_up = permit_limit(settled, agreement.hold) <= max(standing.seen or 0, settled)
        # A reading settled in part is completed before anything new is allowed.
        if used_up or (partly is not None and partly > settled):
            return _why_empty(connection, agreement, facts.tariffs[agreement.tariff_id], time)
        return None

    def _issue(
        self,
        checkpoint: Checkpoint,
        fresh: Iterable[tuple[Agreement, UnixTime]],
        challenge: Bytes32,
        time: UnixTime,
        now: float,
    ) -> dict[AgreementId, PermitAnswer]:
        places = domains(checkpoint.chain_id, checkpoint.contracts)
        issued = [
            IssuedPermit(self._sign(places, checkpoint, agreement, challenge, time, until))
            for agreement, until in fresh
        ]
        passed(Point.PERMIT_SIGNED)
        with self._database.writing() as connection:
            permits.add_all(connection, issued)
            live.add_all(connection, now, [_news(each.permit) for each in issued])
        passed(Point.PERMIT_STORED)
        return {each.permit.agreement_id: PermitAnswer(each.signed, None) for each in issued}

    def _sign(
        self,
        places: Domains,
        checkpoint: Checkpoint,
        agreement: Agreement,
        challenge: Bytes32,
        time: UnixTime,
        until: UnixTime,
    ) -> Signed[Permit]:
        assert self._key is not None
        permit = Permit(
            agreement_id=agreement.id,
            asset_id=agreement.asset_id,
            tariff_id=agreement.tariff_id,
            starter=_starter(agreement),
            challenge=challenge,
            charge_limit=permit_limit(agreement.settled, agreement.hold),
            opened_at=agreement.opened_at,
            issued_at=time,
            valid_until=until,
            block_number=checkpoint.number,
        )
        return Signed(permit, self._key.sign(digest(places.of(permit), permit)))


def _facts(
    connection: Connection, wanted: list[AgreementId], cache: ReadModelCache, challenge: Bytes32, now: float
) -> _Facts | None:
    checkpoint = checkpoints.load(connection)
    if checkpoint is None:
        return None
    agreements, assets, tariffs = cache.get(connection, checkpoint, wanted)
    standings = permits.standings(connection, agreements, challenge)
    shared = {agreement.asset_id for agreement in agreements.values() if not agreement.exclusive}
    booked = bookings.ahead(connection, shared, checkpoint.chain_time(now)) if shared else {}
    newest = cache.newest(connection, checkpoint, assets)
    return _Facts(checkpoint, agreements, assets, tariffs, standings, newest, booked)


def _free_until(facts: _Facts, agreement: Agreement) -> UnixTime:
    """When somebody else's booking begins, or began: a permit cannot be taken back, so it ends there."""
    others = (each for each in facts.bookings.get(agreement.asset_id, ()) if each.customer != agreement.customer)
    return min((booking.begins for booking in others), default=_NEVER) if not agreement.exclusive else _NEVER


def _news(permit: Permit) -> live.NewEvent:
    facts = {"chargeLimit": str(permit.charge_limit), "validUntil": permit.valid_until}
    return live.NewEvent("permit", facts, permit.asset_id, permit.agreement_id)


def _starter(agreement: Agreement) -> Address:
    """Shared machines need somebody's presence: the delegate's where one is named."""
    return ZERO_ADDRESS if agreement.exclusive else agreement.delegate or agreement.customer


def _still_good(issued: IssuedPermit, agreement: Agreement, tariff: Tariff, time: UnixTime, until: UnixTime) -> bool:
    """`until`: how long a new one would be valid."""
    permit = issued.permit
    same = (permit.charge_limit, permit.starter) == (
        permit_limit(agreement.settled, agreement.hold),
        _starter(agreement),
    )
    lasts = 2 * (permit.valid_until - time) > tariff.permit_validity
    return (
        same and permit.valid_until >= time and (permit.valid_until == until or (permit.valid_until < until and lasts))
    )


def refillable(agreement: Agreement, tariff: Tariff, free: BaseUnits, time: UnixTime) -> BaseUnits:
    """What a refill could move into the hold now, as far as balance and cap reach (the allowance is asked on chain)."""
    if agreement.period == 0:
        return BaseUnits(0)
    same_period = (time - agreement.opened_at) // agreement.period == agreement.period_index
    left = agreement.cap_per_period - (agreement.spent_in_period if same_period else 0)
    return BaseUnits(max(min(tariff.hold_target - agreement.hold, free, left), 0))


def _why_empty(connection: Connection, agreement: Agreement, tariff: Tariff, time: UnixTime) -> StopReason:
    free = read_model.balance(connection, agreement.customer, tariff.currency)
    capped = free > 0 and refillable(agreement, tariff, free, time) == 0
    return StopReason.CAP_REACHED if capped else StopReason.NO_BALANCE
