"""Cycles look at what has changed, at what is due by time, and once in a while at everything."""

import pytest

from oracle.relay.watch import SWEEP_EVERY, Watch
from oracle.store import live
from oracle.store.database import Database
from oracle.types import AgreementId

ONE, TWO = AgreementId(1), AgreementId(2)


@pytest.fixture
def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path / 'watch.db'}")
    made.migrate()
    yield made
    made.close()


def tell(database, agreement, kind="reading", now=0.0):
    with database.writing() as connection:
        live.add(connection, now, kind, {}, agreement=agreement)


def begin(watch, database, time=0.0, now=1.0):
    with database.reading() as connection:
        return watch.begin(connection, time, now)


def test_first_everything_then_only_what_was_told_of(database):
    watch = Watch(ignored=("permit",))
    tell(database, ONE)
    assert begin(watch, database) is None
    assert begin(watch, database) == set()
    tell(database, TWO)
    tell(database, ONE, "permit")
    assert begin(watch, database) == {TWO}
    assert begin(watch, database) == set()


def test_what_is_to_be_looked_at_again_or_at_a_time_is(database):
    watch = Watch()
    begin(watch, database)
    watch.again(ONE)
    watch.at(TWO, 50.0)
    watch.at(TWO, 40.0)
    watch.at(TWO, 60.0)
    assert begin(watch, database, time=39.0) == {ONE}
    assert begin(watch, database, time=41.0) == {TWO}
    assert begin(watch, database, time=70.0) == set()


def test_a_gap_in_the_stream_and_a_quarter_of_an_hour_mean_everything(database):
    watch = Watch()
    tell(database, ONE)
    assert begin(watch, database) is None
    assert begin(watch, database, now=1.0 + SWEEP_EVERY) is None
    for _ in range(3):
        tell(database, ONE)
    with database.writing() as connection:
        live.purge(connection, live.KEPT_SECONDS + 1.0)
    assert begin(watch, database, now=2.0 + SWEEP_EVERY) is None


def test_cleaning_never_lets_numbers_begin_again(database):
    for _ in range(3):
        tell(database, ONE)
    with database.writing() as connection:
        live.purge(connection, 10 * live.KEPT_SECONDS)
        assert live.last_id(connection) == 3
    tell(database, TWO)
    with database.reading() as connection:
        assert live.last_id(connection) == 4
        assert live.told_since(connection, 3) == {TWO}
