"""Which permits, starts and appointments a device takes, and what it then allows."""

import pytest

from oracle.device.permit_check import PermitRefusal, PermitRefused
from oracle.domain.forms import Domains, Signed
from oracle.domain.hashing import to_address
from oracle.domain.stop_reasons import StopReason
from tests.oracle.device.support import (
    AGREEMENT,
    NOW,
    PERMIT_KEY,
    ROTATION_KEY,
    STARTER_KEY,
    STRANGER_KEY,
    ManualClock,
    MemoryDisk,
    appointment,
    permit,
    permit_check,
    signed_permit,
    signed_start,
)
from tests.oracle.domain.support import sign

STARTER = STARTER_KEY.address


def refusal(act, *args):
    with pytest.raises(PermitRefused) as caught:
        act(*args)
    assert caught.value.code == caught.value.refusal.value
    return caught.value.refusal


def test_without_a_permit_nothing_runs():
    assert permit_check().reason_not_to_run(AGREEMENT) is StopReason.NO_PERMIT


def test_a_valid_permit_lets_the_machine_run():
    check = permit_check()
    check.accept(signed_permit())
    assert check.reason_not_to_run(AGREEMENT) is None
    assert check.permit_of(AGREEMENT) == permit()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"asset_id": 4}, PermitRefusal.OTHER_ASSET),
        ({"tariff_id": 3}, PermitRefusal.UNKNOWN_TARIFF),
        ({"valid_until": NOW - 1}, PermitRefusal.EXPIRED),
        ({"challenge": b"\x01" * 32}, PermitRefusal.WRONG_CHALLENGE),
    ],
)
def test_a_permit_for_something_else_is_refused_and_changes_nothing(changes, expected):
    check = permit_check()
    assert refusal(check.accept, signed_permit(**changes)) is expected
    assert check.permit_of(changes.get("agreement_id", AGREEMENT)) is None


def test_a_permit_signed_by_anybody_else_is_forged():
    check = permit_check()
    for key in (STRANGER_KEY, ROTATION_KEY, STARTER_KEY):
        assert refusal(check.accept, signed_permit(key)) is PermitRefusal.FORGED


def test_a_changed_or_foreign_signature_is_forged():
    check = permit_check()
    higher = Signed(permit(charge_limit=2_000_000), signed_permit().signature)
    assert refusal(check.accept, higher) is PermitRefusal.FORGED
    elsewhere = Domains(1, *(to_address(bytes([n]) * 20) for n in (1, 2, 3, 4, 5)))
    foreign = Signed(permit(), sign(permit(), PERMIT_KEY, elsewhere))
    assert refusal(check.accept, foreign) is PermitRefusal.FORGED
    assert refusal(check.accept, Signed(permit(), b"")) is PermitRefusal.FORGED


def test_a_block_below_the_last_accepted_is_refused_even_after_a_power_cut():
    disk = MemoryDisk()
    check = permit_check(disk=disk)
    check.accept(signed_permit(block_number=40))
    check.accept(signed_permit(block_number=40, charge_limit=5))
    assert refusal(check.accept, signed_permit(block_number=39)) is PermitRefusal.OLD_BLOCK
    again = permit_check(disk=MemoryDisk(disk.files), appointed=False)
    assert again.reason_not_to_run(AGREEMENT) is StopReason.NO_PERMIT
    assert refusal(again.accept, signed_permit(block_number=39)) is PermitRefusal.OLD_BLOCK
    again.accept(signed_permit(block_number=41))


def test_a_permit_expires():
    clock = ManualClock()
    check = permit_check(clock)
    check.accept(signed_permit(valid_until=NOW + 10))
    clock.sleep_ms(10_000)
    assert check.reason_not_to_run(AGREEMENT) is None
    clock.sleep_ms(1_000)
    assert check.reason_not_to_run(AGREEMENT) is StopReason.PERMIT_EXPIRED


@pytest.mark.parametrize("told", [StopReason.SUSPENDED, StopReason.ENDED, StopReason.QUARANTINED])
def test_an_expired_permit_tells_why_there_is_no_newer_one(told):
    clock = ManualClock()
    check = permit_check(clock)
    check.accept(signed_permit(valid_until=NOW))
    check.told(AGREEMENT, told)
    assert check.reason_not_to_run(AGREEMENT) is None
    clock.sleep_ms(1_000)
    assert check.reason_not_to_run(AGREEMENT) is told


