"""Signed readings in: verified, judged, on disk, then answered.

    cannot be read, unknown, wrongly signed      rejected       nothing is kept
    there already                                duplicate
    signed, but contradicts what is known        quarantined    kept; a person decides; later ones wait behind it
    otherwise                                    accepted       kept, and settled by the relay

One request is one transaction: what is answered is on disk, or nothing of it is. Signatures are verified and the usual
readings judged before the write lock is taken, so that several doors on one database stand in each other's way as
little as they can. Readings are plain tuples here until one needs a careful look: this is the one path of the oracle
that is walked by the thousand, and a named object for each would cost more than the rest of the door.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from oracle.domain.answers import ReadingAnswer
from oracle.domain.curves import Curve
from oracle.domain.forms import Domains
from oracle.domain.plain_readings import PlainReading, digests, name_of, opening, plain, signed
from oracle.domain.readings import ReadingResult, SignedReading, parse_signed_reading
from oracle.domain.tariffs import Tariff
from oracle.errors import Malformed, Rejected, Retryable
from oracle.ingest.answers import Answers
from oracle.ingest.careful import Careful, Item
from oracle.ingest.meters import MeterCheck, why_not
from oracle.ingest.state import Permits, domains_of, require_checkpoint
from oracle.ingest.terms import PublishedTerms
from oracle.ingest.usual_runs import Verified, follow
from oracle.points import Point, passed
from oracle.store import live, readings
from oracle.store.checkpoints import Checkpoint
from oracle.store.database import Database, Visit
from oracle.store.read_model import Agreement, Asset, shared_cache
from oracle.store.readings import Head, NewReading, PlainRow, ReadingState
from oracle.types import AgreementId, AssetId, TariffId

_LARGEST_ID = (1 << 63) - 1
"""Of a database's integers."""


@dataclass(frozen=True, slots=True)
class _Facts:
    """What verification and judgement need, from one look at the database."""

    checkpoint: Checkpoint
    domains: Domains
    agreements: Mapping[AgreementId, Agreement]
    assets: Mapping[AssetId, Asset]
    tariffs: Mapping[TariffId, Tariff]
    heads: Mapping[AgreementId, Head]


@dataclass(slots=True)
class _Judged:
    """What a request comes to: the usual runs by agreement, and those that need a careful look under the lock."""

    usual: dict[AgreementId, list[PlainRow]] = field(default_factory=dict)
    careful: list[AgreementId] = field(default_factory=list)


