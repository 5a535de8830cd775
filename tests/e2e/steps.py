"""Longer steps that several tests take."""

from __future__ import annotations

from sqlalchemy import update

from oracle.domain.batching import encode_batch, group_readings
from oracle.domain.bindings import MeterBinding, registers_hash, signer_bytes
from oracle.domain.forms import digest
from oracle.domain.signatures import MeterKey
from oracle.store.database import Database
from oracle.store.tables import leases
from oracle.types import UnixTime
from tests.e2e.world import PROVIDER, STRANGER, Hire, Machine, World


def replace_meter(world: World, machine: Machine, new: MeterKey, grade: int = 1) -> None:
    """At once, with the old key's co-signature."""
    platform, provider = world.platform, world.wallet(PROVIDER)
    epoch = world.client.call(platform.meters.functions.meterOf(machine.asset))[3]
    binding = MeterBinding(
        machine.asset,
        signer_bytes(new),
        int(new.curve),
        epoch + 1,
        0,
        registers_hash(()),
        UnixTime(0),
    )
    found = digest(platform.domains.of(binding), binding)
    function = platform.meters.functions.announceMeter(
        binding.values(), grade, new.sign(found), machine.key.sign(found)
    )
    provider.send(function)


def settle_directly(world: World, hire: Hire, amount: int) -> None:
    """Anybody may: a stranger brings the device's reading to the chain without any oracle."""
    signed = hire.use(amount)
    batch = encode_batch(group_readings([(hire.machine.tariff, signed)]))
    world.wallet(STRANGER).send(world.platform.settle(batch))


def run_out(database: Database) -> None:
    """The time of whoever leads is over."""
    with database.writing() as connection:
        connection.execute(update(leases).values(until=0.0))
