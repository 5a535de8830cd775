// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IUsageAgreements} from "../interfaces/IUsageAgreements.sol";
import {ReadingCodec} from "../libraries/ReadingCodec.sol";
import {TariffMath} from "../libraries/TariffMath.sol";
import {TariffPages} from "../libraries/TariffPages.sol";
import {SignedForms} from "../shared/SignedForms.sol";
import {AgreementState, Kept, SPECIAL_SHIFT} from "../types/AgreementState.sol";
import {AgreementId, AssetId, SplitId, TariffId} from "../types/Identifiers.sol";
import {
    CURVE_P256,
    CURVE_SECP256K1,
    FLAG_CLOCK_NOT_SYNCHRONISED,
    FLAG_FINAL,
    READING_TYPEHASH,
    Reading,
    Record,
    hashReading
} from "../types/MeterForms.sol";
import {NO_ROUTE, Route} from "../types/Route.sol";
import {Rates} from "../types/Tariff.sol";
import {AgreementStore} from "./AgreementStore.sol";

uint256 constant MOST_POTS = 8;

/// @title Turns signed cumulative readings into money: one written slot per reading, one movement per batch and
///        split.
abstract contract Settlement is AgreementStore, SignedForms {
    /// Fees taken from holds and not yet moved to their splits. A pot is a split and a currency; `pot` and `amount` stand for
    /// the one that the last reading paid into, `amounts[place]` is only true of the others.
    struct Fees {
        uint256 pot;
        uint256 amount;
        uint256 place;
        uint256 count;
        uint256[MOST_POTS] pots;
        uint256[MOST_POTS] amounts;
    }

    /// What settling a batch keeps in memory: used anew for each record, so that memory does not grow with their number.
    struct Desk {
        uint256 kind;
        TariffId tariff; // of the present group
        Rates rates;
        Record reading;
        Fees fees;
    }

    uint256 private constant CLOCK_TOLERANCE = 120;
    uint32 private constant SEQUENCE_LIMIT = 1 << 31;

    /// @inheritdoc IUsageAgreements
    function settle(bytes calldata batch) external {
        uint8 version = uint8(bytes1(batch));
        if (version != ReadingCodec.VERSION) {
            _requireBytes(batch, 0, 1);
            revert Agreements_UnknownVersion(version);
        }
        Desk memory desk;
        Record memory record = desk.reading;
        (record.typehash, record.prefix, record.domainSeparator) = (READING_TYPEHASH, 0x1901, _domainSeparatorV4());
        uint256 offset = 1;
        while (offset < batch.length) offset = _settleGroup(batch, offset, desk);
        _payOut(desk.fees);
    }

    /// @inheritdoc IUsageAgreements
    function settleSigned(Reading calldata signed, bytes calldata signature) external {
        Desk memory desk;
        // Hashing refuses a field that is too large for its type.
        bytes32 digest = _hashTypedDataV4(hashReading(signed));
        ReadingCodec.copy(signed, desk.reading);
        desk.tariff = _agreements[signed.agreementId].tariff;
        Kept storage kept = _states[ReadingCodec.stateKey(signed.agreementId, signed.assetId, desk.tariff)];
        AgreementState state = kept.state;
        SkipReason reason = SkipReason.UnknownAgreement;
        if (!state.isUnknown()) {
            address signer = METERS.signerOf(signed.assetId, digest, signature);
            Route route = _signedRoute(ASSETS.route(signed.assetId), signer);
            TariffPages.load(address(TARIFFS), desk.tariff, desk.rates);
            reason = _settleReading(desk, kept, state, route);
        }
        if (reason != SkipReason.None) {
            revert Agreements_ReadingRefused(signed.agreementId, signed.sequence, reason);
        }
        _payOut(desk.fees);
    }

    /// @inheritdoc IUsageAgreements
    function refill(AgreementId id) external {
        (Agreement memory agreement, Kept storage kept) = _agreement(id);
        Ending memory ending = _ending(id);
        if (ending.closed) revert Agreements_AlreadyClosed(id);
        if (ending.endAt != 0) revert Agreements_RefillRefused(id, "ending");
        if (ending.suspended) revert Agreements_RefillRefused(id, "suspended");
        _refill(id, kept, kept.state, _rates(agreement.tariff));
    }

    /// @inheritdoc IUsageAgreements
    function accrue(AgreementId id) external {
        (Agreement memory agreement, Kept storage kept) = _agreement(id);
        Ending memory ending = _ending(id);
        if (ending.closed) revert Agreements_AlreadyClosed(id);
        Rates memory rates = _rates(agreement.tariff);
        AgreementState state = _accrue(id, kept, agreement.asset, ending.endAt, rates);
        if (_wantsRefill(state, rates) && ending.endAt == 0 && !ending.suspended) _refill(id, kept, state, rates);
    }

    /// @return next Offset behind the group.
    function _settleGroup(bytes calldata batch, uint256 offset, Desk memory desk) private returns (uint256 next) {
        _requireBytes(batch, offset, offset + ReadingCodec.GROUP_HEADER_BYTES);
        (uint8 kind, uint32 tariff, uint256 count) = ReadingCodec.groupHeader(batch, offset);
        if (kind > CURVE_P256) revert Agreements_MalformedBatch(offset, batch.length);
        uint256 size = kind == CURVE_SECP256K1 ? ReadingCodec.RECORD_BYTES_SECP256K1 : ReadingCodec.RECORD_BYTES_P256;
        // Below the length of the batch; count has 16 bits.
        unchecked {
            offset += ReadingCodec.GROUP_HEADER_BYTES;
            next = offset + count * size;
        }
        _requireBytes(batch, offset, next);

        (desk.kind, desk.tariff) = (kind, TariffId.wrap(tariff));
        // All zero where there is no such tariff; then there is no agreement under it either.
        TariffPages.load(address(TARIFFS), desk.tariff, desk.rates);
        uint256 position = ReadingCodec.positionOf(batch, offset);
        uint256 place = ReadingCodec.routes(ASSETS, position, count, size);
        // Bounds are proven above: count has 16 bits and all records lie within the batch.
        unchecked {
            for (uint256 end = position + count * size; position != end; position += size) {
                SkipReason reason = _settleRecord(position, ReadingCodec.routeAt(place), desk);
                if (uint8(reason) != 0) {
                    emit ReadingSkipped(desk.reading.agreementId, uint32(desk.reading.sequence), reason);
                }
                place += 32;
            }
        }
    }

    function _requireBytes(bytes calldata batch, uint256 offset, uint256 end) private pure {
        if (end > batch.length) revert Agreements_MalformedBatch(offset, batch.length);
    }

    function _settleRecord(uint256 position, Route route, Desk memory desk) private returns (SkipReason) {
        Record memory reading = desk.reading;
        Kept storage kept = ReadingCodec.load(position, desk.tariff, reading, _states);
        AgreementState state = kept.state;
        if (state.isUnknown()) return SkipReason.UnknownAgreement;
        route = desk.kind == CURVE_P256
            ? _signedRouteP256(route, position, reading)
            : ReadingCodec.signedRoute(route, position, reading);
        return _settleReading(desk, kept, state, route);
    }

    /// @dev P-256 is verified by the meter registry, which needs that code anyway; it has no room here.
    function _signedRouteP256(Route route, uint256 position, Record memory reading) private view returns (Route) {
        return
            _signedRoute(route, METERS.signerP256(ReadingCodec.digest(reading), ReadingCodec.signatureP256(position)));
    }

    /// @return The asset's route where its meter has signed, else zero.
    function _signedRoute(Route route, address signer) private pure returns (Route) {
        return signer != address(0) && signer == route.meter() ? route : NO_ROUTE;
    }

    /// @dev Checks in the order of SkipReason, writes the slot, adds to the fees, refills. Changes nothing when it skips.
    ///      Unchecked: times have 40 bits, amounts 80, and nothing is subtracted that was not compared; a pot adds up at most
    ///      as many charges as a transaction has records.
    /// @param route Of the reading's asset where its meter has signed, else NO_ROUTE.
    function _settleReading(Desk memory desk, Kept storage kept, AgreementState state, Route route)
        private
        returns (SkipReason)
    {
        unchecked {
            Record memory reading = desk.reading;
            uint256 sequence = reading.sequence;
            if (sequence >= SEQUENCE_LIMIT) return SkipReason.MalformedSequence;
            uint256 last = state.sequence();
            if (sequence < last) return SkipReason.Stale;
            uint256 endAt = type(uint256).max;
            if (AgreementState.unwrap(state) >> SPECIAL_SHIFT != 0) {
                SkipReason reason;
                (reason, endAt) = _checkEnding(reading, state);
                if (reason != SkipReason.None) return reason;
            }
            if (route.isNone()) return SkipReason.InvalidSignature;

            // Never falls, never runs ahead of chain time or past the end; without a trusted clock the last value counts.
            uint256 elapsed = state.lastElapsed();
            if (_isTimed(reading)) {
                uint256 until = reading.time;
                if (until > block.timestamp) {
                    if (until > block.timestamp + CLOCK_TOLERANCE) return SkipReason.TooFarAhead;
                    until = block.timestamp;
                }
                if (until > endAt) until = endAt;
                if (until > state.openedAt() + elapsed) elapsed = until - state.openedAt();
            }
            Rates memory rates = desk.rates;
            uint256 taken = TariffMath.charge(rates, reading, elapsed);
            uint256 settled = state.settled();
            if (taken <= settled) {
                if (sequence == last) return SkipReason.Stale;
                if (taken < settled) return SkipReason.ChargeFell;
            }
            // Cumulative since opening, so the order of readings never matters.
            if (taken * 1 hours > rates.maxChargePerHour * (block.timestamp - state.openedAt()) + rates.burst * 1 hours)
            {
                return SkipReason.Implausible;
            }
            // What is due, as far as the hold reaches; what is beyond is arrears, which nobody stores.
            taken -= settled;
            if (taken > state.hold()) taken = state.hold();

            state = state.afterCharge(sequence, elapsed, taken);
            kept.state = state;
            emit ReadingSettled(reading.agreementId, state);
            // The split's number above the currency's address.
            uint256 pot = Route.unwrap(route) >> 32 << 192 | rates.currency;
            Fees memory fees = desk.fees;
            if (pot != fees.pot) _turnTo(fees, pot);
            fees.amount += taken;

            if (AgreementState.unwrap(state) >> SPECIAL_SHIFT != 0) {
                _settleEnding(desk, kept, state, elapsed, sequence > last);
            } else if (state.hold() * 2 < rates.holdTarget) {
                _refill(reading.agreementId, kept, state, rates);
            }
            return SkipReason.None;
        }
    }

    /// @return reason None, unless the agreement takes no reading like this one any more.
    /// @return endAt As late as can be while no end was requested.
    function _checkEnding(Record memory reading, AgreementState state)
        private
        view
        returns (SkipReason reason, uint256 endAt)
    {
        Ending storage ending = _endings[reading.agreementId];
        if (ending.closed) return (SkipReason.Closed, 0);
        if (ending.finalAccepted && reading.sequence > state.sequence()) return (SkipReason.AfterFinal, 0);
        endAt = ending.endAt == 0 ? type(uint256).max : ending.endAt;
    }

    /// @dev What follows a reading of an agreement that is ending, suspended or announced as unused.
    /// @param isNewer Completing an old reading shows no new use.
    function _settleEnding(Desk memory desk, Kept storage kept, AgreementState state, uint256 elapsed, bool isNewer)
        private
    {
        (Record memory reading, Rates memory rates) = (desk.reading, desk.rates);
        if (isNewer) _noteUse(reading, rates);
        Ending memory ending = _ending(reading.agreementId);
        if (ending.endAt == 0) {
            if (!ending.suspended && _wantsRefill(state, rates)) _refill(reading.agreementId, kept, state, rates);
        } else if (reading.flags & FLAG_FINAL != 0) {
            // Only a requested end can become final; the end moves forward to the reading, so standing charges stop there.
            uint256 endAt = _isTimed(reading) ? state.openedAt() + elapsed : block.timestamp;
            if (endAt < ending.endAt) ending.endAt = uint40(endAt);
            ending.finalAccepted = true;
            _writeEnding(reading.agreementId, kept, ending);
            emit FinalReadingAccepted(reading.agreementId, uint32(reading.sequence));
        }
    }

    /// @dev Where all pots are in use they are paid out first: memory does not grow with the number of splits.
    function _turnTo(Fees memory fees, uint256 pot) private {
        unchecked {
            uint256 count = fees.count;
            uint256 place = 0;
            if (count != 0) {
                fees.amounts[fees.place] = fees.amount;
                while (place < count && fees.pots[place] != pot) ++place;
                if (place == MOST_POTS) {
                    _payOut(fees);
                    (place, count) = (0, 0);
                }
            }
            if (place == count) {
                (fees.pots[place], fees.amount, fees.count) = (pot, 0, count + 1);
            } else {
                fees.amount = fees.amounts[place];
            }
            (fees.pot, fees.place) = (pot, place);
        }
    }

    /// @dev Each pot in the order in which it was first paid into.
    function _payOut(Fees memory fees) private {
        unchecked {
            fees.amounts[fees.place] = fees.amount;
            uint256 count = fees.count;
            for (uint256 i = 0; i < count; ++i) {
                uint256 pot = fees.pots[i];
                _payFees(SplitId.wrap(uint64(pot >> 192)), address(uint160(pot)), fees.amounts[i]);
            }
        }
    }

    function _isTimed(Record memory reading) private pure returns (bool) {
        return reading.flags & FLAG_CLOCK_NOT_SYNCHRONISED == 0;
    }

    /// @dev The difference to what was settled, at most the hold.
    function _takeable(AgreementState state, uint256 charge) private pure returns (uint256) {
        unchecked {
            uint256 due = charge - state.settled();
            return due < state.hold() ? due : state.hold();
        }
    }

    /// @dev Use counts against an announcement of non-use whether it is paid or owed.
    function _noteUse(Record memory r, Rates memory rates) private {
        Ending storage ending = _endings[r.agreementId];
        if (ending.unusedFrom == 0 || ending.usedSince) return;
        if (TariffMath.usageCharge(rates, r) > ending.usageAtAnnouncement) ending.usedSince = true;
    }

    /// @dev Takes the standing part up to now or the end, as far as the hold reaches; the rest is arrears like any other.
    function _accrue(AgreementId id, Kept storage kept, AssetId asset, uint256 endAt, Rates memory rates)
        internal
        returns (AgreementState state)
    {
        state = kept.state;
        uint256 until = endAt != 0 && endAt < block.timestamp ? endAt : block.timestamp;
        uint256 elapsed = until - state.openedAt();
        if (elapsed <= state.lastElapsed()) return state;

        uint256 standing = TariffMath.standingCharge(rates.standingPerDay, elapsed)
            - TariffMath.standingCharge(rates.standingPerDay, state.lastElapsed());
        uint256 taken = _takeable(state, TariffMath.capped(state.settled() + standing));
        state = state.afterCharge(state.sequence(), elapsed, taken);
        kept.state = state;
        emit StandingAccrued(id, state);
        _payFees(ASSETS.route(asset).split(), _currency(rates), taken);
    }

    function _wantsRefill(AgreementState state, Rates memory rates) private pure returns (bool) {
        unchecked {
            return state.hold() * 2 < rates.holdTarget;
        }
    }

    /// @dev To the target, as far as cap, balance and allowance reach. Never reverts for want of money.
    function _refill(AgreementId id, Kept storage kept, AgreementState state, Rates memory rates) private {
        if (state.hold() >= rates.holdTarget) return;
        address customer = _agreements[id].customer;
        address currency = _currency(rates);
        uint80 wanted = uint80(rates.holdTarget - state.hold());
        (uint80 amount, ShortReason reason, Cap memory cap) = _refillable(id, state, customer, currency, wanted);
        if (amount != 0) {
            cap.spentInPeriod += amount;
            _caps[id] = cap;
            state = state.afterRefill(amount);
            kept.state = state;
            emit HoldRefilled(id, amount, state);
            _takeIntoHold(customer, currency, amount);
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
