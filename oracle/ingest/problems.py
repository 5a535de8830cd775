"""Errors as RFC 9457 problem documents with a stable `code`."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from oracle.errors import Fatal, Rejected, Retryable

MEDIA_TYPE = "application/problem+json"
_STATUS = {
    "malformed": 400,
    "not_signed_in": 401,
    "not_a_party": 403,
    "unknown_agreement": 404,
    "unknown_asset": 404,
    "unknown_reading": 404,
    "unknown_start": 404,
    "body_too_slow": 408,
    "body_too_large": 413,
    "too_many_items": 413,
    "unsupported_media_type": 415,
}
_HTTP_CODES = {404: "unknown_route", 405: "method_not_allowed"}


def problem(code: str, status: int, detail: str, headers: dict[str, str] | None = None, **more: object) -> JSONResponse:
    document = {
        "type": f"urn:cise:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    return JSONResponse(document, status, headers, MEDIA_TYPE)


def of_rejection(error: Rejected) -> JSONResponse:
    status = _STATUS.get(error.code, 422)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return problem(error.code, status, str(error), headers)


def install(app: FastAPI) -> None:
    """Every error of this application leaves it as a problem document."""

    @app.exception_handler(Rejected)
    async def rejected(_: Request, error: Rejected) -> JSONResponse:
        return of_rejection(error)

    @app.exception_handler(Retryable)
    async def retryable(_: Request, error: Retryable) -> JSONResponse:
        return problem("not_ready", 503, str(error), {"Retry-After": str(error.after_seconds)})

    @app.exception_handler(Fatal)
    async def fatal(_: Request, error: Fatal) -> JSONResponse:
        return problem("out_of_order", 503, error.what, {"Retry-After": "60"})

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
