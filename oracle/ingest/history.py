"""The life of a machine from the read model, as a page of EPCIS events."""

from collections.abc import Iterator, Sequence

from fastapi.responses import JSONResponse
from sqlalchemy import Connection

from oracle.chain.contracts import ASSETS
from oracle.formats import epcis
from oracle.formats.happenings import Happening
from oracle.store import read_model
from oracle.store.checkpoints import Checkpoint
from oracle.store.read_model import Asset, ChainEvent

EPCIS_ANSWER: dict[str, object] = {
    "description": "An EPCISDocument (JSON-LD); its schema is `oracle/schemas/epcis.schema.json`.",
    "content": {
        "application/ld+json": {
            "schema": {
                "type": "object",
                "required": ["@context", "type", "schemaVersion", "creationDate", "epcisBody"],
                "properties": {
                    "type": {"const": "EPCISDocument"},
                    "schemaVersion": {"const": "2.0"},
                    "epcisBody": {"type": "object", "required": ["eventList"]},
                },
            }
        }
    },
}
_SEARCHED = 20_000
"""Events before a page in which what it corrects is looked for: bounds the work of one request."""
_STRETCH = 1_000


class LinkedData(JSONResponse):
    media_type = "application/ld+json"


def history_view(
    connection: Connection, checkpoint: Checkpoint, asset: Asset, page: Sequence[ChainEvent]
) -> dict[str, object]:
    """The page as a document of its own: what it refers to on earlier pages is looked up, not told again."""
    platform = epcis.Platform(checkpoint.chain_id, checkpoint.contracts[ASSETS])
    wrong = list(_corrected(connection, platform, asset, page))
    orders = (event.order_id for event in (*page, *wrong) if event.order_id is not None)
    earlier = [_happening(event) for event in (*read_model.openings(connection, orders), *wrong)]
    created_at = page[-1].block_time if page else asset.registered_at
    return epcis.epcis_document(platform, [_happening(event) for event in page], created_at, earlier)


def _corrected(
    connection: Connection, platform: epcis.Platform, asset: Asset, page: Sequence[ChainEvent]
) -> Iterator[ChainEvent]:
    """Events before the page that documents on it declare wrong."""
    wanted = {hash_ for event in page if (hash_ := epcis.corrects(_happening(event))) is not None}
    end, after, seen = (page[0].block, page[0].log_index) if page else (0, 0), (-1, -1), 0
    while wanted and seen < _SEARCHED:
        stretch = read_model.life(connection, epcis.TOLD, asset.id, after, end, _STRETCH)
        for event in stretch:
            if epcis.correction_hash(platform.event(_happening(event))) in wanted:
                yield event
        if len(stretch) < _STRETCH:
            return
        after, seen = (stretch[-1].block, stretch[-1].log_index), seen + _STRETCH


def _happening(event: ChainEvent) -> Happening:
    return Happening(event.contract, event.name, event.arguments, event.transaction, event.log_index, event.block_time)
