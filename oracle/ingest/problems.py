"""Errors as RFC 9457 problem documents with a stable `code`."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from oracle.errors import CiseError, Fatal, Rejected, Retryable
from oracle.ingest.disk import DiskFull
from oracle.ingest.rates import TooMany
from oracle.store.database import DatabaseBusy, DatabaseFull

MEDIA_TYPE = "application/problem+json"
_STATUS = {
    "malformed": 400,
    "not_signed_in": 401,
    "not_a_party": 403,
    "unknown_agreement": 404,
    "unknown_asset": 404,
    "unknown_round": 404,
    "unknown_reading": 404,
    "unknown_start": 404,
    "body_too_slow": 408,
    "body_too_large": 413,
    "too_many_items": 413,
    "unsupported_media_type": 415,
    "too_many_streams": 429,
}
TALLY = "cise.tally"
"""Key of the request's scope under which the counts of refusals are."""
_HTTP_CODES = {404: "unknown_route", 405: "method_not_allowed"}


class ProblemResponse(JSONResponse):
    """Counts itself by its code when it is sent."""

    code = "refused"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if TALLY in scope:
            scope[TALLY].requests[self.code] += 1
        await super().__call__(scope, receive, send)


def problem(
    code: str, status: int, detail: str, headers: dict[str, str] | None = None, **more: object
) -> ProblemResponse:
    document = {
        "type": f"urn:cise:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    response = ProblemResponse(document, status, headers, MEDIA_TYPE)
    response.code = code
    return response


def of_rejection(error: Rejected) -> ProblemResponse:
    status = _STATUS.get(error.code, 422)
    headers = {401: {"WWW-Authenticate": "Bearer"}, 429: {"Retry-After": "10"}}.get(status)
    return problem(error.code, status, str(error), headers)


def of_retryable(error: Retryable) -> ProblemResponse:
    """429 where the asker has asked too much, 503 where this oracle cannot; both say when to come again."""
    match error:
        case TooMany():
            code, status = "too_many_requests", 429
        case DiskFull() | DatabaseFull():
            code, status = "disk_full", 503
        case DatabaseBusy():
            code, status = "database_busy", 503
        case _:
            code, status = "not_ready", 503
    return problem(code, status, str(error), {"Retry-After": str(error.after_seconds)})


def of_error(error: CiseError) -> ProblemResponse:
    match error:
        case Rejected():
            return of_rejection(error)
        case Retryable():
            return of_retryable(error)
        case Fatal():
            return problem("out_of_order", 503, error.what, {"Retry-After": "60"})
    raise error


def install(app: FastAPI) -> None:
    """Every error of this application leaves it as a problem document."""

    @app.exception_handler(CiseError)
    async def own(_: Request, error: CiseError) -> JSONResponse:
        return of_error(error)

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> JSONResponse:
        code = _HTTP_CODES.get(error.status_code, "refused")
        return problem(code, error.status_code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(500)
    async def broken(_: Request, __: Exception) -> JSONResponse:
        return problem("broken", 500, "a defect of this oracle; its log has the trace")

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        wrong = [{"at": ".".join(str(part) for part in item["loc"]), "what": item["msg"]} for item in error.errors()]
        return problem("invalid_request", 422, "the request does not fit this route", errors=wrong)
