"""Requests and answers that are not signed forms, for validation at the edge and for the OpenAPI document."""

from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Edge(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class NonceAnswer(Edge):
    """Everything a wallet needs to write the ERC-4361 message."""

    nonce: str
    domain: str
    uri: str
    chain_id: int
    version: str = "1"
    statement: str
    expires_at: int


class SignInRequest(Edge):
    message: str = Field(max_length=4_096)
    signature: str = Field(pattern=r"^0x[0-9a-fA-F]{128,130}$")


class SignInAnswer(Edge):
    """`token` goes into `Authorization: Bearer`; browsers get it as a cookie too."""

    token: str
    account: str
    expires_at: int


class Accepted(Edge):
    result: str
    reason: str | None = None


class Problem(Edge):
    """RFC 9457."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str


BODY = (400, 408, 413, 415, 422)
"""What every route with a body may answer before it looks at what the body says."""


def problems(*statuses: int) -> dict[int | str, dict[str, object]]:
    """For a route's documentation: which problem documents it can answer. Any may be too many or too early."""
    content = {"application/problem+json": {"schema": Problem.model_json_schema()}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in sorted({*statuses, 429, 503})
    }
