"""Sign-in with Ethereum (ERC-4361): a readable message, signed by the account, for this domain, once, in time."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from oracle.domain.hashing import keccak, parse_address
from oracle.domain.signatures import recover
from oracle.errors import BadSignature, Malformed, Rejected
from oracle.store import sessions
from oracle.store.database import Database
from oracle.types import Address, Bytes32

STATEMENT = "Sign in to see your agreements. This costs nothing and moves no money."
LONGEST_MESSAGE = 4_096
_CLOCK_TOLERANCE = 60.0
_TIME = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})"
_MESSAGE = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<domain>[^\s/?#]+) wants you to sign in with your Ethereum account:\n"
    r"(?P<address>0x[0-9a-fA-F]{40})\n"
    r"\n(?:(?P<statement>[^\n]+)\n)?\n"
    r"URI: (?P<uri>[^\s]+)\n"
    r"Version: 1\n"
    r"Chain ID: (?P<chain_id>\d{1,20})\n"
    r"Nonce: (?P<nonce>[A-Za-z0-9]{8,64})\n"
    rf"Issued At: (?P<issued_at>{_TIME})"
    rf"(?:\nExpiration Time: (?P<expires_at>{_TIME}))?"
    rf"(?:\nNot Before: (?P<not_before>{_TIME}))?"
    r"(?:\nRequest ID: (?P<request_id>[^\n]*))?"
    r"(?:\nResources:(?P<resources>(?:\n- [^\s]+)*))?"
)


@dataclass(frozen=True, slots=True)
class SignInMessage:
    """The parts of the message that are checked. Times are unix seconds."""

    text: str
    domain: str
    address: Address
    uri: str
    chain_id: int
    nonce: str
    issued_at: float
    expires_at: float | None
    not_before: float | None


@dataclass(frozen=True, slots=True)
class Expected:
    """What a message must say to be for this door."""

    domain: str
    uri: str
    chain_id: int


@dataclass(frozen=True, slots=True)
class Session:
    token: str
    account: Address
    expires_at: float


def new_nonce(connection: Connection, now: float, lifetime: float) -> str:
    nonce = secrets.token_hex(16)
    sessions.add_nonce(connection, nonce, now + lifetime)
    return nonce


def parse_message(text: str) -> SignInMessage:
    """Raises Malformed."""
    found = None if len(text) > LONGEST_MESSAGE else _MESSAGE.fullmatch(text)
    if found is None:
        raise Malformed("sign-in", "the message does not follow ERC-4361")
    return SignInMessage(
        text,
        found["domain"],
        parse_address(found["address"], "sign-in address"),
        found["uri"],
        int(found["chain_id"]),
        found["nonce"],
        _seconds(found["issued_at"]),
        None if found["expires_at"] is None else _seconds(found["expires_at"]),
        None if found["not_before"] is None else _seconds(found["not_before"]),
    )


def write_message(expected: Expected, account: Address, nonce: str, issued_at: datetime) -> str:
    """The message a wallet shows; for clients of this door."""
    issued = issued_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        f"{expected.domain} wants you to sign in with your Ethereum account:\n{account}\n\n{STATEMENT}\n\n"
        f"URI: {expected.uri}\nVersion: 1\nChain ID: {expected.chain_id}\nNonce: {nonce}\nIssued At: {issued}"
    )


def sign_in(
    database: Database, message: SignInMessage, signature: bytes, expected: Expected, now: float, lifetime: float
) -> Session:
    """Uses up the nonce, whatever follows. Raises Rejected: `wrong_domain`, `wrong_uri`, `wrong_chain`, `expired`,
    `not_yet_valid`, `unknown_nonce`, `bad_signature`."""
    with database.writing() as connection:
        taken = sessions.take_nonce(connection, message.nonce, now)
    problem = _problem(message, expected, now)
    if problem is None and not taken:
        problem = Rejected("unknown_nonce", "sign-in", "the nonce was used, has expired or was never given")
    if problem is not None:
        raise problem
    if recover(personal_digest(message.text), signature) != message.address:
        raise BadSignature("sign-in", "is signed by another account than it names")
    session = Session(secrets.token_urlsafe(32), message.address, now + lifetime)
    with database.writing() as connection:
        sessions.add_session(connection, session.token, session.account, now, session.expires_at)
    return session


def personal_digest(text: str) -> Bytes32:
    """ERC-191 version 0x45, what wallets sign for a text."""
    data = text.encode()
    return keccak(b"\x19Ethereum Signed Message:\n" + str(len(data)).encode() + data)


def _problem(message: SignInMessage, expected: Expected, now: float) -> Rejected | None:
    rules = (
        (message.domain != expected.domain, "wrong_domain", f"is for {message.domain}, not {expected.domain}"),
        (message.uri.rstrip("/") != expected.uri.rstrip("/"), "wrong_uri", f"is for {message.uri}, not {expected.uri}"),
        (message.chain_id != expected.chain_id, "wrong_chain", f"is for chain {message.chain_id}"),
        (message.issued_at > now + _CLOCK_TOLERANCE, "not_yet_valid", "was issued in the future"),
        (message.expires_at is not None and message.expires_at <= now, "expired", "has expired"),
        (message.not_before is not None and message.not_before > now, "not_yet_valid", "is not valid yet"),
    )
    return next((Rejected(code, "sign-in", what) for applies, code, what in rules if applies), None)


def _seconds(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError) as error:
        raise Malformed("sign-in", "has an impossible time", text) from error
