"""Agreements, assets and tariffs are read once per checkpoint, never kept beyond it."""

from dataclasses import replace

from sqlalchemy import select, update

from oracle.store import checkpoints, read_model
from oracle.store.read_model import ReadModelCache
from oracle.store.tables import tariffs as stored_tariffs
from oracle.types import BlockNumber
from scripts.bench.read_model import fill, meters


def test_a_new_checkpoint_shows_what_changed_with_it(tmp_path):
    database, hired = fill(tmp_path, meters(2))
    cache = ReadModelCache()
    first, second = hired[0].agreement, hired[1].agreement

    def look():
        with database.reading() as connection:
            checkpoint = checkpoints.load(connection)
            assert checkpoint is not None
            return cache.get(connection, checkpoint, {first, second, 99})

    agreements, assets, tariffs = look()
    assert agreements.keys() == {first, second}
    assert assets.keys() == {agreement.asset_id for agreement in agreements.values()}
    assert tariffs.keys() == {agreement.tariff_id for agreement in agreements.values()}
    with database.writing() as connection:
        before = checkpoints.load(connection)
        assert before is not None
        read_model.save_agreements(connection, [replace(agreements[first], sequence=7)])
        checkpoints.save(connection, replace(before, number=BlockNumber(before.number + 1), hash="0x" + "22" * 32))
    assert look()[0][first].sequence == 7
    assert look()[0][second] == agreements[second]
    with database.writing() as connection:
        # After a reorganisation the same number may be another price list.
        for row in connection.execute(select(stored_tariffs)).all():
            dearer = row.terms | {"standingPerDay": "123"}
            connection.execute(update(stored_tariffs).where(stored_tariffs.c.id == row.id).values(terms=dearer))
        checkpoints.save(connection, replace(before, hash="0x" + "33" * 32))
    assert {tariff.standing_per_day for tariff in look()[2].values()} == {123}
    database.close()
