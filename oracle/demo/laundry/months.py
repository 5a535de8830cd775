"""A month at the machine: washes as habits and chance have them, signed readings settled, fees distributed."""

import random
from collections import Counter
from collections.abc import Iterator

from oracle.chain.contracts import ROUNDS
from oracle.demo.laundry.terms import DAY, HABITS, MONTH, STAKES, TOP_UP_TO, WASHES_A_MONTH
from oracle.demo.laundry.world import Household, Life, Use, World
from oracle.domain.rounds import RoundState
from oracle.parties import agreements, round_views, rounds
from oracle.parties.module_calls import module
from oracle.types import BaseUnits, UnixTime

HALF_A_YEAR = 6
NOTE = 10_000_000
"""Deposits are whole tens."""
CHANCE = 0.15
"""How far a month's number of washes strays from the habit, at most."""
FIRST_HOUR, LAST_HOUR, HOUR = 7, 20, 3_600


def pass_month(world: World, life: Life, use: Use) -> RoundState:
    """To the end of the next month, where all is settled and the round brought to date."""
    month = life.month + 1
    if life.month and life.month % HALF_A_YEAR == 0:
        _top_up(world, life)
    washes = [(when, house, which) for house in life.households for when, which in _washes(world, life, house, use)]
    for when, house, programme in sorted(washes, key=lambda wash: wash[0]):
        life.machine.wash(house.agreement, programme, when)
        life.washed.setdefault(house.role, Counter())[programme] += 1
    bring_to_date(world, life, life.end_of(month))
    life.states.append(round_views.state_of(world.client, world.platform, life.round))
    if month % HALF_A_YEAR == 0:
        _claim(world, life)
    return life.states[-1]


def bring_to_date(world: World, life: Life, at: UnixTime) -> None:
    """In one block: every household's reading, the meter's word on the odometer, all fees down the tranches, the state
    by rule."""
    signed = [(life.tariff, life.machine.reading(house.agreement, at)) for house in life.households]
    up = life.machine.up(at)
    meters = world.platform.meters.functions
    calls = [meters.recordStatus(up.form.values(), up.signature)]
    calls.append(rounds.update_state_call(world.client, world.platform, life.round))
    world.run([world.settling(signed), *calls] if signed else calls, at)


def behind_plan(world: World, life: Life) -> int:
    """Days."""
    return round_views.standing(world.client, world.platform, life.view(world)).behind // DAY


def _claim(world: World, life: Life) -> None:
    """What positions have earned, into their holders' accounts. Anyone may."""
    client, platform = world.client, world.platform
    money = module(client, platform, ROUNDS).functions
    views = [round_views.position_view(client, platform, life.round, tranche, role.address) for role, tranche in STAKES]
    world.run([money.claim(life.round, view.tranche, view.holder) for view in views if view.claimable])


def _washes(world: World, life: Life, house: Household, use: Use) -> Iterator[tuple[UnixTime, int]]:
    """(when, programme), the same for the same seed, month and household whatever else happens."""
    month = life.month + 1
    chance = random.Random(f"{world.seed} {month} {house.role.name}")
    count = round(WASHES_A_MONTH * use.get(house.role, 1.0) * chance.uniform(1 - CHANCE, 1 + CHANCE))
    for _ in range(count):
        day = chance.randrange(MONTH // DAY)
        hour = chance.randrange(FIRST_HOUR, LAST_HOUR)
        yield UnixTime(life.end_of(month - 1) + day * DAY + hour * HOUR), chance.choices(range(3), HABITS)[0]


def _top_up(world: World, life: Life) -> None:
    """Each household its prepaid account, where the half-year has used it up."""
    for house in life.households:
        wanted = TOP_UP_TO - world.balance(house.role)
        if wanted > 0:
            units = BaseUnits(-(-wanted // NOTE) * NOTE)
            world.mint(house.role, units)
            agreements.top_up(world.wallet(house.role), world.currency, units, house.agreement)
