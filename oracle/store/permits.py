"""Permits as issued."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, insert, select

from oracle.domain.forms import Signed
from oracle.domain.permits import Permit
from oracle.store.tables import permits
from oracle.types import ZERO_BYTES32, AgreementId, AssetId, Bytes32


@dataclass(frozen=True, slots=True)
class IssuedPermit:
    signed: Signed[Permit]

    @property
    def permit(self) -> Permit:
        return self.signed.form


def add(connection: Connection, issued: IssuedPermit) -> None:
    permit = issued.permit
    connection.execute(
        insert(permits).values(
            agreement_id=permit.agreement_id,
            asset_id=permit.asset_id,
            form=permit.to_json(),
            signature=issued.signed.signature,
            challenge=permit.challenge,
            charge_limit=permit.charge_limit,
            issued_at=permit.issued_at,
            valid_until=permit.valid_until,
            block_number=permit.block_number,
        )
    )


def latest(
    connection: Connection, agreements: Iterable[AgreementId], challenge: Bytes32 = ZERO_BYTES32
) -> dict[AgreementId, IssuedPermit]:
    """Of each agreement the last one issued for this challenge, valid or not."""
    found: dict[AgreementId, IssuedPermit] = {}
    wanted = [key for key in set(agreements) if key < 1 << 63]
    for start in range(0, len(wanted), 500):
        which = {"wanted": wanted[start : start + 500], "challenge": challenge}
        for row in connection.execute(_LATEST, which):
            found[AgreementId(row.agreement_id)] = IssuedPermit(Signed(Permit.parse(row.form), row.signature))
    return found


_LATEST = select(permits).where(
    permits.c.id.in_(
        select(func.max(permits.c.id))
        .where(
            permits.c.agreement_id.in_(bindparam("wanted", expanding=True)),
            permits.c.challenge == bindparam("challenge"),
        )
        .group_by(permits.c.agreement_id)
    )
)


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
