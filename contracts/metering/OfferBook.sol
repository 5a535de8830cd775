// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {SelfEndingPause} from "../shared/SelfEndingPause.sol";
import {IAssetRegistry} from "../interfaces/IAssetRegistry.sol";
import {IFeeSplitter} from "../interfaces/IFeeSplitter.sol";
import {IOfferBook} from "../interfaces/IOfferBook.sol";
import {ITariffBook} from "../interfaces/ITariffBook.sol";
import {AssetId, TariffId} from "../types/Identifiers.sol";
import {Route} from "../types/Route.sol";

/// @title Providers' listings.
contract OfferBook is IOfferBook, AccessManaged, SelfEndingPause {
    IAssetRegistry private immutable ASSETS;
    ITariffBook private immutable TARIFFS;
    IFeeSplitter private immutable SPLITTER;

    mapping(AssetId => mapping(TariffId => mapping(bool exclusive => Offer))) private _offers;

    constructor(address authority, IAssetRegistry assets, ITariffBook tariffs, IFeeSplitter splitter)
        AccessManaged(authority)
    {
        ASSETS = assets;
        TARIFFS = tariffs;
        SPLITTER = splitter;
    }

    /// @inheritdoc IOfferBook
    function offer(AssetId asset, TariffId tariff, bool exclusive, uint40 until) external whenNotPaused {
        _requireProvider(asset);
        if (until <= block.timestamp) revert Offers_InPast(until, block.timestamp);
        _requireServable(asset, TARIFFS.tariffOf(tariff).currency);
        _offers[asset][tariff][exclusive] =
            Offer({provider: msg.sender, until: until, titleEpoch: ASSETS.titleEpochOf(asset)});
        emit Offered(asset, tariff, exclusive, msg.sender, until);
    }

    /// @inheritdoc IOfferBook
    function withdrawOffer(AssetId asset, TariffId tariff, bool exclusive) external {
        _requireProvider(asset);
        if (_offers[asset][tariff][exclusive].provider == address(0)) {
            revert Offers_NotOffered(asset, tariff, exclusive);
        }
        delete _offers[asset][tariff][exclusive];
        emit OfferWithdrawn(asset, tariff, exclusive);
    }

    /// @inheritdoc IOfferBook
    function pause() external restricted {
        _pause();
    }

    /// @inheritdoc IOfferBook
    function unpause() external restricted {
        _unpause();
    }

    /// @inheritdoc IOfferBook
    function paused() public view override(IOfferBook, SelfEndingPause) returns (bool) {
        return super.paused();
    }

    /// @inheritdoc IOfferBook
    function offerOf(AssetId asset, TariffId tariff, bool exclusive) external view returns (Offer memory) {
        return _offers[asset][tariff][exclusive];
    }

    /// @inheritdoc IOfferBook
    function requireOpenable(AssetId asset, TariffId tariff, bool exclusive, address currency)
        external
        view
        whenNotPaused
    {
        Offer memory listed = _offers[asset][tariff][exclusive];
        bool isLive = listed.provider != address(0) && listed.until >= block.timestamp
            && listed.titleEpoch == ASSETS.titleEpochOf(asset);
        if (!isLive) revert Offers_NotOffered(asset, tariff, exclusive);
        _requireServable(asset, currency);
    }

    function _requireProvider(AssetId asset) private view {
        address provider = ASSETS.providerOf(asset);
        if (msg.sender != provider) revert Offers_NotProvider(asset, msg.sender, provider);
    }

    /// @dev Checked when offered and again when opened: meter, split and eligibility may have changed in between.
    function _requireServable(AssetId asset, address currency) private view {
        bytes32 reason = ASSETS.offerRefusal(asset);
        if (reason != 0) revert Offers_Refused(asset, reason);
        Route route = ASSETS.route(asset);
        if (route.meter() == address(0)) revert Offers_NoMeter(asset);
        if (!SPLITTER.lists(route.split(), currency)) revert Offers_CurrencyNotListed(asset, currency);
    }
}
