"""A drill at work: the device's own meter, permits and loop, on the story's clock, with a bearing that can wear."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from oracle.demo.processes import wait_until
from oracle.demo.service.clock import ChainClock, PatientDoor
from oracle.device.journal import Journal
from oracle.device.machines import Machine as SimulatedMachine
from oracle.device.machines import Step, kinds
from oracle.device.meter import Meter
from oracle.device.permit_check import PermitCheck
from oracle.device.runner import Pace, Runner
from oracle.domain.bindings import PermitSigner
from oracle.domain.forms import Domains, Signed
from oracle.domain.signatures import MeterKey
from oracle.domain.statuses import Status, StatusState
from oracle.domain.tariffs import Tariff
from oracle.errors import Fatal, Rejected
from oracle.tariffs import published_tariff
from oracle.types import Address, AgreementId, AssetId, Registers, TariffId, UnixTime

HOUR_MS = 3_600_000
WORKING_DAY_MS = 8 * HOUR_MS
NIGHT_MS = 16 * HOUR_MS
PACE = Pace(step_ms=HOUR_MS // 2, reading_every_ms=10**9, permit_every_ms=0)
MOST_TURNS = 1_000
LEVEL = 2
PERMILLE = 1_000
PERMIT_SECONDS = 60.0


class Wearing:
    """A drill whose vibration grows by `wear` permille for each hour that it runs, until somebody mends it."""

    def __init__(self, drill: SimulatedMachine) -> None:
        self._drill = drill
        self._drill.level = LEVEL
        self.level = LEVEL
        self.wear = 0
        self._worn = 0

    def outcomes(self, duration_ms: int) -> Sequence[Registers]:
        return self._drill.outcomes(duration_ms)

    def run(self, ended_at_ms: int, duration_ms: int) -> Step:
        step = self._drill.run(ended_at_ms, duration_ms)
        self._worn += self.wear * duration_ms // HOUR_MS
        rough = step.sample.vibration_micrometres_per_second * (PERMILLE + self._worn) // PERMILLE
        return replace(step, sample=replace(step.sample, vibration_micrometres_per_second=rough))

    def mend(self) -> None:
        self.wear = self._worn = 0


class ServedMachine:
    """One asset with its meter; serves the agreements it is given, one after the other."""

    def __init__(
        self,
        asset: AssetId,
        key: MeterKey,
        domains: Domains,
        folder: Path,
        clock: ChainClock,
        odometer: int = 0,
        seed: int = 1,
    ) -> None:
        self.asset = asset
        self._domains, self._folder, self._clock = domains, folder, clock
        folder.mkdir(parents=True, exist_ok=True)
        self.meter = Meter(Journal(folder / "meter.journal"), key, asset, domains, odometer)
        kind = kinds()["drill"]
        self.drill = Wearing(kind.build(published_tariff(kind.tariff), seed))
        self.refusals: list[str] = []

    def serve(
        self,
        agreement: AgreementId,
        tariff: tuple[TariffId, Tariff],
        rotation_key: Address,
        appointment: Signed[PermitSigner],
        door: PatientDoor,
    ) -> None:
        """Set up for this agreement; runs only while a permit allows it."""
        self.agreement, self._door = agreement, door
        held = dict([tariff])
        journal = Journal(self._folder / "permits.journal")
        permits = PermitCheck(journal, self.asset, self._domains, rotation_key, held, self._clock)
        permits.appoint(appointment)
        self._runner = Runner(
            agreement, self.drill, self.meter, permits, held, door, self._clock, PACE, self._on_refusal
        )

    def work(self, hours: int) -> None:
        """So many hours at load level 2, eight a day, from signed reading to signed reading."""
        wait_until(self._is_permitted, PERMIT_SECONDS, f"a permit for agreement {self.agreement}")
        self._runner.start()
        goal = self.meter.odometer + hours * HOUR_MS
        evening = self.meter.odometer + WORKING_DAY_MS
        for _ in range(MOST_TURNS):
            self._runner.turn()
            if self.meter.odometer >= goal:
                break
            if self.meter.odometer >= evening:
                self._clock.sleep_ms(NIGHT_MS)
                evening += WORKING_DAY_MS
        else:
            raise Fatal("machine", f"asset {self.asset} does not get on: {self.refusals[-3:]}", "Look at the oracle.")
        self._runner.stop()
        self._runner.turn()

    def finish(self) -> None:
        """The final reading of the agreement, whose end was requested."""
        self._runner.finish()

    def up(self, now: UnixTime) -> Signed[Status]:
        """The meter's own word that the machine runs."""
        return self.meter.sign_status(now, StatusState.UP)

    def reset(self, now: UnixTime) -> Signed[Status]:
        """Says that somebody stood at the machine and gave it a new owner's rotation key."""
        return self.meter.sign_status(now, StatusState.SERVICE_RESET)

    @property
    def hours(self) -> int:
        return self.meter.odometer // HOUR_MS

    def _is_permitted(self) -> bool:
        permit, _ = self._door.permit(self.agreement)
        return permit is not None

    def _on_refusal(self, refused: Rejected) -> None:
        self.refusals.append(str(refused))
