"""Who asks, and what they may see: personal figures are for customer, named delegate and provider."""

from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Connection

from oracle.errors import Rejected
from oracle.ingest.state import SharedState
from oracle.store import read_model, sessions
from oracle.store.read_model import Agreement
from oracle.types import Address, AgreementId

COOKIE = "cise_session"


class Role(StrEnum):
    CUSTOMER = "customer"
    DELEGATE = "delegate"
    PROVIDER = "provider"


def token_of(request: Request) -> str | None:
    """The session's token: `Authorization: Bearer`, or the cookie that sign-in sets for browsers."""
    header = request.headers.get("authorization", "")
    scheme, _, value = header.partition(" ")
    if header:
        return value.strip() if scheme.lower() == "bearer" and value.strip() else None
    return request.cookies.get(COOKIE)


def visitor(request: Request, shared: SharedState) -> Address | None:
    """The signed-in account, if any. Raises TooMany where it asks too often, from however many addresses."""
    token = token_of(request)
    if token is None:
        return None
    with shared.database.reading() as connection:
        account = sessions.account_of(connection, token, shared.clock())
    if account is not None:
        shared.rates.accounts.take(account)
    return account


def signed_in(account: Annotated[Address | None, Depends(visitor)]) -> Address:
    """Raises Rejected `not_signed_in`."""
    if account is None:
        raise Rejected("not_signed_in", "request", "sign in first: GET /v1/sign-in/nonce, POST /v1/sign-in")
    return account


Visitor = Annotated[Address | None, Depends(visitor)]
SignedIn = Annotated[Address, Depends(signed_in)]


def roles(connection: Connection, agreement: Agreement, account: Address) -> set[Role]:
    asset = read_model.asset(connection, agreement.asset_id)
    held = {
        Role.CUSTOMER: agreement.customer,
        Role.DELEGATE: agreement.delegate,
        Role.PROVIDER: None if asset is None else asset.provider,
    }
    return {role for role, holder in held.items() if holder == account}


def require_agreement(connection: Connection, agreement_id: AgreementId) -> Agreement:
    """Raises Rejected `unknown_agreement`."""
    found = read_model.agreement(connection, agreement_id)
    if found is None:
        raise Rejected("unknown_agreement", f"agreement {agreement_id}", "is not known at the confirmed block")
    return found


def require_party(
    connection: Connection,
    agreement_id: AgreementId,
    account: Address,
    allowed: frozenset[Role] = frozenset(Role),
) -> Agreement:
    """The agreement, for somebody who may see it. Raises Rejected `not_a_party`, also where there is none: who is not
    a party does not learn which agreements exist."""
    agreement = read_model.agreement(connection, agreement_id)
    if agreement is None or not roles(connection, agreement, account) & allowed:
        names = ", ".join(sorted(allowed))
        raise Rejected("not_a_party", account, f"is not {names} of agreement {agreement_id}")
    return agreement