class ReadingsDoor:
    def __init__(self, database: Database, permits: Permits, meters: MeterCheck, terms: PublishedTerms) -> None:
        self._database = database
        self._permits = permits
        self._meters = meters
        self._terms = terms
        self._careful = Careful(terms)
        self._cache = shared_cache(database)

    def take(self, documents: Sequence[PlainReading | object], now: float) -> bytes:
        """The JSON of one answer for each item, in their order. Raises Retryable; then nothing was kept."""
        answered = self._take(documents, now, may_ask=True)
        assert answered is not None
        return answered

    def take_at_once(self, documents: Sequence[PlainReading | object], now: float) -> bytes | None:
        """As `take`; None, and nothing done, where a contract on chain would have to be asked."""
        return self._take(documents, now, may_ask=False)

    def _take(self, documents: Sequence[PlainReading | object], now: float, may_ask: bool) -> bytes | None:
        answers = Answers(len(documents))
        groups = _by_agreement(documents, answers)
        with self._database.visiting() as visit:
            facts = self._look(visit, groups)
            if not may_ask and any(asset.curve == Curve.ERC1271 for asset in facts.assets.values()):
                return None
            verified = self._verified(facts, groups, answers)
            if verified:
                judged = self._judge(facts, verified, now)
                passed(Point.JUDGED)
                self._keep(visit, facts, verified, judged, answers, now)
                passed(Point.PERSISTED)
        self._answered(answers)
        return answers.encoded(self._permits.answers(shown, now) if (shown := answers.shown()) else {})

    def _answered(self, answers: Answers) -> None:
        """What was kept is on disk. For those who count."""

    def _look(self, visit: Visit, wanted: Iterable[int]) -> _Facts:
        with visit.reading() as connection:
            checkpoint = require_checkpoint(connection)
            keys = [AgreementId(key) for key in wanted if key <= _LARGEST_ID]
            agreements, assets, tariffs = self._cache.get(connection, checkpoint, keys)
            heads = readings.heads(connection, agreements)
        return _Facts(checkpoint, domains_of(checkpoint), agreements, assets, tariffs, heads)

    def _verified(
        self, facts: _Facts, groups: Mapping[int, list[tuple[int, PlainReading]]], answers: Answers
    ) -> dict[AgreementId, list[Verified]]:
        """By agreement, those that are signed by their asset's present meter; the others are answered."""
        begin = opening(facts.domains)
        found: dict[AgreementId, list[Verified]] = {}
        asked: list[tuple[Asset, Verified]] = []
        for key, group in groups.items():
            agreement = facts.agreements.get(AgreementId(key))
            if agreement is None:
                answers.reject_all(group, "unknown_agreement", "is not known at the confirmed block")
                continue
            asset = facts.assets[agreement.asset_id]
            if any(item[1] != asset.id for _, item in group):
                group = _of_asset(asset.id, group, answers)
            hashes = digests(begin, [item for _, item in group])
            items = [(position, item, hashed) for (position, item), hashed in zip(group, hashes, strict=True)]
            are_signed = self._meters.are_signed(asset, [(hashed, item[11]) for _, item, hashed in items])
            if are_signed is None:
                asked += ((asset, one) for one in items)
            elif good := _signed(asset, items, are_signed, answers):
                found[agreement.id] = good
        self._ask(facts.checkpoint, asked, found, answers)
        still = {key: _still_open(facts.agreements[key], items, answers) for key, items in found.items()}
        return {key: items for key, items in still.items() if items}

    def _ask(
        self,
        checkpoint: Checkpoint,
        asked: Sequence[tuple[Asset, Verified]],
        found: dict[AgreementId, list[Verified]],
        answers: Answers,
    ) -> None:
        """What only a meter's contract can tell, of the whole request at once."""
        questions = [(asset, hashed, item[11]) for asset, (_, item, hashed) in asked]
        for (asset, one), is_signed in zip(asked, self._meters.ask(checkpoint, questions), strict=True):
            if good := _signed(asset, [one], [is_signed], answers):
                found.setdefault(AgreementId(one[1][0]), []).extend(good)

    def _judge(self, facts: _Facts, verified: Mapping[AgreementId, list[Verified]], now: float) -> _Judged:
        time = facts.checkpoint.chain_time(now)
        judged = _Judged()
        for key, items in verified.items():
            agreement = facts.agreements[key]
            tariff = facts.tariffs[agreement.tariff_id]
            published = self._terms.find(tariff.terms_hash)
            counted = () if published is None else published.odometer_registers
            rows = follow(agreement, tariff, counted, facts.heads[key], items, time, now)
            if rows is None:
                judged.careful.append(key)
            else:
                judged.usual[key] = rows
        return judged

    def _keep(
        self,
        visit: Visit,
        facts: _Facts,
        verified: Mapping[AgreementId, list[Verified]],
        judged: _Judged,
        answers: Answers,
        now: float,
    ) -> None:
        time = facts.checkpoint.chain_time(now)
        with visit.writing() as connection:
            if not visit.is_as_read():
                _look_again(connection, facts, judged)
            careful = [Item(n, signed(item), hashed) for key in judged.careful for n, item, hashed in verified[key]]
            new: list[list[NewReading]] = []
            if careful:
                answered, new = self._careful.take(connection, facts.agreements, facts.tariffs, careful, time, now)
                answers.place(answered)
                readings.add(connection, [one for stream in new for one in stream])
            readings.add_plain(connection, [row for rows in judged.usual.values() for row in rows])
            accepted = ([one for one in stream if one.state is ReadingState.ACCEPTED] for stream in new)
            newest = [rows[-1] for rows in judged.usual.values()] + [ones[-1].plain_row() for ones in accepted if ones]
            live.add_all(connection, now, [_news(row) for row in newest])
            passed(Point.WRITTEN_NOT_COMMITTED)
        for key in judged.usual:
            answers.accept(verified[key])


