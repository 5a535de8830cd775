"""What the kill runs have found, each as a short story."""

from oracle.store import batches


def test_what_is_final_is_not_settled_again_before_the_index_has_read_its_block(world, start_oracle):
    """The confirming cycle saw the receipt, the index had not read the block: the same reading was due once more."""
    hire, oracle = world.hire(), start_oracle()
    oracle.post(hire.use(100))
    oracle.cycle("settle")
    world.mine(blocks=3)
    oracle.cycle("confirm", "settle", "confirm", "settle")
    with oracle.database.reading() as connection:
        assert len(batches.newest(connection)) == 1
    oracle.settle()
    assert world.state(hire).settled == 100
