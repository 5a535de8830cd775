"""A machine in a process of its own (`cise device run --json`): orders in, one report a turn out."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from oracle.demo.processes import Child, wait_until
from oracle.errors import Fatal

TURN_SECONDS = 60.0
LAST_LINES_SECONDS = 10.0
REMEDY = "Look at its log."
_SILENT: Mapping[str, Any] = {
    "level": 0,
    "rpm": 0,
    "torqueMillinewtonMetres": 0,
    "temperatureMillicelsius": None,
    "vibrationMicrometresPerSecond": 0,
    "charge": "0",
    "chargeLimit": "0",
    "stopReason": None,
}


@dataclass(frozen=True, slots=True)
class Turn:
    """The latest the machine has said. Amounts in base units."""

    count: int
    level: int
    rpm: int
    torque_millinewton_metres: int
    temperature_millicelsius: int | None
    vibration_micrometres_per_second: int
    charge: int
    charge_limit: int
    stop_reason: str | None


class DeviceProcess:
    """`overrun`: by how much the machine's own charge ever exceeded its permit; must stay 0 (I-6)."""

    def __init__(self, command: Sequence[str], log_file: Path) -> None:
        self._child = Child("device", command, log_file, talks=True)
        self._turn = _turn(0, _SILENT)
        self._final: Mapping[str, Any] | None = None
        self._failure: Fatal | None = None
        self._listener = threading.Thread(target=self._listen, name="device", daemon=True)
        self.refusals: list[str] = []
        self.overrun = 0

    def __enter__(self) -> Self:
        self._child.start()
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.stop()

    @property
    def turn(self) -> Turn:
        return self._turn

    def order(self, text: str) -> None:
        try:
            self._child.input.write(text + "\n")
            self._child.input.flush()
        except (BrokenPipeError, ValueError):
            self._require_sound()
            raise Fatal("device", "takes no orders", REMEDY) from None

    def wait(self, condition: Callable[[Turn], bool], what: str, seconds: float = TURN_SECONDS) -> Turn:
        """Raises Fatal where it does not come, or the process ends, or says that it cannot go on."""
        self._until(lambda: condition(self._turn), seconds, what)
        return self._turn

    def finish(self, seconds: float = TURN_SECONDS) -> Mapping[str, Any]:
        """The final reading, signed and sent; then the machine is switched off."""
        self.order("finish")
        self._until(lambda: self._final is not None, seconds, "the final reading")
        assert self._final is not None
        self.order("quit")
        self._child.wait(seconds)
        return self._final

    def _listen(self) -> None:
        count = 0
        for line in self._child.output:
            try:
                document = json.loads(line)
                match document:
                    case {"error": told}:
                        self._failure = Fatal("device", f"{told['who']}: {told['what']}", told["remedy"] or REMEDY)
                    case {"event": "turn"}:
                        count += 1
                        self._turn = _turn(count, document)
                        self.overrun = max(self.overrun, self._turn.charge - self._turn.charge_limit)
                    case {"event": "finished"}:
                        self._final = document["reading"]
                    case {"event": "refused"}:
                        self.refusals.append(f"{document['code']}: {document['what']}")
                    case _:
                        self.refusals.append(line.strip())
            except (ValueError, KeyError, TypeError):
                self._failure = Fatal("device", f"says what nobody can read: {line.strip()}", REMEDY)

    def _until(self, ready: Callable[[], bool], seconds: float, what: str) -> None:
        def is_ready() -> bool:
            if not ready():
                self._require_sound()
            return ready()

        wait_until(is_ready, seconds, what)

    def _require_sound(self) -> None:
        """Raises Fatal in the device's own words where it has any. What it said last is heard before its end counts."""
        if not self._child.running:
            self._listener.join(LAST_LINES_SECONDS)
        if self._failure is not None:
            raise self._failure
        self._child.require_running()


def _turn(count: int, document: Mapping[str, Any]) -> Turn:
    return Turn(
        count,
        document["level"],
        document["rpm"],
        document["torqueMillinewtonMetres"],
        document["temperatureMillicelsius"],
        document["vibrationMicrometresPerSecond"],
        int(document["charge"]),
        int(document["chargeLimit"]),
        document["stopReason"],
    )
