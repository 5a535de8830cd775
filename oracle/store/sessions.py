"""Sign-in: single-use nonces, and sessions under the hash of their token (a stolen database signs nobody in)."""

import hashlib

from sqlalchemy import Connection, delete, insert, select

from oracle.store.tables import sign_in_nonces, sign_in_sessions
from oracle.types import Address, Bytes32


def add_nonce(connection: Connection, nonce: str, expires_at: float) -> None:
    connection.execute(insert(sign_in_nonces).values(nonce=nonce, expires_at=expires_at))


def take_nonce(connection: Connection, nonce: str, now: float) -> bool:
    """Whether the nonce was there and in time; it is gone afterwards."""
    taken = delete(sign_in_nonces).where(sign_in_nonces.c.nonce == nonce).returning(sign_in_nonces.c.expires_at)
    row = connection.execute(taken).first()
    return row is not None and bool(row.expires_at >= now)


def add_session(connection: Connection, token: str, account: Address, now: float, expires_at: float) -> None:
    connection.execute(
        insert(sign_in_sessions).values(token_hash=_hash(token), account=account, created_at=now, expires_at=expires_at)
    )


def account_of(connection: Connection, token: str, now: float) -> Address | None:
    query = select(sign_in_sessions.c.account).where(
        sign_in_sessions.c.token_hash == _hash(token), sign_in_sessions.c.expires_at >= now
    )
    row = connection.execute(query).first()
    return None if row is None else Address(row.account)


def end_session(connection: Connection, token: str) -> None:
    connection.execute(delete(sign_in_sessions).where(sign_in_sessions.c.token_hash == _hash(token)))


def purge(connection: Connection, now: float) -> None:
    """Drops what has expired."""
    connection.execute(delete(sign_in_nonces).where(sign_in_nonces.c.expires_at < now))
    connection.execute(delete(sign_in_sessions).where(sign_in_sessions.c.expires_at < now))


def _hash(token: str) -> Bytes32:
    return Bytes32(hashlib.sha256(token.encode()).digest())
