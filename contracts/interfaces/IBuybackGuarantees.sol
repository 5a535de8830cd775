// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssetId, SplitId} from "../types/Identifiers.sol";
import {Buyback, BuybackStage, BuybackTerms, GuaranteeId, PricePoint} from "../types/Guarantee.sol";
import {OrderId, OrderStage} from "../types/Service.sol";

/// @title Promises to buy a machine back: a floor under its price that reads signed wear.
/// @notice A guarantee belongs to the machine and goes with its title. Its collateral is a sub-account of the ledger of its own:
///         no other guarantee draws on it, so no order of exercises changes what anybody gets. It leaves only to the holder on
///         exercise, or to the guarantor above the required cover and after the end (I-10). What anyone sends there covers it too.
///         The price reads a status of the meter, at most seven days old; without one, the largest wear that is possible since
///         the registry's checkpoint is deducted.
///         The holder is the title owner. A lienholder that exercises first takes the title (as a lienholder may) and releases its
///         lien: a machine goes back to its guarantor free of liens, in the same transaction or not at all.
interface IBuybackGuarantees {
    event GuaranteeGiven(
        GuaranteeId indexed guarantee,
        AssetId indexed asset,
        address indexed guarantor,
        BuybackTerms terms,
        PricePoint[] points,
        uint48 startOdometer,
        SplitId split,
        uint256 collateral
    );
    event GuaranteeChosen(AssetId indexed asset, GuaranteeId indexed guarantee);
    event CollateralAdded(GuaranteeId indexed guarantee, address indexed by, uint256 amount);
    event CollateralReleased(GuaranteeId indexed guarantee, address indexed guarantor, uint256 amount);
    event ServiceProved(GuaranteeId indexed guarantee, OrderId indexed order, uint256 interval);
    event OrderObjected(GuaranteeId indexed guarantee, OrderId indexed order);
    /// @notice The collateral does not reach for the price: the holder waits, and the window stays open meanwhile.
    event CollateralDemanded(GuaranteeId indexed guarantee, address indexed holder, uint256 price, uint256 collateral);
    /// @notice Topped up to the full price: the window closes at `openUntil`.
    event DemandMet(GuaranteeId indexed guarantee, uint40 openUntil);
    /// @notice paid + owed is the price; the rest of the collateral went back to the guarantor.
    event Exercised(
        GuaranteeId indexed guarantee,
        AssetId indexed asset,
        address indexed holder,
        uint48 odometer,
        uint256 price,
        uint256 paid,
        uint256 owed,
        uint256 rest
    );
    event ClaimPaid(GuaranteeId indexed guarantee, address indexed by, uint256 amount, uint256 owed);
    /// @notice Expired or waived, `rest` back to the guarantor.
    event GuaranteeEnded(GuaranteeId indexed guarantee, BuybackStage indexed stage, uint256 rest);

    error Buyback_Paused();
    error Buyback_Unknown(GuaranteeId guarantee);
    error Buyback_NotLive(GuaranteeId guarantee, BuybackStage stage);
    error Buyback_AssetRetired(AssetId asset);
    error Buyback_CurrencyNotAdmitted(address currency);
    error Buyback_OutOfRange(bytes32 which, uint256 value, uint256 least, uint256 most);
    /// @notice Ages rise, prices do not.
    error Buyback_PointsNotFalling(uint256 index);
    /// @notice The guarantor has a holder waiting for collateral, or a claim unpaid.
    error Buyback_GuarantorOwes(address guarantor, uint256 guarantees);
    error Buyback_CollateralTooLow(uint256 collateral, uint256 required);
    error Buyback_NotGuarantor(GuaranteeId guarantee, address caller, address guarantor);
    error Buyback_NotHolder(GuaranteeId guarantee, address caller, address holder);
    error Buyback_OwnGuarantee(GuaranteeId guarantee, address guarantor);
    error Buyback_TooEarly(GuaranteeId guarantee, uint40 from, uint256 now_);
    error Buyback_TooLate(GuaranteeId guarantee, uint40 until, uint256 now_);
    error Buyback_StillOpen(GuaranteeId guarantee, uint40 until, uint256 now_);
    error Buyback_NotOfAsset(GuaranteeId guarantee, OrderId order);
    error Buyback_NotServiced(GuaranteeId guarantee, OrderId order, OrderStage stage);
    error Buyback_OutsideIntervals(GuaranteeId guarantee, uint40 time);
    error Buyback_OrderTooYoung(GuaranteeId guarantee, OrderId order, uint40 openedAt);
    error Buyback_OrderEnded(GuaranteeId guarantee, OrderId order, OrderStage stage);
    error Buyback_OrderUnfinished(GuaranteeId guarantee, OrderId order);
    error Buyback_StatusOfOther(GuaranteeId guarantee, AssetId asset);
    error Buyback_StatusTooOld(GuaranteeId guarantee, uint40 time, uint256 oldest);
    error Buyback_StatusAhead(GuaranteeId guarantee, uint40 time, uint256 now_);
    error Buyback_StatusForged(GuaranteeId guarantee);
    error Buyback_GradeTooLow(GuaranteeId guarantee, uint8 grade, uint8 least);
    error Buyback_OdometerFell(GuaranteeId guarantee, uint48 odometer, uint48 checkpoint);
    /// @notice Without a declared rate nobody knows how far the odometer may have come: a status is needed.
    error Buyback_WearUnbounded(GuaranteeId guarantee, AssetId asset);
    error Buyback_Worthless(GuaranteeId guarantee);
    error Buyback_CollateralShort(GuaranteeId guarantee, uint256 price, uint256 collateral, uint256 least);
    error Buyback_NotShort(GuaranteeId guarantee, uint256 price, uint256 collateral);
    error Buyback_AlreadyDemanded(GuaranteeId guarantee);
    /// @notice Who buys the machine back shall not find its fees bound by the seller.
    error Buyback_SplitStays(GuaranteeId guarantee, SplitId split, address controller);
    error Buyback_ZeroAmount(GuaranteeId guarantee);
    error Buyback_MoreThanOwed(GuaranteeId guarantee, uint256 amount, uint256 owed);
    error Buyback_NothingGuaranteed(AssetId asset);

