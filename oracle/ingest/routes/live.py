"""The live stream."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from oracle.domain.hashing import parse_address
from oracle.errors import Rejected
from oracle.ingest.access import require_party, token_of
from oracle.ingest.live import Broadcaster, Filter
from oracle.ingest.live_seats import SeatedStream, Seats
from oracle.ingest.rates import address_key
from oracle.ingest.schemas import problems
from oracle.ingest.state import SharedState
from oracle.store import read_model, sessions
from oracle.types import Address, AgreementId, AssetId

Id = Annotated[int, Field(ge=1, lt=1 << 63)]
Ids = Annotated[list[Id], Query(max_length=50)]

_HIGHEST_ID = (1 << 63) - 1


def router(broadcaster: Broadcaster, seats: Seats) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["live"])

    @routes.get("/live", responses=problems(400, 401, 403, 422), response_class=StreamingResponse)
    async def live(
        request: Request,
        shared: SharedState,
        asset: Ids = [],  # noqa: B006 - FastAPI copies the default
        agreement: Ids = [],  # noqa: B006
        of_account: Annotated[str | None, Query(alias="account", pattern="^0x[0-9a-fA-F]{40}$")] = None,
        last_event_id: Annotated[str | None, Header()] = None,
        after: Annotated[int | None, Query(ge=0, lt=1 << 63, description="As Last-Event-ID, for a first look")] = None,
    ) -> StreamingResponse:
        """Server-sent events. `asset`: public, settled facts only, unless the visitor is a party of its agreements;
        `agreement` and `account`: for their parties. Resumes with `Last-Event-ID`; at most four a second a subject."""
        if not (asset or agreement or of_account):
            raise Rejected("nothing_chosen", "live stream", "choose asset, agreement or account")

        token = token_of(request)

        def visitor() -> Address | None:
            if token is None:
                return None
            with shared.database.reading() as connection:
                return sessions.account_of(connection, token, shared.clock())

        def look() -> Filter:
            account = visitor()
            with shared.database.reading() as connection:
                return _filter(connection, account, asset, agreement, of_account)

        await run_in_threadpool(look)
        who = await run_in_threadpool(visitor) or address_key(request.client.host if request.client else "local")
        resume = min(int(last_event_id), _HIGHEST_ID) if last_event_id and last_event_id.isdecimal() else after
        return SeatedStream(
            seats,
            who,
            broadcaster.stream(look, resume),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return routes


def _filter(
    connection: Connection, account: Address | None, assets: list[int], agreements: list[int], of_account: str | None
) -> Filter:
    """Raises Rejected `not_signed_in` or `not_a_party`."""
    if (agreements or of_account) and account is None:
        raise Rejected("not_signed_in", "live stream", "sign in to follow agreements")
    chosen: dict[AgreementId, AssetId] = {}
    if account is not None:
        own = {agreement.id: agreement.asset_id for agreement in read_model.agreements_of_account(connection, account)}
        chosen = {key: asset for key, asset in own.items() if asset in assets}
        if of_account is not None:
            if parse_address(of_account) != account:
                raise Rejected("not_a_party", account, f"is not {of_account}")
            chosen |= own
        for key in agreements:
            chosen[AgreementId(key)] = require_party(connection, AgreementId(key), account).asset_id
    return Filter(frozenset(AssetId(key) for key in assets), frozenset(chosen), frozenset(chosen.values()))
