"""The loop that ties machine, meter and permits together, in real time or on a clock of the caller's.

stopped ──permit allows and somebody started──▶ running ──limit, expiry, end, fault, local stop──▶ stopped
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from oracle.device.client import IngestClient
from oracle.device.clock import Clock
from oracle.device.delivery import deliver
from oracle.device.limit import MILLISECONDS, longest_step_ms
from oracle.device.machines import Machine, Step
from oracle.device.meter import Meter
from oracle.device.permit_check import PermitCheck, PermitRefused
from oracle.device.stop_reasons import LIFTED_BY_A_PERMIT, StopReason
from oracle.domain.forms import Signed
from oracle.domain.permits import Permit
from oracle.domain.readings import NO_FLAGS, Flag
from oracle.domain.tariffs import Tariff, charge
from oracle.domain.telemetry import Sample
from oracle.errors import Rejected, Retryable
from oracle.types import AgreementId, BaseUnits, Seconds, TariffId, UnixTime


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a step is, the shortest one worth running, how often readings are signed and permits asked for."""

    step_ms: int = 1_000
    shortest_step_ms: int = 50
    reading_every_ms: int = 10_000
    permit_every_ms: int = 2_000


@dataclass(frozen=True, slots=True)
class Report:
    """One turn of the loop: what ran (no sample: nothing), at which level, or why not.

    `charge` is cumulative up to the end of the last step.
    """

    sample: Sample | None
    level: int
    charge: BaseUnits
    charge_limit: BaseUnits
    stop_reason: StopReason | None


def _ignore(refused: Rejected) -> None:
    """Refusals concern whoever watches; the machine goes on."""


