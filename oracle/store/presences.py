"""Who stands at the machine: the starter's signed answer to its challenge, or somebody's wish to stop."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from oracle.domain.forms import Signed
from oracle.domain.permits import Start
from oracle.store.tables import presences
from oracle.types import Address, AgreementId

_STOPPED = select(presences.c.agreement_id).where(presences.c.stopped_at.is_not(None))


@dataclass(frozen=True, slots=True)
class Presence:
    start: Signed[Start] | None = None
    stopped_by: Address | None = None
    stopped_at: float | None = None


def load(connection: Connection, agreement: AgreementId) -> Presence:
    row = connection.execute(select(presences).where(presences.c.agreement_id == agreement)).first()
    if row is None:
        return Presence()
    return Presence(
        None if row.start is None else Signed(Start.parse(row.start), row.start_signature),
        None if row.stopped_by is None else Address(row.stopped_by),
        row.stopped_at,
    )


def stopped(connection: Connection) -> set[AgreementId]:
    return {AgreementId(agreement) for (agreement,) in connection.execute(_STOPPED)}


def note_start(connection: Connection, agreement: AgreementId, start: Signed[Start] | None) -> None:
    """A start lifts an earlier stop. Without a form: an exclusive agreement goes on."""
    values: dict[str, object] = {"stopped_by": None, "stopped_at": None}
    if start is not None:
        values |= {"start": start.form.to_json(), "start_signature": start.signature}
    _save(connection, agreement, values)


def note_stop(connection: Connection, agreement: AgreementId, by: Address, now: float) -> None:
    _save(connection, agreement, {"stopped_by": by, "stopped_at": now, "start": None, "start_signature": None})


def _save(connection: Connection, agreement: AgreementId, values: dict[str, object]) -> None:
    changed = connection.execute(
        update(presences).where(presences.c.agreement_id == agreement).values(**values)
    ).rowcount
    if not changed:
        connection.execute(insert(presences).values(agreement_id=agreement, **values))
