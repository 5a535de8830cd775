"""The washing machine: simulated drum, real meter. Its journal is in memory, so that one past can have two futures."""

import random
from pathlib import Path

from oracle.demo.laundry.cast import meter_key
from oracle.device.journal import Journal
from oracle.device.machines.washer import PROGRAMMES, Washer
from oracle.device.meter import Meter
from oracle.domain.forms import Domains, Signed
from oracle.domain.readings import NO_FLAGS, Flag, SignedReading
from oracle.domain.statuses import Status, StatusState
from oracle.types import AgreementId, AssetId, Registers, UnixTime

_JOURNAL = Path("meter.journal")
MILLISECONDS = 1_000


class _Memory:
    """A disk that lasts as long as this process."""

    def __init__(self, files: dict[Path, bytes]) -> None:
        self.files = files

    def read(self, path: Path) -> bytes:
        return self.files.get(path, b"")

    def append(self, path: Path, data: bytes) -> None:
        self.files[path] += data

    def truncate(self, path: Path, size: int) -> None:
        self.files[path] = self.files[path][:size]

    def replace(self, path: Path, data: bytes) -> None:
        self.files[path] = data


class WashingMachine:
    """One asset with its meter. `seed`: of the drum's trembling and of the samples' salts, so that a run can be told
    again to the byte; a meter in a cellar draws its salts from the system."""

    def __init__(self, asset: AssetId, domains: Domains, seed: int, files: dict[Path, bytes] | None = None) -> None:
        self._domains, self._seed = domains, seed
        self._disk = _Memory(files or {})
        self._drum = Washer(seed)
        self.meter = Meter(
            Journal(_JOURNAL, self._disk), meter_key(), asset, domains, random_bytes=random.Random(seed).randbytes
        )

    def twin(self) -> "WashingMachine":
        """The same machine with the same past, switched off and on again; what happens to it leaves this one alone."""
        self.meter.switch_off()
        return WashingMachine(self.meter.asset_id, self._domains, self._seed + 1, dict(self._disk.files))

    def wash(self, agreement: AgreementId, programme: int, began_at: UnixTime) -> None:
        """One cycle (0 eco, 1 cotton, 2 hot), with a sample of how it went."""
        duration = PROGRAMMES[programme].duration_ms
        self._drum.level = programme + 1
        step = self._drum.run(began_at * MILLISECONDS + duration, duration)
        self.meter.count(agreement, step.growth, step.sample, step.odometer)

    def reading(self, agreement: AgreementId, now: UnixTime, final: bool = False) -> SignedReading:
        """Signed by the meter's key, handed over, and so forgotten."""
        signed = self.meter.sign_reading(agreement, now, Flag.FINAL if final else NO_FLAGS)
        self.meter.reading_delivered(agreement, signed.reading.sequence)
        self.meter.telemetry_delivered(agreement, signed.reading.sequence)
        return signed

    def up(self, now: UnixTime) -> Signed[Status]:
        """The meter's own word that the machine runs, and how many cycles it has run."""
        status = self.meter.sign_status(now, StatusState.UP)
        self.meter.status_delivered(status.form.sequence)
        return status

    def washes(self, agreement: AgreementId) -> Registers:
        return self.meter.registers(agreement)
