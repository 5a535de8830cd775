// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IBuybackGuarantees} from "../interfaces/IBuybackGuarantees.sol";
import {IFeeSplitter} from "../interfaces/IFeeSplitter.sol";
import {IMeterRegistry} from "../interfaces/IMeterRegistry.sol";
import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {IServiceMarket} from "../interfaces/IServiceMarket.sol";
import {BuybackPrice} from "../libraries/BuybackPrice.sol";
import {OdometerMath} from "../libraries/OdometerMath.sol";
import {Subaccounts} from "../libraries/Subaccounts.sol";
import {Buyback, BuybackStage, BuybackTerms, GuaranteeId, NO_GUARANTEE, PricePoint} from "../types/Guarantee.sol";
import {AssetId, NO_SPLIT, SplitId} from "../types/Identifiers.sol";
import {Status} from "../types/MeterForms.sol";
import {Order, OrderId, OrderKind, OrderStage} from "../types/Service.sol";

/// @title Promises to buy machines back; see IBuybackGuarantees.
/// @dev Has no authority: the OfferBook's pause stops new guarantees, nothing stops an exit. Calls only contracts of this platform,
///      all fixed at deployment; none of them calls a stranger from there but for an ERC-1271 meter, by a static call.
contract BuybackGuarantees is IBuybackGuarantees {
    uint256 private constant WHOLE = 10_000;
    uint256 private constant LEAST_COVER = 1_000;
    uint256 private constant MOST_POINTS = 16;
    uint256 private constant MOST_INTERVALS = 256;
    uint256 private constant MOST_OBJECTIONS = 16;
    uint256 private constant LONGEST = 100 * 365 days;
    uint256 private constant STATUS_AGE = 7 days;
    uint256 private constant CLOCK_TOLERANCE = 120 seconds;
    uint256 private constant YOUNG = 30 days;
    uint40 private constant UNTIL_COVERED = type(uint40).max;
    uint8 private constant HIGHEST_GRADE = 2;

    IPrepaidAccounts private immutable ACCOUNTS;
    IAssetRegistry private immutable ASSETS;
    IMeterRegistry private immutable METERS;
    IOfferBook private immutable OFFERS;
    IFeeSplitter private immutable SPLITTER;
    IServiceMarket private immutable MARKET;

    /// @inheritdoc IBuybackGuarantees
    uint64 public guaranteeCount;
    /// @inheritdoc IBuybackGuarantees
    mapping(address guarantor => uint256) public owesIn;
    mapping(GuaranteeId => Buyback) private _buybacks;
    mapping(GuaranteeId => PricePoint[]) private _points;
    mapping(GuaranteeId => OrderId[]) private _objections;
    mapping(AssetId => GuaranteeId) private _chosen;

    constructor(
        IPrepaidAccounts accounts,
        IAssetRegistry assets,
        IMeterRegistry meters,
        IOfferBook offers,
        IFeeSplitter splitter,
        IServiceMarket market
    ) {
        ACCOUNTS = accounts;
        ASSETS = assets;
        METERS = meters;
        OFFERS = offers;
        SPLITTER = splitter;
        MARKET = market;
    }

    // Entry

    /// @inheritdoc IBuybackGuarantees
    function give(BuybackTerms calldata terms, PricePoint[] calldata points, uint256 collateral)
        external
        returns (GuaranteeId id)
    {
        if (OFFERS.paused()) revert Buyback_Paused();
        if (owesIn[msg.sender] != 0) revert Buyback_GuarantorOwes(msg.sender, owesIn[msg.sender]);
        AssetId asset = terms.asset;
        if (ASSETS.lifecycleOf(asset) == IAssetRegistry.Lifecycle.Retired) revert Buyback_AssetRetired(asset);
        _checkTerms(terms);
        id = GuaranteeId.wrap(++guaranteeCount);
        _keepPoints(id, points, terms);

        Buyback storage made = _buybacks[id];
        made.terms = terms;
        (made.guarantor, made.stage, made.openUntil) = (msg.sender, BuybackStage.Live, terms.windowUntil);
        made.startOdometer = METERS.odometerOf(asset).odometer;
        made.splitAtStart = ASSETS.route(asset).split();
        uint256 required = _required(id, made);
        if (collateral < required) revert Buyback_CollateralTooLow(collateral, required);
        emit GuaranteeGiven(id, asset, msg.sender, terms, points, made.startOdometer, made.splitAtStart, collateral);
        if (msg.sender == ASSETS.registrantOf(asset) && chosenOf(asset) == NO_GUARANTEE) _choose(asset, id);
        _takeIn(id, terms.currency, collateral);
    }

    // Collateral

    /// @inheritdoc IBuybackGuarantees
    function topUp(GuaranteeId id, uint256 amount) external {
        Buyback storage given = _live(id);
        if (amount == 0) revert Buyback_ZeroAmount(id);
        emit CollateralAdded(id, msg.sender, amount);
        _takeIn(id, given.terms.currency, amount);
        if (given.openUntil != UNTIL_COVERED || collateralOf(id) < _byAge(id, given, block.timestamp)) return;
        uint256 least = block.timestamp + YOUNG;
        given.openUntil = given.terms.windowUntil > least ? given.terms.windowUntil : uint40(least);
        --owesIn[given.guarantor];
        emit DemandMet(id, given.openUntil);
    }

    /// @inheritdoc IBuybackGuarantees
    function release(GuaranteeId id, uint256 amount) external {
        Buyback storage given = _known(id);
        if (msg.sender != given.guarantor) revert Buyback_NotGuarantor(id, msg.sender, given.guarantor);
        if (given.openUntil == UNTIL_COVERED || given.owed != 0) {
            revert Buyback_GuarantorOwes(msg.sender, owesIn[msg.sender]);
        }
        if (amount == 0) revert Buyback_ZeroAmount(id);
        uint256 required = requiredOf(id);
        uint256 collateral = collateralOf(id);
        if (collateral < required + amount) revert Buyback_CollateralTooLow(collateral, required + amount);
        emit CollateralReleased(id, msg.sender, amount);
        _pay(id, given.terms.currency, msg.sender, amount);
    }

    /// @inheritdoc IBuybackGuarantees
    function expire(GuaranteeId id) external {
        Buyback storage given = _live(id);
        if (block.timestamp <= given.openUntil) revert Buyback_StillOpen(id, given.openUntil, block.timestamp);
        _end(id, given, BuybackStage.Expired);
    }

    // Holder

    /// @inheritdoc IBuybackGuarantees
    function choose(GuaranteeId id) external {
        AssetId asset = _live(id).terms.asset;
        _checkHolder(id, asset);
        _choose(asset, id);
    }

    /// @inheritdoc IBuybackGuarantees
    function waive(GuaranteeId id) external {
        Buyback storage given = _live(id);
        AssetId asset = given.terms.asset;
        address lienholder = ASSETS.lienholderOf(asset);
        if (lienholder == address(0)) _checkHolder(id, asset);
        else if (msg.sender != lienholder) revert Buyback_NotHolder(id, msg.sender, lienholder);
        _endDemand(given);
        _end(id, given, BuybackStage.Waived);
    }

    /// @inheritdoc IBuybackGuarantees
    function exercise(GuaranteeId id, bytes calldata statusAndSignature) external returns (uint256 paid) {
        return _exercise(id, statusAndSignature, 0);
    }

    /// @inheritdoc IBuybackGuarantees
    function exerciseFor(GuaranteeId id, bytes calldata statusAndSignature, uint256 least)
        external
        returns (uint256 paid)
    {
        return _exercise(id, statusAndSignature, least);
    }

    /// @inheritdoc IBuybackGuarantees
    function demand(GuaranteeId id, bytes calldata statusAndSignature) external {
        Buyback storage given = _live(id);
        _checkHolder(id, given.terms.asset);
        if (given.openUntil == UNTIL_COVERED) revert Buyback_AlreadyDemanded(id);
        (uint256 price,) = _dueNow(id, given, statusAndSignature);
        uint256 collateral = collateralOf(id);
        if (price <= collateral) revert Buyback_NotShort(id, price, collateral);
        given.openUntil = UNTIL_COVERED;
        ++owesIn[given.guarantor];
        emit CollateralDemanded(id, msg.sender, price, collateral);
    }

    // Anyone

    /// @inheritdoc IBuybackGuarantees
    function proveService(GuaranteeId id, OrderId order) external {
        Buyback storage given = _live(id);
        Order memory done = _orderOf(id, given, order);
        bool counts = done.kind >= OrderKind.Maintain && done.kind <= OrderKind.Refurbish;
        if (done.stage != OrderStage.Paid || !counts) revert Buyback_NotServiced(id, order, done.stage);
        uint32 every = given.terms.serviceEvery;
        uint40 time = done.assignedAt;
        if (every == 0 || time < given.terms.startsAt) revert Buyback_OutsideIntervals(id, time);
        uint256 interval = (time - given.terms.startsAt) / every;
        if (interval >= MOST_INTERVALS) revert Buyback_OutsideIntervals(id, time);
        given.serviced |= uint256(1) << interval;
        emit ServiceProved(id, order, interval);
    }

    /// @inheritdoc IBuybackGuarantees
    function objectOrder(GuaranteeId id, OrderId order) external {
        Buyback storage given = _live(id);
        Order memory found = _orderOf(id, given, order);
        if (found.stage >= OrderStage.Paid) revert Buyback_OrderEnded(id, order, found.stage);
        if (found.openedAt + YOUNG > given.terms.windowFrom) {
            revert Buyback_OrderTooYoung(id, order, found.openedAt);
        }
        OrderId[] storage objections = _objections[id];
        uint256 count = objections.length;
        if (count == MOST_OBJECTIONS) revert Buyback_OutOfRange("objections", count + 1, 0, MOST_OBJECTIONS);
        objections.push(order);
        emit OrderObjected(id, order);
    }

    /// @inheritdoc IBuybackGuarantees
    function payClaim(GuaranteeId id, uint256 amount) external {
        Buyback storage given = _known(id);
        if (amount == 0) revert Buyback_ZeroAmount(id);
        uint80 owed = given.owed;
        if (amount > owed) revert Buyback_MoreThanOwed(id, amount, owed);
        // No more than was owed, which has 80 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        owed -= uint80(amount);
        given.owed = owed;
        if (owed == 0) --owesIn[given.guarantor];
        emit ClaimPaid(id, msg.sender, amount, owed);
        ACCOUNTS.transferFrom(msg.sender, given.claimant, _token(given.terms.currency), amount);
    }

    // Views

    /// @inheritdoc IBuybackGuarantees
    function buybackOf(GuaranteeId id) external view returns (Buyback memory) {
        return _known(id);
    }

    /// @inheritdoc IBuybackGuarantees
    function pointsOf(GuaranteeId id) external view returns (PricePoint[] memory) {
        return _points[id];
    }

    /// @inheritdoc IBuybackGuarantees
    function accountOf(GuaranteeId id) public view returns (address) {
        return Subaccounts.derive(address(this), _key(id));
    }

    /// @inheritdoc IBuybackGuarantees
    function collateralOf(GuaranteeId id) public view returns (uint256) {
        return ACCOUNTS.balanceOf(accountOf(id), _token(_buybacks[id].terms.currency));
    }

    /// @inheritdoc IBuybackGuarantees
    function requiredOf(GuaranteeId id) public view returns (uint256) {
        Buyback storage given = _known(id);
        return given.stage == BuybackStage.Live ? _required(id, given) : 0;
    }

    /// @inheritdoc IBuybackGuarantees
    function chosenOf(AssetId asset) public view returns (GuaranteeId id) {
        id = _chosen[asset];
        if (_buybacks[id].stage != BuybackStage.Live) id = NO_GUARANTEE;
    }

    /// @inheritdoc IBuybackGuarantees
    function priceAt(GuaranteeId id, uint48 odometer) external view returns (uint256) {
        return _price(id, _known(id), odometer);
    }

    /// @inheritdoc IBuybackGuarantees
    function priceNow(AssetId asset) external view returns (GuaranteeId id, uint256 price, uint256 covered) {
        id = chosenOf(asset);
        if (id == NO_GUARANTEE) revert Buyback_NothingGuaranteed(asset);
        price = _price(id, _buybacks[id], _highestOdometer(id, _buybacks[id]));
        uint256 collateral = collateralOf(id);
        covered = collateral < price ? collateral : price;
    }

    // Internals: terms

    function _checkTerms(BuybackTerms calldata terms) private view {
        if (!ACCOUNTS.isAdmitted(terms.currency)) revert Buyback_CurrencyNotAdmitted(terms.currency);
        _checkRange("startsAt", terms.startsAt, 1, block.timestamp);
        _checkRange("windowFrom", terms.windowFrom, terms.startsAt, terms.windowUntil);
        _checkRange("windowUntil", terms.windowUntil, block.timestamp, block.timestamp + LONGEST);
        _checkRange("coverBps", terms.coverBps, LEAST_COVER, WHOLE);
        _checkRange("leastGrade", terms.leastGrade, 0, HIGHEST_GRADE);
        if (terms.serviceEvery == 0) return _checkRange("missedService", terms.missedService, 0, 0);
        uint256 least = (terms.windowUntil - terms.startsAt) / MOST_INTERVALS + 1;
        _checkRange("serviceEvery", terms.serviceEvery, least < 1 days ? 1 days : least, type(uint32).max);
    }

    function _keepPoints(GuaranteeId id, PricePoint[] calldata points, BuybackTerms calldata terms) private {
        _checkRange("points", points.length, 1, MOST_POINTS);
        _checkRange("windowFrom", terms.windowFrom, uint256(terms.startsAt) + points[0].age, terms.windowUntil);
        for (uint256 i = 0; i < points.length; ++i) {
            bool falls = i == 0
                ? points[i].price != 0
                : points[i].age > points[i - 1].age && points[i].price <= points[i - 1].price;
            if (!falls) revert Buyback_PointsNotFalling(i);
            _points[id].push(points[i]);
        }
    }

    function _checkRange(bytes32 which, uint256 value, uint256 least, uint256 most) private pure {
        if (value < least || value > most) revert Buyback_OutOfRange(which, value, least, most);
    }

    // Internals: price

    function _byAge(GuaranteeId id, Buyback storage given, uint256 time) private view returns (uint256) {
        return BuybackPrice.atAge(_points[id], time - given.terms.startsAt);
    }

    /// @dev Prices fall, so the highest still payable is the one at the window's beginning or now. Rounded up.
    function _required(GuaranteeId id, Buyback storage given) private view returns (uint256) {
        uint256 from = given.terms.windowFrom;
        uint256 highest = _byAge(id, given, from > block.timestamp ? from : block.timestamp);
        return (highest * given.terms.coverBps + WHOLE - 1) / WHOLE;
    }

    function _price(GuaranteeId id, Buyback storage given, uint256 odometer) private view returns (uint256) {
        BuybackTerms storage terms = given.terms;
        uint256 worn = BuybackPrice.forWear(
            odometer,
            given.startOdometer,
            terms.unitsPerYear,
            block.timestamp - terms.startsAt,
            terms.deductionPerMillion
        );
        uint256 unserviced = BuybackPrice.missed(given.serviced, _servicesDue(terms)) * terms.missedService;
        return BuybackPrice.less(_byAge(id, given, block.timestamp), worn + unserviced);
    }

    /// @dev An interval that ends later than 30 days before the window is not held against the holder, as an order opened then is not.
    function _servicesDue(BuybackTerms storage terms) private view returns (uint256) {
        if (terms.serviceEvery == 0) return 0;
        uint256 young = block.timestamp + YOUNG;
        uint256 counted = young < terms.windowFrom ? young : terms.windowFrom;
        uint256 least = YOUNG + terms.startsAt;
        return counted <= least ? 0 : (counted - least) / terms.serviceEvery;
    }

    /// @dev A wear that costs nothing needs no bound.
    function _highestOdometer(GuaranteeId id, Buyback storage given) private view returns (uint256) {
        if (given.terms.deductionPerMillion == 0) return 0;
        IMeterRegistry.OdometerState memory last = METERS.odometerOf(given.terms.asset);
        if (last.ratePerDay == 0) revert Buyback_WearUnbounded(id, given.terms.asset);
        return OdometerMath.highest(last.odometer, last.ratePerDay, last.since, block.timestamp);
    }

    /// @dev What may be exercised now, and for how much.
    function _dueNow(GuaranteeId id, Buyback storage given, bytes calldata statusAndSignature)
        private
        view
        returns (uint256 price, uint256 odometer)
    {
        if (msg.sender == given.guarantor) revert Buyback_OwnGuarantee(id, msg.sender);
        if (block.timestamp < given.terms.windowFrom) {
            revert Buyback_TooEarly(id, given.terms.windowFrom, block.timestamp);
        }
        if (block.timestamp > given.openUntil) revert Buyback_TooLate(id, given.openUntil, block.timestamp);
        _checkObjections(id);
        odometer = statusAndSignature.length == 0
            ? _highestOdometer(id, given)
            : _signedOdometer(id, given, statusAndSignature);
        price = _price(id, given, odometer);
        if (price == 0) revert Buyback_Worthless(id);
    }

    function _signedOdometer(GuaranteeId id, Buyback storage given, bytes calldata statusAndSignature)
        private
        view
        returns (uint256)
    {
        (Status memory status, bytes memory signature) = abi.decode(statusAndSignature, (Status, bytes));
        AssetId asset = given.terms.asset;
        if (status.assetId != asset) revert Buyback_StatusOfOther(id, status.assetId);
        if (status.time + STATUS_AGE < block.timestamp) {
            revert Buyback_StatusTooOld(id, status.time, block.timestamp - STATUS_AGE);
        }
        if (status.time > block.timestamp + CLOCK_TOLERANCE) {
            revert Buyback_StatusAhead(id, status.time, block.timestamp);
        }
        if (!METERS.verifyStatus(status, signature)) revert Buyback_StatusForged(id);
        uint8 grade = METERS.gradeOf(asset);
        if (grade < given.terms.leastGrade) revert Buyback_GradeTooLow(id, grade, given.terms.leastGrade);
        uint48 checkpoint = METERS.odometerOf(asset).odometer;
        if (status.odometer < checkpoint) revert Buyback_OdometerFell(id, status.odometer, checkpoint);
        return status.odometer;
    }

    // Internals: orders

    function _orderOf(GuaranteeId id, Buyback storage given, OrderId order) private view returns (Order memory found) {
        found = MARKET.orderOf(order);
        if (found.asset != given.terms.asset) revert Buyback_NotOfAsset(id, order);
    }

    /// @dev Every order ends by itself or by anyone's hand in bounded time (ServiceMarket), so none is in the way for ever.
    function _checkObjections(GuaranteeId id) private view {
        OrderId[] storage objections = _objections[id];
        for (uint256 i = 0; i < objections.length; ++i) {
            if (MARKET.orderOf(objections[i]).stage < OrderStage.Paid) {
                revert Buyback_OrderUnfinished(id, objections[i]);
            }
        }
    }

    // Internals: ends

    function _exercise(GuaranteeId id, bytes calldata statusAndSignature, uint256 least)
        private
        returns (uint256 paid)
    {
        Buyback storage given = _live(id);
        AssetId asset = given.terms.asset;
        _checkHolder(id, asset);
        (uint256 price, uint256 odometer) = _dueNow(id, given, statusAndSignature);
        uint256 collateral = collateralOf(id);
        paid = price < collateral ? price : collateral;
        if (paid < least) revert Buyback_CollateralShort(id, price, collateral, least);

        _endDemand(given);
        given.stage = BuybackStage.Exercised;
        if (paid < price) {
            ++owesIn[given.guarantor];
            // A price has 80 bits.
            // forge-lint: disable-next-line(unsafe-typecast)
            (given.claimant, given.owed) = (msg.sender, uint80(price - paid));
        }
        // The largest possible odometer is a bound, and may exceed what a meter can show.
        uint48 shown = odometer > type(uint48).max ? type(uint48).max : uint48(odometer);
        emit Exercised(id, asset, msg.sender, shown, price, paid, price - paid, collateral - paid);
        _pay(id, given.terms.currency, msg.sender, paid);
        _pay(id, given.terms.currency, given.guarantor, collateral - paid);
        _takeBack(id, given);
    }

    /// @dev Only a title owner sets a machine *returned*, so it passes through here; a split made for this contract on the way
    ///      in is replaced by the guarantor's on the way out.
    function _takeBack(GuaranteeId id, Buyback storage given) private {
        AssetId asset = given.terms.asset;
        uint256 title = AssetId.unwrap(asset);
        ASSETS.transferFrom(msg.sender, address(this), title);
        if (ASSETS.lifecycleOf(asset) != IAssetRegistry.Lifecycle.Returned) {
            ASSETS.setLifecycle(asset, IAssetRegistry.Lifecycle.Returned, _key(id));
        }
        ASSETS.transferFrom(address(this), given.guarantor, title);
        SplitId split = ASSETS.route(asset).split();
        if (split == NO_SPLIT || split == given.splitAtStart) return;
        address controller = SPLITTER.controllerOf(split);
        if (controller != given.guarantor) revert Buyback_SplitStays(id, split, controller);
    }

    function _endDemand(Buyback storage given) private {
        if (given.openUntil != UNTIL_COVERED) return;
        given.openUntil = given.terms.windowUntil;
        --owesIn[given.guarantor];
    }

    function _end(GuaranteeId id, Buyback storage given, BuybackStage stage) private {
        given.stage = stage;
        uint256 rest = collateralOf(id);
        emit GuaranteeEnded(id, stage, rest);
        _pay(id, given.terms.currency, given.guarantor, rest);
    }

    function _choose(AssetId asset, GuaranteeId id) private {
        _chosen[asset] = id;
        emit GuaranteeChosen(asset, id);
    }

    // Internals: money

    function _takeIn(GuaranteeId id, address currency, uint256 amount) private {
        ACCOUNTS.transferFrom(msg.sender, accountOf(id), _token(currency), amount);
    }

    function _pay(GuaranteeId id, address currency, address to, uint256 amount) private {
        if (amount != 0) ACCOUNTS.moveFrom(_key(id), to, currency, amount);
    }

    function _key(GuaranteeId id) private pure returns (bytes32) {
        return bytes32(GuaranteeId.unwrap(id));
    }

    function _token(address currency) private pure returns (uint256) {
        return uint160(currency);
    }

    // Internals: parties

    function _known(GuaranteeId id) private view returns (Buyback storage given) {
        given = _buybacks[id];
        if (given.stage == BuybackStage.None) revert Buyback_Unknown(id);
    }

    function _live(GuaranteeId id) private view returns (Buyback storage given) {
        given = _known(id);
        if (given.stage != BuybackStage.Live) revert Buyback_NotLive(id, given.stage);
    }

    function _checkHolder(GuaranteeId id, AssetId asset) private view {
        address owner = ASSETS.providerOf(asset);
        if (msg.sender != owner) revert Buyback_NotHolder(id, msg.sender, owner);
    }
}
