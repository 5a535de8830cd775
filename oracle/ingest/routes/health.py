"""Alive, able to work, and figures for Prometheus. No personal figure, no secret."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from oracle.ingest.metrics import collect
from oracle.ingest.problems import problem
from oracle.ingest.schemas import problems
from oracle.ingest.state import SharedState
from oracle.store import checkpoints, cycles

routes = APIRouter(tags=["health"])
STALE_SECONDS = 60.0


@routes.get("/healthz")
def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@routes.get("/readyz", responses=problems(), response_model=None)
def readyz(shared: SharedState) -> dict[str, object] | Response:
    """The database answers, the relay follows the chain and can pay for gas."""
    now = shared.clock()
    if shared.disk.is_low():
        return problem("disk_full", 503, "the disk is nearly full: nothing more is acknowledged; make room")
    with shared.database.reading() as connection:
        checkpoint = checkpoints.load(connection)
        last = {cycle.name: cycle for cycle in cycles.all_cycles(connection)}
    if checkpoint is None:
        return problem("not_ready", 503, "the chain has not been read yet; is the relay running?")
    index = last.get("index")
    lag = None if index is None or index.succeeded_at is None else now - index.succeeded_at
    if lag is None or lag > STALE_SECONDS:
        why = "never" if lag is None else f"{lag:.0f} s ago"
        return problem("chain_behind", 503, f"the chain was last read {why}; see the relay's log")
    if "gas" in last and last["gas"].outcome == "low":
        return problem("gas_low", 503, "the relayer's account cannot pay for much longer; send it coin for gas")
    return {"status": "ready", "block": checkpoint.number, "head": checkpoint.head, "secondsSinceIndex": round(lag, 1)}


@routes.get("/metrics", response_class=Response)
def metrics(shared: SharedState) -> Response:
    """Prometheus text format."""
    return Response(generate_latest(collect(shared)), media_type=CONTENT_TYPE_LATEST)
