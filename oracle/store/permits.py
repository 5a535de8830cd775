"""Permits as issued."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, exists, insert, select

from oracle.domain.forms import Signed
from oracle.domain.permits import Permit
from oracle.store.database import rows
from oracle.store.tables import agreements as agreements_known
from oracle.store.tables import permits, presences, quarantine, readings
from oracle.types import ZERO_BYTES32, AgreementId, AssetId, BaseUnits, Bytes32


@dataclass(frozen=True, slots=True)
class IssuedPermit:
    signed: Signed[Permit]

    @property
    def permit(self) -> Permit:
        return self.signed.form


def add_all(connection: Connection, issued: Sequence[IssuedPermit]) -> None:
    new = [
        {
            "agreement_id": each.permit.agreement_id,
            "asset_id": each.permit.asset_id,
            "form": each.permit.to_json(),
            "signature": each.signed.signature,
            "challenge": each.permit.challenge,
            "charge_limit": each.permit.charge_limit,
            "issued_at": each.permit.issued_at,
            "valid_until": each.permit.valid_until,
            "block_number": each.permit.block_number,
        }
        for each in issued
    ]
    if new:
        connection.execute(insert(permits), new)


class Standing(NamedTuple):
    """What decides about an agreement's permit beside the read model, from one query.

    `latest`: the row of the last permit issued for the challenge. `seen`: the charge of the newest accepted reading.
    `at_settled`: the charge of the reading that the chain has settled last, where this oracle has it.
    """

    latest: int | None
    seen: BaseUnits | None
    at_settled: BaseUnits | None
    is_quarantined: bool
    is_stopped: bool


def standings(
    connection: Connection, agreements: Iterable[AgreementId], challenge: Bytes32 = ZERO_BYTES32
) -> dict[AgreementId, Standing]:
    """For each of these agreements that the read model has."""
    found: dict[AgreementId, Standing] = {}
    for key, latest_row, seen, at_settled, held, stopped in rows(
        connection, _STANDING, agreements, challenge=challenge
    ):
        found[AgreementId(key)] = Standing(
            latest_row,
            None if seen is None else BaseUnits(int(seen)),
            None if at_settled is None else BaseUnits(int(at_settled)),
            bool(held),
            bool(stopped),
        )
    return found


def by_row(connection: Connection, wanted: Iterable[int], known: dict[int, IssuedPermit]) -> dict[int, IssuedPermit]:
    """Permits by their row, which never changes; what is not among the known is read and added to them."""
    for row in rows(connection, _BY_ID, [row for row in wanted if row not in known]):
        form, signature = row[3], row[4]
        known[row[0]] = IssuedPermit(
            Signed(Permit.parse(json.loads(form) if isinstance(form, str) else form), signature)
        )
    return known


def latest(
    connection: Connection, agreements: Iterable[AgreementId], challenge: Bytes32 = ZERO_BYTES32
) -> dict[AgreementId, IssuedPermit]:
    """Of each agreement the last one issued for this challenge, valid or not."""
    wanted = [key for key in set(agreements) if key < 1 << 63]
    newest = {key: found.latest for key, found in standings(connection, wanted, challenge).items()}
    known = by_row(connection, [row for row in newest.values() if row is not None], {})
    return {key: known[row] for key, row in newest.items() if row is not None}


def _newest_of(column: ColumnElement[Any], *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    """Of an agreement's readings, by an index however long the history is."""
    query = select(column).where(readings.c.agreement_id == agreements_known.c.id, *conditions)
    query = query.where(readings.c.state == "accepted").order_by(readings.c.sequence.desc())
    return query.limit(1).correlate(agreements_known).scalar_subquery()


_OPEN = (quarantine.c.agreement_id == agreements_known.c.id, quarantine.c.resolution.is_(None))
_STOPPED = (presences.c.agreement_id == agreements_known.c.id, presences.c.stopped_at.is_not(None))
_STANDING = select(
    agreements_known.c.id,
    # The end of an index, however many permits an agreement has had.
    select(permits.c.id)
    .where(permits.c.agreement_id == agreements_known.c.id, permits.c.challenge == bindparam("challenge"))
    .order_by(permits.c.id.desc())
    .limit(1)
    .correlate(agreements_known)
    .scalar_subquery(),
    _newest_of(readings.c.charge),
    _newest_of(readings.c.charge, readings.c.sequence == agreements_known.c.sequence),
    exists().where(*_OPEN).correlate(agreements_known),
    exists().where(*_STOPPED).correlate(agreements_known),
).where(agreements_known.c.id.in_(bindparam("wanted", expanding=True)))
_BY_ID = select(permits).where(permits.c.id.in_(bindparam("wanted", expanding=True)))


def newest_of_asset(connection: Connection, asset: AssetId) -> list[IssuedPermit]:
    """The last permits of the asset, newest first, at most one per agreement and challenge of the last hundred."""
    query = select(permits).where(permits.c.asset_id == asset).order_by(permits.c.id.desc()).limit(100)
    seen: set[tuple[int, bytes]] = set()
    found = []
    for row in connection.execute(query):
        if (row.agreement_id, row.challenge) not in seen:
            seen.add((row.agreement_id, row.challenge))
            found.append(IssuedPermit(Signed(Permit.parse(row.form), row.signature)))
    return found
