"""Rounds of co-financing: plan against receipts, for everybody. Who holds what is on chain and in wallets, not here."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Path, Query

from oracle.errors import Rejected
from oracle.ingest.schemas import problems
from oracle.ingest.state import SharedState, require_checkpoint
from oracle.store import round_views
from oracle.types import AssetId, RoundId

routes = APIRouter(prefix="/v1", tags=["public"])
Id = Annotated[int, Path(ge=1, lt=1 << 63)]
After = Annotated[int, Query(ge=0, lt=1 << 63)]
Limit = Annotated[int, Query(ge=1, le=1_000)]
_IN_DETAIL = ("ballot", "tranches", "plan")


@routes.get("/rounds", responses=problems(422))
def list_rounds(
    shared: SharedState,
    asset: Annotated[int | None, Query(ge=1, lt=1 << 63, description="Only those that name it")] = None,
    after: After = 0,
    limit: Limit = 100,
) -> dict[str, object]:
    """Every round as the relay last saw it, without tranches, plan and vote."""
    with shared.database.reading() as connection:
        require_checkpoint(connection)
        found = round_views.listed(connection, after, limit, None if asset is None else AssetId(asset))
    briefly = [{name: value for name, value in one.items() if name not in _IN_DETAIL} for one in found]
    return {"rounds": briefly, "next": found[-1]["roundId"] if len(found) == limit else None}


@routes.get("/rounds/{round_id}", responses=problems(404, 422))
def get_round(round_id: Id, shared: SharedState) -> Mapping[str, object]:
    """How it stands against its plan, what each tranche was paid and is owed, and the open vote."""
    with shared.database.reading() as connection:
        require_checkpoint(connection)
        found = round_views.load(connection, RoundId(round_id))
    if found is None:
        raise Rejected("unknown_round", f"round {round_id}", "has not been seen by this oracle")
    return found
