// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssetId, SplitId} from "../types/Identifiers.sol";
import {Sale, SaleId} from "../types/Sale.sol";

/// @title Titles sold for ledger money: price and title change hands in one transaction, or neither does.
/// @notice What a transfer of a title does holds here too (IAssetRegistry): listed offers and permit signers lapse and the old
///         split is distributed; open agreements, history, parts and guarantees go with the machine. An offer lapses when the
///         title moves or the machine retires. A title under lien is not sold here: the registry refuses.
///         The seller approves this contract for the title (ERC-721), the buyer for the price (ERC-6909).
///         A product-oriented sale names a split that goes with the machine: use after the sale pays whom that split names.
interface ITitleSales {
    event TitleOffered(
        SaleId indexed sale,
        AssetId indexed asset,
        address indexed seller,
        address buyer,
        address currency,
        uint80 price,
        uint40 until,
        SplitId split
    );
    event OfferWithdrawn(SaleId indexed sale, AssetId indexed asset);
    event TitleSold(
        SaleId indexed sale, AssetId indexed asset, address indexed buyer, address currency, uint80 price, SplitId split
    );

    error Sales_Paused();
    error Sales_NotTitleOwner(AssetId asset, address caller, address owner);
    error Sales_InPast(uint40 until, uint256 now_);
    error Sales_ZeroPrice(AssetId asset);
    error Sales_CurrencyNotAdmitted(address currency);
    error Sales_UnknownSplit(SplitId split);
    error Sales_OwnOffer(AssetId asset, address owner);
    /// @notice Never made, withdrawn, replaced, sold, or void since the title moved.
    error Sales_NotOnOffer(SaleId sale, AssetId asset);
    error Sales_TooLate(SaleId sale, uint40 until);
    error Sales_NotBuyer(SaleId sale, address caller, address buyer);
    error Sales_OtherSplit(SaleId sale, SplitId wanted, SplitId asked);
    /// @notice The present split would stay with the machine, and the buyer has not named it.
    error Sales_SplitStays(AssetId asset, SplitId split, address controller);

    /// @notice Title owner; takes the place of an earlier offer of the same title.
    /// @param buyer Zero: anyone.
    /// @param price In base units of `currency`, which the ledger must have admitted; not zero.
    /// @param until The last second in which it can be bought.
    /// @param split The split that goes with the machine; zero: the buyer's choice.
    function offer(AssetId asset, address buyer, address currency, uint80 price, uint40 until, SplitId split)
        external
        returns (SaleId);
    /// @notice Title owner. Never pausable.
    function withdraw(SaleId sale) external;
    /// @notice The price to the seller and the title to the caller.
    /// @param split Where the machine's fees go from then on: zero for a new split of the caller alone, else any split that lists
    ///        the present one's currencies. A split that the seller does not control stays with the machine; the buyer agrees by
    ///        naming it.
    function buy(SaleId sale, SplitId split) external;

    // Views

    /// @notice Errors as `buy` would for an offer that does not stand; whether it is in time is not asked.
    function saleOf(SaleId sale) external view returns (Sale memory);
    /// @return Zero where nothing stands.
    function standingOf(AssetId asset) external view returns (SaleId);
    function saleCount() external view returns (uint64);
}
