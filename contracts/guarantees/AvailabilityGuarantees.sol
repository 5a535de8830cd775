// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IAvailabilityGuarantees} from "../interfaces/IAvailabilityGuarantees.sol";
import {IMeterRegistry} from "../interfaces/IMeterRegistry.sol";
import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {ITariffBook} from "../interfaces/ITariffBook.sol";
import {IUsageAgreements} from "../interfaces/IUsageAgreements.sol";
import {Subaccounts} from "../libraries/Subaccounts.sol";
import {UptimeMath} from "../libraries/UptimeMath.sol";
import {AgreementState} from "../types/AgreementState.sol";
import {Uptime, UptimeCustomer, UptimeId, UptimePeriod, UptimeSlots, UptimeTerms} from "../types/Guarantee.sol";
import {AgreementId} from "../types/Identifiers.sol";
import {STATE_DOWN, STATE_IN_MAINTENANCE, STATE_MOVED, STATE_UP, Status} from "../types/MeterForms.sol";

/// @title Promises of uptime that pay; see IAvailabilityGuarantees.
/// @dev Has no authority: the OfferBook's pause stops new promises, nothing stops a claim. Calls only contracts of this platform,
///      all fixed at deployment; none of them calls a stranger from there but for an ERC-1271 meter, by a static call.
contract AvailabilityGuarantees is IAvailabilityGuarantees {
    uint256 private constant WHOLE = 10_000;
    uint256 private constant WORD = 256;
    uint256 private constant MOST_SLOTS = 1_024;
    uint256 private constant MOST_PERIODS = 1_200;
    uint256 private constant CLOCK_TOLERANCE = 120 seconds;

    IPrepaidAccounts private immutable ACCOUNTS;
    IAssetRegistry private immutable ASSETS;
    IMeterRegistry private immutable METERS;
    ITariffBook private immutable TARIFFS;
    IOfferBook private immutable OFFERS;
    IUsageAgreements private immutable AGREEMENTS;

    /// @inheritdoc IAvailabilityGuarantees
    uint64 public uptimeCount;
    mapping(UptimeId => Uptime) private _uptimes;
    mapping(UptimeId => mapping(uint256 period => UptimePeriod)) private _periods;
    mapping(UptimeId => mapping(uint256 period => mapping(uint256 word => UptimeSlots))) private _slots;
    mapping(UptimeId => mapping(AgreementId => UptimeCustomer)) private _customers;
    mapping(UptimeId => mapping(uint256 period => mapping(AgreementId => uint80))) private _charges;

    constructor(
        IPrepaidAccounts accounts,
        IAssetRegistry assets,
        IMeterRegistry meters,
        ITariffBook tariffs,
        IOfferBook offers,
        IUsageAgreements agreements
    ) {
        ACCOUNTS = accounts;
        ASSETS = assets;
        METERS = meters;
        TARIFFS = tariffs;
        OFFERS = offers;
        AGREEMENTS = agreements;
    }

    // Entry

    /// @inheritdoc IAvailabilityGuarantees
    function give(UptimeTerms calldata terms, uint80 bond) external returns (UptimeId id) {
        if (OFFERS.paused()) revert Uptime_Paused();
        if (ASSETS.lifecycleOf(terms.asset) == IAssetRegistry.Lifecycle.Retired) {
            revert Uptime_AssetRetired(terms.asset);
        }
        _checkTerms(terms);
        _checkRange("bond", bond, 1, type(uint80).max);
        id = UptimeId.wrap(++uptimeCount);
        Uptime storage made = _uptimes[id];
        made.terms = terms;
        (made.guarantor, made.bond) = (msg.sender, bond);
        emit UptimePromised(id, terms.asset, msg.sender, terms, bond);
        _takeIn(id, terms.currency, bond);
    }

    // Guarantor

    /// @inheritdoc IAvailabilityGuarantees
    function announceMaintenance(UptimeId id, uint16 period, uint16 first, uint16 slots) external {
        Uptime storage given = _known(id);
        _checkGuarantor(id, given);
        _checkPeriod(id, given, period);
        uint256 end = uint256(first) + slots;
        _checkRange("slots", end, uint256(first) + 1, given.terms.slotsPerPeriod);
        uint256 from = _beginOf(given.terms, period) + uint256(first) * given.terms.heartbeat;
        if (from <= block.timestamp) revert Uptime_NotAhead(id, from, block.timestamp);

        uint256 added;
        for (uint256 word = first / WORD; word * WORD < end; ++word) {
            uint256 mask = _maskOf(word, end) & ~_maskOf(word, first);
            UptimeSlots storage bits = _slots[id][period][word];
            added += UptimeMath.ones(mask & ~bits.maintenance);
            bits.maintenance |= mask;
        }
        uint256 announced = _periods[id][period].maintenance + added;
        if (announced > given.terms.mostMaintenance) {
            revert Uptime_TooMuchMaintenance(id, announced, given.terms.mostMaintenance);
        }
        // At most a period's slots.
        // forge-lint: disable-next-line(unsafe-typecast)
        _periods[id][period].maintenance = uint16(announced);
        emit MaintenanceAnnounced(id, period, first, slots);
    }

    /// @inheritdoc IAvailabilityGuarantees
    function release(UptimeId id, uint256 amount) external {
        Uptime storage given = _known(id);
        _checkGuarantor(id, given);
        if (amount == 0) revert Uptime_ZeroAmount(id);
        uint256 free = freeBondOf(id);
        if (given.settled < given.terms.periods) free = free > given.bond ? free - given.bond : 0;
        if (amount > free) revert Uptime_BondBound(id, amount, free);
        emit BondReleased(id, msg.sender, amount);
        _pay(id, given.terms.currency, msg.sender, amount);
    }

    // Anyone

    /// @inheritdoc IAvailabilityGuarantees
    function topUp(UptimeId id, uint256 amount) external {
        Uptime storage given = _known(id);
        if (amount == 0) revert Uptime_ZeroAmount(id);
        emit BondAdded(id, msg.sender, amount);
        _takeIn(id, given.terms.currency, amount);
    }

    /// @inheritdoc IAvailabilityGuarantees
    function report(UptimeId id, Status[] calldata statuses, bytes[] calldata signatures) external {
        UptimeTerms memory terms = _known(id).terms;
        if (statuses.length != signatures.length) revert Uptime_LengthsDiffer(statuses.length, signatures.length);
        for (uint256 i = 0; i < statuses.length; ++i) {
            (uint16 period, uint16 slot) = _slotOf(id, terms, statuses[i]);
            if (!METERS.verifyStatus(statuses[i], signatures[i])) revert Uptime_StatusForged(id, i);
            _mark(id, terms.customerFaultsFrom, period, slot, statuses[i].state, statuses[i].faultCode);
        }
    }

    /// @inheritdoc IAvailabilityGuarantees
    function checkpoint(UptimeId id, AgreementId agreement, uint16 period) external {
        Uptime storage given = _known(id);
        _checkPeriod(id, given, period);
        uint256 end = _beginOf(given.terms, uint256(period) + 1);
        if (block.timestamp < end) revert Uptime_TooEarly(id, end, block.timestamp);
        _checkInGrace(id, end + given.terms.graceTime);
        _checkAgreement(id, given, agreement);

        UptimeCustomer memory last = _customers[id][agreement];
        if (last.periods > period) revert Uptime_AlreadyCheckpointed(id, agreement, period);
        AgreementState state = AGREEMENTS.stateOf(agreement);
        uint256 span = uint256(period) + 1 - last.periods;
        if (last.periods == 0) {
            uint256 openedAt = state.openedAt();
            if (openedAt >= end) revert Uptime_NotYetOpened(id, agreement, openedAt);
            uint256 length = _lengthOf(given.terms);
            span = (end - openedAt + length - 1) / length;
        }
        // Settled amounts never fall and have 80 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint80 settled = uint80(state.settled());
        uint80 charge = uint80((settled - last.settled) / span);
        _customers[id][agreement] = UptimeCustomer({periods: period + 1, settled: settled});
        _charges[id][period][agreement] = charge;
        _periods[id][period].charged += charge;
        emit Checkpointed(id, agreement, period, settled, charge);
    }

    /// @inheritdoc IAvailabilityGuarantees
    function settlePeriod(UptimeId id) external returns (uint256 pool) {
        Uptime storage given = _known(id);
        uint16 period = given.settled;
        _checkPeriod(id, given, period);
        uint256 from = _beginOf(given.terms, uint256(period) + 1) + given.terms.graceTime + 1;
        if (block.timestamp < from) revert Uptime_TooEarly(id, from, block.timestamp);

        given.settled = period + 1;
        (uint256 up, uint256 counted, uint256 creditBps) = uptimeIn(id, period);
        pool = _fix(id, given, period, creditBps);
        emit PeriodSettled(id, period, up, counted, creditBps, _periods[id][period].charged, pool);
    }

    /// @inheritdoc IAvailabilityGuarantees
    function claim(UptimeId id, AgreementId agreement, uint16 period) external returns (uint256 credit) {
        Uptime storage given = _known(id);
        if (period >= given.settled) revert Uptime_NotSettled(id, period);
        uint80 charge = _charges[id][period][agreement];
        if (charge == 0) revert Uptime_NothingToClaim(id, agreement, period);
        UptimePeriod storage fixed_ = _periods[id][period];
        credit = UptimeMath.part(fixed_.pool, charge, fixed_.charged);

        delete _charges[id][period][agreement];
        fixed_.unclaimed -= charge;
        // With the last claim what the roundings left is free again. No part exceeds the pool.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint128 freed = fixed_.unclaimed == 0 ? fixed_.unpaid : uint128(credit);
        fixed_.unpaid -= freed;
        given.reserved -= freed;
        address customer = AGREEMENTS.agreementOf(agreement).customer;
        emit CreditClaimed(id, agreement, period, customer, credit);
        _pay(id, given.terms.currency, customer, credit);
    }

    // Views

    /// @inheritdoc IAvailabilityGuarantees
    function uptimeOf(UptimeId id) external view returns (Uptime memory) {
        return _known(id);
    }

    /// @inheritdoc IAvailabilityGuarantees
    function periodOf(UptimeId id, uint16 period) external view returns (UptimePeriod memory) {
        return _periods[id][period];
    }

    /// @inheritdoc IAvailabilityGuarantees
    function slotsOf(UptimeId id, uint16 period, uint256 word) external view returns (UptimeSlots memory) {
        return _slots[id][period][word];
    }

    /// @inheritdoc IAvailabilityGuarantees
    function customerOf(UptimeId id, AgreementId agreement) external view returns (UptimeCustomer memory) {
        return _customers[id][agreement];
    }

    /// @inheritdoc IAvailabilityGuarantees
    function chargeOf(UptimeId id, AgreementId agreement, uint16 period) external view returns (uint80) {
        return _charges[id][period][agreement];
    }

    /// @inheritdoc IAvailabilityGuarantees
    function uptimeIn(UptimeId id, uint16 period) public view returns (uint256 up, uint256 counted, uint256 creditBps) {
        UptimeTerms memory terms = _known(id).terms;
        for (uint256 word = 0; word * WORD < terms.slotsPerPeriod; ++word) {
            uint256 mask = _maskOf(word, terms.slotsPerPeriod);
            (uint256 upHere, uint256 countedHere) = UptimeMath.tally(_slots[id][period][word], mask);
            up += upHere;
            counted += countedHere;
        }
        creditBps = UptimeMath.credit(up, counted, terms.promisedBps, terms.creditBps, terms.mostCreditBps);
    }

    /// @inheritdoc IAvailabilityGuarantees
    function accountOf(UptimeId id) public view returns (address) {
        return Subaccounts.derive(address(this), _key(id));
    }

    /// @inheritdoc IAvailabilityGuarantees
    function freeBondOf(UptimeId id) public view returns (uint256) {
        Uptime storage given = _uptimes[id];
        return ACCOUNTS.balanceOf(accountOf(id), _token(given.terms.currency)) - given.reserved;
    }

    // Internals: terms and times

    function _checkTerms(UptimeTerms calldata terms) private view {
        if (!ACCOUNTS.isAdmitted(terms.currency)) revert Uptime_CurrencyNotAdmitted(terms.currency);
        _checkRange("startsAt", terms.startsAt, block.timestamp, block.timestamp + 365 days);
        _checkRange("heartbeat", terms.heartbeat, 5 minutes, 7 days);
        _checkRange("slotsPerPeriod", terms.slotsPerPeriod, 1, MOST_SLOTS);
        _checkRange("periods", terms.periods, 1, MOST_PERIODS);
        _checkRange("graceTime", terms.graceTime, 1 hours, 30 days);
        _checkRange("promisedBps", terms.promisedBps, 1, WHOLE);
        _checkRange("creditBps", terms.creditBps, 1, WHOLE);
        _checkRange("mostCreditBps", terms.mostCreditBps, 1, WHOLE);
        _checkRange("mostMaintenance", terms.mostMaintenance, 0, terms.slotsPerPeriod);
    }

    function _checkRange(bytes32 which, uint256 value, uint256 least, uint256 most) private pure {
        if (value < least || value > most) revert Uptime_OutOfRange(which, value, least, most);
    }

    function _checkPeriod(UptimeId id, Uptime storage given, uint256 period) private view {
        uint16 periods = given.terms.periods;
        if (period >= periods) revert Uptime_NoSuchPeriod(id, period, periods);
    }

    function _checkInGrace(UptimeId id, uint256 until) private view {
        if (block.timestamp > until) revert Uptime_TooLate(id, until, block.timestamp);
    }

    function _lengthOf(UptimeTerms memory terms) private pure returns (uint256) {
        return uint256(terms.heartbeat) * terms.slotsPerPeriod;
    }

    function _beginOf(UptimeTerms memory terms, uint256 period) private pure returns (uint256) {
        return terms.startsAt + period * _lengthOf(terms);
    }

    // Internals: slots

    /// @return mask The slots of a word that come before `end`.
    function _maskOf(uint256 word, uint256 end) private pure returns (uint256 mask) {
        uint256 begin = word * WORD;
        if (end <= begin) return 0;
        return end - begin >= WORD ? type(uint256).max : (uint256(1) << (end - begin)) - 1;
    }

    function _slotOf(UptimeId id, UptimeTerms memory terms, Status calldata status)
        private
        view
        returns (uint16 period, uint16 slot)
    {
        if (status.assetId != terms.asset) revert Uptime_StatusOfOther(id, status.assetId);
        if (status.time > block.timestamp + CLOCK_TOLERANCE) {
            revert Uptime_StatusAhead(id, status.time, block.timestamp);
        }
        if (status.time < terms.startsAt || status.time >= _beginOf(terms, terms.periods)) {
            revert Uptime_StatusOutside(id, status.time);
        }
        uint256 number = (status.time - terms.startsAt) / terms.heartbeat;
        // Both below the terms' numbers, which have 16 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        (period, slot) = (uint16(number / terms.slotsPerPeriod), uint16(number % terms.slotsPerPeriod));
        _checkInGrace(id, _beginOf(terms, uint256(period) + 1) + terms.graceTime);
    }

    /// @dev Maintenance that nobody announced is down time; a machine that was moved is where its customer took it.
    function _mark(UptimeId id, uint16 customerFaultsFrom, uint16 period, uint16 slot, uint8 state, uint16 faultCode)
        private
    {
        UptimeSlots storage bits = _slots[id][period][slot / WORD];
        uint256 bit = uint256(1) << (slot % WORD);
        bool byCustomer =
            state == STATE_MOVED || (state == STATE_DOWN && customerFaultsFrom != 0 && faultCode >= customerFaultsFrom);
        if (byCustomer) bits.byCustomer |= bit;
        else if (state == STATE_UP) bits.up |= bit;
        else if (state == STATE_DOWN || state == STATE_IN_MAINTENANCE) bits.down |= bit;
        else revert Uptime_StateDoesNotCount(id, state);
        emit StatusCounted(id, period, slot, state, faultCode);
    }

    // Internals: parties and money

    /// @dev Rounded down, and at most what the bond has.
    function _fix(UptimeId id, Uptime storage given, uint16 period, uint256 creditBps) private returns (uint256 pool) {
        UptimePeriod storage fixed_ = _periods[id][period];
        uint256 free = freeBondOf(id);
        pool = fixed_.charged * creditBps / WHOLE;
        if (pool > free) pool = free;
        // All credit of one currency together stays below 2^128.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint128 kept = uint128(pool);
        given.reserved += kept;
        (fixed_.unclaimed, fixed_.pool, fixed_.unpaid) = (fixed_.charged, kept, kept);
    }

    function _known(UptimeId id) private view returns (Uptime storage given) {
        given = _uptimes[id];
        if (given.guarantor == address(0)) revert Uptime_Unknown(id);
    }

    function _checkGuarantor(UptimeId id, Uptime storage given) private view {
        if (msg.sender != given.guarantor) revert Uptime_NotGuarantor(id, msg.sender, given.guarantor);
    }

    /// @dev A guarantor's own agreements would share in credits that the bond no longer covers.
    function _checkAgreement(UptimeId id, Uptime storage given, AgreementId agreement) private view {
        IUsageAgreements.Agreement memory found = AGREEMENTS.agreementOf(agreement);
        if (found.asset != given.terms.asset) revert Uptime_AgreementOfOther(id, agreement);
        if (found.customer == given.guarantor) revert Uptime_OwnAgreement(id, agreement, found.customer);
        address currency = TARIFFS.tariffOf(found.tariff).currency;
        if (currency != given.terms.currency) revert Uptime_CurrencyDiffers(id, agreement, currency);
    }

    function _takeIn(UptimeId id, address currency, uint256 amount) private {
        ACCOUNTS.transferFrom(msg.sender, accountOf(id), _token(currency), amount);
    }

    function _pay(UptimeId id, address currency, address to, uint256 amount) private {
        if (amount != 0) ACCOUNTS.moveFrom(_key(id), to, currency, amount);
    }

    function _key(UptimeId id) private pure returns (bytes32) {
        return bytes32(uint256(UptimeId.unwrap(id)));
    }

    function _token(address currency) private pure returns (uint256) {
        return uint160(currency);
    }
}
