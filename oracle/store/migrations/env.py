"""Alembic's entry: runs inside the transaction that `Database.migrate` has opened."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from oracle.store.tables import Units, metadata


def _render(kind: str, item: object, _: AutogenContext) -> str | Literal[False]:
    return "sa.String(length=80)" if kind == "type" and isinstance(item, Units) else False


connection: Connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_item=_render)
context.run_migrations()