def test_why_the_limit_is_not_higher_comes_from_the_oracle():
    check = permit_check()
    assert check.reason_at_limit(AGREEMENT) is StopReason.NO_BALANCE
    check.told(AGREEMENT, StopReason.CAP_REACHED)
    assert check.reason_at_limit(AGREEMENT) is StopReason.CAP_REACHED
    assert check.reason_not_to_run(AGREEMENT) is StopReason.CAP_REACHED
    check.told(AGREEMENT, None)
    assert check.reason_at_limit(AGREEMENT) is StopReason.NO_BALANCE


class TestUnsynchronisedClock:
    def check(self):
        self.clock = ManualClock(unix_ms=99_000, synchronised=False)
        return permit_check(self.clock)

    def test_a_permit_without_a_challenge_is_refused(self):
        assert refusal(self.check().accept, signed_permit()) is PermitRefusal.CHALLENGE_MISSING

    def test_only_the_devices_own_challenge_counts_and_only_once(self):
        check = self.check()
        answered = signed_permit(challenge=check.permit_challenge())
        assert refusal(check.accept, signed_permit(challenge=b"\x07" * 32)) is PermitRefusal.WRONG_CHALLENGE
        check.accept(answered)
        assert check.reason_not_to_run(AGREEMENT) is None
        assert refusal(check.accept, answered) is PermitRefusal.WRONG_CHALLENGE
        assert check.permit_challenge() != answered.form.challenge

    def test_validity_counts_from_the_challenge(self):
        check = self.check()
        challenge = check.permit_challenge()
        self.clock.sleep_ms(4_000)
        check.accept(signed_permit(challenge=challenge, valid_until=NOW + 10))
        self.clock.sleep_ms(6_000)
        assert check.reason_not_to_run(AGREEMENT) is None
        self.clock.sleep_ms(1)
        assert check.reason_not_to_run(AGREEMENT) is StopReason.PERMIT_EXPIRED

    def test_an_answer_that_took_too_long_has_expired(self):
        check = self.check()
        late = signed_permit(challenge=check.permit_challenge(), valid_until=NOW + 10)
        self.clock.sleep_ms(10_001)
        assert refusal(check.accept, late) is PermitRefusal.EXPIRED

    def test_the_standing_part_counts_by_the_permits_own_time(self):
        check = self.check()
        check.accept(signed_permit(challenge=check.permit_challenge()))
        self.clock.sleep_ms(2_500)
        assert check.charging_time_ms(permit()) == NOW * 1_000 + 2_500

    def test_a_clock_that_loses_its_time_needs_a_new_permit(self):
        check = permit_check(clock := ManualClock())
        check.accept(signed_permit())
        clock.synchronised = False
        assert check.reason_not_to_run(AGREEMENT) is StopReason.PERMIT_EXPIRED


def test_a_challenge_may_be_answered_by_a_synchronised_device_too():
    check = permit_check()
    check.accept(signed_permit(challenge=check.permit_challenge()))
    assert check.reason_not_to_run(AGREEMENT) is None
    assert check.charging_time_ms(permit()) == NOW * 1_000


def test_a_challenge_stands_until_it_is_answered():
    check = permit_check()
    assert check.permit_challenge() == check.permit_challenge()
    assert check.start_challenge() == check.start_challenge() != check.permit_challenge()


class TestSharedMachine:
    def check(self, **more):
        self.clock = ManualClock()
        check = permit_check(self.clock, **more)
        check.accept(signed_permit(starter=STARTER))
        return check

    def test_needs_the_starter(self):
        assert self.check().reason_not_to_run(AGREEMENT) is StopReason.NO_PERMIT

    def test_runs_after_a_start_until_the_session_ends(self):
        check = self.check()
        check.admit(signed_start(challenge=check.start_challenge()))
        assert check.reason_not_to_run(AGREEMENT) is None
        check.accept(signed_permit(starter=STARTER, block_number=50))
        assert check.reason_not_to_run(AGREEMENT) is None
        check.end_session(AGREEMENT)
        assert check.reason_not_to_run(AGREEMENT) is StopReason.NO_PERMIT

    def test_a_start_is_used_once(self):
        check = self.check()
        start = signed_start(challenge=check.start_challenge())
        check.admit(start)
        check.end_session(AGREEMENT)
        assert refusal(check.admit, start) is PermitRefusal.WRONG_CHALLENGE
        check.start_challenge()
        assert refusal(check.admit, start) is PermitRefusal.WRONG_CHALLENGE

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"asset_id": 4}, PermitRefusal.OTHER_ASSET),
            ({"agreement_id": 8}, PermitRefusal.NO_PERMIT),
            ({"challenge": b"\x01" * 32}, PermitRefusal.WRONG_CHALLENGE),
            ({"valid_until": NOW - 1}, PermitRefusal.EXPIRED),
            ({"key": STRANGER_KEY}, PermitRefusal.FORGED),
            ({"key": PERMIT_KEY}, PermitRefusal.FORGED),
        ],
    )
    def test_a_start_that_is_none_is_refused(self, changes, expected):
        check = self.check()
        fields = {"challenge": check.start_challenge()} | changes
        assert refusal(check.admit, signed_start(**fields)) is expected
        assert check.reason_not_to_run(AGREEMENT) is StopReason.NO_PERMIT

    def test_an_exclusive_agreement_takes_no_start(self):
        check = permit_check()
        check.accept(signed_permit())
        start = signed_start(challenge=check.start_challenge())
        assert refusal(check.admit, start) is PermitRefusal.NO_START_NEEDED

    def test_older_and_newer_agreements_run_side_by_side(self):
        check = self.check()
        check.accept(signed_permit(agreement_id=9, starter=STARTER, opened_at=NOW - 5))
        check.accept(signed_permit(starter=STARTER))
        check.admit(signed_start(challenge=check.start_challenge()))
        assert check.reason_not_to_run(AGREEMENT) is None


