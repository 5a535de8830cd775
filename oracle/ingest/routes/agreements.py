"""Agreements: personal figures for their parties, permits for their devices, signed forms for anybody who has one.

A permit, and a start that answers a device's challenge, are given to whoever asks: they hold nothing that the chain
does not show, only the one machine they name accepts them, and a machine cannot sign in.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from oracle.domain.customer_forms import EndAgreement, Suspend
from oracle.domain.forms import Signed, digest, parse_signed
from oracle.domain.permits import Start
from oracle.errors import Rejected
from oracle.ingest import bodies
from oracle.ingest.access import Role, SignedIn, require_agreement, require_party
from oracle.ingest.schemas import BODY, Accepted, problems
from oracle.ingest.state import Shared, SharedState, domains_of, require_checkpoint
from oracle.ingest.statement import statement, statement_csv
from oracle.ingest.views import agreement_view
from oracle.store import form_requests, live, presences, read_model
from oracle.types import ZERO_BYTES32, AgreementId, Bytes32

routes = APIRouter(prefix="/v1/agreements", tags=["agreements"])
Id = Annotated[int, Path(ge=1, lt=1 << 63)]
Challenge = Annotated[str | None, Query(pattern=r"^0x[0-9a-fA-F]{64}$", description="The device's fresh challenge")]
_STOPPERS = frozenset({Role.CUSTOMER, Role.DELEGATE})


@routes.get("", responses=problems(401))
def list_agreements(shared: SharedState, account: SignedIn) -> dict[str, object]:
    """Those where the signed-in account is customer, delegate or provider."""
    with shared.database.reading() as connection:
        checkpoint = require_checkpoint(connection)
        found = read_model.agreements_of_account(connection, account)
        now = shared.clock()
        return {"agreements": [agreement_view(connection, a, checkpoint, now, shared.terms) for a in found]}


@routes.get("/{agreement_id}", responses=problems(401, 403, 422))
def get_agreement(agreement_id: Id, shared: SharedState, account: SignedIn) -> dict[str, object]:
    """Seen and settled side by side, free balance, when it runs out, the current permit or why there is none."""
    now = shared.clock()
    with shared.database.reading() as connection:
        agreement = require_party(connection, AgreementId(agreement_id), account)
        view = agreement_view(connection, agreement, require_checkpoint(connection), now, shared.terms)
    return view | _permit(shared, AgreementId(agreement_id), ZERO_BYTES32)


@routes.get("/{agreement_id}/permit", responses=problems(422))
def get_permit(agreement_id: Id, shared: SharedState, challenge: Challenge = None) -> dict[str, object]:
    """The current permit, or why there is none. Open: see above."""
    wanted = ZERO_BYTES32 if challenge is None else Bytes32(bytes.fromhex(challenge[2:]))
    return _permit(shared, AgreementId(agreement_id), wanted)


@routes.get(
    "/{agreement_id}/statement",
    responses={**problems(401, 403, 422), 200: {"content": {"application/json": {}, "text/csv": {}}}},
)
def get_statement(
    agreement_id: Id,
    shared: SharedState,
    account: SignedIn,
    request: Request,
    format: Annotated[str | None, Query(pattern="^(json|csv)$")] = None,
) -> Response:
    """The bill as JSON or CSV (`?format=csv` or `Accept: text/csv`)."""
    with shared.database.reading() as connection:
        agreement = require_party(connection, AgreementId(agreement_id), account)
        document = statement(connection, agreement, require_checkpoint(connection), shared.terms)
    wants_csv = format == "csv" or (format is None and "text/csv" in request.headers.get("accept", ""))
    if wants_csv:
        name = f"statement-{agreement_id}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(statement_csv(document), media_type="text/csv", headers=headers)
    return JSONResponse(document)


@routes.get("/{agreement_id}/start", responses=problems(404, 422))
def get_start(
    agreement_id: Id,
    shared: SharedState,
    challenge: Annotated[str, Query(pattern=r"^0x[0-9a-fA-F]{64}$", description="The device's outstanding challenge")],
) -> dict[str, object]:
    """For a shared machine: the starter's signed answer to this challenge, once it is there."""
    with shared.database.reading() as connection:
        start = presences.load(connection, AgreementId(agreement_id)).start
    if start is None or start.form.challenge != bytes.fromhex(challenge[2:]):
        raise Rejected("unknown_start", f"agreement {agreement_id}", "nobody has answered this challenge yet")
    return start.to_json()


