"""The public side: machines, offers, what they have earned and who is paid. Settled figures only."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from sqlalchemy import Connection

from oracle.errors import Rejected
from oracle.formats import epcis
from oracle.ingest.history import EPCIS_ANSWER, LinkedData, history_view
from oracle.ingest.schemas import problems
from oracle.ingest.state import SharedState, require_checkpoint
from oracle.ingest.views import Use, asset_summary, asset_view, offer_view
from oracle.store import read_model
from oracle.store.read_model import Asset, ChainEvent
from oracle.types import AssetId, Registers, Seconds

routes = APIRouter(prefix="/v1", tags=["public"])
Id = Annotated[int, Path(ge=1, lt=1 << 63)]
Limit = Annotated[int, Query(ge=1, le=1_000)]
EventLimit = Annotated[int, Query(ge=1, le=500)]
After = Annotated[int, Query(ge=0, lt=1 << 63)]
Cursor = Annotated[str | None, Query(pattern=r"^\d{1,12}-\d{1,9}$", description="`next` of the page before")]
_TAKING = ("ReadingSettled", "StandingAccrued")


@routes.get("/offers", responses=problems(422))
def list_offers(
    shared: SharedState,
    registers: Annotated[str | None, Query(pattern=r"^\d{1,14}(,\d{1,14}){0,3}$", description="Use to quote")] = None,
    elapsed: Annotated[int, Query(ge=0, lt=1 << 32, description="Seconds to quote")] = 0,
    limit: Limit = 200,
) -> dict[str, object]:
    """What can be opened now, with its tariff and, where `registers` says how much use, its price."""
    now = shared.clock()
    use = None if registers is None else Use(_registers(registers), Seconds(elapsed))
    with shared.database.reading() as connection:
        time = require_checkpoint(connection).chain_time(now)
        found = [offer for offer in read_model.offers(connection, limit=limit) if offer.until >= time]
        assets = read_model.assets(connection, [offer.asset_id for offer in found])
        views = [offer_view(connection, offer, assets[offer.asset_id], shared.terms, use) for offer in found]
    return {"offers": views}


@routes.get("/assets", responses=problems(422))
def list_assets(shared: SharedState, after: After = 0, limit: Limit = 100) -> dict[str, object]:
    with shared.database.reading() as connection:
        require_checkpoint(connection)
        found = read_model.list_assets(connection, after, limit)
    return {
        "assets": [asset_summary(asset) for asset in found],
        "next": found[-1].id if len(found) == limit else None,
    }


@routes.get("/assets/{asset_id}", responses=problems(404, 422))
def get_asset(asset_id: Id, shared: SharedState) -> dict[str, object]:
    """What it is, its state, what was settled on it and who is paid."""
    with shared.database.reading() as connection:
        checkpoint = require_checkpoint(connection)
        return asset_view(connection, _require_asset(connection, asset_id), checkpoint)


@routes.get("/assets/{asset_id}/ledger", responses=problems(404, 422))
def get_ledger(asset_id: Id, shared: SharedState, after: Cursor = None, limit: Limit = 200) -> dict[str, object]:
    """Every settlement on the asset and every distribution of its present split, in chain order."""
    with shared.database.reading() as connection:
        require_checkpoint(connection)
        asset = _require_asset(connection, asset_id)
        cursor = _cursor(after)
        taken = read_model.events(connection, _TAKING, asset_id=asset.id, after=cursor, limit=limit)
        paid = read_model.events(connection, ("Distributed",), split_id=asset.split_id, after=cursor, limit=limit)
        split = read_model.split(connection, asset.split_id)
    page = sorted((*taken, *paid), key=lambda event: (event.block, event.log_index))[:limit]
    return {
        "entries": [_entry(event) for event in page],
        "payees": [] if split is None else [{"account": a, "share": str(s)} for a, s in split.payees],
        "next": _next(page, limit),
    }


@routes.get(
    "/assets/{asset_id}/history",
    response_class=LinkedData,
    responses={**problems(404, 422), 200: EPCIS_ANSWER},
)
def get_history(asset_id: Id, shared: SharedState, after: Cursor = None, limit: EventLimit = 200) -> LinkedData:
    """Its life on chain as EPCIS 2.0 events, a page at a time; the header `Link` names the next page."""
    with shared.database.reading() as connection:
        checkpoint = require_checkpoint(connection)
        asset = _require_asset(connection, asset_id)
        events = read_model.life(connection, epcis.TOLD, asset.id, after=_cursor(after), limit=limit)
        document = history_view(connection, checkpoint, asset, events)
    following = _next(events, limit)
    link = {"Link": f'</v1/assets/{asset.id}/history?after={following}&limit={limit}>; rel="next"'}
    return LinkedData(document, headers=link if following else None)


def _require_asset(connection: Connection, asset_id: int) -> Asset:
    found = read_model.asset(connection, AssetId(asset_id))
    if found is None:
        raise Rejected("unknown_asset", f"asset {asset_id}", "is not known at the confirmed block")
    return found


def _entry(event: ChainEvent) -> dict[str, object]:
    if event.name == "Distributed":
        facts = {"kind": "distributed", "currency": event.arguments["currency"], "amount": str(event.arguments["paid"])}
    else:
        kind = "settled" if event.name == "ReadingSettled" else "accrued"
        facts = {"kind": kind, "amount": str(event.amount or 0)}
    return {**_place(event), **facts}


def _place(event: ChainEvent) -> dict[str, object]:
    return {"time": event.block_time, "block": event.block, "transaction": event.transaction}


def _cursor(text: str | None) -> tuple[int, int]:
    if text is None:
        return -1, -1
    block, index = text.split("-")
    return int(block), int(index)


def _next(page: list[ChainEvent], limit: int) -> str | None:
    return f"{page[-1].block}-{page[-1].log_index}" if len(page) == limit else None


def _registers(text: str) -> Registers:
    values = [int(part) for part in text.split(",")]
    r0, r1, r2, r3 = values + [0] * (4 - len(values))
    return r0, r1, r2, r3
