"""Rounds of co-financing as the relay last saw them on chain: a copy for readers, written anew each time."""

from collections.abc import Mapping
from itertools import islice

from sqlalchemy import Connection, insert, select, update

from oracle.store.tables import round_views
from oracle.types import AssetId, RoundId

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


def listed(connection: Connection, after: int, limit: int, asset: AssetId | None = None) -> list[Document]:
    """In their order; with `asset` those that name it."""
    query = select(round_views.c.document).where(round_views.c.id > after).order_by(round_views.c.id)
    found = (row.document for row in connection.execute(query if asset is not None else query.limit(limit)))
    return list(islice((one for one in found if asset is None or _names(one, asset)), limit))


def _names(document: Document, asset: AssetId) -> bool:
    assets = document["assets"]
    return isinstance(assets, list) and any(one["assetId"] == asset for one in assets)
