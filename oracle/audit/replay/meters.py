"""MeterRegistry again: which key signs for an asset, its odometer, and who signs its permits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from oracle.audit import p256
from oracle.audit.abi import Value
from oracle.audit.replay.world import ZERO, Call, Handler, Module, NotModelled, Path, World, struct_storage
from oracle.audit.signatures import (
    ERC1271,
    METER_BINDING,
    P256,
    PERMIT_SIGNER,
    SECP256K1,
    STATUS,
    plain_signer,
    struct_hash,
)

DAY: Final = 86_400
LONGEST_WAIT: Final = 30 * DAY
CLOCK_TOLERANCE: Final = 120
SECURE_ELEMENT: Final = 2
SERVICE_RESET: Final = 4


@dataclass(slots=True)
class Meter:
    signer: bytes = ZERO
    curve: int = 0
    grade: int = 0
    epoch: int = 0
    since: int = 0


@dataclass(frozen=True, slots=True)
class Announcement:
    signer: bytes
    curve: int
    grade: int
    epoch: int
    effective_at: int
    odometer: int
    registers_hash: bytes
    title_epoch: int


@dataclass(slots=True)
class Odometer:
    sequence: int = 0
    time: int = 0
    state: int = 0
    fault_code: int = 0
    odometer: int = 0
    rate_per_day: int = 0
    since: int = 0


@dataclass(frozen=True, slots=True)
class Appointment:
    signer: bytes = ZERO
    epoch: int = 0
    valid_from: int = 0


@dataclass(slots=True)
class Keys:
    """All that the registry knows of one asset."""

    meter: Meter = field(default_factory=Meter)
    announcement: Announcement | None = None
    odometer: Odometer = field(default_factory=Odometer)
    rotation_key: bytes = ZERO
    rotation_title_epoch: int = 0
    past_rotation_keys: set[bytes] = field(default_factory=set)
    previous: Appointment = Appointment()
    latest: Appointment = Appointment()


class Meters(Module):
    CONTRACT = "MeterRegistry"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.keys: dict[int, Keys] = {}
        self.served_by: dict[bytes, int] = {}

    def handlers(self) -> dict[str, Handler]:
        return {
            "announceMeter": self.announce_meter,
            "withdrawAnnouncement": self.withdraw_announcement,
            "activate": self.activate,
            "attestGrade": self.attest_grade,
            "declareOdometerRate": self.declare_odometer_rate,
            "recordStatus": self.record_status,
            "setRotationKey": self.set_rotation_key,
            "appointPermitSigner": self.appoint_permit_signer,
        }

    def of(self, number: int) -> Keys:
        self.world.assets.known(number)
        return self.keys.setdefault(number, Keys())

    def grade_of(self, number: int) -> int:
        return self.keys[number].meter.grade if number in self.keys else 0

    def checkpoint_of(self, number: int) -> int:
        """The asset's odometer, as last recorded."""
        return self.keys[number].odometer.odometer if number in self.keys else 0

    def signer_of(self, call: Call, number: int, digest: bytes, signature: bytes) -> bytes | None:
        """The asset's present meter where it signed the digest."""
        meter = self.of(number).meter
        return self._signer(call, meter.curve, meter.signer, digest, signature)

    def _signer(self, call: Call, curve: int, meter: bytes, digest: bytes, signature: bytes) -> bytes | None:
        """Computed here for plain keys; a contract's answer is the node's word, and counted as that."""
        if curve != ERC1271:
            return plain_signer(digest, signature)
        answer = self.world.ask_contract(meter, digest, signature, call.block)
        if answer is None:
            raise NotModelled("an ERC-1271 meter, because the node does not answer for that block")
        self.world.findings.count("signatures asked of contracts (ERC-1271)")
        return meter if answer else None

    # Meters

    def announce_meter(
        self, call: Call, binding: tuple[Value, ...], grade: int, possession: bytes, old_key: bytes
    ) -> None:
        number, signer, curve, epoch, odometer, registers_hash, effective_at = binding
        self._check_owner(call, number)
        self._check_grade(call, number, grade)
        keys = self.of(number)
        self.refuse_unless(curve <= ERC1271, "not a known curve")
        self.refuse_unless(len(signer) == (64 if curve == P256 else 20), "not a key of its curve")
        signer = p256.address(signer) if curve == P256 else signer
        self.refuse_unless(signer != ZERO, "not a key of its curve")
        self.refuse_unless(epoch == keys.meter.epoch + 1, "not the next epoch")
        self.refuse_unless(signer not in self.served_by, "the key serves or served")
        self._require_signed(call, curve, signer, METER_BINDING, binding, possession)
        self._drop(call, number, keys)
        is_first = keys.meter.signer == ZERO
        if is_first:
            keys.odometer.odometer, keys.odometer.since = odometer, call.now
        self.refuse_unless(odometer >= keys.odometer.odometer, "the odometer fell")
        if is_first or old_key:
            if not is_first:
                old = keys.meter
                self._require_signed(call, old.curve, old.signer, METER_BINDING, binding, old_key)
            self._install(call, number, keys, signer, curve, grade, epoch)
            return
        earliest = call.now + self.world.agreements.longest_notice(number)
        self.refuse_unless(earliest <= effective_at <= earliest + LONGEST_WAIT, "takes effect too early or too late")
        title_epoch = self.world.assets.known(number).title_epoch
        keys.announcement = Announcement(
            signer, curve, grade, epoch, effective_at, odometer, registers_hash, title_epoch
        )
        self.emit(call, "MeterAnnounced", number, signer, epoch, curve, grade, effective_at, registers_hash)

    def withdraw_announcement(self, call: Call, number: int) -> None:
        self._check_owner(call, number)
        keys = self.of(number)
        self.refuse_unless(self._pending(number, keys) is not None, "nothing is announced")
        self._drop(call, number, keys)

    def activate(self, call: Call, number: int) -> None:
        keys = self.of(number)
        pending = self._pending(number, keys)
        self.refuse_unless(pending is not None, "nothing is announced")
        if pending is not None:
            self.refuse_unless(call.now >= pending.effective_at, "too early")
            keys.announcement = None
            self._install(call, number, keys, pending.signer, pending.curve, pending.grade, pending.epoch)

    def attest_grade(self, call: Call, number: int, epoch: int, grade: int) -> None:
        meter = self.of(number).meter
        self.refuse_unless(call.sender == self.world.assets.known(number).maker, "only the maker attests")
        self.refuse_unless(meter.signer != ZERO and meter.epoch == epoch, "not the present meter")
        self.refuse_unless(grade == SECURE_ELEMENT, "only a secure element is attested")
        meter.grade = grade
        self.emit(call, "GradeAttested", number, epoch, grade)

    # Status and odometer

    def declare_odometer_rate(self, call: Call, number: int, rate: int) -> None:
        asset = self.world.assets.known(number)
        self.refuse_unless(call.sender in (asset.owner, asset.maker), "only title owner or maker declares")
        odometer = self.of(number).odometer
        self.refuse_unless(odometer.rate_per_day == 0 and rate != 0, "a rate is declared once, and not as zero")
        odometer.rate_per_day, odometer.since = rate, call.now
        self.emit(call, "OdometerRateDeclared", number, rate)

    def record_status(self, call: Call, status: tuple[Value, ...], signature: bytes) -> None:
        number, sequence, time, state, fault_code, odometer = status
        keys = self.of(number)
        last = keys.odometer
        self.refuse_unless(keys.meter.signer != ZERO, "no meter")
        self.refuse_unless(state <= SERVICE_RESET, "no such state")
        self._require_signed(call, keys.meter.curve, keys.meter.signer, STATUS, status, signature)
        self.refuse_unless(sequence > last.sequence, "a stale status")
        self.refuse_unless(last.time <= time <= call.now + CLOCK_TOLERANCE, "the status' time is ahead, or fell")
        self._check_odometer(call, last, odometer)
        since = call.now
        if last.rate_per_day:
            unused = last.rate_per_day * (call.now - last.since) - (odometer - last.odometer) * DAY
            since = call.now - min(unused, DAY - 1) // last.rate_per_day
        keys.odometer = Odometer(sequence, time, state, fault_code, odometer, last.rate_per_day, since)
        self.emit(call, "StatusRecorded", number, sequence, time, state, fault_code, odometer)

    # Permit signers

    def set_rotation_key(self, call: Call, number: int, key: bytes, reset: tuple[Value, ...], signature: bytes) -> None:
        self._check_owner(call, number)
        keys = self.of(number)
        title_epoch = self.world.assets.known(number).title_epoch
        self.refuse_unless(key != ZERO, "no key")
        self.refuse_unless(self._rotation_key(number, keys) == ZERO, "there is a rotation key")
        self.refuse_unless(key not in keys.past_rotation_keys, "the key served before")
        if title_epoch != 0:
            self.refuse_unless(reset[0] == number and reset[3] == SERVICE_RESET, "a service reset is needed")
            self.record_status(call, reset, signature)
        keys.past_rotation_keys.add(key)
        keys.rotation_key, keys.rotation_title_epoch = key, title_epoch
        keys.previous = keys.latest = Appointment()
        self.emit(call, "RotationKeySet", number, key, title_epoch)

    def appoint_permit_signer(self, call: Call, form: tuple[Value, ...], signature: bytes) -> None:
        number, signer, epoch, valid_from = form
        keys = self.of(number)
        key = self._rotation_key(number, keys)
        self.refuse_unless(key != ZERO and signer != ZERO, "no rotation key, or no signer")
        self._require_signed(call, SECP256K1, key, PERMIT_SIGNER, form, signature)
        if self.world.assets.known(number).lienholder == self.world.collateral.address:
            self.world.collateral.check_permit_signer(number, signer)
        self.refuse_unless(epoch > keys.latest.epoch, "a stale appointment")
        if keys.latest.valid_from <= call.now:
            keys.previous = keys.latest
        keys.latest = Appointment(signer, epoch, valid_from)
        self.emit(call, "PermitSignerAppointed", number, signer, epoch, valid_from)

    def storage(self) -> Iterator[tuple[Path, Value]]:
        for signer, number in self.served_by.items():
            yield ("_servedBy", signer), number
        for number, keys in self.keys.items():
            meter, odometer, pending = keys.meter, keys.odometer, keys.announcement
            yield from struct_storage(
                ("_meters", number),
                {
                    "signer": meter.signer,
                    "curve": meter.curve,
                    "grade": meter.grade,
                    "epoch": meter.epoch,
                    "since": meter.since,
                },
            )
            yield from struct_storage(
                ("_odometers", number),
                {
                    "sequence": odometer.sequence,
                    "time": odometer.time,
                    "state": odometer.state,
                    "faultCode": odometer.fault_code,
                    "odometer": odometer.odometer,
                    "ratePerDay": odometer.rate_per_day,
                    "since": odometer.since,
                },
            )
            if pending is not None:
                yield from struct_storage(
                    ("_announcements", number, "meter"),
                    {
                        "signer": pending.signer,
                        "curve": pending.curve,
                        "grade": pending.grade,
                        "epoch": pending.epoch,
                        "effectiveAt": pending.effective_at,
                        "odometer": pending.odometer,
                        "registersHash": pending.registers_hash,
                    },
                )
                yield ("_announcements", number, "titleEpoch"), pending.title_epoch
            yield ("_rotationKeys", number, "key"), keys.rotation_key
            yield ("_rotationKeys", number, "titleEpoch"), keys.rotation_title_epoch
            for key in keys.past_rotation_keys:
                yield ("_wasRotationKey", number, key), True
            for name, appointment in (("previous", keys.previous), ("latest", keys.latest)):
                yield from struct_storage(
                    ("_permitSigners", number, name),
                    {
                        "signer": appointment.signer,
                        "epoch": appointment.epoch,
                        "validFrom": appointment.valid_from,
                    },
                )

    # Internals

    def _install(self, call: Call, number: int, keys: Keys, signer: bytes, curve: int, grade: int, epoch: int) -> None:
        self.refuse_unless(signer not in self.served_by, "the key serves or served")
        self.served_by[signer] = number
        keys.meter = Meter(signer, curve, grade, epoch, call.now)
        keys.odometer = replace(keys.odometer, sequence=0)
        self.emit(call, "MeterActivated", number, signer, epoch, curve, grade)
        self.world.assets.set_meter(call.by(self.address), number, signer, epoch)

    def _drop(self, call: Call, number: int, keys: Keys) -> None:
        if (pending := self._pending(number, keys)) is not None:
            keys.announcement = None
            self.emit(call, "AnnouncementWithdrawn", number, pending.epoch)

    def _pending(self, number: int, keys: Keys) -> Announcement | None:
        pending = keys.announcement
        live = pending is not None and pending.title_epoch == self.world.assets.known(number).title_epoch
        return pending if live else None

    def _rotation_key(self, number: int, keys: Keys) -> bytes:
        return keys.rotation_key if keys.rotation_title_epoch == self.world.assets.known(number).title_epoch else ZERO

    def _require_signed(
        self, call: Call, curve: int, signer: bytes, form: str, values: tuple[Value, ...], signature: bytes
    ) -> None:
        digest = self.domain.digest(struct_hash(form, values))
        found = self._signer(call, curve, signer, digest, signature)
        self.refuse_unless(found == signer, f"the {form.split('(')[0]} is not signed by its key")
        self.world.findings.count("signatures of meters' keys and statuses checked")

    def _check_owner(self, call: Call, number: int) -> None:
        self.refuse_unless(self.world.assets.known(number).owner == call.sender, "only the title owner does that")

    def _check_grade(self, call: Call, number: int, grade: int) -> None:
        self.refuse_unless(grade <= SECURE_ELEMENT, "no such grade")
        is_maker = call.sender == self.world.assets.known(number).maker
        self.refuse_unless(grade < SECURE_ELEMENT or is_maker, "the grade needs the maker")

    def _check_odometer(self, call: Call, last: Odometer, odometer: int) -> None:
        most = last.odometer + last.rate_per_day * (call.now - last.since) // DAY
        self.refuse_unless(last.odometer <= odometer <= most, "the odometer fell, or grew faster than it can")
