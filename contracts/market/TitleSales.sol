// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IFeeSplitter} from "../interfaces/IFeeSplitter.sol";
import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";
import {ITitleSales} from "../interfaces/ITitleSales.sol";
import {AssetId, NO_SPLIT, SplitId} from "../types/Identifiers.sol";
import {NO_SALE, Sale, SaleId} from "../types/Sale.sol";

/// @title Titles sold for ledger money; see ITitleSales.
/// @dev Has no authority and holds nothing between transactions: the OfferBook's pause stops new offers and sales. Calls only
///      contracts of this platform, all fixed at deployment; none of them calls a stranger from there.
contract TitleSales is ITitleSales {
    IPrepaidAccounts private immutable ACCOUNTS;
    IAssetRegistry private immutable ASSETS;
    IOfferBook private immutable OFFERS;
    IFeeSplitter private immutable SPLITTER;

    /// @inheritdoc ITitleSales
    uint64 public saleCount;
    mapping(SaleId => Sale) private _sales;
    mapping(AssetId => SaleId) private _latest;

    constructor(IPrepaidAccounts accounts, IAssetRegistry assets, IOfferBook offers, IFeeSplitter splitter) {
        ACCOUNTS = accounts;
        ASSETS = assets;
        OFFERS = offers;
        SPLITTER = splitter;
    }

    /// @inheritdoc ITitleSales
    function offer(AssetId asset, address buyer, address currency, uint80 price, uint40 until, SplitId split)
        external
        returns (SaleId id)
    {
        _checkRunning();
        _checkTitleOwner(asset);
        if (until <= block.timestamp) revert Sales_InPast(until, block.timestamp);
        if (price == 0) revert Sales_ZeroPrice(asset);
        if (!ACCOUNTS.isAdmitted(currency)) revert Sales_CurrencyNotAdmitted(currency);
        if (split != NO_SPLIT && !SPLITTER.exists(split)) revert Sales_UnknownSplit(split);
        if (buyer == msg.sender) revert Sales_OwnOffer(asset, msg.sender);

        id = SaleId.wrap(++saleCount);
        _latest[asset] = id;
        _sales[id] = Sale({
            asset: asset,
            titleEpoch: ASSETS.titleEpochOf(asset),
            until: until,
            price: price,
            seller: msg.sender,
            buyer: buyer,
            currency: currency,
            split: split
        });
        emit TitleOffered(id, asset, msg.sender, buyer, currency, price, until, split);
    }

    /// @inheritdoc ITitleSales
    function withdraw(SaleId id) external {
        AssetId asset = _standing(id).asset;
        _checkTitleOwner(asset);
        _latest[asset] = NO_SALE;
        emit OfferWithdrawn(id, asset);
    }

    /// @inheritdoc ITitleSales
    function buy(SaleId id, SplitId split) external {
        _checkRunning();
        Sale memory sale = _standing(id);
        if (block.timestamp > sale.until) revert Sales_TooLate(id, sale.until);
        if (sale.buyer != address(0) && msg.sender != sale.buyer) revert Sales_NotBuyer(id, msg.sender, sale.buyer);
        if (msg.sender == sale.seller) revert Sales_OwnOffer(sale.asset, msg.sender);
        if (sale.split != NO_SPLIT && split != sale.split) revert Sales_OtherSplit(id, sale.split, split);

        _latest[sale.asset] = NO_SALE;
        SplitId pays = _handOver(sale, split);
        emit TitleSold(id, sale.asset, msg.sender, sale.currency, sale.price, pays);
        ACCOUNTS.transferFrom(msg.sender, sale.seller, uint160(sale.currency), sale.price);
    }

    // Views

    /// @inheritdoc ITitleSales
    function saleOf(SaleId id) external view returns (Sale memory) {
        return _standing(id);
    }

    /// @inheritdoc ITitleSales
    function standingOf(AssetId asset) external view returns (SaleId id) {
        id = _latest[asset];
        if (id != NO_SALE && !_isStanding(id)) id = NO_SALE;
    }

    // Internals

    /// @dev A title that stays here for a moment gets a split in this contract's name, which may be replaced by the one that was
    ///      named; that one, not being the passing owner's, then stays with the machine on its way to the buyer.
    function _handOver(Sale memory sale, SplitId split) private returns (SplitId pays) {
        AssetId asset = sale.asset;
        uint256 title = AssetId.unwrap(asset);
        SplitId before = ASSETS.route(asset).split();
        bool stays = split == before && split != NO_SPLIT && SPLITTER.controllerOf(split) != sale.seller;
        if (split == NO_SPLIT || stays) {
            ASSETS.transferFrom(sale.seller, msg.sender, title);
        } else {
            ASSETS.transferFrom(sale.seller, address(this), title);
            ASSETS.repoint(asset, split);
            ASSETS.transferFrom(address(this), msg.sender, title);
        }
        pays = ASSETS.route(asset).split();
        if (pays == split) return pays;
        address controller = SPLITTER.controllerOf(pays);
        if (split != NO_SPLIT || controller != msg.sender) revert Sales_SplitStays(asset, pays, controller);
    }

    function _standing(SaleId id) private view returns (Sale memory sale) {
        sale = _sales[id];
        if (!_isStanding(id)) revert Sales_NotOnOffer(id, sale.asset);
    }

    function _isStanding(SaleId id) private view returns (bool) {
        Sale storage sale = _sales[id];
        return id != NO_SALE && _latest[sale.asset] == id && sale.titleEpoch == ASSETS.titleEpochOf(sale.asset);
    }

    function _checkRunning() private view {
        if (OFFERS.paused()) revert Sales_Paused();
    }

    function _checkTitleOwner(AssetId asset) private view {
        address owner = ASSETS.providerOf(asset);
        if (msg.sender != owner) revert Sales_NotTitleOwner(asset, msg.sender, owner);
    }
}
