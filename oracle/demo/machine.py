"""A simulated machine, set up as a provider would: from the chain what it must trust, from then on only HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform
from oracle.device.client import IngestClient
from oracle.device.clock import SystemClock
from oracle.device.journal import Journal
from oracle.device.machines import Machine as SimulatedMachine
from oracle.device.machines import kinds
from oracle.device.meter import Meter
from oracle.device.permit_check import PermitCheck
from oracle.device.runner import Pace, Runner
from oracle.domain.signatures import MeterKey
from oracle.domain.tariffs import Tariff
from oracle.errors import Fatal, Rejected
from oracle.parties import assets, tariffs
from oracle.tariffs import published_tariff
from oracle.types import AgreementId, AssetId, TariffId

KINDS = tuple(kinds())


@dataclass(frozen=True, slots=True)
class MachinePlan:
    """`seed`: the same seed and steps give the same samples."""

    asset: AssetId
    agreement: AgreementId
    kind: str
    key: MeterKey
    folder: Path
    door_url: str
    pace: Pace
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Machine:
    simulated: SimulatedMachine
    meter: Meter
    runner: Runner


def set_up(
    client: ChainClient, platform: Platform, plan: MachinePlan, on_refusal: Callable[[Rejected], None]
) -> Machine:
    """Raises Fatal where the asset has no meter, another meter, or nobody to sign its permits."""
    _require_own_meter(client, platform, plan)
    rotation_key = assets.rotation_key_of(client, platform, plan.asset)
    appointment = assets.appointment(client, platform, plan.asset)
    if rotation_key is None or appointment is None:
        raise Fatal(
            "device",
            f"nobody is appointed to sign permits for asset {plan.asset}",
            "Run `cise asset bind-meter` with --permit-signer and --rotation-key.",
        )
    kind = kinds()[plan.kind]
    held = _tariffs(client, platform)
    clock = SystemClock()
    plan.folder.mkdir(parents=True, exist_ok=True)
    permits = PermitCheck(
        Journal(plan.folder / "permits.journal"), plan.asset, platform.domains, rotation_key, held, clock
    )
    permits.appoint(appointment)
    meter = Meter(Journal(plan.folder / "meter.journal"), plan.key, plan.asset, platform.domains)
    simulated = kind.build(published_tariff(kind.tariff), plan.seed)
    door = IngestClient(plan.door_url)
    runner = Runner(plan.agreement, simulated, meter, permits, held, door, clock, plan.pace, on_refusal)
    return Machine(simulated, meter, runner)


def _require_own_meter(client: ChainClient, platform: Platform, plan: MachinePlan) -> None:
    bound = assets.route_of(client, platform, plan.asset).meter
    if bound != plan.key.address:
        raise Fatal(
            "device",
            f"asset {plan.asset} has the meter {bound}, not {plan.key.address}",
            "Use the key that `cise asset bind-meter` bound (--key), of the same --curve.",
        )


def _tariffs(client: ChainClient, platform: Platform) -> dict[TariffId, Tariff]:
    count = client.call(platform.tariffs.functions.tariffCount())
    return {TariffId(n): tariffs.tariff_of(client, platform, TariffId(n)) for n in range(1, count + 1)}
