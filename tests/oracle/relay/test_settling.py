"""Readings become money: sealed by the policy, settled once, in any order and multiplicity."""

from oracle.domain.readings import Flag
from oracle.parties import agreements
from oracle.settings import SealPolicy
from oracle.store import batches
from oracle.store.batches import Stage
from tests.e2e.world import DAY, EUR, HOLD


def final_batches(oracle):
    with oracle.database.reading() as connection:
        return batches.in_stages(connection, [Stage.FINAL])


def test_readings_are_settled_to_the_last_unit(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    assert oracle.results(hire.use(1_000), hire.use(2_345)) == ["accepted", "accepted"]
    oracle.settle()
    state = world.state(hire)
    assert (state.settled, state.hold, state.sequence) == (3_345, HOLD - 3_345, 2)


def test_only_the_newest_reading_travels(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    oracle.post(*[hire.use(10) for _ in range(50)])
    oracle.settle()
    assert [batch.subject for batch in final_batches(oracle)] == ["1 readings"]
    assert world.state(hire).settled == 500


def test_any_order_and_number_of_deliveries_settles_the_same(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    one, two, three = hire.use(100), hire.use(200), hire.use(300)
    assert oracle.results(three, one) == ["accepted", "accepted"]
    assert oracle.results(one, two, three, two) == ["duplicate", "accepted", "duplicate", "duplicate"]
    oracle.settle()
    assert oracle.results(two, three, one) == ["duplicate"] * 3
    oracle.settle()
    assert world.state(hire).settled == 600
    assert len(final_batches(oracle)) == 1


def test_many_agreements_share_batches_of_the_set_size(world, start_oracle):
    hires = [world.hire() for _ in range(5)]
    oracle = start_oracle(batch_size=2)
    oracle.post(*[hire.use(100 + n) for n, hire in enumerate(hires)])
    oracle.settle()
    assert [world.state(hire).settled for hire in hires] == [100, 101, 102, 103, 104]
    assert sorted(batch.subject for batch in final_batches(oracle)) == ["1 readings", "2 readings", "2 readings"]


def test_a_session_is_settled_at_its_end_and_not_before(world, start_oracle):
    hire, oracle = world.hire(), start_oracle(seal_policy=SealPolicy.SESSION)
    oracle.post(hire.use(100, Flag.SESSION_BEGIN), hire.use(100))
    oracle.settle()
    assert world.state(hire).settled == 0
    oracle.post(hire.use(100, Flag.SESSION_END))
    oracle.settle()
    assert world.state(hire).settled == 300


def test_half_the_hold_is_settled_at_once(world, start_oracle):
    hire, oracle = world.hire(), start_oracle(seal_policy=SealPolicy.SESSION)
    oracle.post(hire.use(HOLD // 2 - 1))
    oracle.settle()
    assert world.state(hire).settled == 0
    oracle.post(hire.use(1))
    oracle.settle()
    assert world.state(hire).settled == HOLD // 2


def test_at_latest_daily(world, start_oracle):
    hire, oracle = world.hire(), start_oracle(seal_policy=SealPolicy.SESSION)
    oracle.post(hire.use(100))
    oracle.settle()
    assert world.state(hire).settled == 0
    world.mine(seconds=DAY)
    oracle.settle()
    assert world.state(hire).settled == 100


def test_arrears_are_completed_after_a_top_up(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    oracle.post(hire.use(HOLD + 250_000))
    oracle.settle()
    assert (world.state(hire).settled, world.state(hire).hold) == (HOLD, 0)
    world.give(6, 2 * EUR)
    oracle.settle()
    state = world.state(hire)
    assert (state.sequence, state.settled) == (1, HOLD + 250_000)
    assert state.hold == HOLD - 250_000


def test_arrears_are_completed_although_a_newer_reading_waits(world, start_oracle):
    """Under the session policy nothing else would send the newer one: the permit would never come back."""
    hire, oracle = world.hire(), start_oracle(seal_policy=SealPolicy.SESSION)
    oracle.post(hire.use(HOLD + 10))
    oracle.settle()
    oracle.post(hire.use(5))
    world.give(6, 2 * EUR)
    oracle.settle()
    assert world.state(hire).settled == HOLD + 15
    assert oracle.get(f"/v1/agreements/{hire.agreement}/permit").json()["permit"] is not None


def test_a_final_reading_ends_an_ending_agreement(world, start_oracle):
    hire, oracle = world.hire(), start_oracle(seal_policy=SealPolicy.SESSION)
    agreements.end(world.wallet(6), hire.agreement)
    world.mine(seconds=2)
    oracle.cycle("index")
    assert oracle.results(hire.use(70, Flag.FINAL)) == ["accepted"]
    oracle.settle()
    assert world.state(hire).final_accepted
    assert oracle.post(hire.use(1))[0]["reason"] == "after_final"
    agreements.close(world.wallet(6), hire.agreement)
    oracle.settle()
    assert oracle.post(hire.use(1))[0]["reason"] == "agreement_closed"
    assert world.state(hire).settled == 70


def test_what_the_chain_skips_is_not_sent_again(world, start_oracle):
    """A meter is replaced between acceptance and settlement: the old key's reading is skipped on chain."""
    from oracle.domain.signatures import SigningKey
    from tests.e2e.steps import replace_meter

    hire, oracle = world.hire(), start_oracle()
    oracle.post(hire.use(100))
    replace_meter(world, hire.machine, SigningKey(b"\x77" * 32))
    for _ in range(4):
        oracle.cycle("confirm", "settle", "index")
    assert world.state(hire).settled == 0
    with oracle.database.reading() as connection:
        assert len(batches.newest(connection)) == 1