class Runner:
    """Runs one agreement on one machine."""

    def __init__(
        self,
        agreement_id: AgreementId,
        machine: Machine,
        meter: Meter,
        permits: PermitCheck,
        tariffs: Mapping[TariffId, Tariff],
        client: IngestClient,
        clock: Clock,
        pace: Pace | None = None,
        on_refusal: Callable[[Rejected], None] = _ignore,
    ) -> None:
        self.agreement_id = agreement_id
        self._machine, self._meter, self._permits = machine, meter, permits
        self._tariffs, self._client, self._clock = tariffs, client, clock
        self._pace = Pace() if pace is None else pace
        self._on_refusal = on_refusal
        self._wanted_stop: StopReason | None = StopReason.LOCAL_STOP
        self._session_began_ms: int | None = None
        self._last_use_ms = 0
        self._busy_until_ms = 0
        self._charging_ms = 0
        self._next_reading_ms = 0
        self._next_permit_ms = 0

    def start(self) -> None:
        """Somebody wants the machine to run; it does as soon as a permit allows it."""
        self._wanted_stop = None

    def stop(self, reason: StopReason = StopReason.LOCAL_STOP) -> None:
        """Ends the session at the next turn; `start` begins another."""
        self._wanted_stop = reason

    @property
    def in_session(self) -> bool:
        return self._session_began_ms is not None

    def run(self, go_on: Callable[[], bool], on_report: Callable[[Report], None] = lambda _: None) -> None:
        """Turns until told not to go on, then ends the session and sends what it can."""
        while go_on():
            on_report(self.turn())
        self.stop()
        on_report(self.turn())
        self._exchange()

    def turn(self) -> Report:
        """Runs one step, or stands still for one; signs and sends what is due."""
        began_ms = max(self._clock.unix_ms(), self._busy_until_ms)
        duration_ms, reason = self._allowed(began_ms)
        if reason is not None:
            return self._stand(reason, began_ms)
        step = self._step(began_ms, duration_ms)
        if step.sample.ended_at_ms >= self._next_reading_ms:
            self._sign(NO_FLAGS)
            self._exchange()
        return self._report(step, None)

    def finish(self) -> None:
        """Signs the final reading of the agreement, whose end was requested before, and sends it."""
        self.stop(StopReason.ENDED)
        self._sign(Flag.FINAL | (Flag.SESSION_END if self.in_session else NO_FLAGS), StopReason.ENDED)
        self._end_session()
        self._exchange()

    def _allowed(self, now_ms: int) -> tuple[int, StopReason | None]:
        """How long the machine may run on, or why it may not."""
        reason = self._wanted_stop or self._permits.reason_not_to_run(self.agreement_id)
        permit = self._permits.permit_of(self.agreement_id)
        if reason is not None or permit is None:
            return 0, reason or StopReason.NO_PERMIT
        tariff = self._tariffs[permit.tariff_id]
        if (began_ms := self._session_began_ms) is not None:
            if tariff.session_cap and now_ms - began_ms >= tariff.session_cap * MILLISECONDS:
                return 0, StopReason.SESSION_LIMIT
            if tariff.idle_stop and now_ms - self._last_use_ms >= tariff.idle_stop * MILLISECONDS:
                return 0, StopReason.IDLE
        registers = self._meter.registers(self.agreement_id)
        charging_ms = max(self._permits.charging_time_ms(permit), self._charging_ms)
        longest = longest_step_ms(
            tariff,
            permit.charge_limit,
            registers,
            self._machine.outcomes,
            permit.opened_at,
            charging_ms,
            self._pace.step_ms,
        )
        if longest < self._pace.shortest_step_ms:
            return 0, self._permits.reason_at_limit(self.agreement_id)
        self._charging_ms = charging_ms
        return longest, None

    def _step(self, began_ms: int, duration_ms: int) -> Step:
        if not self.in_session:
            self._session_began_ms = self._last_use_ms = self._busy_until_ms = began_ms
            self._sign(Flag.SESSION_BEGIN)
            self._exchange()
        self._clock.sleep_ms(duration_ms)
        self._busy_until_ms = began_ms + duration_ms
        self._charging_ms += duration_ms
        step = self._machine.run(self._busy_until_ms, duration_ms)
        self._meter.count(self.agreement_id, step.growth, step.sample, step.odometer)
        if step.level:
            self._last_use_ms = self._busy_until_ms
        return step

    def _stand(self, reason: StopReason, now_ms: int) -> Report:
        if self.in_session:
            self._sign(Flag.SESSION_END, reason)
            self._end_session()
            self._exchange()
        if reason not in LIFTED_BY_A_PERMIT:
            self._wanted_stop = reason
        elif now_ms >= self._next_permit_ms:
            self._next_permit_ms = now_ms + self._pace.permit_every_ms
            self._exchange()
        self._clock.sleep_ms(self._pace.step_ms)
        return self._report(None, reason)

    def _end_session(self) -> None:
        self._session_began_ms = None
        self._permits.end_session(self.agreement_id)

    def _sign(self, flags: Flag, reason: StopReason | None = None) -> None:
        # In a session the last step's end counts, so that no moment of waiting adds to the standing part.
        now_ms = self._busy_until_ms if self.in_session else max(self._clock.unix_ms(), self._busy_until_ms)
        self._next_reading_ms = now_ms + self._pace.reading_every_ms
        if not self._clock.synchronised:
            flags |= Flag.CLOCK_NOT_SYNCHRONISED
        self._meter.sign_reading(self.agreement_id, UnixTime(now_ms // MILLISECONDS), flags, reason)

    def _exchange(self) -> None:
        """Sends what is pending and takes the newest permit; a door that is away is tried again later."""
        try:
            answers = deliver(self._meter, self._client, self._on_refusal)
            own = [answer for answer in answers if answer.agreement_id == self.agreement_id]
            if self._clock.synchronised and own:
                self._take(own[-1].permit, own[-1].stop_reason)
            else:
                challenge = None if self._clock.synchronised else self._permits.permit_challenge()
                self._take(*self._client.permit(self.agreement_id, challenge))
            self._take_start()
        except Retryable:
            return
        except Rejected as refused:
            self._on_refusal(refused)

    def _take(self, permit: Signed[Permit] | None, reason: StopReason | None) -> None:
        if permit is not None and permit.form != self._permits.permit_of(self.agreement_id):
            try:
                self._permits.accept(permit)
            except PermitRefused as refused:
                self._on_refusal(refused)
        self._permits.told(self.agreement_id, reason)

    def _take_start(self) -> None:
        """On a shared machine that somebody wants to run: the starter's answer, once it is there."""
        if self._wanted_stop is None and self._permits.awaits_start(self.agreement_id):
            start = self._client.start(self.agreement_id, self._permits.start_challenge())
            if start is not None:
                self._permits.admit(start)

    def _report(self, step: Step | None, reason: StopReason | None) -> Report:
        permit = self._permits.permit_of(self.agreement_id)
        sample, level = (None, 0) if step is None else (step.sample, step.level)
        if permit is None:
            return Report(sample, level, BaseUnits(0), BaseUnits(0), reason)
        registers = self._meter.registers(self.agreement_id)
        elapsed = Seconds(max(self._charging_ms // MILLISECONDS - permit.opened_at, 0))
        so_far = charge(self._tariffs[permit.tariff_id], registers, elapsed)
        return Report(sample, level, so_far, permit.charge_limit, reason)
