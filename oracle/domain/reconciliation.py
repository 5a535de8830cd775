"""Does a reading follow from the one before it and from its own telemetry?

The chain enforces that a charge never falls; here every register, the odometer and the time are watched. A well-signed
reading that contradicts itself is quarantined for a person to judge, not thrown away: another relayer may settle it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from oracle.domain.load_levels import LoadLevelRule
from oracle.domain.readings import Flag, Reading, name_of
from oracle.domain.telemetry import SaltedSample, Telemetry, telemetry_root
from oracle.types import ZERO_REGISTERS, Registers

MILLISECONDS = 1_000
TIME_ROUNDING_MS = 1_000
"""Readings carry whole seconds, samples milliseconds."""


class QuarantineReason(StrEnum):
    REGISTERS_FALL = "registers_fall"
    ODOMETER_FALLS = "odometer_falls"
    TIME_FALLS = "time_falls"
    SEQUENCE_REUSED = "sequence_reused"
    TELEMETRY_ROOT_MISMATCH = "telemetry_root_mismatch"
    REGISTERS_CONTRADICT_TELEMETRY = "registers_contradict_telemetry"
    ODOMETER_BEHIND_REGISTERS = "odometer_behind_registers"
    SAMPLES_OVERLAP = "samples_overlap"
    SAMPLES_OUTSIDE_READING = "samples_outside_reading"


class RejectionReason(StrEnum):
    WRONG_AGREEMENT = "wrong_agreement"
    STALE_SEQUENCE = "stale_sequence"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The reading follows. `missing` readings between the two never arrived, which loses nothing."""

    missing: int = 0


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same reading once more: harmless."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Signed, but contradictory: a person decides."""

    reason: QuarantineReason
    detail: str


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """Of no use: older than what is known, or about something else."""

    reason: RejectionReason
    detail: str


Verdict = Accepted | Duplicate | Quarantined | NotAccepted


def reconcile(
    last: Reading | None,
    new: Reading,
    telemetry: Telemetry | None = None,
    rule: LoadLevelRule | None = None,
) -> Verdict:
    """Judges a well-signed reading against the last accepted one of its agreement, and, as far as they are at hand,
    against its samples and the published rule. `last` None: registers began at zero.
    """
    verdict = reconcile_readings(last, new)
    if isinstance(verdict, Accepted) and telemetry is not None:
        return reconcile_telemetry(last, new, telemetry, rule) or verdict
    return verdict


def reconcile_readings(last: Reading | None, new: Reading, odometer_registers: Sequence[int] = ()) -> Verdict:
    """The part that needs no telemetry, and all there is for a meter that sends none: nothing falls, and the odometer
    grows at least as much as the registers that the published terms say it counts (none where terms are not known).
    """
    if last is None:
        return Accepted(missing=max(new.sequence - 1, 0))
    if (last.agreement_id, last.asset_id) != (new.agreement_id, new.asset_id):
        return NotAccepted(RejectionReason.WRONG_AGREEMENT, f"{name_of(new)} after {name_of(last)}")
    if new == last:
        return Duplicate()
    if new.sequence == last.sequence:
        return Quarantined(QuarantineReason.SEQUENCE_REUSED, f"{name_of(new)} was signed with another content before")
    if new.sequence < last.sequence:
        return NotAccepted(RejectionReason.STALE_SEQUENCE, f"sequence {new.sequence} after {last.sequence}")
    for index, (before, after) in enumerate(zip(last.registers, new.registers, strict=True)):
        if after < before:
            return Quarantined(QuarantineReason.REGISTERS_FALL, f"register{index} from {before} to {after}")
    if new.odometer < last.odometer:
        return Quarantined(QuarantineReason.ODOMETER_FALLS, f"odometer from {last.odometer} to {new.odometer}")
    unknown = last.flags & Flag.CLOCK_NOT_SYNCHRONISED or new.flags & Flag.CLOCK_NOT_SYNCHRONISED
    if new.time < last.time and not unknown:
        return Quarantined(QuarantineReason.TIME_FALLS, f"time from {last.time} to {new.time}")
    counted = sum(new.registers[index] - last.registers[index] for index in odometer_registers)
    if new.odometer - last.odometer < counted:
        detail = f"odometer grew by {new.odometer - last.odometer}, registers by {counted}"
        return Quarantined(QuarantineReason.ODOMETER_BEHIND_REGISTERS, detail)
    return Accepted(missing=new.sequence - last.sequence - 1)


