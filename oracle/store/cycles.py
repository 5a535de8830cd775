"""One recorded outcome per cycle of the daemon; `status` and the health routes read it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from oracle.store.tables import cycles


@dataclass(frozen=True, slots=True)
class Cycle:
    name: str
    at: float
    succeeded_at: float | None
    seconds: float
    outcome: str
    detail: Mapping[str, object]


def record(
    connection: Connection,
    name: str,
    at: float,
    seconds: float,
    outcome: str,
    succeeded: bool,
    detail: dict[str, object],
) -> None:
    values: dict[str, object] = {"at": at, "seconds": seconds, "outcome": outcome, "detail": detail}
    if succeeded:
        values["succeeded_at"] = at
    if not connection.execute(update(cycles).where(cycles.c.name == name).values(**values)).rowcount:
        connection.execute(insert(cycles).values(name=name, **values))


def all_cycles(connection: Connection) -> list[Cycle]:
    return [
        Cycle(row.name, row.at, row.succeeded_at, row.seconds, row.outcome, row.detail)
        for row in connection.execute(select(cycles).order_by(cycles.c.name))
    ]
