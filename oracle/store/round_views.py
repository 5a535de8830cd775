"""Rounds of co-financing as the relay last saw them on chain: a copy for readers, written anew each time."""

from collections.abc import Mapping

from sqlalchemy import Connection, insert, select, update

from oracle.store.tables import round_views
from oracle.types import RoundId

Document = Mapping[str, object]


def save(connection: Connection, round_id: RoundId, document: Document) -> None:
    changed = update(round_views).where(round_views.c.id == round_id).values(document=document)
    if not connection.execute(changed).rowcount:
        connection.execute(insert(round_views).values(id=round_id, document=document))


def load(connection: Connection, round_id: RoundId) -> Document | None:
    found: Document | None = connection.execute(
        select(round_views.c.document).where(round_views.c.id == round_id)
    ).scalar()
    return found


def listed(connection: Connection, after: int, limit: int) -> list[Document]:
    query = select(round_views.c.document).where(round_views.c.id > after).order_by(round_views.c.id).limit(limit)
    return [row.document for row in connection.execute(query)]
