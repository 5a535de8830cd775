"""Permits as issued."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

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


def latest(connection: Connection, agreement: AgreementId, challenge: Bytes32 = ZERO_BYTES32) -> IssuedPermit | None:
    """The last one issued for this challenge, valid or not."""
    query = (
        select(permits)
        .where(permits.c.agreement_id == agreement, permits.c.challenge == challenge)
        .order_by(permits.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else IssuedPermit(Signed(Permit.parse(row.form), row.signature))


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
