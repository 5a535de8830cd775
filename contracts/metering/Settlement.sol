// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IUsageAgreements} from "../interfaces/IUsageAgreements.sol";
import {ReadingCodec} from "../libraries/ReadingCodec.sol";
import {TariffMath} from "../libraries/TariffMath.sol";
import {SignedForms} from "../shared/SignedForms.sol";
import {AgreementState, stateKey} from "../types/AgreementState.sol";
import {AgreementId, AssetId, SplitId, TariffId} from "../types/Identifiers.sol";
import {
    CURVE_P256,
    CURVE_SECP256K1,
    FLAG_CLOCK_NOT_SYNCHRONISED,
    FLAG_FINAL,
    Reading,
    hashReading
} from "../types/MeterForms.sol";
import {Route} from "../types/Route.sol";
import {Rates} from "../types/Tariff.sol";
import {AgreementStore} from "./AgreementStore.sol";

/// @title Turns signed cumulative readings into money: one written slot per reading, one movement per run of readings
///        whose assets share a split.
abstract contract Settlement is AgreementStore, SignedForms {
    /// Fees taken from holds and not yet moved to their split.
    struct Run {
        SplitId split;
        address currency;
        uint256 amount;
    }

    /// A group's tariff, loaded at its first known agreement.
    struct PricedTariff {
        TariffId id;
        Rates rates;
    }

    uint256 private constant CLOCK_TOLERANCE = 120;
    uint32 private constant SEQUENCE_LIMIT = 1 << 31;

    /// @inheritdoc IUsageAgreements
    function settle(bytes calldata batch) external {
        _requireBytes(batch, 0, 1);
        if (uint8(batch[0]) != ReadingCodec.VERSION) revert Agreements_UnknownVersion(uint8(batch[0]));
        Reading memory reading = ReadingCodec.allocate();
        Run memory run;
        uint256 offset = 1;
        while (offset < batch.length) offset = _settleGroup(batch, offset, reading, run);
        _payFees(run.split, run.currency, run.amount);
    }

    /// @inheritdoc IUsageAgreements
    function settleSigned(Reading calldata signed, bytes calldata signature) external {
        Reading memory reading = signed;
        TariffId tariff = _agreements[reading.agreementId].tariff;
        bytes32 key = stateKey(reading.agreementId, reading.assetId, tariff);
        AgreementState state = _states[key];
        Run memory run;
        SkipReason reason = SkipReason.UnknownAgreement;
        if (!state.isUnknown()) {
            address signer = METERS.signerOf(reading.assetId, _hashTypedDataV4(hashReading(reading)), signature);
            reason = _settleReading(reading, key, state, _rates(tariff), signer, run);
        }
        if (reason != SkipReason.None) {
            revert Agreements_ReadingRefused(reading.agreementId, reading.sequence, reason);
        }
        _payFees(run.split, run.currency, run.amount);
    }

    /// @inheritdoc IUsageAgreements
    function refill(AgreementId id) external {
        (Agreement memory agreement, bytes32 key) = _agreement(id);
        Ending memory ending = _ending(id);
        if (ending.closed) revert Agreements_AlreadyClosed(id);
        if (ending.endAt != 0) revert Agreements_RefillRefused(id, "ending");
        if (ending.suspended) revert Agreements_RefillRefused(id, "suspended");
        _refill(id, key, _states[key], _rates(agreement.tariff));
    }

    /// @inheritdoc IUsageAgreements
    function accrue(AgreementId id) external {
        (Agreement memory agreement, bytes32 key) = _agreement(id);
        Ending memory ending = _ending(id);
        if (ending.closed) revert Agreements_AlreadyClosed(id);
        Rates memory rates = _rates(agreement.tariff);
        AgreementState state = _accrue(id, key, agreement.asset, ending.endAt, rates);
        if (_wantsRefill(state, rates) && ending.endAt == 0 && !ending.suspended) _refill(id, key, state, rates);
    }

    /// @return next Offset behind the group.
    function _settleGroup(bytes calldata batch, uint256 offset, Reading memory reading, Run memory run)
        private
        returns (uint256 next)
    {
        _requireBytes(batch, offset, offset + ReadingCodec.GROUP_HEADER_BYTES);
        (uint8 kind, uint32 tariffId, uint256 count) = ReadingCodec.groupHeader(batch, offset);
        if (kind > CURVE_P256) revert Agreements_MalformedBatch(offset, batch.length);
        uint256 size = kind == CURVE_SECP256K1 ? ReadingCodec.RECORD_BYTES_SECP256K1 : ReadingCodec.RECORD_BYTES_P256;
        offset += ReadingCodec.GROUP_HEADER_BYTES;
        next = offset + count * size;
        _requireBytes(batch, offset, next);

        PricedTariff memory tariff;
        tariff.id = TariffId.wrap(tariffId);
        for (; offset < next; offset += size) {
            ReadingCodec.load(batch, offset, reading);
            SkipReason reason = _settleRecord(batch, offset, kind, reading, tariff, run);
            if (reason != SkipReason.None) emit ReadingSkipped(reading.agreementId, reading.sequence, reason);
        }
    }

    function _requireBytes(bytes calldata batch, uint256 offset, uint256 end) private pure {
        if (end > batch.length) revert Agreements_MalformedBatch(offset, batch.length);
    }

    function _settleRecord(
        bytes calldata batch,
        uint256 offset,
        uint8 kind,
        Reading memory reading,
        PricedTariff memory tariff,
        Run memory run
    ) private returns (SkipReason) {
        bytes32 key = stateKey(reading.agreementId, reading.assetId, tariff.id);
        AgreementState state = _states[key];
        if (state.isUnknown()) return SkipReason.UnknownAgreement;
        if (tariff.rates.currency == address(0)) tariff.rates = _rates(tariff.id);
        bytes32 digest = _hashTypedDataV4(ReadingCodec.structHash(reading));
        address signer;
        if (kind == CURVE_SECP256K1) {
            (bytes32 r, bytes32 vs) = ReadingCodec.signature(batch, offset);
            (signer,,) = ECDSA.tryRecover(digest, r, vs);
        } else {
            // Verified by the meter registry, which needs that code anyway.
            signer = METERS.signerP256(digest, ReadingCodec.signatureP256(batch, offset));
        }
        return _settleReading(reading, key, state, tariff.rates, signer, run);
    }

    /// @dev Checks in the order of SkipReason, writes the slot, adds to the run, refills. Changes nothing when it skips.
    function _settleReading(
        Reading memory reading,
        bytes32 key,
        AgreementState state,
        Rates memory rates,
        address signer,
        Run memory run
    ) private returns (SkipReason) {
        if (reading.sequence >= SEQUENCE_LIMIT) return SkipReason.MalformedSequence;
        if (reading.sequence < state.sequence()) return SkipReason.Stale;

        uint256 endAt;
        bool isSuspended;
        if (state.isSpecial()) {
            Ending storage ending = _endings[reading.agreementId];
            if (ending.closed) return SkipReason.Closed;
            if (ending.finalAccepted && reading.sequence > state.sequence()) return SkipReason.AfterFinal;
            (endAt, isSuspended) = (ending.endAt, ending.suspended);
        }

        Route route = ASSETS.route(reading.assetId);
        if (signer == address(0) || signer != route.meter()) return SkipReason.InvalidSignature;

        if (_isAhead(reading)) return SkipReason.TooFarAhead;
        uint32 elapsed = _elapsed(reading, state, endAt);
        uint80 charge = _charge(reading, rates, elapsed);
        if (charge <= state.settled()) {
            if (reading.sequence == state.sequence()) return SkipReason.Stale;
            if (charge < state.settled()) return SkipReason.ChargeFell;
        }
        if (_isImplausible(charge, state, rates)) return SkipReason.Implausible;
        if (state.isSpecial() && reading.sequence > state.sequence()) _noteUse(reading, rates);

        uint80 taken = _takeable(state, charge);
        state = state.afterCharge(reading.sequence, elapsed, taken);
        _states[key] = state;
        emit ReadingSettled(reading.agreementId, state);
        _addToRun(run, route.split(), rates.currency, taken);

        if (endAt == 0) {
            if (!isSuspended && _wantsRefill(state, rates)) _refill(reading.agreementId, key, state, rates);
        } else if (reading.flags & FLAG_FINAL != 0) {
            _acceptFinal(reading, key, uint256(state.openedAt()) + elapsed);
        }
        return SkipReason.None;
    }

    function _isAhead(Reading memory reading) private view returns (bool) {
        return reading.time > block.timestamp + CLOCK_TOLERANCE && _isTimed(reading);
    }

    function _isTimed(Reading memory reading) private pure returns (bool) {
        return reading.flags & FLAG_CLOCK_NOT_SYNCHRONISED == 0;
    }

    /// @dev Never falls, never ahead of chain time, never past the end; without a trusted clock the last value counts.
    function _elapsed(Reading memory reading, AgreementState state, uint256 endAt)
        private
        view
        returns (uint32 elapsed)
    {
        unchecked {
            elapsed = state.lastElapsed();
            if (!_isTimed(reading)) return elapsed;
            uint256 until = reading.time < block.timestamp ? reading.time : block.timestamp;
            if (endAt != 0 && until > endAt) until = endAt;
            uint256 openedAt = state.openedAt();
            if (until > openedAt + elapsed) elapsed = uint32(until - openedAt);
        }
    }

    function _charge(Reading memory r, Rates memory rates, uint256 elapsed) private pure returns (uint80) {
        return TariffMath.capped(
            TariffMath.usageCharge(rates, r.register0, r.register1, r.register2, r.register3)
                + TariffMath.standingCharge(rates.standingPerDay, elapsed)
        );
    }

    /// @dev Cumulative since opening, so the order of readings never matters. 80 + 32 bits: no overflow.
    function _isImplausible(uint256 charge, AgreementState state, Rates memory rates) private view returns (bool) {
        unchecked {
            uint256 most =
                rates.maxChargePerHour * (block.timestamp - state.openedAt()) + rates.burst * uint256(1 hours);
            return charge * 1 hours > most;
        }
    }

    /// @dev The difference to what was settled, at most the hold; what is beyond is arrears, which nobody stores.
    function _takeable(AgreementState state, uint80 charge) private pure returns (uint80) {
        unchecked {
            uint80 due = charge - state.settled();
            return due < state.hold() ? due : state.hold();
        }
    }

    function _addToRun(Run memory run, SplitId split, address currency, uint256 amount) private {
        if (run.split != split || run.currency != currency) {
            _payFees(run.split, run.currency, run.amount);
            (run.split, run.currency, run.amount) = (split, currency, 0);
        }
        run.amount += amount;
    }

    /// @dev Only a requested end can become final; the end moves forward to the reading, so standing charges stop there.
    function _acceptFinal(Reading memory reading, bytes32 key, uint256 readAt) private {
        Ending memory ending = _ending(reading.agreementId);
        uint256 endAt = _isTimed(reading) ? readAt : block.timestamp;
        if (endAt < ending.endAt) ending.endAt = uint40(endAt);
        ending.finalAccepted = true;
        _writeEnding(reading.agreementId, key, ending);
        emit FinalReadingAccepted(reading.agreementId, reading.sequence);
    }

    /// @dev Use counts against an announcement of non-use whether it is paid or owed; completing an old reading does not.
    function _noteUse(Reading memory r, Rates memory rates) private {
        Ending storage ending = _endings[r.agreementId];
        if (ending.unusedFrom == 0 || ending.usedSince) return;
        uint256 usage = TariffMath.usageCharge(rates, r.register0, r.register1, r.register2, r.register3);
        if (usage > ending.usageAtAnnouncement) ending.usedSince = true;
    }

    /// @dev Takes the standing part up to now or the end, as far as the hold reaches; the rest is arrears like any other.
    function _accrue(AgreementId id, bytes32 key, AssetId asset, uint256 endAt, Rates memory rates)
        internal
        returns (AgreementState state)
    {
        state = _states[key];
        uint256 until = endAt != 0 && endAt < block.timestamp ? endAt : block.timestamp;
        uint256 elapsed = until - state.openedAt();
        if (elapsed <= state.lastElapsed()) return state;

        uint256 standing = TariffMath.standingCharge(rates.standingPerDay, elapsed)
            - TariffMath.standingCharge(rates.standingPerDay, state.lastElapsed());
        uint80 taken = _takeable(state, TariffMath.capped(state.settled() + standing));
        state = state.afterCharge(state.sequence(), uint32(elapsed), taken);
        _states[key] = state;
        emit StandingAccrued(id, state);
        _payFees(ASSETS.route(asset).split(), rates.currency, taken);
    }

    function _wantsRefill(AgreementState state, Rates memory rates) private pure returns (bool) {
        return uint256(state.hold()) * 2 < rates.holdTarget;
    }

    /// @dev To the target, as far as cap, balance and allowance reach. Never reverts for want of money.
    function _refill(AgreementId id, bytes32 key, AgreementState state, Rates memory rates) private {
        if (state.hold() >= rates.holdTarget) return;
        address customer = _agreements[id].customer;
        uint80 wanted = rates.holdTarget - state.hold();
        (uint80 amount, ShortReason reason, Cap memory cap) = _refillable(id, state, customer, rates.currency, wanted);
        if (amount != 0) {
            cap.spentInPeriod += amount;
            _caps[id] = cap;
            state = state.afterRefill(amount);
            _states[key] = state;
            emit HoldRefilled(id, amount, state);
            _takeIntoHold(customer, rates.currency, amount);
        }
        if (amount < wanted) emit RefillShort(id, wanted, amount, reason);
    }

    /// @return amount What cap, balance and allowance all permit, at most `wanted`.
    /// @return reason The tightest of the three (meaningful where amount < wanted).
    /// @return cap The cap of the present period, before the refill.
    function _refillable(AgreementId id, AgreementState state, address customer, address currency, uint80 wanted)
        private
        view
        returns (uint80 amount, ShortReason reason, Cap memory cap)
    {
        cap = _capNow(id, state);
        uint256 left =
            cap.period == 0 || cap.spentInPeriod >= cap.capPerPeriod ? 0 : cap.capPerPeriod - cap.spentInPeriod;
        uint256 balance = ACCOUNTS.balanceOf(customer, _id(currency));
        uint256 allowance = ACCOUNTS.allowance(customer, address(this), _id(currency));
        (uint256 least, ShortReason why) = (left, ShortReason.CapReached);
        if (OFFERS.paused()) (least, why) = (0, ShortReason.Paused);
        if (balance < least) (least, why) = (balance, ShortReason.NoBalance);
        if (allowance < least) (least, why) = (allowance, ShortReason.NoAllowance);
        amount = least < wanted ? uint80(least) : wanted;
        reason = why;
    }

    /// @dev Periods have fixed edges, counted from the opening in chain time.
    function _capNow(AgreementId id, AgreementState state) internal view returns (Cap memory cap) {
        cap = _cap(id);
        if (cap.period == 0) return cap;
        uint32 index = uint32((block.timestamp - state.openedAt()) / cap.period);
        if (index != cap.periodIndex) (cap.periodIndex, cap.spentInPeriod) = (index, 0);
    }
}
