"""Which of several processes on one database leads: a lease with a fencing token.

The token rises with every new holder. Whoever writes names its token in the same transaction; a process that was paused
and comes back holds an old one and is refused, however its clock stands. Time only decides how soon another may take
over, and it is the database's: PostgreSQL's own clock, for SQLite that of the one machine which its processes share.
A clock that jumps ahead costs a change of leader, one that is set back ends the lease too; neither costs a reading.
"""

import os
import socket
import time
from dataclasses import dataclass
from secrets import token_hex

from sqlalchemy import Connection, insert, select, text, update

from oracle.errors import Retryable
from oracle.store.tables import leases

RELAY = "relay"


class LeaseLost(Retryable):
    """Another process leads: nothing of this transaction may be kept."""


@dataclass(frozen=True, slots=True)
class Lease:
    name: str
    holder: str
    token: int


def new_holder() -> str:
    """Names this process: machine, process id, and a random part for several in one process."""
    return f"{socket.gethostname()[:80]}/{os.getpid()}/{token_hex(8)}"


def take(connection: Connection, name: str, holder: str, seconds: float) -> Lease | None:
    """Takes or prolongs; None where somebody else holds it. In a writing transaction."""
    now = _now(connection)
    row = connection.execute(select(leases).where(leases.c.name == name).with_for_update()).first()
    if row is None:
        connection.execute(insert(leases).values(name=name, holder=holder, token=1, until=now + seconds))
        return Lease(name, holder, 1)
    # A lease that ends later than one taken now would was taken before the clock was set back.
    runs = now < row.until <= now + seconds
    if row.holder != holder and runs and not _is_gone(row.holder):
        return None
    token = row.token + (row.holder != holder)
    values = {"holder": holder, "token": token, "until": now + seconds}
    connection.execute(update(leases).where(leases.c.name == name).values(**values))
    return Lease(name, holder, token)


def require(connection: Connection, lease: Lease) -> None:
    """Raises LeaseLost unless this lease is the newest. PostgreSQL keeps the row locked until the transaction ends."""
    query = select(leases.c.token).where(leases.c.name == lease.name).with_for_update(read=True)
    if connection.execute(query).scalar() != lease.token:
        raise LeaseLost("lease", "another process of this oracle leads now", 5)


def give_up(connection: Connection, lease: Lease) -> None:
    """Lets the next one begin at once."""
    mine = (leases.c.name == lease.name) & (leases.c.token == lease.token)
    connection.execute(update(leases).where(mine).values(until=0.0))


def _now(connection: Connection) -> float:
    if connection.dialect.name == "postgresql":
        return float(connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())
    return time.time()


def _is_gone(holder: str) -> bool:
    """Whether it was a process of this machine that has ended: then nobody needs to wait for its time to run out."""
    host, process, _ = holder.rsplit("/", 2)
    if host != socket.gethostname()[:80]:
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
