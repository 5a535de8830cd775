"""Settlement of good readings: cumulative, idempotent, in any order (I-3, I-4), and nobody paid but the split."""

import itertools

import pytest

from oracle.domain.batching import encode_batch
from tests.fixtures.economy import EUR, HOLD_TARGET, WEALTH
from tests.helpers import clock
from tests.helpers.agreement_events import of_reading, reading_settled
from tests.helpers.events import assert_events, event
from tests.models.agreements import Purse, Skip, State, Usage


def split_account(economy, hire):
    return economy.splitter.accountOf(economy.assets.route(hire.drill.id) >> 32 & (1 << 64) - 1)


def test_a_reading_moves_its_charge_from_the_hold_to_the_split(economy, hire):
    settled = economy.use(hire, 1, 100, 10, 1)
    state = State(False, 1, hire.opened_at, 0, 124, HOLD_TARGET - 124)
    assert_events(
        settled,
        reading_settled(hire.id, state),
        event(
            "Transfer", caller=economy.agreements, sender=economy.holds_account(),
            receiver=split_account(economy, hire), id=economy.id_of(), amount=124,
        ),
    )  # fmt: skip
    assert economy.state(hire) == state
    assert economy.agreements.heldIn(economy.euro) == economy.balance(economy.holds_account()) == HOLD_TARGET - 124


def test_readings_are_cumulative(economy, hire):
    """Micropayments: a thousand uses settle in one reading at the price of one."""
    economy.use(hire, 1, 100)
    economy.use(hire, 1_001, 1_100)
    state = economy.state(hire)
    assert (state.sequence, state.settled, state.hold) == (1_001, 1_100, HOLD_TARGET - 1_100)


def test_a_free_reading_moves_only_the_sequence(economy, hire):
    settled = economy.use(hire, 7)
    assert_events(settled, reading_settled(hire.id, State(False, 7, hire.opened_at, 0, 0, HOLD_TARGET)))


def test_standing_is_charged_by_time(economy, hire):
    """I-4: settled = usage(registers) + standing(elapsed)."""
    clock.next_block_at(hire.opened_at + 1_000)
    economy.use(hire, 1, 50, time=hire.opened_at + 900)
    assert economy.state(hire) == State(False, 1, hire.opened_at, 900, 950, HOLD_TARGET - 950)


def test_anyone_relays(economy, hire):
    batch = economy.batch((hire, economy.signed(hire, 1, 500)))
    economy.agreements.settle(batch, {"from": economy.stranger})
    assert economy.state(hire).settled == 500


def test_the_free_balance_is_not_touched(economy, hire):
    """I-2: usage is paid by the hold."""
    economy.use(hire, 1, 500)
    assert economy.balance(hire.customer) == WEALTH - HOLD_TARGET


def test_the_same_reading_again_changes_nothing(economy, hire):
    """I-3, Q-6."""
    reading = economy.signed(hire, 1, 500)
    economy.settle(hire, reading)
    before = economy.state(hire)
    assert_events(economy.settle(hire, reading), *of_reading(hire.id, 1, Skip.STALE))
    assert economy.state(hire) == before


def test_the_same_reading_twice_in_a_batch_counts_once(economy, hire):
    reading = economy.signed(hire, 1, 500)
    both = economy.settle(hire, reading, reading)
    state = State(False, 1, hire.opened_at, 0, 500, HOLD_TARGET - 500)
    assert_events(both, reading_settled(hire.id, state), *of_reading(hire.id, 1, Skip.STALE), of=economy.agreements)


ORDERS = list(itertools.permutations(range(3)))


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_I3_any_order_of_the_same_readings_ends_in_the_same_state(economy, hire, order):
    readings = [economy.signed(hire, i + 1, 100 * (i + 1), odometer=i) for i in range(3)]
    for i in order:
        economy.settle(hire, readings[i])
    assert economy.state(hire) == State(False, 3, hire.opened_at, 0, 300, HOLD_TARGET - 300)


@pytest.mark.parametrize("times", [1, 2, 5])
def test_I3_any_multiplicity_of_the_same_readings_ends_in_the_same_state(economy, hire, times):
    readings = [economy.signed(hire, i + 1, 100 * (i + 1)) for i in range(3)]
    economy.settle(hire, *(reading for reading in readings for _ in range(times)))
    economy.settle(hire, *(reading for _ in range(times) for reading in reversed(readings)))
    assert economy.state(hire) == State(False, 3, hire.opened_at, 0, 300, HOLD_TARGET - 300)
    assert economy.balance(split_account(economy, hire)) == 300


def test_I3_readings_that_were_lost_lose_nothing(economy, hire):
    """Promise 2: the last replaces all before it."""
    economy.use(hire, 9, 900)
    assert_events(economy.use(hire, 3, 300), *of_reading(hire.id, 3, Skip.STALE))
    assert economy.state(hire).settled == 900


def test_I3_two_readings_of_one_sequence_settle_the_larger(economy, hire):
    """Only a broken meter signs two; whichever comes first, the state ends the same."""
    small, large = economy.signed(hire, 1, 100), economy.signed(hire, 1, 200)
    economy.settle(hire, small, large)
    first = economy.state(hire)
    economy.settle(hire, large, small)
    assert economy.state(hire) == first == State(False, 1, hire.opened_at, 0, 200, HOLD_TARGET - 200)


def test_one_charge_is_rounded_down_once(economy):
    """Three units at a third of a base unit each cost one unit, never none, however they are sliced."""
    hire = economy.hire(price_per_million=(333_334, 0, 0, 0), standing_per_day=0)
    for sequence in (1, 2, 3):
        economy.use(hire, sequence, sequence)
    assert economy.state(hire).settled == 1


def test_an_agreement_without_a_group_of_its_own_settles_among_others(economy, hire):
    other = economy.hire(economy.customers[1])
    economy.settle_bytes(economy.batch((other, economy.signed(other, 1, 5)), (hire, economy.signed(hire, 1, 6))))
    assert (economy.state(other).settled, economy.state(hire).settled) == (5, 6)


def test_an_empty_batch_does_nothing(economy):
    assert_events(economy.settle_bytes(encode_batch([])))


def test_two_relayers_at_once_charge_once(economy, hire):
    """The second finds everything settled."""
    batch = economy.batch(*((hire, economy.signed(hire, i, 10 * i)) for i in (1, 2, 3)))
    economy.agreements.settle(batch, {"from": economy.relayer})
    second = economy.agreements.settle(batch, {"from": economy.stranger})
    assert_events(second, *(e for i in (1, 2, 3) for e in of_reading(hire.id, i, Skip.STALE)))
    assert economy.state(hire).settled == 30


def test_the_model_agrees_with_the_first_settlement(economy, hire):
    model = economy.model(hire)
    settled = economy.use(hire, 1, 1_500_000)
    outcome = model.settle(
        Usage(1, hire.opened_at, (1_500_000, 0, 0, 0)), settled.timestamp, Purse(WEALTH - hire.hold, WEALTH - hire.hold)
    )
    assert_events(settled, *of_reading(hire.id, 1, outcome), of=economy.agreements)
    assert economy.state(hire) == model.state


def test_a_wealthy_customers_hold_is_back_at_its_target(economy, hire):
    economy.use(hire, 1, EUR + 1)
    assert economy.state(hire).hold == HOLD_TARGET
