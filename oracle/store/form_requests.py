"""Customers' signed forms that wait for the relay."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from oracle.store.tables import form_requests
from oracle.types import AgreementId, Bytes32


@dataclass(frozen=True, slots=True)
class FormRequest:
    """`kind`: the name of the EIP-712 struct."""

    id: int
    kind: str
    agreement_id: AgreementId
    form: Mapping[str, object]
    signature: bytes
    outcome: str | None


def add(
    connection: Connection,
    kind: str,
    agreement: AgreementId,
    digest: Bytes32,
    form: Mapping[str, object],
    signature: bytes,
    now: float,
) -> bool:
    """False where the same form is already there."""
    if connection.execute(select(form_requests.c.id).where(form_requests.c.digest == digest)).first() is not None:
        return False
    connection.execute(
        insert(form_requests).values(
            kind=kind, agreement_id=agreement, digest=digest, form=dict(form), signature=signature, received_at=now
        )
    )
    return True


def waiting(connection: Connection) -> list[FormRequest]:
    query = select(form_requests).where(form_requests.c.outcome.is_(None)).order_by(form_requests.c.id)
    return [
        FormRequest(row.id, row.kind, AgreementId(row.agreement_id), row.form, row.signature, row.outcome)
        for row in connection.execute(query)
    ]


def close(connection: Connection, request_id: int, outcome: str) -> None:
    connection.execute(update(form_requests).where(form_requests.c.id == request_id).values(outcome=outcome[:24]))


def reopen(connection: Connection, request_id: int) -> None:
    """Its transaction came to nothing: it waits again."""
    connection.execute(update(form_requests).where(form_requests.c.id == request_id).values(outcome=None))