def _by_agreement(
    documents: Sequence[PlainReading | object], answers: Answers
) -> dict[int, list[tuple[int, PlainReading]]]:
    """Readings with their positions; what cannot be read is answered."""
    groups: dict[int, list[tuple[int, PlainReading]]] = {}
    for position, document in enumerate(documents):
        if type(document) is tuple:
            item: PlainReading = document
        else:
            try:
                item = _parsed(document)
            except Rejected as error:
                answers.place({position: ReadingAnswer(None, None, ReadingResult.REJECTED, error.code, str(error))})
                continue
        group = groups.get(item[0])
        if group is None:
            groups[item[0]] = [(position, item)]
        else:
            group.append((position, item))
    return groups


def _parsed(document: object) -> PlainReading:
    if isinstance(document, Malformed):
        raise document
    return plain(document if isinstance(document, SignedReading) else parse_signed_reading(document))


def _of_asset(
    asset: AssetId, group: Iterable[tuple[int, PlainReading]], answers: Answers
) -> list[tuple[int, PlainReading]]:
    """Those that name the agreement's own asset."""
    own = []
    for position, item in group:
        if item[1] == asset:
            own.append((position, item))
        else:
            what = f"the agreement is on asset {asset}"
            answers.reject(position, item, Rejected("wrong_asset", name_of(item), what))
    return own


def _signed(asset: Asset, items: list[Verified], are_signed: list[bool], answers: Answers) -> list[Verified]:
    """Those that are signed; the others are answered."""
    if all(are_signed):
        return items
    good = []
    for (position, item, hashed), is_signed in zip(items, are_signed, strict=True):
        if is_signed:
            good.append((position, item, hashed))
        else:
            answers.reject(position, item, why_not(asset, hashed, item[11], name_of(item)))
    return good


def _still_open(agreement: Agreement, items: list[Verified], answers: Answers) -> list[Verified]:
    if agreement.closed:
        answers.reject_all([(n, item) for n, item, _ in items], "agreement_closed", "its agreement is closed")
        return []
    if not agreement.final_accepted:
        return items
    late = [(n, item) for n, item, _ in items if item[2] > agreement.sequence]
    answers.reject_all(late, "after_final", "comes after the final reading", str(agreement.sequence))
    return [one for one in items if one[1][2] <= agreement.sequence]


def _news(row: PlainRow) -> live.NewEvent:
    """One live event per agreement and request: the newest accepted reading."""
    agreement, asset, sequence, time, *registers, odometer, flags, _, _, _, _, charge = row[:15]
    facts = {
        "sequence": sequence,
        "time": time,
        "registers": registers,
        "odometer": odometer,
        "flags": flags,
        "seenCharge": charge,
        "stopReason": row[-1],
    }
    return live.NewEvent("reading", facts, asset, agreement)


def _look_again(connection: Connection, facts: _Facts, judged: _Judged) -> None:
    """Somebody has written since: what is no longer as it was judged gets a careful look.

    Raises Retryable where the chain is being read anew.
    """
    now_there = readings.heads(connection, facts.heads)
    if len(now_there) != len(facts.heads):
        raise Retryable("oracle", "is reading the chain again", 2)
    for key in [key for key in judged.usual if now_there[key] != facts.heads[key]]:
        del judged.usual[key]
        judged.careful.append(key)
