"""The machines: each measures, signs, keeps what the oracle has not acknowledged and sends it again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from oracle.domain.forms import digest
from oracle.domain.readings import Flag, Reading, SignedReading
from oracle.domain.tariffs import Tariff
from oracle.types import ZERO_BYTES32, UnixTime
from tests.e2e.world import Hire
from tests.helpers import plain_http
from tests.models import tariff as model

TAKEN = ("accepted", "duplicate")


class NotTaken(AssertionError):
    """The oracle refused what a device rightly sent."""


@dataclass(frozen=True)
class Measured:
    agreement: int
    sequence: int
    digest: bytes
    time: int
    registers: tuple[int, int, int, int]
    document: dict[str, Any]


@dataclass
class Device:
    hire: Hire
    tariff: Tariff
    opened_at: int
    journal: list[Measured] = field(default_factory=list)
    acknowledged: list[Measured] = field(default_factory=list)
    registers: tuple[int, int, int, int] = (0, 0, 0, 0)
    sequence: int = 0
    time: int = 0

    @property
    def agreement(self) -> int:
        return int(self.hire.agreement)

    def measure(self, use: Sequence[int], time: int) -> None:
        """The next reading, into the journal."""
        self.time = max(self.time, time)
        self.sequence += 1
        r0, r1, r2, r3 = (old + new for old, new in zip(self.registers, use, strict=True))
        self.registers = (r0, r1, r2, r3)
        reading = Reading(
            self.hire.agreement,
            self.hire.machine.asset,
            self.sequence,
            UnixTime(self.time),
            self.registers,
            sum(self.registers),
            Flag(0),
            ZERO_BYTES32,
        )
        found = digest(self.hire.world.platform.domains.of(reading), reading)
        signed = SignedReading(reading, self.hire.machine.key.sign(found))
        self.journal.append(
            Measured(self.agreement, self.sequence, bytes(found), self.time, self.registers, signed.to_json())
        )

    def take_answer(self, sequence: int, result: str, answer: dict[str, Any]) -> None:
        """Raises NotTaken."""
        if result not in TAKEN:
            raise NotTaken(f"reading {sequence} of agreement {self.agreement}: {answer}")
        self.acknowledged += [each for each in self.journal if each.sequence == sequence]
        self.journal = [each for each in self.journal if each.sequence != sequence]

    def owed(self, upto: Measured) -> int:
        """What the customer owes after a reading, by the model's fractions: never by the oracle's arithmetic."""
        prices, standing = self.tariff.price_per_million, self.tariff.standing_per_day
        return model.charge(prices, standing, upto.registers, max(upto.time - self.opened_at, 0))


class Fleet:
    def __init__(self, devices: Sequence[Device], url: str, chance: random.Random) -> None:
        self.devices = {device.agreement: device for device in devices}
        self._url = f"{url}/v1/readings"
        self._chance = chance
        self._client = plain_http.Client(timeout=5)
        self.answers: list[bytes] = []
        """Bodies since the last look for secrets."""

    def close(self) -> None:
        self._client.close()

    @property
    def acknowledged(self) -> set[tuple[int, int, bytes]]:
        return {
            (each.agreement, each.sequence, each.digest)
            for device in self.devices.values()
            for each in device.acknowledged
        }

    @property
    def pending(self) -> int:
        return sum(len(device.journal) for device in self.devices.values())

    def measure(self, count: int, time: int) -> None:
        """So many machines use something: enough to call for refills now and then."""
        for device in self._chance.sample(list(self.devices.values()), count):
            device.measure([self._chance.randrange(150_000) for _ in range(4)], time)

    def send(self) -> None:
        """Everything that is not acknowledged, in requests of one machine or of a gateway's several."""
        waiting = [device for device in self.devices.values() if device.journal]
        self._chance.shuffle(waiting)
        while waiting:
            size = self._chance.choice((1, len(waiting)))
            group, waiting = waiting[:size], waiting[size:]
            if not self._post([each for device in group for each in device.journal]):
                return

    def _post(self, readings: Sequence[Measured]) -> bool:
        try:
            answer = self._client.post(self._url, json=[each.document for each in readings])
        except httpx.TransportError:
            return False
        self.answers.append(answer.content)
        if answer.status_code == 503:
            return False
        if answer.status_code != 200:
            raise NotTaken(f"status {answer.status_code}: {answer.text}")
        for each, said in zip(readings, answer.json()["answers"], strict=True):
            self.devices[each.agreement].take_answer(each.sequence, said["result"], said)
        return True