@routes.post("/{agreement_id}/start", openapi_extra=bodies.OPENAPI_DOCUMENT, responses=problems(404, *BODY))
async def post_start(agreement_id: Id, request: Request, shared: SharedState) -> Accepted:
    """`{start, signature}`, signed by the starter that the permit names. It lifts an earlier stop."""
    signed = parse_signed(Start, await bodies.document(request))
    await run_in_threadpool(_take_start, shared, AgreementId(agreement_id), signed)
    return Accepted(result="accepted")


@routes.post("/{agreement_id}/stop", responses=problems(401, 403, 422))
def post_stop(agreement_id: Id, shared: SharedState, account: SignedIn) -> Accepted:
    """No new permit until the next start; what the machine already holds runs out by itself."""
    now, key = shared.clock(), AgreementId(agreement_id)
    with shared.database.writing() as connection:
        agreement = require_party(connection, key, account, _STOPPERS)
        presences.note_stop(connection, key, account, now)
        live.add(connection, now, "stop", {"by": account}, agreement.asset_id, key)
    return Accepted(result="accepted")


@routes.post("/{agreement_id}/resume", responses=problems(401, 403, 422))
def post_resume(agreement_id: Id, shared: SharedState, account: SignedIn) -> Accepted:
    """Lifts a stop without a signed start, for exclusive agreements; a shared machine still wants presence."""
    now, key = shared.clock(), AgreementId(agreement_id)
    with shared.database.writing() as connection:
        agreement = require_party(connection, key, account, _STOPPERS)
        presences.note_start(connection, key, None)
        live.add(connection, now, "start", {"by": account}, agreement.asset_id, key)
    return Accepted(result="accepted")


@routes.post("/{agreement_id}/suspend", openapi_extra=bodies.OPENAPI_DOCUMENT, responses=problems(404, *BODY))
async def post_suspend(agreement_id: Id, request: Request, shared: SharedState) -> Accepted:
    """`{suspend, signature}`, signed by the customer; the relay carries it to the chain."""
    signed = parse_signed(Suspend, await bodies.document(request))
    return await run_in_threadpool(_take_form, shared, AgreementId(agreement_id), signed)


@routes.post("/{agreement_id}/end", openapi_extra=bodies.OPENAPI_DOCUMENT, responses=problems(404, *BODY))
async def post_end(agreement_id: Id, request: Request, shared: SharedState) -> Accepted:
    """`{endAgreement, signature}`, signed by the customer; the relay carries it to the chain."""
    signed = parse_signed(EndAgreement, await bodies.document(request))
    return await run_in_threadpool(_take_form, shared, AgreementId(agreement_id), signed)


def _permit(shared: Shared, key: AgreementId, challenge: Bytes32) -> dict[str, object]:
    answer = shared.permits.answers([key], shared.clock(), challenge)[key]
    return {
        "permit": None if answer.permit is None else answer.permit.to_json(),
        "stopReason": None if answer.stop_reason is None else answer.stop_reason.value,
    }


def _take_start(shared: Shared, key: AgreementId, signed: Signed[Start]) -> None:
    now = shared.clock()
    with shared.database.writing() as connection:
        checkpoint = require_checkpoint(connection)
        agreement = require_agreement(connection, key)
        who = f"start of agreement {key}"
        if (signed.form.agreement_id, signed.form.asset_id) != (key, agreement.asset_id):
            raise Rejected("wrong_agreement", who, "names another agreement or asset")
        if signed.form.valid_until < checkpoint.chain_time(now):
            raise Rejected("expired", who, "has expired")
        signed.require_signer(domains_of(checkpoint), agreement.delegate or agreement.customer)
        presences.note_start(connection, key, signed)
        live.add(connection, now, "start", {"validUntil": signed.form.valid_until}, agreement.asset_id, key)


def _take_form(shared: Shared, key: AgreementId, signed: Signed[Suspend] | Signed[EndAgreement]) -> Accepted:
    now, form = shared.clock(), signed.form
    with shared.database.writing() as connection:
        checkpoint = require_checkpoint(connection)
        agreement = require_agreement(connection, key)
        name = form.STRUCT.name
        if form.agreement_id != key:
            raise Rejected("wrong_agreement", name, f"is for agreement {form.agreement_id}")
        if form.deadline < checkpoint.chain_time(now):
            raise Rejected("expired", name, "its deadline has passed")
        domains = domains_of(checkpoint)
        signed.require_signer(domains, agreement.customer)
        found = digest(domains.of(form), form)
        added = form_requests.add(connection, name, key, found, form.to_json(), signed.signature, now)
    return Accepted(result="accepted" if added else "duplicate")
