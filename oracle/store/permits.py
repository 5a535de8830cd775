"""Permits as issued."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select

from oracle.domain.forms import Signed
from oracle.domain.permits import Permit
from oracle.store.tables import agreements as agreements_known
from oracle.store.tables import permits
from oracle.types import ZERO_BYTES32, AgreementId, AssetId, Bytes32


@dataclass(frozen=True, slots=True)
class IssuedPermit:
    signed: Signed[Permit]

    @property
    def permit(self) -> Permit:
        return self.signed.form


def add_all(connection: Connection, issued: Sequence[IssuedPermit]) -> None:
    rows = [
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
    if rows:
        connection.execute(insert(permits), rows)


def latest(
    connection: Connection,
    agreements: Iterable[AgreementId],
    challenge: Bytes32 = ZERO_BYTES32,
    known: dict[int, IssuedPermit] | None = None,
) -> dict[AgreementId, IssuedPermit]:
    """Of each agreement the last one issued for this challenge, valid or not.

    Args:
        known: permits by their row, which never changes; what is not among them is read and added.
    """
    wanted = [key for key in set(agreements) if key < 1 << 63]
    newest: dict[AgreementId, int] = {}
    for start in range(0, len(wanted), 500):
        which = {"wanted": wanted[start : start + 500], "challenge": challenge}
        newest |= {AgreementId(key): row for key, row in connection.execute(_LATEST, which) if row is not None}
    known = {} if known is None else known
    unknown = [row for row in newest.values() if row not in known]
    for start in range(0, len(unknown), 500):
        for row in connection.execute(_BY_ID, {"wanted": unknown[start : start + 500]}):
            known[row.id] = IssuedPermit(Signed(Permit.parse(row.form), row.signature))
    return {key: known[row] for key, row in newest.items()}


# The subquery looks at the end of an index, however many permits an agreement has had.
_LATEST = select(
    agreements_known.c.id,
    select(permits.c.id)
    .where(permits.c.agreement_id == agreements_known.c.id, permits.c.challenge == bindparam("challenge"))
    .order_by(permits.c.id.desc())
    .limit(1)
    .correlate(agreements_known)
    .scalar_subquery(),
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
