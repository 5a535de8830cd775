// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssetId, TariffId} from "../types/Identifiers.sol";

/// @title What may be opened: this asset, under this tariff, exclusive or shared, until when.
/// @notice An offer remembers the title's epoch and lapses when the title moves, without anyone touching it.
interface IOfferBook {
    struct Offer {
        address provider;
        uint40 until;
        uint32 titleEpoch;
    }

    event Offered(
        AssetId indexed asset, TariffId indexed tariff, bool exclusive, address indexed provider, uint40 until
    );
    event OfferWithdrawn(AssetId indexed asset, TariffId indexed tariff, bool exclusive);

    error Offers_NotProvider(AssetId asset, address caller, address provider);
    error Offers_InPast(uint40 until, uint256 now_);
    error Offers_Refused(AssetId asset, bytes32 reason);
    error Offers_NoMeter(AssetId asset);
    error Offers_CurrencyNotListed(AssetId asset, address currency);
    error Offers_NotOffered(AssetId asset, TariffId tariff, bool exclusive);

    /// @notice By the provider; pausable. The asset needs a meter, an eligible provider and a split that lists the currency.
    function offer(AssetId asset, TariffId tariff, bool exclusive, uint40 until) external;
    function withdrawOffer(AssetId asset, TariffId tariff, bool exclusive) external;

    function offerOf(AssetId asset, TariffId tariff, bool exclusive) external view returns (Offer memory);
    /// @notice Reverts with the reason unless an agreement may be opened now: the offer stands the
    ///         asset can still be served, and nothing is paused.
    function requireOpenable(AssetId asset, TariffId tariff, bool exclusive, address currency) external view;

    /// @notice While paused nothing is offered, opened or refilled; everything else goes on.
    function paused() external view returns (bool);
    function pause() external;
    function unpause() external;
}