def reconcile_telemetry(
    last: Reading | None, new: Reading, telemetry: Telemetry, rule: LoadLevelRule | None = None
) -> Quarantined | NotAccepted | None:
    """Judges the samples of an otherwise acceptable reading; None when they agree.

    Samples must hash to the signed root, not overlap, and lie between the two readings. With a rule, registers grow by
    exactly what the samples imply, or by at least that where readings in between are missing.
    """
    about = (telemetry.agreement_id, telemetry.asset_id, telemetry.sequence)
    if about != (new.agreement_id, new.asset_id, new.sequence):
        return NotAccepted(RejectionReason.WRONG_AGREEMENT, f"telemetry of {about} for {name_of(new)}")
    samples = telemetry.samples
    root = telemetry_root(samples)
    if root != new.telemetry_root:
        return Quarantined(
            QuarantineReason.TELEMETRY_ROOT_MISMATCH,
            f"samples give {root.hex()}, signed is {new.telemetry_root.hex()}",
        )
    return _check_times(last, new, samples) or (None if rule is None else _check_growth(last, new, samples, rule))


def _check_times(last: Reading | None, new: Reading, samples: Sequence[SaltedSample]) -> Quarantined | None:
    previous_end: int | None = None
    for salted in samples:
        if previous_end is not None and salted.sample.began_at_ms < previous_end:
            detail = f"one begins at {salted.sample.began_at_ms} ms, the one before ends at {previous_end} ms"
            return Quarantined(QuarantineReason.SAMPLES_OVERLAP, detail)
        previous_end = salted.sample.ended_at_ms
    if not samples or new.flags & Flag.CLOCK_NOT_SYNCHRONISED:
        return None
    latest = new.time * MILLISECONDS + TIME_ROUNDING_MS
    if samples[-1].sample.ended_at_ms > latest:
        detail = f"ends at {samples[-1].sample.ended_at_ms} ms, reading at {new.time} s"
        return Quarantined(QuarantineReason.SAMPLES_OUTSIDE_READING, detail)
    if last is None or last.flags & Flag.CLOCK_NOT_SYNCHRONISED:
        return None
    if samples[0].sample.began_at_ms < last.time * MILLISECONDS - TIME_ROUNDING_MS:
        detail = f"begins at {samples[0].sample.began_at_ms} ms, last reading at {last.time} s"
        return Quarantined(QuarantineReason.SAMPLES_OUTSIDE_READING, detail)
    return None


def _check_growth(
    last: Reading | None, new: Reading, samples: Sequence[SaltedSample], rule: LoadLevelRule
) -> Quarantined | None:
    implied = rule.growth_of(samples)
    before = ZERO_REGISTERS if last is None else last.registers
    grown = _difference(new.registers, before)
    gap = new.sequence > (0 if last is None else last.sequence) + 1
    if grown != implied and not (gap and all(g >= i for g, i in zip(grown, implied, strict=True))):
        return Quarantined(
            QuarantineReason.REGISTERS_CONTRADICT_TELEMETRY, f"registers grew by {grown}, samples imply {implied}"
        )
    if last is not None and new.odometer - last.odometer < sum(grown):
        detail = f"odometer grew by {new.odometer - last.odometer}, registers by {sum(grown)}"
        return Quarantined(QuarantineReason.ODOMETER_BEHIND_REGISTERS, detail)
    return None


def _difference(after: Registers, before: Registers) -> Registers:
    return (after[0] - before[0], after[1] - before[1], after[2] - before[2], after[3] - before[3])