def test_only_the_newer_of_two_exclusive_agreements_is_served():
    disk = MemoryDisk()
    check = permit_check(disk=disk)
    check.accept(signed_permit())
    check.accept(signed_permit(agreement_id=9, opened_at=NOW - 5))
    assert check.reason_not_to_run(AGREEMENT) is StopReason.SUPERSEDED
    assert check.reason_not_to_run(9) is None
    assert refusal(check.accept, signed_permit()) is PermitRefusal.SUPERSEDED
    again = permit_check(disk=MemoryDisk(disk.files), appointed=False)
    assert refusal(again.accept, signed_permit()) is PermitRefusal.SUPERSEDED


class TestAppointment:
    def test_without_one_no_permit_is_taken(self):
        check = permit_check(appointed=False)
        assert refusal(check.accept, signed_permit()) is PermitRefusal.NO_PERMIT_SIGNER

    def test_one_from_a_later_time_does_not_count_yet(self):
        check = permit_check(clock := ManualClock(), appointed=False)
        check.appoint(appointment(valid_from=NOW + 10))
        assert refusal(check.accept, signed_permit()) is PermitRefusal.NO_PERMIT_SIGNER
        clock.sleep_ms(10_000)
        check.accept(signed_permit())

    def test_only_the_rotation_key_appoints(self):
        check = permit_check(appointed=False)
        for key in (STRANGER_KEY, PERMIT_KEY):
            assert refusal(check.appoint, appointment(key)) is PermitRefusal.FORGED

    def test_one_for_another_asset_is_refused(self):
        assert refusal(permit_check().appoint, appointment(asset_id=4)) is PermitRefusal.OTHER_ASSET

    def test_an_earlier_epoch_is_refused(self):
        check = permit_check()
        check.appoint(appointment(epoch=2, signer=STRANGER_KEY.address))
        assert refusal(check.appoint, appointment(epoch=1)) is PermitRefusal.OLD_EPOCH
        assert refusal(check.accept, signed_permit()) is PermitRefusal.FORGED
        check.accept(signed_permit(STRANGER_KEY))

    def test_is_remembered_over_a_power_cut(self):
        disk = MemoryDisk()
        permit_check(disk=disk)
        permit_check(disk=MemoryDisk(disk.files), appointed=False).accept(signed_permit())

    def test_the_same_one_again_changes_nothing(self):
        disk = MemoryDisk()
        check = permit_check(disk=disk)
        before = dict(disk.files)
        check.appoint(appointment())
        assert disk.files == before

    def test_lapses_with_another_rotation_key(self):
        disk = MemoryDisk()
        permit_check(disk=disk)
        sold = permit_check(disk=MemoryDisk(disk.files), appointed=False, rotation_key=STRANGER_KEY.address)
        assert refusal(sold.accept, signed_permit()) is PermitRefusal.NO_PERMIT_SIGNER


def test_many_permits_do_not_fill_the_disk(monkeypatch):
    monkeypatch.setattr("oracle.device.permit_check.COMPACT_AT_BYTES", 2_000)
    disk = MemoryDisk()
    check = permit_check(disk=disk)
    for block in range(40, 140):
        check.accept(signed_permit(block_number=block))
    assert max(len(data) for data in disk.files.values()) < 2_500
    again = permit_check(disk=MemoryDisk(disk.files), appointed=False)
    assert refusal(again.accept, signed_permit(block_number=138)) is PermitRefusal.OLD_BLOCK
    again.accept(signed_permit(block_number=139))
