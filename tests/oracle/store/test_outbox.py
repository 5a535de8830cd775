"""One batch, one nonce, one lineage of bytes."""

import threading

import pytest

from oracle.store import batches
from oracle.store.batches import BatchKind, NewBatch, NonceTaken, SignedBytes, Stage
from oracle.types import Address, ChainId, TransactionHash

SENDER = Address("0x" + "11" * 20)
TARGET = Address("0x" + "22" * 20)


def new(subject="s", sender=SENDER):
    return NewBatch(BatchKind.SETTLE, subject, ChainId(1), sender, TARGET, b"\x01", 100)


def sign(nonce):
    return SignedBytes(bytes([nonce]), TransactionHash(f"0x{nonce:064x}"), 10**30, 1)


def create(connection, chain_nonce=5, **options):
    return batches.create(connection, new(**options), chain_nonce, sign, 1.0)


def nonces(database):
    with database.reading() as connection:
        return sorted(batch.nonce for batch in batches.newest(connection))


def test_nonces_go_on_from_the_chain_and_from_the_rows(database):
    with database.writing() as connection:
        create(connection)
        create(connection)
        create(connection, chain_nonce=20)
        create(connection, chain_nonce=20)
    assert nonces(database) == [5, 6, 20, 21]


def test_everything_is_written_or_nothing(database):
    def broken(_):
        raise OSError

    with pytest.raises(OSError), database.writing() as connection:  # noqa: PT011 - any will do
        batches.create(connection, new(), 5, broken, 1.0)
    assert nonces(database) == []


def test_the_bytes_are_kept_exactly(database):
    with database.writing() as connection:
        number = create(connection)
    with database.reading() as connection:
        assert batches.bytes_of(connection, number) == [sign(5)]


def test_one_nonce_is_never_given_twice(database):
    with database.writing() as connection:
        create(connection)
        with pytest.raises(NonceTaken):
            batches.create(StaleView(connection), new("other"), 5, sign, 1.0)


class StaleView:
    """A connection on which another process's row is not visible yet."""

    def __init__(self, connection):
        self._connection = connection

    def execute(self, statement, *rest):
        if "max(" in str(statement):
            from sqlalchemy import literal, select

            return self._connection.execute(select(literal(None)))
        return self._connection.execute(statement, *rest)


def test_several_threads_leave_no_gap(database):
    def work():
        for _ in range(5):
            with database.writing() as connection:
                create(connection)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert nonces(database) == list(range(5, 25))


def test_stages_move_and_a_fork_reopens(database):
    with database.writing() as connection:
        number = create(connection)
        batches.note_sent(connection, number, 2.0, known=True)
        batches.note_mined(connection, number, 7, "0xab", 90, sign(5).hash)
        batches.note_ended(connection, number, Stage.FINAL, 3.0)
    with database.reading() as connection:
        (batch,) = batches.in_stages(connection, [Stage.FINAL])
        assert (batch.block, batch.gas_used, batch.sends, batch.ended_at) == (7, 90, 1, 3.0)
    with database.writing() as connection:
        assert batches.reopen_above(connection, 7) == 0
        assert batches.reopen_above(connection, 6) == 1
    with database.reading() as connection:
        (batch,) = batches.in_stages(connection, [Stage.SENT])
        assert (batch.block, batch.nonce) == (None, 5)
