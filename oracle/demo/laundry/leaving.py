"""How customers leave, and how everybody takes their money home."""

from collections.abc import Sequence

from oracle.demo.laundry.cast import Role
from oracle.demo.laundry.world import Life, World
from oracle.parties import accounts, agreements, rounds
from oracle.types import BaseUnits


def leave(world: World, life: Life, roles: Sequence[Role]) -> None:
    """Notice, final reading, and the rest of the hold is free."""
    for house in [house for house in life.households if house.role in roles]:
        wallet = world.wallet(house.role)
        agreements.end(wallet, house.agreement)
        world.run([world.settling([(life.tariff, life.machine.reading(house.agreement, world.now(), final=True))])])
        agreements.close(wallet, house.agreement)
        settled = agreements.slot_of(world.client, world.platform, house.agreement).settled
        world.claims.equal(f"{house.role.label}'s bill is washes × prices", life.bill(house.role), settled)
        life.households.remove(house)


def go_home(world: World, life: Life, stakes: Sequence[tuple[Role, int]]) -> None:
    """Positions are burnt for the last that they earned; every free balance is withdrawn."""
    for role, tranche in stakes:
        rounds.burn(world.wallet(role), life.round, tranche)
    for role in Role:
        if (amount := world.balance(role)) > 0:
            accounts.withdraw(world.wallet(role), world.currency, BaseUnits(amount), role.address)
