"""Alive, able to work, and figures for Prometheus. No personal figure, no secret."""

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from oracle.ingest.alerts import CHAIN_BEHIND_SECONDS
from oracle.ingest.condition import condition
from oracle.ingest.metrics import collect
from oracle.ingest.problems import problem
from oracle.ingest.schemas import problems
from oracle.ingest.state import SharedState

routes = APIRouter(tags=["health"])


@routes.get("/healthz", responses=problems())
def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@routes.get("/readyz", responses=problems(), response_model=None)
def readyz(shared: SharedState) -> dict[str, object] | Response:
    """The disk has room, the database answers, the relay follows the chain and can pay for gas."""
    if shared.disk.is_low():
        return problem("disk_full", 503, "the disk is nearly full: nothing more is acknowledged; make room")
    with shared.database.reading() as connection:
        found = condition(connection, shared.clock())
    if found.checkpoint is None:
        return problem("not_ready", 503, "the chain has not been read yet; is the relay running?")
    lag = found.cycle_age("index")
    if lag is None or lag > CHAIN_BEHIND_SECONDS:
        why = "never" if lag is None else f"{lag:.0f} s ago"
        return problem("chain_behind", 503, f"the chain was last read {why}; see the relay's log")
    if found.gas is not None and found.gas.left < found.gas.least:
        return problem("gas_low", 503, "the relayer's account cannot pay for much longer; send it coin for gas")
    return {
        "status": "ready",
        "block": found.checkpoint.number,
        "head": found.checkpoint.head,
        "secondsSinceIndex": round(lag, 1),
    }


@routes.get("/metrics", response_class=PlainTextResponse, responses=problems())
def metrics(shared: SharedState) -> Response:
    """Prometheus text format."""
    text = shared.scrape.get(lambda: generate_latest(collect(shared)))
    return Response(text, media_type=CONTENT_TYPE_LATEST)
