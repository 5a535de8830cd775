"""Sign-in with Ethereum: nonce, message, session."""

from fastapi import APIRouter, Request, Response

from oracle.errors import Rejected
from oracle.ingest.access import COOKIE, SignedIn, token_of
from oracle.ingest.schemas import BODY, NonceAnswer, SignInAnswer, SignInRequest, problems
from oracle.ingest.sign_in import STATEMENT, Expected, new_nonce, parse_message, sign_in
from oracle.ingest.state import Shared, SharedState, require_checkpoint
from oracle.store import sessions

routes = APIRouter(prefix="/v1/sign-in", tags=["sign-in"])


@routes.get("/nonce", responses=problems())
def get_nonce(shared: SharedState) -> NonceAnswer:
    """A nonce for one sign-in, and what the message must say."""
    now, lifetime = shared.clock(), shared.settings.nonce_lifetime
    with shared.database.writing() as connection:
        chain_id = require_checkpoint(connection).chain_id
        nonce = new_nonce(connection, now, lifetime)
    return NonceAnswer(
        nonce=nonce,
        domain=shared.settings.domain,
        uri=shared.settings.uri,
        chain_id=chain_id,
        statement=STATEMENT,
        expires_at=int(now + lifetime),
    )


@routes.post("", responses=problems(*BODY))
def post_sign_in(body: SignInRequest, shared: SharedState, response: Response) -> SignInAnswer:
    """Checks the signed ERC-4361 message and begins a session."""
    session = sign_in(
        shared.database,
        parse_message(body.message),
        bytes.fromhex(body.signature[2:]),
        _expected(shared),
        shared.clock(),
        shared.settings.session_lifetime,
    )
    response.set_cookie(
        COOKIE,
        session.token,
        max_age=int(shared.settings.session_lifetime),
        httponly=True,
        samesite="strict",
        secure=shared.settings.uri.startswith("https://"),
        path="/",
    )
    response.headers["Cache-Control"] = "no-store"
    return SignInAnswer(token=session.token, account=session.account, expires_at=int(session.expires_at))


@routes.get("", responses=problems(401))
def get_sign_in(account: SignedIn) -> dict[str, str]:
    """Whose session this is."""
    return {"account": account}


@routes.delete("", responses=problems(401), status_code=204)
def delete_sign_in(request: Request, shared: SharedState, account: SignedIn) -> Response:
    """Ends the session."""
    token = token_of(request)
    if token is None:
        raise Rejected("not_signed_in", account, "has no session")
    with shared.database.writing() as connection:
        sessions.end_session(connection, token)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/")
    return response


def _expected(shared: Shared) -> Expected:
    with shared.database.reading() as connection:
        chain_id = require_checkpoint(connection).chain_id
    return Expected(shared.settings.domain, shared.settings.uri, chain_id)
