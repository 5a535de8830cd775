"""Samples that hash to the root of a stored reading."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from oracle.domain.telemetry import SaltedSample, parse_salted_sample
from oracle.store.tables import telemetry
from oracle.types import AssetId


def add(connection: Connection, reading_id: int, asset: AssetId, samples: Sequence[SaltedSample]) -> None:
    rows = []
    for position, salted in enumerate(samples):
        document = salted.to_json()
        del document["salt"]  # kept apart, so that deleting the salts makes the published root meaningless
        rows.append(
            {
                "reading_id": reading_id,
                "position": position,
                "asset_id": asset,
                "sample": document,
                "salt": salted.salt,
            }
        )
    if rows:
        connection.execute(insert(telemetry), rows)


def of_reading(connection: Connection, reading_id: int) -> tuple[SaltedSample, ...]:
    query = select(telemetry).where(telemetry.c.reading_id == reading_id).order_by(telemetry.c.position)
    return tuple(parse_salted_sample({**row.sample, "salt": row.salt}) for row in connection.execute(query))
