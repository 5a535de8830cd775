"""Which permits a device accepts, and who may start it."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from oracle.device.clock import Clock
from oracle.device.journal import Journal
from oracle.domain.bindings import PermitSigner
from oracle.domain.forms import Domains, F, Signed, parse_signed
from oracle.domain.permits import Permit, Start
from oracle.domain.stop_reasons import StopReason
from oracle.domain.tariffs import Tariff
from oracle.errors import BadSignature, Rejected
from oracle.types import ZERO_ADDRESS, ZERO_BYTES32, Address, AgreementId, AssetId, Bytes32, TariffId, UnixTime

COMPACT_AT_BYTES = 64 << 10
_NO_NEW_PERMIT = frozenset({StopReason.SUSPENDED, StopReason.ENDED, StopReason.QUARANTINED})


class PermitRefusal(StrEnum):
    OTHER_ASSET = "other_asset"
    UNKNOWN_TARIFF = "unknown_tariff"
    NO_PERMIT_SIGNER = "no_permit_signer"
    FORGED = "forged"
    CHALLENGE_MISSING = "challenge_missing"
    WRONG_CHALLENGE = "wrong_challenge"
    OLD_BLOCK = "old_block"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    OLD_EPOCH = "old_epoch"
    NO_PERMIT = "no_permit"
    NO_START_NEEDED = "no_start_needed"


class PermitRefused(Rejected):
    """A permit, start or appointment that this device does not accept; `refusal` is the code as a type."""

    def __init__(self, refusal: PermitRefusal, who: str, what: str, how_much: str = "") -> None:
        self.refusal = refusal
        super().__init__(refusal.value, who, what, how_much)


@dataclass(frozen=True, slots=True)
class _Held:
    permit: Permit
    expires_monotonic_ms: int | None
    """Set where the clock was not synchronised."""


class PermitCheck:
    """The start interlock of one asset.

    The rotation key is the provider's cold one for this asset; it appoints the key that signs permits. The journal
    keeps the appointment, the last accepted block and the newest exclusive agreement over a power cut; permits
    themselves are asked for again.
    """

    def __init__(
        self,
        journal: Journal,
        asset_id: AssetId,
        domains: Domains,
        rotation_key: Address,
        tariffs: Mapping[TariffId, Tariff],
        clock: Clock,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._journal, self._asset_id, self._domains = journal, asset_id, domains
        self._rotation_key, self._tariffs, self._clock, self._random = rotation_key, tariffs, clock, random_bytes
        self._appointed: PermitSigner | None = None
        self._block, self._newest = 0, (0, 0)
        self._held: dict[AgreementId, _Held] = {}
        self._present: set[AgreementId] = set()
        self._told: dict[AgreementId, StopReason] = {}
        self._permit_challenge: tuple[Bytes32, int] | None = None
        self._start_challenge: Bytes32 | None = None
        for record in journal.records:
            if record["kind"] == "appointed":
                signed = parse_signed(PermitSigner, record["signed"])
                # The rotation key may have changed by a service reset since.
                if signed.signer(domains) == rotation_key:
                    self._appointed = signed.form
            else:
                self._block = cast(int, record["block"])
                self._newest = (cast(int, record["openedAt"]), cast(int, record["agreementId"]))

    def permit_challenge(self) -> Bytes32:
        """The outstanding challenge for permits; a permit that answers it uses it up."""
        if self._permit_challenge is None:
            self._permit_challenge = (Bytes32(self._random(32)), self._clock.monotonic_ms())
        return self._permit_challenge[0]

    def start_challenge(self) -> Bytes32:
        """The outstanding challenge that a Start must answer; accepted once."""
        if self._start_challenge is None:
            self._start_challenge = Bytes32(self._random(32))
        return self._start_challenge

    def appoint(self, signed: Signed[PermitSigner]) -> None:
        """Takes the key for permits from the rotation key's signature. Raises PermitRefused."""
        form, who = signed.form, "permit signer"
        if form.asset_id != self._asset_id:
            raise PermitRefused(PermitRefusal.OTHER_ASSET, who, f"is for asset {form.asset_id}, not {self._asset_id}")
        self._require_signed(signed, self._rotation_key, who)
        if self._appointed is not None and form.epoch < self._appointed.epoch:
            what = "belongs to an earlier epoch"
            raise PermitRefused(PermitRefusal.OLD_EPOCH, who, what, f"{form.epoch} < {self._appointed.epoch}")
        if form != self._appointed:
            self._journal.append({"kind": "appointed", "signed": signed.to_json()})
            self._appointed = form

    def accept(self, signed: Signed[Permit]) -> None:
        """Holds the permit from now on. Raises PermitRefused and then changes nothing."""
        permit = signed.form
        who = f"permit of agreement {permit.agreement_id}"
        if permit.asset_id != self._asset_id:
            what = f"is for asset {permit.asset_id}, not {self._asset_id}"
            raise PermitRefused(PermitRefusal.OTHER_ASSET, who, what)
        if permit.tariff_id not in self._tariffs:
            raise PermitRefused(PermitRefusal.UNKNOWN_TARIFF, who, f"is under tariff {permit.tariff_id}, not held here")
        self._require_signed(signed, self._signer(who), who)
        expires = self._require_fresh(permit, who)
        if permit.block_number < self._block:
            what = "names a block below the last accepted one"
            raise PermitRefused(PermitRefusal.OLD_BLOCK, who, what, f"{permit.block_number} < {self._block}")
        opened = (permit.opened_at, permit.agreement_id)
        exclusive = permit.starter == ZERO_ADDRESS
        if exclusive and opened < self._newest:
            what = f"agreement {self._newest[1]} is newer"
            raise PermitRefused(PermitRefusal.SUPERSEDED, who, what)
        self._keep(permit, opened if exclusive else self._newest)
        if permit.challenge != ZERO_BYTES32:
            self._permit_challenge = None
        self._held[permit.agreement_id] = _Held(permit, expires)
        self._told.pop(permit.agreement_id, None)

    def admit(self, signed: Signed[Start]) -> None:
        """The starter of a shared machine stands before it; holds until `end_session`. Raises PermitRefused."""
        start = signed.form
        who = f"start of agreement {start.agreement_id}"
        held = self._held.get(start.agreement_id)
        if held is None:
            raise PermitRefused(PermitRefusal.NO_PERMIT, who, "comes without a permit")
        if held.permit.starter == ZERO_ADDRESS:
            raise PermitRefused(PermitRefusal.NO_START_NEEDED, who, "the agreement is exclusive")
        if start.asset_id != self._asset_id:
            what = f"is for asset {start.asset_id}, not {self._asset_id}"
            raise PermitRefused(PermitRefusal.OTHER_ASSET, who, what)
        if self._start_challenge is None or start.challenge != self._start_challenge:
            raise PermitRefused(PermitRefusal.WRONG_CHALLENGE, who, "does not answer this device's challenge")
        if self._clock.synchronised and start.valid_until < self._now():
            late = f"{self._now() - start.valid_until} s"
            raise PermitRefused(PermitRefusal.EXPIRED, who, "has expired", late)
        self._require_signed(signed, held.permit.starter, who)
        self._start_challenge = None
        self._present.add(start.agreement_id)

    def awaits_start(self, agreement_id: AgreementId) -> bool:
        """Whether only the starter's presence is missing."""
        held = self._held.get(agreement_id)
        shared = held is not None and held.permit.starter != ZERO_ADDRESS
        return shared and agreement_id not in self._present

    def end_session(self, agreement_id: AgreementId) -> None:
        """The next session on a shared machine needs a new Start."""
        self._present.discard(agreement_id)

    def told(self, agreement_id: AgreementId, reason: StopReason | None) -> None:
        """What the oracle says about why no higher permit comes."""
        if reason is None:
            self._told.pop(agreement_id, None)
        else:
            self._told[agreement_id] = reason

    def permit_of(self, agreement_id: AgreementId) -> Permit | None:
        """The last accepted permit, expired or not."""
        held = self._held.get(agreement_id)
        return None if held is None else held.permit

    def reason_not_to_run(self, agreement_id: AgreementId) -> StopReason | None:
        """None where a valid permit (and, on a shared machine, the starter's presence) allows to run."""
        held = self._held.get(agreement_id)
        if held is None:
            return self._told.get(agreement_id, StopReason.NO_PERMIT)
        permit = held.permit
        if permit.starter == ZERO_ADDRESS and (permit.opened_at, permit.agreement_id) < self._newest:
            return StopReason.SUPERSEDED
        if self._expired(held):
            told = self._told.get(agreement_id)
            return told if told in _NO_NEW_PERMIT else StopReason.PERMIT_EXPIRED
        return StopReason.NO_PERMIT if self.awaits_start(agreement_id) else None

    def charging_time_ms(self, permit: Permit) -> int:
        """Unix milliseconds by which the standing part counts. With a clock that is not synchronised: the permit's
        issue and what has passed since its challenge was made, which is never too early.
        """
        held = self._held.get(permit.agreement_id)
        if held is None or held.expires_monotonic_ms is None:
            return self._clock.unix_ms()
        return 1_000 * permit.valid_until - held.expires_monotonic_ms + self._clock.monotonic_ms()

    def reason_at_limit(self, agreement_id: AgreementId) -> StopReason:
        """Why no further charge is allowed; what the oracle told, else the balance."""
        return self._told.get(agreement_id, StopReason.NO_BALANCE)

    def _now(self) -> UnixTime:
        return UnixTime(self._clock.unix_ms() // 1_000)

    def _signer(self, who: str) -> Address:
        appointed = self._appointed
        if appointed is None or (self._clock.synchronised and appointed.valid_from > self._now()):
            raise PermitRefused(PermitRefusal.NO_PERMIT_SIGNER, who, "no key is appointed to sign permits yet")
        return appointed.signer

    def _require_signed(self, signed: Signed[F], key: Address, who: str) -> None:
        try:
            signed.require_signer(self._domains, key)
        except BadSignature as error:
            raise PermitRefused(PermitRefusal.FORGED, who, error.what, error.how_much) from error

    def _require_fresh(self, permit: Permit, who: str) -> int | None:
        """When the permit runs out on the monotonic clock, where the other one cannot be trusted."""
        made_at: int | None = None
        if permit.challenge != ZERO_BYTES32:
            if self._permit_challenge is None or permit.challenge != self._permit_challenge[0]:
                raise PermitRefused(PermitRefusal.WRONG_CHALLENGE, who, "does not answer this device's challenge")
            made_at = self._permit_challenge[1]
        if self._clock.synchronised:
            if permit.valid_until < self._now():
                late = f"{self._now() - permit.valid_until} s"
                raise PermitRefused(PermitRefusal.EXPIRED, who, "has expired", late)
            return None
        if made_at is None:
            what = "must answer this device's challenge: its clock is not synchronised"
            raise PermitRefused(PermitRefusal.CHALLENGE_MISSING, who, what)
        expires = made_at + 1_000 * (permit.valid_until - permit.issued_at)
        if expires < self._clock.monotonic_ms():
            late = f"{self._clock.monotonic_ms() - expires} ms"
            raise PermitRefused(PermitRefusal.EXPIRED, who, "has expired since the challenge", late)
        return expires

    def _expired(self, held: _Held) -> bool:
        if held.expires_monotonic_ms is not None:
            return self._clock.monotonic_ms() > held.expires_monotonic_ms
        return not self._clock.synchronised or self._now() > held.permit.valid_until

    def _keep(self, permit: Permit, newest: tuple[int, int]) -> None:
        if (permit.block_number, newest) == (self._block, self._newest):
            return
        record = {"kind": "block", "block": permit.block_number, "openedAt": newest[0], "agreementId": newest[1]}
        self._journal.append(record)
        self._block, self._newest = permit.block_number, newest
        if self._journal.size > COMPACT_AT_BYTES:
            appointed = [kept for kept in self._journal.records if kept["kind"] == "appointed"][-1:]
            self._journal.compact([*appointed, record])
