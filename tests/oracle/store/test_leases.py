"""One process leads; a token that is not the newest writes nothing."""

import os
import socket
import subprocess
import sys
import threading
import time

import pytest
from sqlalchemy import update

from oracle.relay.lead import Leadership
from oracle.store import leases
from oracle.store.database import Database
from oracle.store.leases import LeaseLost
from oracle.store.tables import leases as table

ELSEWHERE = "another-machine/1/aa"
OTHER = "third-machine/1/bb"


def take(database, holder, seconds=10.0):
    with database.writing() as connection:
        return leases.take(connection, "relay", holder, seconds)


def set_until(database, until):
    with database.writing() as connection:
        connection.execute(update(table).values(until=until))


def may_write(database, lease):
    with database.writing() as connection:
        leases.require(connection, lease)


def test_the_first_takes_it_and_prolongs_it_the_second_waits(database):
    first = take(database, ELSEWHERE)
    assert take(database, OTHER) is None
    assert take(database, ELSEWHERE) == first
    may_write(database, first)


def test_when_the_time_is_over_another_leads_and_the_first_writes_nothing(database):
    first = take(database, ELSEWHERE)
    set_until(database, time.time() - 0.1)
    may_write(database, first)
    second = take(database, OTHER)
    assert second.token == first.token + 1
    with pytest.raises(LeaseLost):
        may_write(database, first)
    assert take(database, ELSEWHERE) is None
    may_write(database, second)


def test_a_clock_that_was_set_back_does_not_make_a_lease_eternal(database):
    take(database, ELSEWHERE)
    set_until(database, time.time() + 1_000)
    assert take(database, OTHER) is not None


def test_a_lease_that_was_given_up_is_free_at_once(database):
    first = take(database, ELSEWHERE)
    with database.writing() as connection:
        leases.give_up(connection, first)
    second = take(database, OTHER)
    with database.writing() as connection:
        leases.give_up(connection, first)
    assert take(database, ELSEWHERE) is None
    may_write(database, second)


def test_a_process_of_this_machine_that_has_died_is_not_waited_for(database):
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    take(database, f"{socket.gethostname()[:80]}/{child.pid}/aa")
    assert take(database, ELSEWHERE) is not None


def test_one_that_lives_is_waited_for(database):
    take(database, f"{socket.gethostname()[:80]}/{os.getpid()}/aa")
    assert take(database, ELSEWHERE) is None
    set_until(database, 0.0)
    take(database, f"{socket.gethostname()[:80]}/1/aa")
    assert take(database, ELSEWHERE) is None


def test_many_at_once_make_one_leader(database):
    found = []

    def work(number):
        found.append(take(database, f"machine-{number}/1/aa"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([lease for lease in found if lease is not None]) == 1


def test_what_began_under_an_old_lease_is_not_written_under_a_new_one(tmp_path):
    """Paused, overtaken, and leader again: the cycle in the middle is still the old one."""
    database = Database(f"sqlite:///{tmp_path / 'oracle.db'}")
    database.migrate()
    paused, other = Leadership(database, 30), Leadership(database, 30)
    assert paused.lead()
    set_until(database, 0.0)
    assert other.lead()
    other.give_up()
    paused._take()
    with pytest.raises(LeaseLost), database.writing() as connection:
        paused.require(connection)
    assert paused.lead()
    with database.writing() as connection:
        paused.require(connection)
    paused.give_up()
    database.close()


def test_a_lease_is_prolonged_while_its_holder_works(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'oracle.db'}")
    database.migrate()
    leader, other = Leadership(database, 1), Leadership(database, 1)
    assert leader.lead()
    leader.keep()
    ends = time.monotonic() + 2.5
    while time.monotonic() < ends:
        assert not other.lead()
        time.sleep(0.2)
    leader.give_up()
    assert other.lead()
    other.give_up()
    database.close()
