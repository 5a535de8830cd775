// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IFeeSplitter} from "../interfaces/IFeeSplitter.sol";
import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {IReservations} from "../interfaces/IReservations.sol";
import {IUsageAgreements} from "../interfaces/IUsageAgreements.sol";
import {AgreementState} from "../types/AgreementState.sol";
import {AgreementId, AssetId, NO_AGREEMENT, NO_SPLIT, SplitId} from "../types/Identifiers.sol";
import {
    NO_RESERVATION_RULES,
    Reservation,
    ReservationId,
    ReservationRules,
    ReservationRulesId,
    ReservationStage
} from "../types/Reservation.sol";

/// @title Bookings of shared machines; see IReservations.
/// @dev Has no authority: the OfferBook's pause stops new bookings, nothing stops an end. Calls only contracts of this platform,
///      all fixed at deployment; none of them calls a stranger from there.
contract Reservations is IReservations {
    bytes32 private constant DEPOSITS_KEY = "deposits";
    uint256 private constant WHOLE = 10_000;
    uint256 private constant MOST_ARBITERS = 5;
    uint256 private constant WORD = 256;

    IPrepaidAccounts private immutable ACCOUNTS;
    IAssetRegistry private immutable ASSETS;
    IUsageAgreements private immutable AGREEMENTS;
    IOfferBook private immutable OFFERS;
    IFeeSplitter private immutable SPLITTER;
    address private immutable COMMUNITY;
    address private immutable DEPOSITS_ACCOUNT;

    /// What a provider has set; void under another.
    struct Present {
        ReservationRulesId rules;
        address provider;
        uint40 bookedUntil; // the latest end of any booking
    }

    /// @inheritdoc IReservations
    uint64 public reservationCount;
    /// @inheritdoc IReservations
    uint32 public rulesCount;
    /// @inheritdoc IReservations
    mapping(address currency => uint256) public depositsIn;
    mapping(ReservationId => Reservation) private _reservations;
    mapping(ReservationRulesId => ReservationRules) private _rules;
    mapping(ReservationRulesId => address[]) private _arbiters;
    mapping(AssetId => Present) private _present;
    /// One bit a slot; slots of another length are other bits, so that old ones never stand for new times.
    mapping(AssetId => mapping(uint32 slotLength => mapping(uint256 word => uint256 bits))) private _taken;

    constructor(
        IPrepaidAccounts accounts,
        IAssetRegistry assets,
        IUsageAgreements agreements,
        IOfferBook offers,
        IFeeSplitter splitter,
        address community
    ) {
        ACCOUNTS = accounts;
        ASSETS = assets;
        AGREEMENTS = agreements;
        OFFERS = offers;
        SPLITTER = splitter;
        COMMUNITY = community;
        DEPOSITS_ACCOUNT = accounts.subaccount(address(this), DEPOSITS_KEY);
    }

    // Provider

    /// @inheritdoc IReservations
    function setRules(AssetId asset, ReservationRules calldata rules, address[] calldata arbiters)
        external
        returns (ReservationRulesId id)
    {
        _checkProvider(asset);
        _checkRules(rules);
        if (!SPLITTER.lists(ASSETS.route(asset).split(), rules.currency)) {
            revert Reservations_CurrencyNotListed(asset, rules.currency);
        }
        Present storage present = _present[asset];
        uint32 before = _rules[present.rules].slotLength;
        if (before != rules.slotLength && block.timestamp < present.bookedUntil) {
            revert Reservations_SlotsInUse(asset, before, present.bookedUntil);
        }
        _checkRange("arbiters", arbiters.length, 0, MOST_ARBITERS);
        id = ReservationRulesId.wrap(++rulesCount);
        _rules[id] = rules;
        for (uint256 i = 0; i < arbiters.length; ++i) {
            if (arbiters[i] == address(0) || arbiters[i] == msg.sender) {
                revert Reservations_InvalidArbiter(arbiters[i]);
            }
            _arbiters[id].push(arbiters[i]);
        }
        present.rules = id;
        present.provider = msg.sender;
        emit RulesSet(asset, id, msg.sender, rules, arbiters);
    }

    /// @inheritdoc IReservations
    function stopBooking(AssetId asset) external {
        _checkProvider(asset);
        presentRulesOf(asset);
        _present[asset].provider = address(0);
        emit BookingStopped(asset, msg.sender);
    }

    // Customer

    /// @inheritdoc IReservations
    function book(AssetId asset, uint40 from, uint40 until, AgreementId agreement) external returns (ReservationId id) {
        ReservationRulesId rulesId = _checkOpen(asset);
        ReservationRules storage rules = _rules[rulesId];
        _take(asset, rules, from, until);
        if (until > _present[asset].bookedUntil) _present[asset].bookedUntil = until;

        id = ReservationId.wrap(++reservationCount);
        uint80 deposit = rules.deposit;
        _reservations[id] = Reservation({
            asset: asset,
            rules: rulesId,
            from: from,
            until: until,
            stage: ReservationStage.Booked,
            deadline: 0,
            customer: msg.sender,
            deposit: deposit,
            agreement: agreement,
            sequence: _sequenceOf(agreement, asset)
        });
        emit Booked(id, asset, msg.sender, rulesId, from, until, deposit, agreement);
        if (deposit == 0) return id;
        depositsIn[rules.currency] += deposit;
        ACCOUNTS.transferFrom(msg.sender, DEPOSITS_ACCOUNT, _token(rules.currency), deposit);
    }

    /// @inheritdoc IReservations
    function cancel(ReservationId id) external {
        Reservation storage booking = _checkStage(id, ReservationStage.Booked);
        ReservationRules storage rules = _rules[booking.rules];
        uint256 last = booking.until;
        if (msg.sender == booking.customer) last = uint256(booking.from) - _least(rules.cancelBefore, booking.from);
        else if (msg.sender != ASSETS.providerOf(booking.asset)) revert Reservations_NotParty(id, msg.sender);
        if (block.timestamp > last) revert Reservations_TooLate(id, last);
        _mark(booking.asset, rules.slotLength, booking.from, booking.until, false);
        _end(id, ReservationStage.Cancelled, 0);
    }

    /// @inheritdoc IReservations
    function checkIn(ReservationId id) external {
        Reservation storage booking = _checkStage(id, ReservationStage.Booked);
        _checkCustomer(id, booking);
        if (block.timestamp < booking.from) revert Reservations_TooEarly(id, booking.from);
        if (block.timestamp >= booking.until) revert Reservations_TooLate(id, booking.until);
        booking.stage = ReservationStage.CheckedIn;
        emit CheckedIn(id, NO_AGREEMENT);
    }

    /// @inheritdoc IReservations
    function reportReturn(ReservationId id, bytes32 conditionHash, string calldata uri) external {
        _checkCustomer(id, _checkStage(id, ReservationStage.CheckedIn));
        emit ReturnReported(id, conditionHash, uri);
    }

    // Anyone

    /// @inheritdoc IReservations
    function proveUse(ReservationId id) external {
        Reservation storage booking = _checkStage(id, ReservationStage.Booked);
        AgreementId agreement = booking.agreement;
        if (agreement == NO_AGREEMENT) revert Reservations_NotUsed(id, agreement);
        AgreementState state = AGREEMENTS.stateOf(agreement);
        uint256 taken = uint256(state.openedAt()) + state.lastElapsed();
        bool used = state.sequence() > booking.sequence && taken >= booking.from && taken <= booking.until;
        if (!used) revert Reservations_NotUsed(id, agreement);
        booking.stage = ReservationStage.CheckedIn;
        emit CheckedIn(id, agreement);
    }

    /// @inheritdoc IReservations
    function forfeit(ReservationId id) external {
        Reservation storage booking = _checkStage(id, ReservationStage.Booked);
        _checkAfter(id, _contestableUntil(booking));
        _end(id, ReservationStage.NoShow, _rules[booking.rules].noShowBps);
    }

    /// @inheritdoc IReservations
    function release(ReservationId id) external {
        Reservation storage booking = _known(id);
        if (booking.stage == ReservationStage.Contested) {
            _checkAfter(id, booking.deadline);
            return _end(id, ReservationStage.Unruled, 0);
        }
        _checkStage(id, ReservationStage.CheckedIn);
        _checkAfter(id, _contestableUntil(booking));
        _end(id, ReservationStage.Returned, 0);
    }

    // Return condition

    /// @inheritdoc IReservations
    function contest(ReservationId id, ReservationId next, bytes32 documentHash, string calldata uri) external {
        Reservation storage booking = _checkStage(id, ReservationStage.CheckedIn);
        uint256 last = _contestableUntil(booking);
        if (msg.sender != ASSETS.providerOf(booking.asset)) _checkNext(id, booking, next, last);
        if (block.timestamp > last) revert Reservations_TooLate(id, last);
        if (documentHash == bytes32(0)) revert Reservations_ZeroDocument(id);
        if (_arbiters[booking.rules].length == 0) revert Reservations_NoArbiters(id);
        booking.stage = ReservationStage.Contested;
        booking.deadline = uint40(block.timestamp + _rules[booking.rules].arbitrationTime);
        emit Contested(id, msg.sender, booking.deadline, documentHash, uri);
    }

    /// @inheritdoc IReservations
    function rule(ReservationId id, uint16 toAssetBps, bytes32 documentHash) external {
        Reservation storage booking = _checkStage(id, ReservationStage.Contested);
        _checkArbiter(id, booking.rules);
        if (block.timestamp > booking.deadline) revert Reservations_TooLate(id, booking.deadline);
        _checkRange("toAssetBps", toAssetBps, 0, WHOLE);
        emit RulingGiven(id, msg.sender, toAssetBps, documentHash);
        _end(id, ReservationStage.Ruled, toAssetBps);
    }

    /// @inheritdoc IReservations
    function skimSurplus(address currency) external returns (uint256 amount) {
        amount = ACCOUNTS.balanceOf(DEPOSITS_ACCOUNT, _token(currency)) - depositsIn[currency];
        if (amount == 0) revert Reservations_NoSurplus(currency);
        emit SurplusSkimmed(currency, COMMUNITY, amount);
        ACCOUNTS.moveFrom(DEPOSITS_KEY, COMMUNITY, currency, amount);
    }

    // Views

    /// @inheritdoc IReservations
    function reservationOf(ReservationId id) external view returns (Reservation memory) {
        return _known(id);
    }

    /// @inheritdoc IReservations
    function rulesOf(ReservationRulesId id) external view returns (ReservationRules memory) {
        return _rules[id];
    }

    /// @inheritdoc IReservations
    function arbitersOf(ReservationRulesId id) external view returns (address[] memory) {
        return _arbiters[id];
    }

    /// @inheritdoc IReservations
    function presentRulesOf(AssetId asset) public view returns (ReservationRulesId id) {
        id = _present[asset].rules;
        if (id == NO_RESERVATION_RULES || _present[asset].provider != ASSETS.providerOf(asset)) {
            revert Reservations_NoRules(asset);
        }
    }

    /// @inheritdoc IReservations
    function isFree(AssetId asset, uint40 from, uint40 until) external view returns (bool) {
        uint32 slotLength = _rules[presentRulesOf(asset)].slotLength;
        _checkEdges(slotLength, from, until);
        for (uint256 slot = from / slotLength; slot < until / slotLength; ++slot) {
            if ((_taken[asset][slotLength][slot / WORD] >> (slot % WORD)) & 1 == 1) return false;
        }
        return true;
    }

    // Internals: rules

    /// @dev Bounds keep every booking's end in sight, and every sum of times in 40 bits.
    function _checkRules(ReservationRules calldata rules) private pure {
        _checkRange("noShowBps", rules.noShowBps, 0, WHOLE);
        _checkRange("slotLength", rules.slotLength, 5 minutes, 30 days);
        _checkRange("mostSlots", rules.mostSlots, 1, WORD);
        _checkRange("furthest", rules.furthest, rules.slotLength, 730 days);
        _checkRange("cancelBefore", rules.cancelBefore, 0, 90 days);
        _checkRange("contestTime", rules.contestTime, 1 hours, 30 days);
        _checkRange("arbitrationTime", rules.arbitrationTime, 1 days, 90 days);
    }

    function _checkRange(bytes32 which, uint256 value, uint256 least, uint256 most) private pure {
        if (value < least || value > most) revert Reservations_OutOfRange(which, value, least, most);
    }

    function _checkOpen(AssetId asset) private view returns (ReservationRulesId) {
        if (OFFERS.paused()) revert Reservations_Paused();
        bytes32 reason = ASSETS.offerRefusal(asset);
        if (reason != 0) revert Reservations_Refused(asset, reason);
        return presentRulesOf(asset);
    }

    // Internals: slots

    function _take(AssetId asset, ReservationRules storage rules, uint40 from, uint40 until) private {
        uint32 slotLength = rules.slotLength;
        _checkEdges(slotLength, from, until);
        uint256 slots = (until - from) / slotLength;
        if (slots > rules.mostSlots) revert Reservations_TooLong(slots, rules.mostSlots);
        if (uint256(from) + slotLength <= block.timestamp) revert Reservations_Past(from, block.timestamp);
        uint256 furthest = block.timestamp + rules.furthest;
        if (from > furthest) revert Reservations_TooFarAhead(from, furthest);
        _mark(asset, slotLength, from, until, true);
    }

    function _checkEdges(uint32 slotLength, uint40 from, uint40 until) private pure {
        if (from % slotLength != 0) revert Reservations_OffSlot(from, slotLength);
        if (until % slotLength != 0 || until <= from) revert Reservations_OffSlot(until, slotLength);
    }

    /// @dev Word by word: a booking of up to 256 slots touches at most two.
    function _mark(AssetId asset, uint32 slotLength, uint40 from, uint40 until, bool taken) private {
        mapping(uint256 => uint256) storage words = _taken[asset][slotLength];
        uint256 end = until / slotLength;
        for (uint256 slot = from / slotLength; slot < end;) {
            uint256 first = slot % WORD;
            uint256 count = _least(WORD - first, end - slot);
            uint256 mask = (type(uint256).max >> (WORD - count)) << first;
            uint256 bits = words[slot / WORD];
            if (taken && bits & mask != 0) _reportTaken(asset, slotLength, slot, bits & mask);
            words[slot / WORD] = taken ? bits | mask : bits & ~mask;
            slot += count;
        }
    }

    function _reportTaken(AssetId asset, uint32 slotLength, uint256 slot, uint256 clash) private pure {
        uint256 first = slot - slot % WORD;
        while (clash & 1 == 0) {
            clash >>= 1;
            ++first;
        }
        revert Reservations_Taken(asset, uint40(first * slotLength));
    }

    // Internals: money

    /// @dev The one way out of the sub-account for a deposit.
    function _end(ReservationId id, ReservationStage stage, uint256 toAssetBps) private {
        Reservation storage booking = _reservations[id];
        address currency = _rules[booking.rules].currency;
        uint80 deposit = booking.deposit;
        uint80 toAsset = uint80(uint256(deposit) * toAssetBps / WHOLE);
        address assetAccount = toAsset == 0 ? address(0) : _assetAccount(booking.asset, currency);
        booking.stage = stage;
        depositsIn[currency] -= deposit;
        emit ReservationEnded(id, stage, msg.sender, deposit - toAsset, toAsset, assetAccount);
        _pay(currency, assetAccount, toAsset);
        _pay(currency, booking.customer, deposit - toAsset);
    }

    /// @dev Where the machine's fees go now; where its split has stopped listing the currency, its provider.
    function _assetAccount(AssetId asset, address currency) private view returns (address) {
        SplitId split = ASSETS.route(asset).split();
        if (split != NO_SPLIT && SPLITTER.lists(split, currency)) return SPLITTER.accountOf(split);
        return ASSETS.providerOf(asset);
    }

    function _pay(address currency, address to, uint256 amount) private {
        if (amount != 0) ACCOUNTS.moveFrom(DEPOSITS_KEY, to, currency, amount);
    }

    // Internals: parties and times

    function _known(ReservationId id) private view returns (Reservation storage booking) {
        booking = _reservations[id];
        if (booking.stage == ReservationStage.None) revert Reservations_Unknown(id);
    }

    function _checkStage(ReservationId id, ReservationStage needed) private view returns (Reservation storage booking) {
        booking = _known(id);
        if (booking.stage != needed) revert Reservations_WrongStage(id, booking.stage, needed);
    }

    function _checkProvider(AssetId asset) private view {
        address provider = ASSETS.providerOf(asset);
        if (msg.sender != provider) revert Reservations_NotProvider(asset, msg.sender, provider);
    }

    function _checkCustomer(ReservationId id, Reservation storage booking) private view {
        if (msg.sender != booking.customer) revert Reservations_NotCustomer(id, msg.sender, booking.customer);
    }

    function _checkArbiter(ReservationId id, ReservationRulesId rules) private view {
        address[] storage arbiters = _arbiters[rules];
        for (uint256 i = 0; i < arbiters.length; ++i) {
            if (arbiters[i] == msg.sender) return;
        }
        revert Reservations_NotArbiter(id, msg.sender);
    }

    /// @dev Who has the machine after this customer, before the time to contest is over.
    function _checkNext(ReservationId id, Reservation storage booking, ReservationId next, uint256 last) private view {
        Reservation storage after_ = _reservations[next];
        bool follows = after_.asset == booking.asset && after_.customer == msg.sender && after_.from >= booking.until
            && after_.from <= last && after_.stage != ReservationStage.Cancelled;
        if (!follows) revert Reservations_NotParty(id, msg.sender);
    }

    function _checkAfter(ReservationId id, uint256 time) private view {
        if (block.timestamp <= time) revert Reservations_TooEarly(id, time + 1);
    }

    function _contestableUntil(Reservation storage booking) private view returns (uint256) {
        return uint256(booking.until) + _rules[booking.rules].contestTime;
    }

    function _sequenceOf(AgreementId agreement, AssetId asset) private view returns (uint32) {
        if (agreement == NO_AGREEMENT) return 0;
        IUsageAgreements.Agreement memory found = AGREEMENTS.agreementOf(agreement);
        if (found.customer != msg.sender || found.asset != asset) {
            revert Reservations_AgreementMismatch(agreement, asset, msg.sender);
        }
        // A sequence has 31 bits.
        return uint32(AGREEMENTS.stateOf(agreement).sequence());
    }

    function _token(address currency) private pure returns (uint256) {
        return uint160(currency);
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