    // Entry (paused with the OfferBook)

    /// @notice The caller guarantees any machine that is not retired, with collateral from its own account (allowance).
    /// @param points 1 to 16 prices by age.
    /// @param collateral Base units, at least `coverBps` of the highest price in the window.
    function give(BuybackTerms calldata terms, PricePoint[] calldata points, uint256 collateral)
        external
        returns (GuaranteeId);

    // Collateral (never pausable)

    /// @notice Anyone, from its own account (allowance). Where it then reaches for the full price, a waiting holder has until the
    ///         window's end and at least 30 days.
    function topUp(GuaranteeId guarantee, uint256 amount) external;
    /// @notice The guarantor, above the required cover, and after the end what was sent there since; not while a holder waits or a claim
    ///         is unpaid.
    function release(GuaranteeId guarantee, uint256 amount) external;
    /// @notice Anyone after the end: the collateral goes back to the guarantor.
    function expire(GuaranteeId guarantee) external;

    // Holder

    /// @notice Title owner: `priceNow(asset)` means this one. Unless the owner says otherwise it is the first that the maker gives.
    function choose(GuaranteeId guarantee) external;
    /// @notice Title owner, or the lienholder where there is one, gives the guarantee up.
    function waive(GuaranteeId guarantee) external;
    /// @notice Title owner, who has approved this contract for the title: the money to the holder, the title to the guarantor and the
    ///         machine *returned*. Where the collateral falls short the holder gets all of it and keeps a claim for the rest.
    /// @param statusAndSignature abi.encode(Status, bytes), or empty.
    /// @return paid Base units, into the caller's account.
    function exercise(GuaranteeId guarantee, bytes calldata statusAndSignature) external returns (uint256 paid);
    /// @notice As `exercise`, but not for less than `least`.
    function exerciseFor(GuaranteeId guarantee, bytes calldata statusAndSignature, uint256 least)
        external
        returns (uint256 paid);
    /// @notice Title owner, in the window, where the collateral falls short: keeps the title, and the window stays open until the
    ///         collateral reaches. The guarantor gives no new guarantees meanwhile.
    function demand(GuaranteeId guarantee, bytes calldata statusAndSignature) external;

    // Anyone

    /// @notice A paid order of maintenance, repair, upgrade or refurbishment on the asset counts for the interval of its assignment.
    function proveService(GuaranteeId guarantee, OrderId order) external;
    /// @notice An order still unfinished that was opened at least 30 days before the window: exercise waits for its end. Orders
    ///         opened later do not count against the holder.
    function objectOrder(GuaranteeId guarantee, OrderId order) external;
    /// @notice Pays a claim from the caller's account (allowance) to the claimant's.
    function payClaim(GuaranteeId guarantee, uint256 amount) external;

    // Views

    function buybackOf(GuaranteeId guarantee) external view returns (Buyback memory);
    function pointsOf(GuaranteeId guarantee) external view returns (PricePoint[] memory);
    function guaranteeCount() external view returns (uint64);
    /// @return The sub-account that holds the collateral.
    function accountOf(GuaranteeId guarantee) external view returns (address);
    function collateralOf(GuaranteeId guarantee) external view returns (uint256);
    /// @return Base units that the collateral may not fall below by the guarantor's hand; zero once ended.
    function requiredOf(GuaranteeId guarantee) external view returns (uint256);
    /// @return How many of the guarantor's guarantees have a holder waiting or a claim unpaid.
    function owesIn(address guarantor) external view returns (uint256);
    /// @return Live, or zero.
    function chosenOf(AssetId asset) external view returns (GuaranteeId);
    /// @return Base units at this moment and odometer, whether or not it can be exercised now.
    function priceAt(GuaranteeId guarantee, uint48 odometer) external view returns (uint256);
    /// @notice "Buy-back price today" by the chosen guarantee, with the largest wear possible since the registry's checkpoint.
    /// @return guarantee The chosen one; an error where there is none.
    /// @return price Base units.
    /// @return covered What the collateral has of it.
    function priceNow(AssetId asset) external view returns (GuaranteeId guarantee, uint256 price, uint256 covered);
}
