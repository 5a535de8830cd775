"""Agreements and assets are read once per checkpoint, never kept beyond it."""

from dataclasses import replace

from oracle.store import checkpoints, read_model
from oracle.store.read_model import ReadModelCache
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
    database.close()
